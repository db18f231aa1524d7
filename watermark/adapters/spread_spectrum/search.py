"""Finding how the pattern lies: scale, mirror and rotation by trial, the shift by correlation.

At each trial geometry the residual is warped back, folded onto one tile, whitened (phase only) and correlated with the
sync part. The peak over its surface's standard deviation is the score: about 5.5 by chance, 9 and more on a mark.
"""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import product

import numpy as np
from numpy.typing import NDArray

from watermark.adapters.spread_spectrum.tile import CELLS, INNER, OUTER, Carriers, sync_tile
from watermark.domain.marks import Geometry, Search

PROMISING = 6.5
"""Score from which a coarse trial is worth refining; a trial half a step off loses up to a third of its peak."""
_REFINED = 3
"""Trials of one sweep that are refined, the best first."""
_SCALE_STEP = 0.0065
"""Relative step of the scale sweep: 4 canonical pixels at the far side, within a period of the pattern."""
_SCALES = (0.45, 2.3)
_ROTATED_SCALES = (0.8, 1.5)
_ROTATIONS = (-7.0, 7.0, 0.5)
"""First, last and step, in degrees."""
_ASPECTS = (16 / 9, 3 / 2, 4 / 3, 1.0, 3 / 4, 2 / 3, 9 / 16)
"""Shapes that a squeezed picture may have had."""
_REFINE_STEPS = (0.003, 0.0015, 0.0007)
_HALF = slice(0, CELLS // 2 + 1)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A geometry and how well the pattern fits there.

    Attributes:
        peak: standard deviations.
    """

    peak: float
    geometry: Geometry


class PatternSearch:
    """Finds one pattern in a residual.

    Args:
        roles: which coefficient does what, under the key.
    """

    def __init__(self, roles: Carriers) -> None:
        line = np.fft.fftfreq(CELLS, 1 / CELLS)
        radius = np.hypot(*np.meshgrid(line[_HALF], line))
        self._band = (radius >= INNER) & (radius <= OUTER)
        plain = np.fft.rfft2(sync_tile(roles)).conj()
        # The transform of the tile mirrored from left to right has its horizontal frequencies negated.
        mirrored = np.fft.rfft2(sync_tile(roles)[:, ::-1]).conj()
        self._sync = np.stack([plain, mirrored]).astype(np.complex64)

    def candidates(self, residual: NDArray[np.float32], search: Search) -> Iterator[Candidate]:
        """Ways the pattern may lie, the cheap ones first; whoever asks stops at the first that decodes."""
        upright = self.try_at(residual, Geometry())
        yield upright
        yield self.refine(residual, upright.geometry)
        if search is Search.ALIGNED:
            return
        shape = residual.shape[1] / residual.shape[0]
        for trials in (_squeezed(shape), _scaled(), _rotated()):
            yield from self._sweep(residual, trials)

    def try_at(self, residual: NDArray[np.float32], geometry: Geometry) -> Candidate:
        """How well the pattern fits at a geometry, at its best shift."""
        return Candidate(peak=_score(self.surface(self.folded(residual, geometry))), geometry=geometry)

    def refine(self, residual: NDArray[np.float32], geometry: Geometry) -> Candidate:
        """Climb to the best fit near a geometry, in both scales and the rotation."""
        best = self.try_at(residual, geometry)
        for step in _REFINE_STEPS:
            improved = True
            while improved:
                improved = False
                for nearby in _neighbours(best.geometry, step):
                    trial = self.try_at(residual, nearby)
                    if trial.peak > best.peak + 1e-6:
                        best, improved = trial, True
        return best

    def surface(self, folded: NDArray[np.float32]) -> NDArray[np.float32]:
        """How well the sync part fits at every shift of a folded residual: (128, 128), row and column of the shift."""
        return np.asarray(self._surfaces(folded, hands=slice(0, 1))[0], np.float32)

    def folded(self, residual: NDArray[np.float32], geometry: Geometry) -> NDArray[np.float32]:
        """The residual laid back as the picture lay when it was marked, all tiles added up.

        Args:
            residual: float32 (h, w) at the canonical size.
            geometry: how the picture lies now.

        Returns:
            float32 (128, 128).
        """
        import cv2

        upright = residual[:, ::-1] if geometry.mirrored else residual
        height, width = upright.shape
        angle = math.radians(geometry.rotation)
        turn = np.array([[math.cos(angle), math.sin(angle)], [-math.sin(angle), math.cos(angle)]])
        back = np.diag([1 / geometry.scale_x, 1 / geometry.scale_y]) @ turn
        corners = back @ np.array([[0, width, 0, width], [0, 0, height, height]])
        corner = corners.min(axis=1)
        tiles_x, tiles_y = (int(count) for count in np.ceil((corners.max(axis=1) - corner) / CELLS))
        matrix = np.column_stack([back, -corner])
        laid = cv2.warpAffine(np.ascontiguousarray(upright), matrix, (tiles_x * CELLS, tiles_y * CELLS))
        total: NDArray[np.float32] = laid.reshape(tiles_y, CELLS, tiles_x, CELLS).sum(axis=(0, 2))
        return total

    def _sweep(self, residual: NDArray[np.float32], trials: Iterable[Geometry]) -> Iterator[Candidate]:
        tried = [found for trial in trials for found in self._both_hands(residual, trial)]
        tried.sort(key=lambda found: -found[0])
        for rank, (peak, geometry) in enumerate(tried[:_REFINED]):
            if rank == 0 or peak >= PROMISING:
                yield self.refine(residual, geometry)

    def _both_hands(self, residual: NDArray[np.float32], geometry: Geometry) -> Iterator[tuple[float, Geometry]]:
        """Scores of a geometry and of its mirror image, from one warp and one transform."""
        plain, mirrored = self._surfaces(self.folded(residual, geometry), hands=slice(0, 2))
        yield _score(plain), geometry
        # To turn and then mirror is to mirror and then turn the other way.
        yield _score(mirrored), replace(geometry, mirrored=True, rotation=-geometry.rotation)

    def _surfaces(self, folded: NDArray[np.float32], hands: slice) -> NDArray[np.float32]:
        transform = np.fft.rfft2(folded) * self._band
        whitened = transform / (np.abs(transform) + 1e-6)
        return np.asarray(np.fft.irfft2(whitened * self._sync[hands], s=(CELLS, CELLS)), np.float32)


def _score(surface: NDArray[np.float32]) -> float:
    return float(surface.max() / (surface.std() + 1e-12))


def _neighbours(geometry: Geometry, step: float) -> Iterator[Geometry]:
    degrees = math.degrees(step)
    for across, down, turn in (
        (1, 1, 0),
        (-1, -1, 0),
        (1, 0, 0),
        (-1, 0, 0),
        (0, 1, 0),
        (0, -1, 0),
        (0, 0, 1),
        (0, 0, -1),
    ):
        yield replace(
            geometry,
            scale_x=geometry.scale_x * (1 + across * step),
            scale_y=geometry.scale_y * (1 + down * step),
            rotation=geometry.rotation + turn * degrees,
        )


def _sweep_of_scales(bounds: tuple[float, float]) -> list[float]:
    low, high = (math.log(bound) for bound in bounds)
    return [float(scale) for scale in np.exp(np.arange(low, high, _SCALE_STEP))]


def _squeezed(shape: float) -> Iterator[Geometry]:
    """The whole picture, squeezed into the shape that it has now (width over height) from a usual one."""
    yield Geometry()
    for aspect in _ASPECTS:
        was_wide, was_high = (aspect, 1.0) if aspect >= 1 else (1.0, 1 / aspect)
        is_wide, is_high = (shape, 1.0) if shape >= 1 else (1.0, 1 / shape)
        yield Geometry(scale_x=is_wide / was_wide, scale_y=is_high / was_high)


def _scaled() -> Iterator[Geometry]:
    for scale in _sweep_of_scales(_SCALES):
        yield Geometry(scale_x=scale, scale_y=scale)


def _rotated() -> Iterator[Geometry]:
    first, last, step = _ROTATIONS
    angles = [float(angle) for angle in np.arange(first, last + step / 2, step) if angle]
    for angle, scale in product(angles, _sweep_of_scales(_ROTATED_SCALES)):
        yield Geometry(scale_x=scale, scale_y=scale, rotation=angle)

"""Settling a rough geometry: blocks of the picture say how far they still lie off; a homography is fitted to that."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from watermark.adapters.spread_spectrum.keyed import GRID, KeyedPatterns
from watermark.adapters.spread_spectrum.patterns import SIDE
from watermark.adapters.spread_spectrum.spectrum import Matrix, Packed, Pyramid, correlation, surface, whitened

_BLOCK = 100
"""Side of a block in pixels of the small torus, 267 canonical ones."""
_ACROSS, _DOWN = 6, 4
"""Blocks, overlapping, over the picture."""
_LOW = 60
"""Frequencies up to here, a period of 11 pixels, bear a pose that is wrong by some pixels."""
_REACH = 8
"""Pixels of the small torus that a block may lie off."""
_SURE = 3.8
"""Standard deviations of a block's peak from which its word counts."""
_STEP = SIDE / GRID


@dataclass(frozen=True)
class _Offsets:
    """Where blocks lie on the torus: (n, 2) by the matrix, (n, 2) as measured, and (n,) how sure that is."""

    laid: NDArray[np.float64]
    torus: NDArray[np.float64]
    sure: NDArray[np.float64]


def settled(views: Sequence[Pyramid], keyed: KeyedPatterns, matrix: Matrix) -> Matrix:
    """A better matrix near one that is right within some pixels; the same one where the blocks do not agree.

    Args:
        views: of a video.
        keyed: the key.
        matrix: lays the picture back, its shift included.
    """
    for low, projective in ((True, False), (True, False), (False, False), (False, True), (False, True)):
        better = _fitted(_measure(views, keyed, matrix, low=low), projective=projective)
        if better is None and not projective:
            break
        matrix = matrix if better is None else better @ matrix
    return matrix


def _measure(views: Sequence[Pyramid], keyed: KeyedPatterns, matrix: Matrix, *, low: bool) -> _Offsets:
    """How far each block lies off, in the low band or in the whole."""
    height, width = views[0].shape
    left, top = views[0].origin
    picture = np.array(
        [
            (left + (column + 0.5) / _ACROSS * width, top + (row + 0.5) / _DOWN * height)
            for row in range(_DOWN)
            for column in range(_ACROSS)
        ]
    )
    homogeneous = np.column_stack([picture, np.ones(len(picture))]) @ matrix.T
    torus = homogeneous[:, :2] / homogeneous[:, 2:]
    total = np.zeros((len(picture), 2 * _REACH + 1, 2 * _REACH + 1), np.float32)
    band = _band(low=low)
    for view in views:
        plane = whitened(view.folded(matrix, GRID)) * band
        number = _present(keyed, plane)
        here = surface(plane)
        there = surface(keyed.sync(GRID)[number] * band)
        for block, place in enumerate(torus / _STEP):
            total[block] += _local(here, there, place)
    return _peaks(total, torus)


def _present(keyed: KeyedPatterns, plane: Packed) -> int:
    """The pattern that fits best within reach of no shift."""
    fits = []
    for sync in keyed.sync(GRID):
        fit = correlation(plane, sync)
        near = np.roll(fit, (_REACH // 2, _REACH // 2), (0, 1))[: _REACH + 1, : _REACH + 1]
        fits.append(float(near.max()))
    return int(np.argmax(fits))


@lru_cache(maxsize=2)
def _band(*, low: bool) -> NDArray[np.float32]:
    down = np.abs(np.fft.fftfreq(GRID, 1 / GRID))
    across = (np.arange(GRID) + 1) // 2
    radius = np.hypot(*np.meshgrid(across, down))
    return np.asarray(radius <= (_LOW if low else SIDE), np.float32)


def _local(here: NDArray[np.float32], there: NDArray[np.float32], place: NDArray[np.float64]) -> NDArray[np.float32]:
    """Correlation of one block with the pattern under it at small shifts, (2 * reach + 1) squared."""
    import cv2

    corner = np.round(place - _BLOCK / 2).astype(int)
    rows = np.arange(corner[1], corner[1] + _BLOCK) % GRID
    columns = np.arange(corner[0], corner[0] + _BLOCK) % GRID
    one, other = (cv2.dft(np.ascontiguousarray(side[rows][:, columns])) for side in (here, there))
    crossed = cv2.mulSpectrums(one, other, 0, conjB=True)
    fit = cv2.dft(crossed, flags=cv2.DFT_INVERSE | cv2.DFT_REAL_OUTPUT)
    near = np.roll(fit, (_REACH, _REACH), (0, 1))[: 2 * _REACH + 1, : 2 * _REACH + 1]
    return np.asarray(near / (fit.std() + 1e-9), np.float32)


def _peaks(total: NDArray[np.float32], torus: NDArray[np.float64]) -> _Offsets:
    side = total.shape[1]
    flat = total.reshape(len(total), -1)
    best = flat.argmax(axis=1)
    down, across = best // side, best % side
    sure = (flat.max(axis=1) - flat.mean(axis=1)) / (flat.std(axis=1) + 1e-9)
    inside = (down > 0) & (down < side - 1) & (across > 0) & (across < side - 1)
    index = np.arange(len(total))
    fine = []
    for at, before, after in (
        (across, (down, across - 1), (down, across + 1)),
        (down, (down - 1, across), (down + 1, across)),
    ):
        middle = total[index, down, across]
        low = total[index, np.clip(before[0], 0, side - 1), np.clip(before[1], 0, side - 1)]
        high = total[index, np.clip(after[0], 0, side - 1), np.clip(after[1], 0, side - 1)]
        # The vertex of the parabola through three points.
        bend = low - 2 * middle + high
        fine.append(at - _REACH + np.where(bend < 0, 0.5 * (low - high) / np.where(bend < 0, bend, -1), 0))
    shift = np.column_stack(fine) * _STEP
    keep = inside & (sure >= _SURE)
    return _Offsets(torus[keep], torus[keep] - shift[keep], sure[keep])


def _fitted(offsets: _Offsets, *, projective: bool) -> Matrix | None:
    """What corrects the matrix: the affine map or the homography through the blocks, without those that disagree."""
    import cv2

    needed = 8 if projective else 4
    if len(offsets.sure) < needed:
        return None
    if projective:
        found, agreeing = cv2.findHomography(offsets.laid, offsets.torus, cv2.RANSAC, 3.0)
    else:
        affine, agreeing = cv2.estimateAffine2D(offsets.laid, offsets.torus, ransacReprojThreshold=6.0)
        found = None if affine is None else np.vstack([affine, [0, 0, 1.0]])
    if found is None or int(agreeing.sum()) < needed:
        return None
    return np.asarray(found, np.float64)

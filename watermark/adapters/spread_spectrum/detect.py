"""Reading the pattern: gather what is left of it, find how it lies, add up its bits."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from watermark.adapters.spread_spectrum import code
from watermark.adapters.spread_spectrum.search import Candidate, PatternSearch
from watermark.adapters.spread_spectrum.tile import (
    INNER,
    OUTER,
    Carriers,
    canonical_size,
    frequencies,
)
from watermark.domain.marks import Geometry, MarkReading, Search
from watermark.ports.marks import YuvFrame

THRESHOLD = 8.0
"""Sync peak in standard deviations from which a mark may be believed; the checksum must be right besides.

Wrong keys reached 6.7 in 84 full searches; by chance one of 16,384 shifts of 3,000 geometries reaches about 6.
"""
_ECHO_DEVIATIONS, _ECHO_SHARE = 4.0, 0.3
"""A shift counts as an echo of the pattern from this many standard deviations, and this share of the highest peak."""
_BANDS = 8
"""Rings of frequencies that get a weight each: encoders eat the outer ones first."""


class ResidualMean:
    """The mean high-pass residual of a video's frames, at the canonical size.

    The picture moves and averages out; the pattern stays. Each residual is divided by its neighbourhood and clipped, so
    an edge says no more than a flat place.
    """

    def __init__(self) -> None:
        self._total: NDArray[np.float32] | None = None
        self.frames = 0

    def add(self, luma: NDArray[np.uint8]) -> None:
        """Take a frame's luma, uint8 (h, w). Frames after the first are brought to its canonical size."""
        import cv2

        if self._total is None:
            height, width = luma.shape
            canonical = canonical_size(width, height)
            self._total = np.zeros(canonical[::-1], np.float32)
        size = self._total.shape[::-1]
        small = cv2.resize(luma, size, interpolation=cv2.INTER_AREA).astype(np.float32)
        # Two box filters of 7 come close to a Gaussian of sigma 2.8, and cost a fifth of it.
        detail = cv2.subtract(small, cv2.blur(cv2.blur(small, (7, 7)), (7, 7)))
        spread = cv2.blur(np.abs(detail), (15, 15))
        known = detail / (spread * np.float32(1.2) + np.float32(1.0))
        cv2.accumulate(np.clip(known, -1.5, 1.5), self._total)
        self.frames += 1

    @property
    def mean(self) -> NDArray[np.float32] | None:
        """float32 at the canonical size; None before the first frame."""
        return None if self._total is None else self._total / np.float32(self.frames)


@dataclass(frozen=True)
class Demodulator:
    """Turns the folded pattern at a known geometry into soft bits.

    Args:
        roles: which coefficient does what, under the key.
    """

    roles: Carriers

    def payload(self, folded: NDArray[np.float32], surface: NDArray[np.float32]) -> int | None:
        """The payload of a folded tile.

        Args:
            folded: (128, 128), from `PatternSearch.folded`.
            surface: (128, 128), how well the sync part fits at every shift, from `PatternSearch.surface`.

        Returns:
            The payload, or None where the checksum is wrong.
        """
        radius = frequencies()[2]
        # An encoder that follows a moving picture drags the pattern along, so copies of it lie at other shifts. The
        # sync part shows them all; adding them up, each turned back and weighted, is what a rake receiver does.
        floor = max(_ECHO_DEVIATIONS * float(surface.std()), _ECHO_SHARE * float(surface.max()))
        echoes = np.where(surface >= floor, surface, 0.0) / float(surface.max())
        # Phases only: what is left of the picture is strong at a few frequencies, and would drown the others there.
        transform = np.fft.fft2(folded)
        turned = (transform / (np.abs(transform) + 1e-6) * np.fft.fft2(echoes).conj()).ravel()
        data, sync = self._unsigned(turned)
        soft = np.zeros(code.CODED_BITS)
        data_radius, sync_radius = radius[self.roles.data], radius[self.roles.sync]
        edges = np.linspace(INNER, OUTER + 1e-6, _BANDS + 1)
        for low, high in pairwise(edges):
            here = (data_radius >= low) & (data_radius < high)
            known = sync[(sync_radius >= low) & (sync_radius < high)]
            # What the known signs measure says how far the unknown ones can be trusted: gain over noise power.
            gain = max(float(known.mean()), 0.0)
            noise = float(data[here].var() + known.var()) + 1e-9
            np.add.at(soft, self.roles.coded_bit[here].ravel(), (4 * gain / noise * data[here]).ravel())
        return code.decode(soft)

    def _unsigned(self, turned: NDArray[np.complex128]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        def parts(indices: NDArray[np.intp], signs: NDArray[np.float64]) -> NDArray[np.float64]:
            return np.stack([turned[indices].real, turned[indices].imag], axis=1) * signs

        return parts(self.roles.data, self.roles.data_signs), parts(self.roles.sync, self.roles.sync_signs)


class SpreadSpectrumDetector:
    """Reads one video.

    Args:
        roles: which coefficient does what, under the key.
        search: finds the pattern's geometry, under the same key.
    """

    def __init__(self, roles: Carriers, search: PatternSearch) -> None:
        self._demodulator = Demodulator(roles)
        self._search = search
        self._residual = ResidualMean()
        self._first = self._last = 0.0

    def add(self, frame: YuvFrame) -> None:
        """Take one more frame; only its luma is used."""
        if self._residual.frames == 0:
            self._first = frame.seconds
        self._last = frame.seconds
        self._residual.add(frame.y)

    def read(self, search: Search) -> MarkReading:
        """Look for a mark in all frames so far: where it was put first, then, in a full search, wherever it may be."""
        mean = self._residual.mean
        if mean is None:
            return self._reading(None, 0.0, None)
        best = 0.0
        for candidate in self._search.candidates(mean, search):
            best = max(best, candidate.peak)
            if candidate.peak < THRESHOLD:
                continue
            folded = self._search.folded(mean, candidate.geometry)
            payload = self._demodulator.payload(folded, self._search.surface(folded))
            if payload is not None:
                return self._reading(payload, candidate.peak, candidate)
        return self._reading(None, best, None)

    def _reading(self, payload: int | None, confidence: float, candidate: Candidate | None) -> MarkReading:
        geometry: Geometry | None = candidate.geometry if candidate else None
        return MarkReading(
            found=payload is not None,
            payload=payload,
            confidence=round(confidence, 2),
            threshold=THRESHOLD,
            geometry=geometry,
            frames=self._residual.frames,
            seconds=round(self._last - self._first, 3),
        )

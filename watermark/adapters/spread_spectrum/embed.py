"""Adding the pattern to a video, at a strength that the video itself sets."""

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from watermark.adapters.spread_spectrum.mask import tolerance
from watermark.adapters.spread_spectrum.tile import CELLS, canonical_size
from watermark.ports.marks import YuvFrame

TARGET_PSNR_Y = 43.5
"""dB. At 43 the facts behind this method were measured; half a dB less is seen by nobody and still survives."""
_WEAKEST, _STRONGEST = 0.4, 2.4
"""Bounds of the strength in grey levels: below, nothing survives encoding; above, flat places mottle."""
_MEASURE_EVERY = 8
"""Frames between two measurements of what the mark really costs."""


class Schedule(Protocol):
    """Says which pattern a moment bears.

    One fixed pattern can be estimated by someone who folds a video, so a schedule may change it, though not faster than
    a group of pictures: x264 reuses old residuals.
    """

    def number(self, seconds: float) -> int:
        """The pattern's number at a time of the video."""
        ...


class OnePattern:
    """The schedule of a video that bears the same pattern throughout."""

    def number(self, seconds: float) -> int:  # noqa: ARG002 - a moment does not matter to this schedule
        """Always 0."""
        return 0


class StrengthControl:
    """Finds the strength that meets a PSNR, from what the mark was measured to cost so far.

    The running mean over all measured frames moves ever more slowly, so the strength does not pump.

    Args:
        target_psnr: dB of luma.
    """

    def __init__(self, target_psnr: float) -> None:
        self._target = 255.0**2 / 10 ** (target_psnr / 10)
        self._cost = 0.0
        self._measured = 0
        self.strength = 1.0

    def learn(self, squared_error: float) -> None:
        """Take one measurement: mean squared error of a frame that was marked at the present strength."""
        self._measured += 1
        cost = max(squared_error, 1e-3) / self.strength**2
        self._cost += (cost - self._cost) / self._measured
        self.strength = min(max(math.sqrt(self._target / self._cost), _WEAKEST), _STRONGEST)


class SpreadSpectrumEmbedder:
    """Marks the luma of one video.

    Args:
        tile: gives the tile of a pattern number, float32 (128, 128), standard deviation 1.
        schedule: which pattern when.
        width: pixels.
        height: pixels.
        target_psnr: dB of luma that the mark may cost.
    """

    def __init__(
        self,
        tile: Callable[[int], NDArray[np.float32]],
        schedule: Schedule,
        width: int,
        height: int,
        target_psnr: float = TARGET_PSNR_Y,
    ) -> None:
        self._tile = tile
        self._schedule = schedule
        self._size = (width, height)
        self._canonical = canonical_size(width, height)
        self._patterns: dict[int, NDArray[np.float32]] = {}
        self._control = StrengthControl(target_psnr)
        self._frames = 0

    def mark(self, frame: YuvFrame) -> YuvFrame:
        """A marked copy; chroma is handed on as it is."""
        residual = self._residual(frame)
        if self._frames == 0:
            self._control.learn(_squared_error(frame.y, self._add(frame.y, residual)))
        marked = self._add(frame.y, residual)
        if self._frames % _MEASURE_EVERY == 0:
            self._control.learn(_squared_error(frame.y, marked))
        self._frames += 1
        return replace(frame, y=marked)

    def _residual(self, frame: YuvFrame) -> NDArray[np.float32]:
        import cv2

        small = cv2.resize(frame.y, self._canonical, interpolation=cv2.INTER_AREA).astype(np.float32)
        return tolerance(small) * self._pattern(frame.seconds)

    def _add(self, luma: NDArray[np.uint8], residual: NDArray[np.float32]) -> NDArray[np.uint8]:
        import cv2

        wide = cv2.resize(residual * np.float32(self._control.strength), self._size, interpolation=cv2.INTER_CUBIC)
        return np.asarray(cv2.add(luma, wide, dtype=cv2.CV_8U), np.uint8)

    def _pattern(self, seconds: float) -> NDArray[np.float32]:
        number = self._schedule.number(seconds)
        if number not in self._patterns:
            width, height = self._canonical
            repeated = np.tile(self._tile(number), (height // CELLS + 1, width // CELLS + 1))
            self._patterns[number] = np.ascontiguousarray(repeated[:height, :width])
        return self._patterns[number]


def _squared_error(before: NDArray[np.uint8], after: NDArray[np.uint8]) -> float:
    import cv2

    return float(cv2.norm(before, after, cv2.NORM_L2SQR)) / before.size

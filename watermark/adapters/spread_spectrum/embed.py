"""Adding the patterns to a video, at a strength that the video itself sets."""

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from watermark.adapters.spread_spectrum.mask import tolerance
from watermark.adapters.spread_spectrum.patterns import canonical_size
from watermark.adapters.spread_spectrum.schedule import Schedule
from watermark.ports.marks import YuvFrame

TARGET_PSNR_Y = 44.0
"""dB of luma that the mark costs."""
_WEAKEST, STRONGEST = 0.4, 2.4
"""Bounds of the strength in grey levels: below, nothing survives encoding; above, smooth places mottle."""
_MEMORY, _STEP = 8, 1.05
"""Measurements over which a deviation is made good, and the most that the strength changes at one of them."""
_SMALLEST = 32
"""Pixels on a side below which nothing is marked: there is no room for anything that could be read."""
_MOST_MADE_GOOD = 1.5
"""Times the target that a measurement may cost to make good what was spent too little."""
_RENEW = 8
"""Frames that share one residual. What stays as it is costs an encoder nothing, and us neither."""
_REMEMBERED = 0.7
"""Share of the mask that comes from the one before: noise would make it flicker, which costs bits."""
_CUT = 12.0
"""Mean change in grey levels of a 32nd of the picture from which the mask is renewed at once."""


class StrengthControl:
    """Finds the strength that meets a PSNR over the whole video, from what the mark was measured to cost so far.

    What was spent too little or too much is made good over the next seconds; steps are small, so nobody sees it pump.

    Args:
        target_psnr: dB of luma.
    """

    def __init__(self, target_psnr: float) -> None:
        self._target = 255.0**2 / 10 ** (target_psnr / 10)
        self._cost = 0.0
        self._spent = 0.0
        self._measured = 0
        self.strength = 1.0

    def begin(self, squared_error: float) -> None:
        """Take what a first frame would cost at strength 1."""
        self._cost = max(squared_error, 1e-3)
        self.strength = self._bounded(self._target)

    def learn(self, squared_error: float) -> None:
        """Take one measurement: mean squared error of frames that were marked at the present strength."""
        self._measured += 1
        self._spent += squared_error
        self._cost += (max(squared_error, 1e-3) / self.strength**2 - self._cost) / min(self._measured + 1, _MEMORY)
        due = self._target + (self._target * self._measured - self._spent) / _MEMORY
        # Where the picture hides too little, what was not spent is not saved up for what comes later.
        wanted = self._bounded(min(due, _MOST_MADE_GOOD * self._target))
        self.strength = min(max(wanted, self.strength / _STEP), self.strength * _STEP)

    def _bounded(self, squared_error: float) -> float:
        return min(max(math.sqrt(max(squared_error, 0.0) / self._cost), _WEAKEST), STRONGEST)


class SpreadSpectrumEmbedder:
    """Marks the luma of one video.

    Args:
        pattern: gives the pattern of a number, float32 (640, 640), standard deviation 1.
        schedule: which pattern when, and where it lies.
        width: pixels.
        height: pixels.
        target_psnr: dB of luma that the mark may cost.
    """

    def __init__(
        self,
        pattern: Callable[[int], NDArray[np.float32]],
        schedule: Schedule,
        width: int,
        height: int,
        target_psnr: float = TARGET_PSNR_Y,
    ) -> None:
        self._pattern = pattern
        self._schedule = schedule
        self._size = (width, height)
        self._canonical = canonical_size(width, height)
        self._laid: dict[int, NDArray[np.float32]] = {}
        self._control = StrengthControl(target_psnr)
        self._mask: NDArray[np.float32] | None = None
        self._thumb: NDArray[np.uint8] | None = None
        self._number = -1
        self._age = 0
        self._more: NDArray[np.uint8]
        self._less: NDArray[np.uint8]

    def mark(self, frame: YuvFrame) -> YuvFrame:
        """A marked copy; chroma is handed on as it is. A picture of a few pixels stays unmarked."""
        import cv2

        if min(self._size) < _SMALLEST:
            return frame
        self._prepare(frame)
        marked = cv2.subtract(cv2.add(frame.y, self._more), self._less)
        return replace(frame, y=np.asarray(marked, np.uint8))

    def _prepare(self, frame: YuvFrame) -> None:
        """Make the residual anew where it is old, the scene has changed, or another pattern is due."""
        import cv2

        number = self._schedule.number(frame.seconds)
        thumb = np.asarray(cv2.resize(frame.y[::8, ::8], (20, 20), interpolation=cv2.INTER_AREA), np.uint8)
        cut = self._thumb is not None and float(cv2.norm(thumb, self._thumb, cv2.NORM_L1)) / thumb.size > _CUT
        self._thumb = thumb
        self._age += 1
        if self._mask is not None and not cut and number == self._number and self._age < _RENEW:
            return
        small = np.asarray(cv2.resize(frame.y, self._canonical, interpolation=cv2.INTER_AREA), np.uint8)
        mask = tolerance(small)
        if self._mask is None:
            self._control.begin(float(np.mean(np.square(mask[0] * self._pattern_of(number)))))
        elif not cut:
            mask = mask * np.float32(1 - _REMEMBERED) + self._mask * np.float32(_REMEMBERED)
        self._mask, self._number, self._age = mask, number, 0
        amplitude = np.minimum(mask[0] * np.float32(self._control.strength), mask[1])
        self._renew(amplitude * self._pattern_of(number))

    def _renew(self, residual: NDArray[np.float32]) -> None:
        import cv2

        wide = cv2.resize(residual, self._size, interpolation=cv2.INTER_CUBIC)
        self._more = np.asarray(cv2.convertScaleAbs(np.maximum(wide, np.float32(0))), np.uint8)
        self._less = np.asarray(cv2.convertScaleAbs(np.minimum(wide, np.float32(0))), np.uint8)
        cost = cv2.norm(self._more, cv2.NORM_L2SQR) + cv2.norm(self._less, cv2.NORM_L2SQR)
        self._control.learn(float(cost) / wide.size)

    def _pattern_of(self, number: int) -> NDArray[np.float32]:
        if number not in self._laid:
            width, height = self._canonical
            torus = np.roll(self._pattern(number), self._schedule.shift, axis=(0, 1))
            down, across = (-(-side // len(torus)) for side in (height, width))
            self._laid[number] = np.ascontiguousarray(np.tile(torus, (down, across))[:height, :width])
        return self._laid[number]

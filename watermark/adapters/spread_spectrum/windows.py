"""What is left of a video when the picture is taken away: mean residuals of half seconds, at the canonical size."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from watermark.adapters.spread_spectrum.patterns import canonical_size

WINDOW = 0.5
"""Seconds of video that one window gathers: half as long as a pattern stays."""
QUICK_FRAMES = 4
"""Frames of a window that a quick look takes. Where little moves, more say nothing new."""
_CAREFUL_FRAMES = 6
"""Frames that a careful one takes."""
MOST_WINDOWS = 240
"""Windows that are kept; a longer video is looked at in ever fewer places, spread over all of it."""
_LEAST_SIDE = 32
"""Pixels on a side below which no mark can be read, so none is sought."""
_MOST_FRAMES = 32
"""Frames of a window that are kept."""


@dataclass
class Window:
    """Half a second of video.

    Attributes:
        start: seconds.
        end: seconds; the last frame's time at least.
    """

    start: float
    end: float
    frames: list[NDArray[np.uint8]] = field(default_factory=list)
    _residuals: dict[bool, NDArray[np.float32]] = field(default_factory=dict)

    def residual(self, *, quick: bool) -> NDArray[np.float32]:
        """Mean residual of some frames, more of them and with more care unless `quick`: float32, canonical."""
        if quick not in self._residuals:
            most = QUICK_FRAMES if quick else _CAREFUL_FRAMES
            places = np.linspace(0, len(self.frames) - 1, min(most, len(self.frames))).round()
            total = sum(residual(self.frames[int(place)], quick=quick) for place in places)
            self._residuals[quick] = np.asarray(total / np.float32(len(places)), np.float32)
        return self._residuals[quick]


class Windows:
    """Gathers frames into windows.

    Frames after the first are brought to its canonical size.
    """

    def __init__(self) -> None:
        self.kept: list[Window] = []
        self._size: tuple[int, int] | None = None
        self._stride = 1
        self._place = -1
        self.frames = 0
        self.first = self.last = 0.0

    def add(self, luma: NDArray[np.uint8], seconds: float) -> None:
        """Take a frame's luma, uint8 (h, w)."""
        import cv2

        if self._size is None:
            self._size = canonical_size(luma.shape[1], luma.shape[0])
            self.first = seconds
        self.frames += 1
        self.last = seconds
        if min(luma.shape) < _LEAST_SIDE:
            return
        place = int(seconds / WINDOW)
        if place % self._stride:
            return
        if place != self._place:
            self._open(place)
        window = self.kept[-1]
        window.end = max(window.end, seconds)
        if len(window.frames) < _MOST_FRAMES:
            way = cv2.INTER_AREA if min(luma.shape) >= min(self._size) else cv2.INTER_CUBIC
            small = cv2.resize(luma, self._size, interpolation=way)
            window.frames.append(np.asarray(small, np.uint8))

    def _open(self, place: int) -> None:
        self._place = place
        if len(self.kept) == MOST_WINDOWS:
            self._stride *= 2
            self.kept = self.kept[::2]
        start = place * WINDOW
        self.kept.append(Window(start, start + WINDOW))


def residual(luma: NDArray[np.uint8], *, quick: bool = True) -> NDArray[np.float32]:
    """What is left of one frame: high-pass, over its neighbourhood, so that an edge says no more than a flat place.

    Args:
        luma: uint8 (h, w).
        quick: take the median at half the size, in a ninth of the time.

    Returns:
        float32 (h, w) in [-2, 2].
    """
    import cv2

    height, width = luma.shape
    half = (max(1, width // 2), max(1, height // 2))
    # A median keeps edges, which a mean would leave in what is left.
    if quick:
        middle = cv2.medianBlur(np.asarray(cv2.resize(luma, half, interpolation=cv2.INTER_AREA), np.uint8), 5)
        smooth = cv2.resize(middle, (width, height), interpolation=cv2.INTER_LINEAR)
    else:
        smooth = cv2.medianBlur(luma, 9)
    detail = cv2.subtract(luma, smooth, dtype=cv2.CV_32F)
    spread = cv2.boxFilter(cv2.absdiff(luma, smooth), cv2.CV_32F, (9, 9))
    known = cv2.divide(detail, spread * np.float32(1.2) + np.float32(0.3))
    return np.asarray(np.clip(known, -2.0, 2.0), np.float32)


def views_of(residuals: Sequence[NDArray[np.float32]]) -> list[NDArray[np.float32]]:
    """What windows share, and what each has beyond that.

    What stands still is in every window and drowns a pattern that changes; what an encoder carried on from an old
    pattern is in every window too, and is best seen in the mean. So both are looked at.

    Args:
        residuals: of windows, all of one size.

    Returns:
        The mean, then each window's difference from it; a single window as it is.
    """
    if len(residuals) == 1:
        return list(residuals)
    mean = np.asarray(sum(residuals) / np.float32(len(residuals)), np.float32)
    return [mean, *(one - mean for one in residuals)]

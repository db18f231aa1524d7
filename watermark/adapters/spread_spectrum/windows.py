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
"""Frames of a window that are taken."""
_LARGE = 2_500_000
"""Pixels from which a frame is sized as it comes: half a second of larger ones would fill the memory."""


@dataclass
class Window:
    """Half a second of video.

    Attributes:
        start: seconds.
        end: seconds; the last frame's time at least.
        size: width and height that frames are looked at in, the canonical ones.
    """

    start: float
    end: float
    size: tuple[int, int]
    _count: int = 0
    _came: dict[int, NDArray[np.uint8]] = field(default_factory=dict)
    _sized: dict[int, NDArray[np.uint8]] = field(default_factory=dict)
    _residuals: dict[bool, NDArray[np.float32]] = field(default_factory=dict)

    def add(self, luma: NDArray[np.uint8]) -> None:
        """Take a frame, uint8 (h, w). Few of them are looked at, so it is not sized before."""
        if self._count == _MOST_FRAMES:
            return
        self._came[self._count] = luma
        if luma.size > _LARGE:
            self.frame(self._count)
        self._count += 1

    def close(self) -> None:
        """Let go of what no look will take."""
        for place in {*self._places(quick=True), *self._places(quick=False)}:
            self.frame(place)
        self._came.clear()

    def frame(self, place: int) -> NDArray[np.uint8]:
        """A frame that a look takes, such as the first, at the canonical size."""
        import cv2

        if place not in self._sized:
            luma = self._came.pop(place)
            way = cv2.INTER_AREA if min(luma.shape) >= min(self.size) else cv2.INTER_CUBIC
            self._sized[place] = np.asarray(cv2.resize(luma, self.size, interpolation=way), np.uint8)
        return self._sized[place]

    def residual(self, *, quick: bool) -> NDArray[np.float32]:
        """Mean residual of some frames, more of them and with more care unless `quick`: float32, canonical."""
        if quick not in self._residuals:
            places = self._places(quick=quick)
            total = sum(residual(self.frame(place), quick=quick) for place in places)
            self._residuals[quick] = np.asarray(total / np.float32(len(places)), np.float32)
        return self._residuals[quick]

    def _places(self, *, quick: bool) -> list[int]:
        most = QUICK_FRAMES if quick else _CAREFUL_FRAMES
        return [int(place) for place in np.linspace(0, self._count - 1, min(most, self._count)).round()]


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
            self._open(place, self._size)
        window = self.kept[-1]
        window.end = max(window.end, seconds)
        window.add(luma)

    def _open(self, place: int, size: tuple[int, int]) -> None:
        self._place = place
        if self.kept:
            self.kept[-1].close()
        if len(self.kept) == MOST_WINDOWS:
            self._stride *= 2
            self.kept = self.kept[::2]
        start = place * WINDOW
        self.kept.append(Window(start, start + WINDOW, size))


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

"""Reading the marks of one video: find a pose that reads, say which seconds carry it, look for another in the rest."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from watermark.adapters.spread_spectrum import chance
from watermark.adapters.spread_spectrum.at_once import at_once
from watermark.adapters.spread_spectrum.demodulate import Demodulator
from watermark.adapters.spread_spectrum.keyed import KeyedPatterns
from watermark.adapters.spread_spectrum.pose import described
from watermark.adapters.spread_spectrum.search import PROMISING, Found, PatternSearch
from watermark.adapters.spread_spectrum.spectrum import Pyramid
from watermark.adapters.spread_spectrum.windows import WINDOW, Window, Windows, views_of
from watermark.domain.marks import MarkReading, Search, Stretch
from watermark.ports.marks import YuvFrame

_FIRST = 4
"""Windows that a first look takes: an untouched copy needs no more."""
_MOST_READ = 24
"""Windows that are read together, evenly spread; more would not make a mark surer."""
_MOST_MARKS = 4
"""Different marks that are sought in one video."""
_CARRIED, _BORNE = 5.0, 3.0
"""Standard deviations from which a window carries a mark by itself, and between or beside such windows."""


@dataclass(frozen=True)
class Mark:
    """One mark that was found.

    Attributes:
        pose: where it lies, and under which key.
        payload: what it says.
        matched: how surely, see `demodulate.Reading`.
    """

    pose: Found
    payload: int
    matched: float


class SpreadSpectrumDetector:
    """Reads one video.

    Args:
        keys: under which keys to look.

    Attributes:
        attempts: poses and keys at which decoding was tried, over all readings of this video.
    """

    def __init__(self, keys: Sequence[KeyedPatterns]) -> None:
        self._keys = keys
        self._demodulators: dict[KeyedPatterns, Demodulator] = {}
        self._windows = Windows()
        self.attempts = 0
        self._best = 0.0

    def add(self, frame: YuvFrame) -> None:
        """Take one more frame; only its luma is used."""
        self._windows.add(frame.y, frame.seconds)

    def read(self, search: Search) -> MarkReading:
        """Look for marks in all frames so far: where they were put, in a full search then wherever they may be."""
        self._best = 0.0
        rest = list(self._windows.kept)
        marks: list[Mark] = []
        stretches: list[Stretch] = []
        while rest and len(marks) < _MOST_MARKS:
            mark = self._find(rest, search)
            if mark is None:
                break
            marks.append(mark)
            carrying = self._carrying(rest, mark)
            stretches += _stretches(carrying, mark)
            bearing = {id(window) for window, _ in carrying}
            left = [window for window in rest if id(window) not in bearing]
            if len(left) in (0, len(rest)):
                break
            rest = left
        return self._reading(marks, stretches)

    def _find(self, windows: Sequence[Window], search: Search) -> Mark | None:
        searching = PatternSearch(self._keys)
        for some, quick in _looks(windows):
            residuals = at_once(partial(Window.residual, quick=quick), some)
            whole = [Pyramid(residual) for residual in residuals]
            apart = [Pyramid(view) for view in views_of(residuals)]
            for views in (apart, whole) if len(whole) > 1 else (whole,):
                mark = self._first_that_reads(searching.aligned(views), whole)
                if mark is not None:
                    return mark
        if search is Search.ALIGNED:
            return None
        picture = windows[len(windows) // 2].frame(0)
        return self._first_that_reads(searching.anywhere(apart, picture), whole)

    def _first_that_reads(self, poses: Iterator[Found], windows: Sequence[Pyramid]) -> Mark | None:
        for found in poses:
            if found.score < PROMISING:
                continue
            self.attempts += 1
            demodulator = self._demodulator(found.keyed)
            reading = demodulator.read([demodulator.coefficients(window, found.matrix) for window in windows])
            if reading is None or reading.payload is None:
                continue
            self._best = max(self._best, reading.matched)
            if reading.matched >= chance.MATCHED and chance.bound(reading.matched, self.attempts) <= chance.ACCEPTED:
                return Mark(found, reading.payload, reading.matched)
        return None

    def _demodulator(self, keyed: KeyedPatterns) -> Demodulator:
        if keyed not in self._demodulators:
            self._demodulators[keyed] = Demodulator(keyed)
        return self._demodulators[keyed]

    def _carrying(self, windows: Sequence[Window], mark: Mark) -> list[tuple[Window, float]]:
        """The windows that carry a mark, each with how surely."""
        demodulator = self._demodulator(mark.pose.keyed)
        residuals = at_once(partial(Window.residual, quick=True), windows)
        sure = np.zeros(len(windows))
        for looked in ([*residuals], views_of(residuals)[-len(residuals) :]):
            found = [demodulator.coefficients(Pyramid(one), mark.pose.matrix) for one in looked]
            sure = np.maximum(sure, demodulator.present(found, mark.payload).max(axis=1))
        carried = sure >= _CARRIED
        near = np.convolve(np.pad(carried, 1), [1, 1, 1], "valid") > 0
        borne = carried | (near & (sure >= _BORNE))
        return [(window, float(z)) for window, z, bears in zip(windows, sure, borne, strict=True) if bears]

    def _reading(self, marks: Sequence[Mark], stretches: Sequence[Stretch]) -> MarkReading:
        lengths: dict[int, float] = {}
        for stretch in stretches:
            lengths[stretch.payload] = lengths.get(stretch.payload, 0.0) + stretch.end - stretch.start
        best = max(marks, key=lambda mark: lengths.get(mark.payload, 0.0), default=None)
        kept = self._windows
        seen = kept.kept[0] if kept.kept else None
        return MarkReading(
            found=best is not None,
            payload=best.payload if best else None,
            confidence=round(best.matched if best else self._best, 2),
            threshold=chance.MATCHED,
            geometry=described(best.pose.matrix, _shape(seen)) if best and seen else None,
            frames=kept.frames,
            seconds=round(kept.last - kept.first, 3),
            key_id=best.pose.keyed.key.id if best else None,
            stretches=tuple(sorted(stretches, key=lambda stretch: stretch.start)),
            chance=chance.bound(best.matched, self.attempts) if best else 1.0,
        )


def _looks(windows: Sequence[Window]) -> Iterator[tuple[Sequence[Window], bool]]:
    """Windows to seek an aligned mark in, and whether quickly, the cheapest first.

    Where nothing moves, an encoder keeps what it coded first, so the first windows alone may tell more than all.
    """
    several = len(windows) > _FIRST
    yield windows[:_FIRST], True
    if several:
        yield _evenly(windows), True
    yield windows[:_FIRST], False
    if several:
        yield _evenly(windows), False


def _evenly(windows: Sequence[Window]) -> list[Window]:
    if len(windows) <= _MOST_READ:
        return list(windows)
    return [windows[int(place)] for place in np.linspace(0, len(windows) - 1, _MOST_READ)]


def _stretches(carrying: Sequence[tuple[Window, float]], mark: Mark) -> list[Stretch]:
    """Windows that follow each other, joined."""
    joined: list[tuple[float, float, float]] = []
    for window, sure in carrying:
        if joined and window.start - joined[-1][1] < WINDOW / 2:
            start, _, before = joined[-1]
            joined[-1] = (start, window.end, float(np.hypot(before, sure)))
        else:
            joined.append((window.start, window.end, sure))
    return [Stretch(start, end, mark.payload, mark.pose.keyed.key.id, round(sure, 2)) for start, end, sure in joined]


def _shape(window: Window) -> tuple[int, int]:
    width, height = window.size
    return height, width

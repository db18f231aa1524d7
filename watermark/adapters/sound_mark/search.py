"""Finding how the pattern lies: how fast the sound plays, how high, and where the pattern begins.

The known part of the pattern (sync) is correlated with the cells at every place and for many speeds, tempos and
pitches.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from watermark.adapters.sound_mark.cells import FIRST, LAST, LOOKS, LOW
from watermark.adapters.sound_mark.pattern import BINS, PERIOD, SYNC_SHARE, SoundPattern

Plane = NDArray[np.float32]

_STEP = 0.004
"""Relative steps of the search: over 10 s the pattern slips by 20 ms at most at either end."""
_NEAR, _FAR = 0.112, 0.252
"""Relative changes of speed, tempo or pitch that are searched: in every piece, and in some."""
_GRID_STEP, _GRID = 0.008, 0.104
"""The same for tempo and pitch changed apart from each other."""
_FINE_STEPS = (0.002, 0.001)
_COARSE_PHASES = (0.0, 2.0)
_PHASES = (0.0, 1.0, 2.0, 3.0)
_MOST_CLIMBS = 3


@dataclass(frozen=True, slots=True)
class Scale:
    """How the sound plays against how it was marked.

    Attributes:
        tempo: 1.1 is ten per cent faster.
        pitch: 1.1 is ten per cent higher.
    """

    tempo: float = 1.0
    pitch: float = 1.0


PLAIN = Scale()


@dataclass(frozen=True, slots=True)
class Lie:
    """How the pattern lies in the sound.

    Attributes:
        scale: how the sound plays.
        look: a look of the detector, maybe between two, that shows the middle of a frame.
        row: the row of the pattern that this frame bears.
        peak: standard deviations by which the known part stands out.
    """

    scale: Scale
    look: float
    row: int
    peak: float = 0.0

    @property
    def pace(self) -> float:
        """Looks from one frame to the next."""
        return LOOKS / self.scale.tempo

    def first(self) -> "Lie":
        """The same, told by the first frame of the sound."""
        back = int(self.look // self.pace)
        return replace(self, look=self.look - back * self.pace, row=(self.row - back) % PERIOD)


@lru_cache(maxsize=1)
def near_scales() -> tuple[Scale, ...]:
    """Played faster or slower, with the pitch or without, or only the pitch changed: by up to 11 %."""
    return _lines(_STEP, _NEAR)


@lru_cache(maxsize=1)
def far_scales() -> tuple[Scale, ...]:
    """The same by up to 25 %, and tempo and pitch changed each on its own by up to 10 %."""
    changes = _changes(_GRID_STEP, _GRID, _GRID_STEP)
    grid = tuple(Scale(tempo, pitch) for tempo in changes for pitch in changes if tempo != pitch)
    return (*_lines(_NEAR + _STEP, _FAR), *grid)


def _changes(least: float, most: float, step: float = _STEP) -> list[float]:
    steps = np.arange(round(least / step), round(most / step) + 1) * step
    return [1 + sign * float(step) for step in steps for sign in (1, -1)]


def _lines(least: float, most: float) -> tuple[Scale, ...]:
    return tuple(
        scale
        for change in _changes(least, most)
        for scale in (Scale(change, change), Scale(change, 1.0), Scale(1.0, change))
    )


def looks_of(count: int, lie: Lie) -> NDArray[np.intp]:
    """The looks nearest to the middle of every frame from `lie.look` on, among `count` looks."""
    frames = max(0, int(np.ceil((count - 0.5 - lie.look) / lie.pace)))
    looks: NDArray[np.intp] = np.round(lie.look + np.arange(frames) * lie.pace).astype(np.intp)
    return looks[looks < count]


def rows_at(cells: Plane, looks: NDArray[np.intp], pitch: float) -> Plane:
    """The pattern's cells at given looks, shape (looks, 320), for sound whose pitch is changed."""
    if pitch == 1.0:
        return np.asarray(cells[looks, LOW - FIRST : LOW - FIRST + BINS], np.float32)
    place = (LOW + np.arange(BINS)) * pitch - FIRST
    inside = (place >= 0) & (place < LAST - FIRST - 1)
    lower = np.where(inside, place, 0).astype(np.intp)
    beyond = np.where(inside, place - lower, 0).astype(np.float32)
    chosen = cells[looks]
    between = chosen.take(lower, 1) * (1 - beyond) + chosen.take(lower + 1, 1) * beyond
    return np.asarray(between * inside, np.float32)


def folded(rows: Plane) -> Plane:
    """Rows added up by the period, shape (256, 320)."""
    whole, rest = divmod(len(rows), PERIOD)
    total = rows[: whole * PERIOD].reshape(whole, PERIOD, BINS).sum(axis=0)
    total[:rest] += rows[whole * PERIOD :]
    return np.asarray(total, np.float32)


def surface(patterns: Sequence[SoundPattern], rows: Plane) -> Plane:
    """How well the known part of each pattern fits, for every row that the first frame may bear.

    Returns:
        Standard deviations, shape (patterns, 256).
    """
    tile = folded(rows)
    norm = np.sqrt(SYNC_SHARE * float(np.square(tile).sum())) + 1e-9
    # Row k of the pattern at the first frame: sum over n of tile[n] * sync[n + k].
    spectrum = np.conj(np.fft.rfft(tile, axis=0).astype(np.complex64))
    found = [np.fft.irfft(np.conj(each.sync_spectrum) * spectrum, PERIOD, axis=0).sum(axis=1) for each in patterns]
    return np.asarray(np.stack(found) / norm, np.float32)


class SyncSearch:
    """Looks for patterns in a stretch of sound.

    Args:
        patterns: one for each key.
    """

    def __init__(self, patterns: Sequence[SoundPattern]) -> None:
        self._patterns = tuple(patterns)

    def best(
        self, cells: Plane, tried: Sequence[Scale], phases: Sequence[float] = _COARSE_PHASES
    ) -> list[tuple[int, Lie]]:
        """The best lie of every pattern for every scale: its pattern's number and the lie, the highest peaks first."""
        found: list[tuple[int, Lie]] = []
        for scale in tried:
            peaks = [(Lie(scale, phase, 0), self._surface(cells, Lie(scale, phase, 0))) for phase in phases]
            for number in range(len(self._patterns)):
                lie, heights = max(peaks, key=lambda one: float(one[1][number].max()))
                row = int(heights[number].argmax())
                found.append((number, replace(lie, row=row, peak=float(heights[number, row]))))
        return sorted(found, key=lambda one: -one[1].peak)

    def refined(self, cells: Plane, number: int, lie: Lie) -> Lie:
        """The best lie close to a coarse one: the search climbs as long as it gets better."""
        pattern = self._patterns[number : number + 1]
        best = self._climbed(cells, pattern, lie, (lie.scale,))
        for step in _FINE_STEPS if lie.scale != PLAIN else ():
            for _ in range(_MOST_CLIMBS):
                before = best.scale
                best = self._climbed(cells, pattern, best, _close(before, step))
                if best.scale == before:
                    break
        return best

    def _climbed(self, cells: Plane, pattern: Sequence[SoundPattern], best: Lie, tried: Iterable[Scale]) -> Lie:
        for scale in tried:
            for phase in _PHASES:
                start = Lie(scale, phase, 0)
                heights = surface(pattern, rows_at(cells, looks_of(len(cells), start), scale.pitch))[0]
                row = int(heights.argmax())
                if heights[row] > best.peak:
                    best = replace(start, row=row, peak=float(heights[row]))
        return best

    def _surface(self, cells: Plane, lie: Lie) -> Plane:
        return surface(self._patterns, rows_at(cells, looks_of(len(cells), lie), lie.scale.pitch))


def _close(scale: Scale, step: float) -> tuple[Scale, ...]:
    """Scales a step away; what has not changed at all stays so."""
    tempos = [scale.tempo + way * step for way in (-1, 0, 1)] if scale.tempo != 1.0 else [1.0]
    pitches = [scale.pitch + way * step for way in (-1, 0, 1)] if scale.pitch != 1.0 else [1.0]
    around = (Scale(tempo, pitch) for tempo in tempos for pitch in pitches)
    return tuple(one for one in around if one != scale)

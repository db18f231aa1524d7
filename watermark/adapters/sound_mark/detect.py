"""Reading the pattern: find how it lies, add up its bits, and prove the number by every cell that should show it."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from watermark.adapters.sound_mark import code
from watermark.adapters.sound_mark.cells import HOP, LOOKS, RATE
from watermark.adapters.sound_mark.pattern import BINS, PERIOD, SoundPattern
from watermark.adapters.sound_mark.search import Lie, folded, looks_of, rows_at
from watermark.domain.marks import SOUND_BITS

Plane = NDArray[np.float32]

CHANCE = 1e-9
"""Bound on the probability that sound without a mark is said to have one."""
_PLACES_PER_SECOND = 1 << 28
"""Ways in which a pattern may lie that a full search tries at most, for each second of sound and key.

A piece of 10 s takes 1,300 scales and their refinement, 4 phases, 256 rows and 66 runs of whole seconds: 2**24 for a
second. Other pieces, and looking again after a mark was found, make it less than ten times as many.
"""
_BAND = 32
"""Neighbouring frequencies that get one weight: encoders eat some and spare others."""
_SECOND = round(RATE / HOP)
"""Frames in a second, about: 31."""
_NEARBY = 3 * _SECOND
"""Frames over which the known part says how well the mark is kept."""
_LEAST_GAIN = 0.1
_EXPECTED = 0.6
"""What is asked of a frame, as a share of what marked frames show on average: some moments keep less."""


def threshold(seconds: float, keys: int) -> float:
    """Standard deviations from which a number is believed.

    The signs of a pattern are independent of sound that was not marked with it. So for one number and one way to lie,
    whatever the sound, the statistic passes z with a probability of at most exp(-z² / 2) (Hoeffding 1963, theorem 2);
    all numbers with a right checksum and all ways to lie together make at most as many times that.
    """
    return float(np.sqrt(2 * (_log_hypotheses(seconds, keys) - np.log(CHANCE))))


def chance(statistic: float, seconds: float, keys: int) -> float:
    """The bound above for the statistic of a reading."""
    return float(min(1.0, np.exp(_log_hypotheses(seconds, keys) - statistic**2 / 2)))


def _log_hypotheses(seconds: float, keys: int) -> float:
    return float(np.log(_PLACES_PER_SECOND) + np.log(max(seconds, 1.0)) + np.log(keys) + SOUND_BITS * np.log(2))


@dataclass(frozen=True, slots=True)
class Proof:
    """A number that was decoded, and how surely.

    Attributes:
        payload: the number.
        statistic: standard deviations by which the whole pattern stands out in the best run of seconds.
        start: the first look of that run.
        stop: one past the last.
    """

    payload: int
    statistic: float
    start: int
    stop: int


def decoded(pattern: SoundPattern, cells: Plane, lie: Lie) -> Proof | None:
    """What a pattern that lies so says; None where its checksum is wrong."""
    looks = looks_of(len(cells), lie)
    rows = rows_at(cells, looks, lie.scale.pitch)
    payload = code.decode(soft_bits(pattern, rows, lie.row))
    if payload is None:
        return None
    statistic, start, stop = best_run(rows, turned(pattern.tile(payload), lie.row, len(rows)))
    return Proof(payload, statistic, int(looks[start]), int(looks[stop - 1]) + 1)


def turned(tile: Plane, row: int, frames: int) -> Plane:
    """The rows of a tile that frames bear, the first of them `row`."""
    return tile[(row + np.arange(frames)) % PERIOD]


def soft_bits(pattern: SoundPattern, rows: Plane, row: int) -> NDArray[np.float64]:
    """Log-likelihood ratios of the coded bits, shape (192,), up to a common factor.

    The known part says how well the mark is kept at each moment and in each band: gain over noise power is the weight.
    """
    at = (row + np.arange(len(rows))) % PERIOD
    agreed = rows * pattern.sync[at]
    moments = _smooth(agreed.sum(axis=1), _NEARBY) / (_smooth(np.abs(agreed).sum(axis=1), _NEARBY) + 1e-9)
    weights = np.maximum(moments, _LEAST_GAIN * max(float(moments.max()), 1e-9))
    weighted = rows * (weights / weights.max()).astype(np.float32)[:, None]
    tile = np.zeros((PERIOD, BINS), np.float32)
    np.add.at(tile, at, weighted)
    for low, high in pairwise(range(0, BINS + 1, _BAND)):
        known = (tile * pattern.sync)[:, low:high][pattern.coded_bit[:, low:high] < 0]
        tile[:, low:high] *= max(float(known.mean()), 0.0) / (float(known.var()) + 1e-9)
    return pattern.soft_bits(tile)


def best_run(rows: Plane, expected: Plane) -> tuple[float, int, int]:
    """The statistic over the run of whole seconds where it is highest: a mark may be in a part of the sound only.

    Returns:
        Standard deviations, the first row of the run, and one past the last.
    """
    edges = np.append(np.arange(0, max(len(rows) - _SECOND // 2, 1), _SECOND), len(rows))
    agreed = np.concatenate([[0.0], np.add.reduceat((rows * expected).sum(axis=1, dtype=np.float64), edges[:-1])])
    spread = np.concatenate([[0.0], np.add.reduceat(np.square(rows).sum(axis=1, dtype=np.float64), edges[:-1])])
    agreed, spread = np.cumsum(agreed), np.cumsum(spread)
    start, stop = np.triu_indices(len(agreed), 1)
    statistics = (agreed[stop] - agreed[start]) / np.sqrt(spread[stop] - spread[start] + 1e-9)
    best = int(statistics.argmax())
    first, last = int(edges[start[best]]), int(edges[stop[best]])
    # A sign that comes again after a period is no new evidence where the sound is the same again (a hum, a loop):
    # what bounds chance is the spread of the sums of all cells that share a sign.
    spread_of_sums = float(np.square(folded(rows[first:last])).sum())
    return float((agreed[stop[best]] - agreed[start[best]]) / np.sqrt(spread_of_sums + 1e-9)), first, last


def _smooth(values: NDArray[np.floating], width: int) -> NDArray[np.float64]:
    width = min(width, len(values))
    return np.convolve(values, np.ones(width) / width, mode="same")


def evidence(pattern: SoundPattern, cells: Plane, lie: Lie, payload: int) -> "Evidence":
    """How much of a known mark every second shows, from the first look on."""
    first = lie.first()
    tile = pattern.tile(payload)
    agreed, spread = [], []
    # The mark may slip by a little: time-stretching moves pieces about.
    for slip in range(-LOOKS // 2, LOOKS // 2 + 1):
        looks = looks_of(len(cells), first)
        rows = rows_at(cells, np.clip(looks + slip, 0, len(cells) - 1), lie.scale.pitch)
        agreed.append((rows * turned(tile, first.row, len(rows))).sum(axis=1, dtype=np.float64))
        spread.append(np.square(rows).sum(axis=1, dtype=np.float64))
    return Evidence(np.stack(agreed), np.stack(spread), first)


@dataclass(frozen=True)
class Evidence:
    """What every frame says about a known mark.

    Attributes:
        agreed: sums of cells over their expected signs, shape (slips, frames).
        spread: sums of squared cells, same shape.
        lie: how the pattern lies, from the first frame on.
    """

    agreed: NDArray[np.float64]
    spread: NDArray[np.float64]
    lie: Lie

    def likelihood(self, start: int, stop: int) -> NDArray[np.float64]:
        """How much likelier each frame is marked than not, in nats, shape (frames,).

        Cells of marked sound agree by a share of their power, others by none (two Gaussians of equal spread).

        Args:
            start: the first of the frames that are known to be marked, which say how large the share is.
            stop: one past the last.
        """
        width = max(1, min(_NEARBY, self.agreed.shape[1]))
        lately = np.stack([_smooth(one, width) for one in self.agreed])
        slip = lately.argmax(axis=0)[None]
        agreed = np.take_along_axis(self.agreed, slip, 0)[0]
        spread = np.take_along_axis(self.spread, slip, 0)[0]
        share = _EXPECTED * agreed[start:stop].sum() / (spread[start:stop].sum() + 1e-9)
        return np.asarray(share * agreed - share**2 / 2 * spread)

    def seconds(self, frame: int) -> float:
        """When a frame begins to count, in seconds of the sound that was listened to."""
        return (self.lie.look + (frame - 0.5) * self.lie.pace) * HOP / LOOKS / RATE


def runs(flags: Sequence[bool] | NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Where flags are set: first and one past the last of every run."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], flags, [False]]).astype(np.int8)))
    return [(int(start), int(stop)) for start, stop in edges.reshape(-1, 2)]

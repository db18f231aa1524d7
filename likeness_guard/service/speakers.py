"""Which windows of speech are one speaker's, and when each speaker talks."""

import itertools
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from likeness_guard.ports import Speech, Vectors

_LEAST_CLUSTER = 1.5
"""Seconds of speech that make a speaker of their own; less joins the speaker most like it."""
_CHUNK = 384
"""Windows that are compared each with each at once (about 5 minutes): an hour costs 12 such chunks, not its square."""
_LONGEST_BLEND = 2.5
"""Seconds that windows astride one change of speaker cover at most: two windows."""
_GRID = 0.1
"""Seconds: how finely moments are given to speakers."""
_PAUSE = 0.5
"""Seconds of silence within one turn."""

Spans = tuple[tuple[float, float], ...]


def speakers_of(vectors: Vectors, windows: NDArray[np.float64], same_voice: float) -> list[list[int]]:
    """Numbers of the windows of each speaker, by average-linkage clustering.

    Args:
        vectors: unit vectors (n, d) of windows, n > 0.
        windows: (n, 2) start and end in seconds, in order of start.
        same_voice: mean cosine from which windows are one voice.
    """
    groups: list[list[int]] = []
    for at in range(0, len(vectors), _CHUNK):
        chunk = [[number] for number in range(at, min(at + _CHUNK, len(vectors)))]
        groups += _linked(chunk, vectors, same_voice)
    if len(vectors) > _CHUNK:
        groups = _linked(groups, vectors, same_voice)
    groups = _without_blends(groups, vectors, windows, same_voice)
    return [sorted(group) for group in _without_short(groups, vectors, windows)]


def _linked(groups: list[list[int]], vectors: Vectors, same_voice: float) -> list[list[int]]:
    """Join the closest groups until none are alike. The mean cosine of two groups is the product of their means."""
    groups = [list(group) for group in groups]
    means = np.stack([vectors[group].mean(axis=0, dtype=np.float64) for group in groups])
    likeness = means @ means.T
    np.fill_diagonal(likeness, -np.inf)
    for _ in range(len(groups) - 1):
        i, j = divmod(int(likeness.argmax()), len(groups))
        if likeness[i, j] < same_voice:
            break
        groups[i] += groups[j]
        groups[j] = []
        means[i] = vectors[groups[i]].mean(axis=0, dtype=np.float64)
        alive = np.asarray([bool(group) for group in groups])
        likeness[i] = np.where(alive, means @ means[i], -np.inf)
        likeness[i, i] = likeness[j] = likeness[:, j] = -np.inf
        likeness[:, i] = likeness[i]
    return [group for group in groups if group]


def _without_blends(
    groups: list[list[int]], vectors: Vectors, windows: NDArray[np.float64], same_voice: float
) -> list[list[int]]:
    """A few windows that sound like the sum of the speakers before and after them are the change, not a third one."""
    owner = {number: at for at, group in enumerate(groups) for number in group}
    means = [vectors[group].mean(axis=0) for group in groups]
    joined: dict[int, int] = {}
    for at, group in enumerate(groups):
        before, after = owner.get(min(group) - 1), owner.get(max(group) + 1)
        if before is None or after is None or before == after or {before, after} & joined.keys():
            continue
        blend = means[before] + means[after]
        score = float(means[at] @ blend) / max(float(np.linalg.norm(blend)), 1e-12)
        if covered(windows[sorted(group)]) < _LONGEST_BLEND and score >= same_voice:
            joined[at] = max((before, after), key=lambda other: float(means[at] @ means[other]))
    for at, other in joined.items():
        groups[other] = groups[other] + groups[at]
    return [group for at, group in enumerate(groups) if at not in joined]


def _without_short(groups: list[list[int]], vectors: Vectors, windows: NDArray[np.float64]) -> list[list[int]]:
    """Groups too short to be a speaker join the one most like them, the shortest first."""
    while len(groups) > 1:
        seconds = [covered(windows[sorted(group)]) for group in groups]
        least = int(np.argmin(seconds))
        if seconds[least] >= _LEAST_CLUSTER:
            break
        lonely = groups.pop(least)
        mean = vectors[lonely].mean(axis=0)
        max(groups, key=lambda group: float(vectors[group].mean(axis=0) @ mean)).extend(lonely)
    return groups


def covered(windows: NDArray[np.float64]) -> float:
    """Seconds that windows (n, 2), in order of start, cover together."""
    ends = np.maximum.accumulate(windows[:, 1])
    reach = np.concatenate([[-np.inf], ends[:-1]])
    return float(np.maximum(0.0, windows[:, 1] - np.maximum(windows[:, 0], reach)).sum())


def runs_of(groups: Sequence[Sequence[int]], windows: NDArray[np.float64], spoken: float) -> list[Spans]:
    """Stretches of joined speech, in seconds of it, for each group: a moment is whose window's middle is nearest.

    They never overlap, and together they fill `spoken` seconds.
    """
    owner = np.zeros(len(windows), int)
    for number, group in enumerate(groups):
        owner[list(group)] = number
    middles = windows.mean(axis=1)
    moments = np.arange(0.0, spoken, _GRID)
    nearest = np.searchsorted((middles[1:] + middles[:-1]) / 2, moments + _GRID / 2)
    whose = owner[nearest]
    cuts = [0, *(np.flatnonzero(np.diff(whose)) + 1).tolist(), len(moments)]
    found: list[list[tuple[float, float]]] = [[] for _ in groups]
    for first, last in itertools.pairwise(cuts):
        found[int(whose[first])].append((first * _GRID, min(last * _GRID, spoken)))
    return [tuple(runs) for runs in found]


def turns_of(runs: Spans, stretches: Sequence[Speech]) -> Spans:
    """Turns in the medium's own time, from runs in the time of the joined speech; short pauses stay within a turn."""
    turns: list[tuple[float, float]] = []
    begun = 0.0
    for number, stretch in enumerate(stretches):
        length = stretch.end - stretch.start
        for start, end in runs:
            first, last = max(start, begun) - begun, min(end, begun + length) - begun
            if last - first <= 0:
                continue
            pause = stretch.start + first - turns[-1][1] if turns else np.inf
            follows = pause <= _PAUSE and (pause <= 0 or (number > 0 and first == 0))
            begin = turns.pop()[0] if follows else stretch.start + first
            turns.append((begin, stretch.start + last))
        begun += length
    return tuple(turns)


def purity_of(group: Sequence[int], windows: NDArray[np.float64], runs: Spans) -> list[float]:
    """Weights in (0, 1] of a speaker's windows: 1 wholly within the speaker's runs, little astride a change."""
    weights = []
    for start, end in windows[list(group)].tolist():
        inside = sum(max(0.0, min(end, b) - max(start, a)) for a, b in runs)
        weights.append(max(0.05, 2 * inside / max(end - start, 1e-9) - 1))
    return weights

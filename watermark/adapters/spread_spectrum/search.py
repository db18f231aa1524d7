"""Finding how the patterns lie: scale, mirror and rotation by trial, the shift by correlation.

At each trial geometry the residual of a window is laid back, whitened and correlated with the sync part of every
pattern of every key; the laying back and the transform are shared by all of them. The best pattern of each window is
taken at every shift, and windows are added up. Trials are some pixels apart; the most promising are settled by
measuring how far blocks of the picture still lie off (`settle`), and tried again in the whole band.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from watermark.adapters.spread_spectrum import pose
from watermark.adapters.spread_spectrum.at_once import at_once
from watermark.adapters.spread_spectrum.keyed import COARSE_GRID, GRID, JoinedKeys, KeyedPatterns, SyncPatterns
from watermark.adapters.spread_spectrum.patterns import SIDE
from watermark.adapters.spread_spectrum.screen import screens
from watermark.adapters.spread_spectrum.settle import settled
from watermark.adapters.spread_spectrum.spectrum import (
    WHOLE,
    Matrix,
    Packed,
    Pyramid,
    Region,
    correlation,
    mirrored,
    whitened,
)

PROMISING = 5.0
"""Joint score from which it is worth trying to read. Chance gives that often; a reading proves itself."""
_SETTLED, _SETTLED_INSETS = 4, 8
"""Trials of one sweep that are settled, the best first; there are nine sweeps in one over the places of an inset."""
_SWEPT, _SWEPT_TURNED, _COMPARED = 6, 4, 6
"""Views that a sweep looks at together, upright or not, and that a settled geometry is tried and measured with."""
_JOINED = 4
"""Former keys that a sweep looks for at once."""
_PEAKS = 3
"""Shifts that are tried where nothing is scaled or turned: a faint mark need not be the highest peak."""
_MIDDLE = Region(0.19, 0.19, 0.81, 0.81)
"""What perspective and rotation leave nearly in place."""
_INSETS = tuple(
    Region(across, down, across + 0.5, down + 0.5) for down in (0.0, 0.25, 0.5) for across in (0.0, 0.25, 0.5)
)


@dataclass(frozen=True)
class Candidate:
    """A way that patterns may lie.

    Attributes:
        keyed: under which key, or which keys together.
        matrix: lays the picture back onto the torus, its shift included.
        score: peak of the joint surface in its standard deviations.
        region: the part of the picture that they were sought in.
        steady: they were sought in the first view alone, which is what all windows share.
    """

    keyed: SyncPatterns
    matrix: Matrix
    score: float
    region: Region = WHOLE
    steady: bool = False


@dataclass(frozen=True)
class Found:
    """A candidate under one key."""

    keyed: KeyedPatterns
    matrix: Matrix
    score: float


class PatternSearch:
    """Finds patterns in residuals.

    Args:
        keys: under which keys to look.
    """

    def __init__(self, keys: Sequence[KeyedPatterns]) -> None:
        self._keys = keys
        # Sweeps look for the current key, and for former ones some at once: with the sum of their patterns, which costs
        # as much as one, and sees as far as one but for the root of their number.
        former = [keys[start : start + _JOINED] for start in range(1, len(keys), _JOINED)]
        self._groups: list[SyncPatterns] = [keys[0], *(JoinedKeys(some) for some in former)]

    def aligned(self, views: Sequence[Pyramid]) -> Iterator[Found]:
        """The patterns where they were put, but for a shift and a little besides.

        Args:
            views: of a video, see `windows.views_of`, all of one size.
        """
        for grid in (GRID, COARSE_GRID):
            yield from self._upright(views, grid)

    def _upright(self, views: Sequence[Pyramid], grid: int) -> Iterator[Found]:
        planes = [whitened(view.folded(np.eye(3), grid)) for view in views]
        tried = [
            (found, keyed)
            for keyed in self._keys
            for found in best_shifts(keyed, joint_surface(keyed, planes), np.eye(3), _PEAKS)
        ]
        tried.sort(key=lambda pair: -pair[0].score)
        for rank, (found, keyed) in enumerate(tried[: 2 * _PEAKS]):
            yield Found(keyed, found.matrix, found.score)
            if rank == 0:
                yield from self._settle(views, found)

    def anywhere(self, views: Sequence[Pyramid], picture: NDArray[np.uint8]) -> Iterator[Found]:
        """Ways the patterns may lie, the cheap ones first; whoever asks stops at the first that reads.

        Args:
            views: as for `aligned`.
            picture: a frame at the canonical size.
        """
        compared = spread(views, _COMPARED)
        filmed = [one for lies in screens(picture) for one in self._at(self._groups, compared, lies, GRID, both=True)]
        yield from self._best(views, filmed)
        height, width = views[0].shape
        upright = [*pose.squeezed(width / height), *pose.scaled()]
        yield from self._best(views, self._tried(views, upright, WHOLE, GRID))
        yield from self._best(views, self._tried(views, pose.turned(), _MIDDLE))
        insets = [found for region in _INSETS for found in self._tried(views, pose.inset(), region, GRID)]
        yield from self._best(views, insets, _SETTLED_INSETS)

    def _at(
        self, keys: Sequence[SyncPatterns], views: Sequence[Pyramid], matrix: Matrix, grid: int, *, both: bool = False
    ) -> list[Candidate]:
        """The best shift of every key at a geometry and, for `both`, at its mirror image."""
        planes = [whitened(view.folded(matrix, grid)) for view in views]
        hands = [(planes, matrix)]
        if both:
            hands.append(([mirrored(plane) for plane in planes], pose.MIRROR @ matrix))
        found = []
        for keyed in keys:
            for some, lies in hands:
                # Where nothing moves and the rate is low, only what all windows share still bears a pattern.
                steady = joint_surface(keyed, some[:1])
                found.append(replace(best_shift(keyed, steady, lies), steady=True))
                if len(some) > 1:
                    found.append(best_shift(keyed, steady + joint_surface(keyed, some[1:]), lies))
        return found

    def _tried(
        self, views: Sequence[Pyramid], trials: Iterable[Matrix], region: Region, grid: int = COARSE_GRID
    ) -> list[Candidate]:
        some = [view.only(region) for view in spread(views, _SWEPT if region is WHOLE else _SWEPT_TURNED)]

        def at(trial: Matrix) -> list[Candidate]:
            return self._at(self._groups, some, trial, grid, both=region is WHOLE)

        return [replace(one, region=region) for found in at_once(at, trials) for one in found]

    def _best(self, views: Sequence[Pyramid], tried: Sequence[Candidate], most: int = _SETTLED) -> Iterator[Found]:
        for found in sorted(tried, key=_score, reverse=True)[:most]:
            yield from self._settle(views, found)

    def _settle(self, views: Sequence[Pyramid], found: Candidate) -> Iterator[Found]:
        some = spread(views, 1 if found.steady else _COMPARED)
        if found.region in _INSETS:
            some = [view.only(found.region) for view in some]
        for keyed, matrix in _one_key(found, some):
            lies = settled(some, keyed, matrix)
            planes = [whitened(view.folded(lies, GRID)) for view in some]
            best = best_shift(keyed, joint_surface(keyed, planes), lies)
            yield Found(keyed, best.matrix, best.score)


def spread(views: Sequence[Pyramid], most: int) -> list[Pyramid]:
    """The first view and others evenly after it, `most` in all."""
    if len(views) <= most:
        return list(views)
    return [views[0], *(views[int(place)] for place in np.linspace(1, len(views) - 1, most - 1))]


def best_shifts(keyed: SyncPatterns, joint: NDArray[np.float32], matrix: Matrix, most: int) -> list[Candidate]:
    """The shifts at which one key's patterns fit best, the best first.

    Args:
        keyed: the key.
        joint: how well they fit at every shift.
        matrix: what laid the views back.
        most: how many.
    """
    left, grid = joint.copy(), len(joint)
    mean, deviation = float(joint.mean()), float(joint.std()) + 1e-9
    found = []
    for _ in range(most):
        down, across = divmod(int(left.argmax()), grid)
        peak = float(joint[down, across])
        around = np.ix_(np.arange(down - 2, down + 3) % grid, np.arange(across - 2, across + 3) % grid)
        near = joint[around]
        left[around] = mean
        # A pixel of the small torus is half a period of the finest frequencies: the peak lies between pixels.
        fine_across = across + _vertex(near[2, 1], peak, near[2, 3])
        fine_down = down + _vertex(near[1, 2], peak, near[3, 2])
        step = SIDE / grid
        lies = pose.moved(matrix, -fine_across * step, -fine_down * step)
        found.append(Candidate(keyed, lies, (peak - mean) / deviation))
    return found


def best_shift(keyed: SyncPatterns, joint: NDArray[np.float32], matrix: Matrix) -> Candidate:
    """The shift at which one key's patterns fit best; see `best_shifts`."""
    return best_shifts(keyed, joint, matrix, 1)[0]


def _vertex(before: float, peak: float, after: float) -> float:
    """Where, within half a step, the parabola through three neighbours has its top."""
    bend = float(before) - 2 * peak + float(after)
    return 0.5 * (float(before) - float(after)) / bend if bend < 0 else 0.0


def joint_surface(keyed: SyncPatterns, planes: Sequence[Packed]) -> NDArray[np.float32]:
    """How well the best pattern of each plane fits at every shift, summed, in standard deviations: (grid, grid)."""
    import cv2

    grid = len(planes[0])
    total, room = np.zeros((grid, grid), np.float32), np.empty((grid, grid), np.float32)
    for plane in planes:
        best = np.full((grid, grid), -np.inf, np.float32)
        for sync in keyed.sync(grid):
            cv2.max(best, correlation(plane, sync, room), best)
        total += best
    return np.asarray(total * np.float32(1 / (keyed.deviation(grid) + 1e-9)), np.float32)


def _one_key(found: Candidate, views: Sequence[Pyramid]) -> Iterator[tuple[KeyedPatterns, Matrix]]:
    """The key that a candidate means, and its shift; of several keys together, the one that fits best."""
    if isinstance(found.keyed, KeyedPatterns):
        yield found.keyed, found.matrix
    elif isinstance(found.keyed, JoinedKeys):
        planes = [whitened(view.folded(found.matrix, COARSE_GRID)) for view in views]
        each = [(best_shift(keyed, joint_surface(keyed, planes), found.matrix), keyed) for keyed in found.keyed.keys]
        best, keyed = max(each, key=lambda pair: pair[0].score)
        yield keyed, best.matrix


def _score(found: Candidate | Found) -> float:
    return found.score

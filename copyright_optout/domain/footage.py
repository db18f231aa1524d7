"""What it means that a video shows a part of a claimed one: vPDQ's shares, both ways, and what they rest on."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class Footage:
    """A video as it is compared.

    Attributes:
        hashes: uint64 (n, 4), PDQ hashes of frames in time order, of each the whole first and then parts of it, so that
            a cropped copy is found; frames with too little in them are left out.
        seconds: float64 (n,), when each is shown: hashes of one frame have one second.
    """

    hashes: NDArray[np.uint64]
    seconds: NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Glimpse:
    """One frame of a query, as it is compared.

    Attributes:
        second: when it is shown.
        hashes: uint64 (k, 4), of the frame, its parts and their mirror images: one near is enough.
        weight: frames that it stands for.
    """

    second: float
    hashes: NDArray[np.uint64]
    weight: int = 1


@dataclass(frozen=True, slots=True)
class SharedMoment:
    """A frame of a query that is one of a work's.

    Attributes:
        second: of the query.
        work_second: of the work, at its nearest frame.
        distance: PDQ bits of 256.
    """

    second: float
    work_second: float
    distance: int


@dataclass(frozen=True, slots=True)
class Overlap:
    """What a query and a work have in common.

    Attributes:
        query_share: of the query's frames, those found in the work, in [0, 1].
        work_share: of the work's frames, those found in the query, in [0, 1].
        pictures: different pictures that both show; a picture that stands still counts once.
        moments: frame by frame of the query, in time order.
    """

    query_share: float
    work_share: float
    pictures: int
    moments: tuple[SharedMoment, ...]

    def is_match(self, least_share: float, least_pictures: int) -> bool:
        """Whether one is a copy of the other or of a part of it, or enough of it was taken.

        Anything less is for a person to look at: two films may share a logo, a title card or a stock shot.
        """
        return max(self.query_share, self.work_share) >= least_share or self.pictures >= least_pictures


NOTHING_SHARED = Overlap(0.0, 0.0, 0, ())


def overlap(query: Sequence[Glimpse], work: Footage, within: int) -> Overlap:
    """Hold a query against one work.

    Args:
        query: frames in time order.
        work: what is claimed.
        within: PDQ bits of 256 up to which two frames are one.
    """
    _, wholes, frame_of = np.unique(work.seconds, return_index=True, return_inverse=True)
    shown = np.zeros(len(wholes), np.bool_)
    moments: list[SharedMoment] = []
    found = 0
    for glimpse in query:
        apart = _apart(glimpse.hashes, work.hashes)
        near = apart <= within
        if near.any():
            shown[frame_of[near]] = True
            nearest = int(apart.argmin())
            moments.append(SharedMoment(glimpse.second, float(work.seconds[nearest]), int(apart[nearest])))
            found += glimpse.weight
    if not moments:
        return NOTHING_SHARED
    asked = sum(glimpse.weight for glimpse in query)
    pictures = _different(work.hashes[wholes[shown]], within)
    return Overlap(found / asked, float(shown.mean()), pictures, tuple(moments))


def _apart(these: NDArray[np.uint64], those: NDArray[np.uint64]) -> NDArray[np.int64]:
    """For each of `those`, how many bits the nearest of `these` is away; few of `those` at a time."""
    if not len(these):
        return np.full(len(those), _FAR, np.int64)
    step = max(1, _PAIRS // len(these))
    parts = [
        np.bitwise_count(these[:, None] ^ those[None, start : start + step]).sum(axis=2, dtype=np.int64).min(axis=0)
        for start in range(0, len(those), step)
    ]
    return np.concatenate(parts) if parts else np.zeros(0, np.int64)


def _different(hashes: NDArray[np.uint64], within: int) -> int:
    """How many pictures there are, none of which is another."""
    kept: list[NDArray[np.uint64]] = []
    for bits in hashes:
        if all(int(np.bitwise_count(bits ^ other).sum()) > within for other in kept):
            kept.append(bits)
            if len(kept) == _ENOUGH:
                break
    return len(kept)


_FAR = 257
_PAIRS = 1 << 18
_ENOUGH = 100
"""Different pictures counted at most; nobody needs more."""

"""The frames of a medium that are looked at."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from copyright_optout.domain import MOST_FRAMES
from copyright_optout.ports import Hashes, PictureHasher, View
from trust_kernel.media.refs import Look

_STILL = 1.0
_THUMB = 32


@dataclass(frozen=True, slots=True, eq=False)
class Scene:
    """A picture, and from when to when it stands.

    Attributes:
        picture: uint8 RGB (h, w, 3).
        start: first second.
        end: second of the last sampled frame that shows it.
        frames: sampled frames that show it.
    """

    picture: NDArray[np.uint8]
    start: float
    end: float
    frames: int


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """A scene as fingerprints.

    Attributes:
        hashes: uint64 (k, 4): of the whole, of parts, each in eight orientations.
        qualities: of each of them, 0 to 100.
        spots: uint64 (2 n, 4): of windows round spots, each as it stands and then mirrored.
        spot_qualities: of each of them, 0 to 100.
    """

    scene: Scene
    hashes: Hashes
    qualities: tuple[int, ...]
    spots: Hashes
    spot_qualities: tuple[int, ...]

    @property
    def every_hash(self) -> Hashes:
        """Of the whole, of parts and of windows."""
        return np.concatenate([self.hashes, self.spots])


def seen(look: Look, hasher: PictureHasher) -> list[Seen]:
    """The scenes of a medium that have enough in them to be compared, in time order."""
    found: list[Seen] = []
    for scene in scenes(look):
        views = hasher.views(scene.picture)
        if views:
            parts, spots = ([view for view in views if view.spot is spot] for spot in (False, True))
            found.append(Seen(scene, *_turned(parts), *_turned(spots)))
    return found


def _turned(views: Sequence[View]) -> tuple[Hashes, tuple[int, ...]]:
    """All hashes of some views, and of each its quality."""
    hashes = np.concatenate([np.zeros((0, 4), np.uint64), *(view.turned for view in views)])
    return hashes, tuple(view.quality for view in views for _ in range(len(view.turned)))


def sampled(count: int) -> Sequence[int]:
    """Up to MOST_FRAMES indices, evenly, first and last among them."""
    return (
        [int(index) for index in np.unique(np.linspace(0, count - 1, min(count, MOST_FRAMES)).round())] if count else []
    )


def scenes(look: Look) -> Iterator[Scene]:
    """Sampled frames with first and last second; a picture that stands still is looked at once."""
    kept: tuple[NDArray[np.uint8], NDArray[np.float32], float] | None = None
    end, frames = 0.0, 0
    for index in sampled(len(look.frames)):
        frame, moment = look.frames[index], float(look.times[index])
        thumb = _thumb(frame)
        if kept is not None and float(np.abs(thumb - kept[1]).max()) > _STILL:
            yield Scene(kept[0], kept[2], end, frames)
            kept, frames = None, 0
        kept = kept or (frame, thumb, moment)
        end, frames = moment, frames + 1
    if kept is not None:
        yield Scene(kept[0], kept[2], end, frames)


def _thumb(frame: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Means over a grid of up to 32 by 32 cells, in grey levels."""
    height, width = frame.shape[:2]
    rows = np.linspace(0, height, min(height, _THUMB) + 1).astype(int)[:-1]
    columns = np.linspace(0, width, min(width, _THUMB) + 1).astype(int)[:-1]
    summed = np.add.reduceat(np.add.reduceat(frame.sum(axis=2, dtype=np.float32), rows, axis=0), columns, axis=1)
    cells = np.outer(np.diff([*rows, height]), np.diff([*columns, width])) * 3.0
    return np.asarray(summed / cells, dtype=np.float32)

"""Which frames of a medium are read: the few that differ most, since reading one takes a tenth of a second."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from trust_kernel.media.refs import Look

_CELLS = 24
_SAME = 4.0
"""Grey levels of 255 by which no cell of two pictures differs that show the same."""


@dataclass(frozen=True, slots=True)
class Scene:
    """A picture that is read, and when it is on show.

    Attributes:
        picture: uint8 RGB (h, w, 3).
        seconds: of the first and the last frame that look like it; None for a picture.
    """

    picture: NDArray[np.uint8]
    seconds: tuple[float, float] | None


def scenes(look: Look, most: int) -> tuple[Scene, ...]:
    """The frames that differ most from each other, in order of time: `most` at most, and all that do not move as one.

    Each next one is the frame that is least like all those chosen before, in whichever cell of a grid it differs
    most: words that are on show for a moment change few cells, and those much.
    """
    count = len(look.frames)
    if not count:
        return ()
    chosen, nearest = _chosen(np.stack([_cells(frame) for frame in look.frames]), most)
    return tuple(_scenes(look, chosen, nearest))


def _chosen(cells: NDArray[np.float32], most: int) -> tuple[list[int], NDArray[np.intp]]:
    """Indices of the frames that are read, and for every frame which of those it is most like."""
    chosen = [0]
    gaps = _gap(cells, 0)
    nearest = np.zeros(len(cells), np.intp)
    while len(chosen) < most:
        place = int(gaps.argmax())
        if gaps[place] <= _SAME:
            break
        fresh = _gap(cells, place)
        nearest[fresh < gaps] = place
        gaps = np.minimum(gaps, fresh)
        chosen.append(place)
    return sorted(chosen), nearest


def _gap(cells: NDArray[np.float32], place: int) -> NDArray[np.float32]:
    gaps: NDArray[np.float32] = np.abs(cells - cells[place]).reshape(len(cells), -1).max(axis=1)
    return gaps


def _scenes(look: Look, chosen: list[int], nearest: NDArray[np.intp]) -> Iterator[Scene]:
    for place in chosen:
        alike = np.flatnonzero(nearest == place)
        still = look.duration <= 0
        seconds = None if still else (float(look.times[alike[0]]), float(look.times[alike[-1]]))
        yield Scene(look.frames[place], seconds)


def _cells(frame: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Means of a grid of up to 24 by 24 cells, in grey levels; a picture smaller than that has fewer."""
    height, width = frame.shape[:2]
    rows = np.linspace(0, height, min(height, _CELLS) + 1).astype(int)[:-1]
    columns = np.linspace(0, width, min(width, _CELLS) + 1).astype(int)[:-1]
    summed = np.add.reduceat(np.add.reduceat(frame.sum(axis=2, dtype=np.float32), rows, axis=0), columns, axis=1)
    sizes = np.outer(np.diff([*rows, height]), np.diff([*columns, width])) * 3.0
    return np.asarray(summed / sizes, np.float32)

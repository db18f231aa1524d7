"""Where a screen's edges lie in a picture that was filmed off it: four lines against an even surrounding."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from watermark.adapters.spread_spectrum.patterns import canonical_size
from watermark.adapters.spread_spectrum.spectrum import Matrix

_STANDS_OUT = 14
"""Grey levels from which a pixel is not the surrounding."""
_EVEN = 6.0
"""Spread of the surrounding's grey levels, at most: a room in the dark, or black bars."""
_MOST_IN = 0.3
"""How far in an edge may lie, as a share of the side."""
_LEAST = 0.25
"""Share of a side along which its edge must be seen."""
_SHAPES = (16 / 9, 4 / 3, 9 / 16, 1.0)
_NEAR = 1.5
"""Pixels within which a point is on a line."""
Points = NDArray[np.float64]


def screens(picture: NDArray[np.uint8]) -> Iterator[Matrix]:
    """Homographies that lay a filmed screen back as the picture that it showed.

    Args:
        picture: uint8 (h, w), the mean of some frames at the canonical size.

    Yields:
        One for each usual shape of a picture, that of the frame first; none where no screen stands out.
    """
    import cv2

    height, width = picture.shape
    corners = _corners(picture)
    if corners is None:
        return
    for shape in sorted(_SHAPES, key=lambda shape: abs(np.log(shape * height / width))):
        wide, high = canonical_size(round(1000 * shape), 1000)
        target = np.array([[0, 0], [wide, 0], [wide, high], [0, high]], np.float32)
        yield np.asarray(cv2.getPerspectiveTransform(corners.astype(np.float32), target), np.float64)


def _corners(picture: NDArray[np.uint8]) -> Points | None:
    """The screen's corners, (4, 2), clockwise from the upper left; they may lie outside the picture."""
    level = _surrounding(picture)
    if level is None:
        return None
    stands_out = np.abs(picture.astype(np.float64) - level) > _STANDS_OUT
    # Each side is looked at with its outside to the left, by turning the picture.
    lines = []
    for turns in range(4):
        line = _first_edge(np.rot90(stands_out, turns))
        lines.append(_turned_back(line, turns, picture.shape))
    left, top, right, bottom = lines
    corners = [_crossing(one, other) for one, other in ((left, top), (top, right), (right, bottom), (bottom, left))]
    found = np.array(corners)
    return found if np.isfinite(found).all() else None


def _surrounding(picture: NDArray[np.uint8]) -> float | None:
    """The grey level around the screen; None where the picture's border is not mostly even."""
    border = np.concatenate([picture[0], picture[-1], picture[:, 0], picture[:, -1]]).astype(np.float64)
    level = float(np.percentile(border, 10))
    near = border[np.abs(border - level) <= _STANDS_OUT]
    return float(np.median(near)) if len(near) > _LEAST * len(border) and near.std() <= _EVEN else None


def _first_edge(stands_out: NDArray[np.bool_]) -> tuple[float, float]:
    """The line x = a + b y along the leftmost pixels that stand out; the picture's side where there is none."""
    height, width = stands_out.shape
    solid = stands_out[:, :-2] & stands_out[:, 1:-1] & stands_out[:, 2:]
    first = solid.argmax(axis=1)
    seen = solid.any(axis=1) & (first > 0) & (first < _MOST_IN * width)
    rows, places = np.flatnonzero(seen), first[seen].astype(np.float64)
    best, line = _LEAST * height, (0.0, 0.0)
    for one in range(0, len(rows), max(1, len(rows) // 24)):
        for other in range(one + len(rows) // 4 + 1, len(rows), max(1, len(rows) // 24)):
            slope = (places[other] - places[one]) / (rows[other] - rows[one])
            start = places[one] - slope * rows[one]
            agreeing = np.abs(places - start - slope * rows) <= _NEAR
            if agreeing.sum() > best:
                best = float(agreeing.sum())
                slope, start = np.polyfit(rows[agreeing], places[agreeing], 1)
                line = (float(start), float(slope))
    return line


def _turned_back(line: tuple[float, float], turns: int, shape: tuple[int, ...]) -> Points:
    """Two points of a line found in a picture turned by quarters, (2, 2), in the picture as it was."""
    height, width = shape
    start, slope = line
    turned_height = height if turns % 2 == 0 else width
    points = np.array([[start, 0.0], [start + slope * (turned_height - 1), turned_height - 1.0]])
    for done in range(turns):
        # np.rot90 puts what was at (x, y) to (y, w - 1 - x); undone, w is the height of the turned picture.
        side = turned_height if done % 2 == 0 else height + width - turned_height
        points = np.column_stack([side - 1 - points[:, 1], points[:, 0]])
    return points


def _crossing(one: Points, other: Points) -> tuple[float, float]:
    """Where two lines, each given by two points, cross; NaN where they do not."""
    first, second = (np.cross([*line[0], 1.0], [*line[1], 1.0]) for line in (one, other))
    across, down, scale = np.cross(first, second)
    if abs(scale) < 1e-9:  # noqa: PLR2004 - parallel lines cross nowhere
        return float("nan"), float("nan")
    return float(across / scale), float(down / scale)

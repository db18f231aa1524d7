"""Details of a frame: corners and what is around them (ORB, Rublee et al., ICCV 2011), through OpenCV.

PDQ forgives hardly any cropping. Details do: where enough of them lie in one frame as in another, moved as one plane
moves, the one shows a part of the other, however it was cropped, turned, squeezed or filmed. Pictures cannot be made
of them again.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from generator_gateway.ports.bindings import DETAIL

MOST = 100
"""Details of a frame at one scale."""
SCALES = (1.0, 0.6, 1.7)
"""Sizes at which a frame is looked at: as it is, and as it was before a crop, or an inset, was fitted to full size."""
_CANDIDATES = 4 * MOST
_CELL = 24
_IN_CELL = 2
_PATCH = 31
_EDGE = 16
_FAINT = 5
"""Grey levels by which a corner must stand out."""
_SMALLEST = 64


def details(frame: NDArray[np.uint8]) -> bytes:
    """Details of a frame, `DETAIL` records, those of the frame's own size first, at most `MOST` for each scale.

    Args:
        frame: uint8 RGB (h, w, 3).
    """
    import cv2

    grey = cv2.cvtColor(np.ascontiguousarray(frame), cv2.COLOR_RGB2GRAY)
    found = []
    for number, scale in enumerate(SCALES):
        width, height = round(grey.shape[1] * scale), round(grey.shape[0] * scale)
        if min(width, height) < _SMALLEST:
            continue
        method = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
        sized = grey if scale == 1 else cv2.resize(grey, (width, height), interpolation=method)
        found.append(_corners(sized, scale, number))
    # Putting arrays end to end would turn their numbers to this machine's byte order.
    return b"".join(part.tobytes() for part in found)


def _corners(grey: NDArray[Any], scale: float, number: int) -> NDArray[Any]:
    import cv2

    finder = cv2.ORB.create(nfeatures=_CANDIDATES, fastThreshold=_FAINT, edgeThreshold=_EDGE, patchSize=_PATCH)
    points, around = finder.detectAndCompute(grey, None)
    chosen = _spread([(point.response, point.pt) for point in points])
    made = np.zeros(len(chosen), DETAIL)
    if chosen:
        places = np.array([points[place].pt for place in chosen]) / scale
        made["x"], made["y"] = places[:, 0].round(), places[:, 1].round()
        made["scale"] = number
        made["around"] = around[chosen]
    return made


def _spread(points: Sequence[tuple[float, Sequence[float]]]) -> list[int]:
    """The strongest corners, few from any one place: subtitles and leaves would take them all."""
    cells: dict[tuple[int, int], int] = {}
    chosen: list[int] = []
    for place in sorted(range(len(points)), key=lambda place: -points[place][0]):
        x, y = points[place][1]
        cell = (int(x) // _CELL, int(y) // _CELL)
        if cells.get(cell, 0) < _IN_CELL and len(chosen) < MOST:
            cells[cell] = cells.get(cell, 0) + 1
            chosen.append(place)
    return chosen

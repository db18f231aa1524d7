"""How a marked picture may lie now: trial geometries as matrices, and matrices as geometries."""

import math
from collections.abc import Iterator
from itertools import product

import numpy as np

from watermark.adapters.spread_spectrum.spectrum import Matrix
from watermark.domain.marks import Geometry

_SCALES, _SCALE_STEP = (0.62, 1.86), 0.013
"""Bounds, and relative step: 2 canonical pixels at the far side, within half of the finest period. Cut to 30 % of its
area, a picture is enlarged 1.83 times; an upright cut-out of 16:9 is, 1.78 times."""
_MIDDLE_SCALES, _MIDDLE_STEP = (0.72, 1.6), 0.03
_MIDDLE_TURN, _MOST_TURN = 1.9, 11.4
"""Degrees, both ways. The middle of a picture bears coarser steps than the whole."""
_INSET_SCALES, _INSET_STEP = (0.38, 0.7), 0.034
_ASPECTS = (16 / 9, 3 / 2, 4 / 3, 1.0, 3 / 4, 2 / 3, 9 / 16)
"""Shapes that a squeezed picture may have had."""
MIRROR: Matrix = np.diag([-1.0, 1.0, 1.0])


def laid_back(scale_x: float, scale_y: float, degrees: float = 0.0) -> Matrix:
    """What undoes a rotation and then a scaling."""
    angle = math.radians(degrees)
    turn = np.array([[math.cos(angle), math.sin(angle), 0], [-math.sin(angle), math.cos(angle), 0], [0, 0, 1.0]])
    return np.asarray(np.diag([1 / scale_x, 1 / scale_y, 1.0]) @ turn, np.float64)


def moved(matrix: Matrix, across: float, down: float) -> Matrix:
    """The matrix with its result moved."""
    return np.asarray(np.array([[1, 0, across], [0, 1, down], [0, 0, 1.0]]) @ matrix)


def squeezed(shape: float) -> Iterator[Matrix]:
    """The whole picture, squeezed into the shape that it has now (width over height) from a usual one."""
    for aspect in _ASPECTS:
        was_wide, was_high = (aspect, 1.0) if aspect >= 1 else (1.0, 1 / aspect)
        is_wide, is_high = (shape, 1.0) if shape >= 1 else (1.0, 1 / shape)
        if abs(aspect / shape - 1) > _SCALE_STEP:
            yield laid_back(is_wide / was_wide, is_high / was_high)


def scaled() -> Iterator[Matrix]:
    """Zoomed or cut, upright."""
    for scale in _sweep(_SCALES, _SCALE_STEP):
        yield laid_back(scale, scale)


def turned() -> Iterator[Matrix]:
    """Turned, and zoomed or cut; steps for the middle of a picture."""
    for degrees, scale in product(
        np.arange(-_MOST_TURN, _MOST_TURN + 0.1, _MIDDLE_TURN), _sweep(_MIDDLE_SCALES, _MIDDLE_STEP)
    ):
        yield laid_back(scale, scale, float(degrees))


def inset() -> Iterator[Matrix]:
    """Shown small within another picture; steps for about a quarter of its area."""
    for scale in _sweep(_INSET_SCALES, _INSET_STEP):
        yield laid_back(scale, scale)


def _sweep(bounds: tuple[float, float], step: float) -> list[float]:
    low, high = (math.log(bound) for bound in bounds)
    return [float(scale) for scale in np.exp(np.arange(low, high, step))]


def described(matrix: Matrix, shape: tuple[int, int]) -> Geometry:
    """The geometry in the middle of a canonical picture of a shape (h, w) that `matrix` lays back."""
    height, width = shape
    middle = np.array([width / 2, height / 2, 1.0])
    out = matrix @ middle
    back = (matrix[:2, :2] - np.outer(out[:2] / out[2], matrix[2, :2])) / out[2]
    is_mirrored = bool(np.linalg.det(back) < 0)
    if is_mirrored:
        back = back @ MIRROR[:2, :2]
    return Geometry(
        scale_x=round(float(1 / np.linalg.norm(back[0])), 4),
        scale_y=round(float(1 / np.linalg.norm(back[1])), 4),
        rotation=round(math.degrees(math.atan2(back[0, 1], back[0, 0])), 2),
        mirrored=is_mirrored,
    )

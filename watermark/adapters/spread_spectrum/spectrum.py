"""Residuals laid back onto the torus, and their whitened Fourier transforms."""

import math
import threading
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from watermark.adapters.spread_spectrum.patterns import SIDE

Matrix = NDArray[np.float64]
"""A 3 × 3 homography from pixels of the canonical residual, as it came, to pixels of the torus (640 × 640)."""
Packed = NDArray[np.float32]
"""A Fourier transform of a real (grid, grid) plane in OpenCV's packed order, see `whitened`."""
_MOST_TURNS = 8
"""Times that a residual may go round the torus; what a wild matrix throws further out is left away."""
_NEIGHBOURHOOD = 9
"""Coefficients on a side whose mean power says how loud the noise is at a frequency."""


@dataclass(frozen=True, slots=True)
class Region:
    """A part of a picture, its sides as shares of the picture's."""

    left: float
    top: float
    right: float
    bottom: float


WHOLE = Region(0.0, 0.0, 1.0, 1.0)


class Pyramid:
    """A residual at its own size, half of it, a quarter and so on: reading from the right one does not alias.

    Threads may share it.

    Args:
        residual: float32 (h, w), canonical.
        origin: where its first pixel lies in the picture, across and down.

    Attributes:
        origin: the same.
    """

    def __init__(self, residual: NDArray[np.float32], origin: tuple[int, int] = (0, 0)) -> None:
        self._levels = [residual]
        self._halving = threading.Lock()
        self.origin = origin

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width of the residual."""
        height, width = self._levels[0].shape
        return height, width

    def only(self, region: Region) -> "Pyramid":
        """A part of the residual, where it lies."""
        height, width = self.shape
        top, bottom = round(region.top * height), max(round(region.bottom * height), round(region.top * height) + 1)
        left, right = round(region.left * width), max(round(region.right * width), round(region.left * width) + 1)
        origin = (self.origin[0] + left, self.origin[1] + top)
        return Pyramid(np.ascontiguousarray(self._levels[0][top:bottom, left:right]), origin)

    def folded(self, matrix: Matrix, grid: int) -> NDArray[np.float32]:
        """The residual laid back by `matrix` onto a torus of `grid` × `grid` pixels, all turns of it added up."""
        import cv2

        shrink = grid / SIDE
        here = np.array([[1.0, 0, self.origin[0]], [0, 1, self.origin[1]], [0, 0, 1]])
        fine = np.diag([shrink, shrink, 1.0]) @ matrix @ here
        source = self._at(_level(1 / _magnification(fine, self.shape)))
        height, width = source.shape
        # Pixel centres: x in a level that is halved n times lies at 2 ** n * (x + 1/2) - 1/2 of the whole.
        factor_x, factor_y = self.shape[1] / width, self.shape[0] / height
        whole = fine @ np.array([[factor_x, 0, (factor_x - 1) / 2], [0, factor_y, (factor_y - 1) / 2], [0, 0, 1.0]])
        corners = whole @ np.array([[0, width, 0, width], [0, 0, height, height], [1, 1, 1, 1]])
        places = corners[:2] / corners[2]
        left, top = (int(place) for place in np.floor(places.min(axis=1)))
        across, down = (min(int(size), _MOST_TURNS * grid) for size in np.ceil(np.ptp(places, axis=1)) + 1)
        laid = cv2.warpPerspective(source, np.array([[1.0, 0, -left], [0, 1, -top], [0, 0, 1]]) @ whole, (across, down))
        return _wrapped(np.asarray(laid, np.float32), left, top, grid)

    def _at(self, level: int) -> NDArray[np.float32]:
        import cv2

        with self._halving:
            while len(self._levels) <= level:
                height, width = self._levels[-1].shape
                size = (max(1, width // 2), max(1, height // 2))
                half = cv2.resize(self._levels[-1], size, interpolation=cv2.INTER_AREA)
                self._levels.append(np.asarray(half, np.float32))
        return self._levels[level]


def _level(minification: float) -> int:
    return max(0, math.floor(math.log2(max(minification, 1.0)) + 0.35))


def _wrapped(laid: NDArray[np.float32], left: int, top: int, grid: int) -> NDArray[np.float32]:
    """A picture whose first pixel lies at (left, top), added up onto a torus."""
    total = np.zeros((grid, grid), np.float32)
    height, width = laid.shape
    for row in range(-(top % grid), height, grid):
        rows = slice(max(row, 0), min(row + grid, height))
        for column in range(-(left % grid), width, grid):
            columns = slice(max(column, 0), min(column + grid, width))
            total[rows.start - row : rows.stop - row, columns.start - column : columns.stop - column] += laid[
                rows, columns
            ]
    return total


def _magnification(matrix: Matrix, shape: tuple[int, int]) -> float:
    """How much longer a step in the middle gets."""
    height, width = shape
    middle = np.array([width / 2, height / 2, 1.0])
    out = matrix @ middle
    jacobian = (matrix[:2, :2] - np.outer(out[:2] / out[2], matrix[2, :2])) / out[2]
    return float(np.sqrt(abs(np.linalg.det(jacobian)))) or 1.0


def whitened(folded: NDArray[np.float32]) -> Packed:
    """The transform of a folded residual, each coefficient over the root of the power around it.

    Args:
        folded: float32 (grid, grid).

    Returns:
        float32 (grid, grid) in OpenCV's packed order: rows are vertical frequencies in FFT order; columns 2f - 1 and 2f
        hold the real and the imaginary part of horizontal frequency f. The first and the last column are 0.
    """
    import cv2

    plane = cv2.dft(folded)
    power = cv2.blur(cv2.multiply(plane, plane), (2 * _NEIGHBOURHOOD, _NEIGHBOURHOOD))
    white = cv2.divide(plane, cv2.sqrt(power) * np.float32(math.sqrt(2)) + np.float32(1e-6))
    white[:, 0] = white[:, -1] = 0
    return np.asarray(white, np.float32)


def mirrored(plane: Packed) -> Packed:
    """The transform of the picture with left and right swapped, up to a shift: vertical frequencies change sign."""
    opposite, signs = _conjugation(len(plane))
    return np.asarray(plane[opposite] * signs, np.float32)


@lru_cache(maxsize=4)
def _conjugation(grid: int) -> tuple[NDArray[np.intp], NDArray[np.float32]]:
    signs = np.ones(grid, np.float32)
    signs[2::2] = -1
    return np.asarray(-np.arange(grid) % grid, np.intp), signs


def surface(plane: Packed) -> NDArray[np.float32]:
    """The inverse transform, without a factor: float32 (grid, grid)."""
    import cv2

    return np.asarray(cv2.dft(plane, flags=cv2.DFT_INVERSE | cv2.DFT_REAL_OUTPUT), np.float32)


def correlation(plane: Packed, pattern: Packed, room: NDArray[np.float32] | None = None) -> NDArray[np.float32]:
    """How well a pattern fits at every shift: float32 (grid, grid); in `room` where given, which spares a fifth."""
    import cv2

    crossed = cv2.mulSpectrums(plane, pattern, 0, room, conjB=True)
    fit = cv2.dft(crossed, crossed, flags=cv2.DFT_INVERSE | cv2.DFT_REAL_OUTPUT)
    return np.asarray(fit, np.float32)

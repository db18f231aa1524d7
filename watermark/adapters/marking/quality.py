"""What marking a file cost: how far its pictures were changed, and how much longer the file became."""

import math
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from watermark.adapters.marking.opening import unusable

_LEAST_ERROR = 1e-6
"""Of pictures that are alike: 108 dB stand for infinitely many."""


def squared_error(before: NDArray[np.uint8], after: NDArray[np.uint8]) -> float:
    """Mean squared difference of two planes of one shape."""
    import cv2

    return float(cv2.norm(before, after, cv2.NORM_L2SQR)) / before.size


def psnr(error: float) -> float:
    """PSNR in dB of 8-bit planes, of a mean squared error."""
    return 10 * math.log10(255.0**2 / max(error, _LEAST_ERROR))


def size_ratio(source: str, target: str) -> float:
    """Bytes of a marked file over bytes of its source.

    Raises:
        InvalidInput: the source is empty.
    """
    size = Path(source).stat().st_size
    if size == 0:
        raise unusable("The file is empty.")
    return Path(target).stat().st_size / size

"""How much of the pattern each place bears before people see it."""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

FLAT = 0.2
"""Weight on a perfectly flat place. Not zero: a flat picture must be marked too."""
_GAIN, _POWER = 0.6, 0.4
"""Weight for a power of local activity: what is twice as busy hides somewhat more, not twice as much."""
_KNEE = 0.3
"""Grey levels of activity that count as flat: faint noise and smooth gradients."""
_CEILING = 3.0
_MOST_WHERE_FLAT, _MOST_OF_ACTIVITY = 0.4, 0.6
"""Grey levels that the mark may come to on a flat place, and more for each grey level of activity: smooth water or a
drawn sky mottles past that."""
_DARK, _BRIGHT = 40.0, 215.0


def tolerance(luma: NDArray[np.uint8]) -> NDArray[np.float32]:
    """How much of the pattern places hide, a simple just-noticeable-difference model.

    Texture hides noise (activity masking: mean absolute deviation from a 5 × 5 mean, averaged over 9 × 9), but a place
    is only as busy as its quieter surroundings: what lies beside an edge is flat. Very dark and very bright places show
    more (Weber's law, after gamma).

    Args:
        luma: uint8 (h, w), at the canonical size.

    Returns:
        float32 (2, h, w): the relative amplitude, from about 0.1 to 3; and the most that it may be, in grey levels,
        however much a quality target would allow.
    """
    import cv2

    deviation = cv2.absdiff(luma, cv2.blur(luma, (5, 5)))
    activity = cv2.blur(deviation.astype(np.float32), (9, 9))
    # A lone edge is busy on a line only: the erosion takes it away where there is nothing beside it.
    activity = cv2.min(activity, 2.0 * cv2.erode(cv2.blur(activity, (9, 9)), np.ones((9, 9), np.uint8)))
    busy = cv2.pow(np.maximum(activity - np.float32(_KNEE), np.float32(0)), _POWER)
    weight = np.minimum(busy * np.float32(_GAIN) + np.float32(FLAT), np.float32(_CEILING))
    most = activity * np.float32(_MOST_OF_ACTIVITY) + np.float32(_MOST_WHERE_FLAT)
    return np.asarray(np.stack([weight, most]) * cv2.LUT(luma, _weber()), np.float32)


@lru_cache(maxsize=1)
def _weber() -> NDArray[np.float32]:
    """Weight of each grey level, shape (256,)."""
    level = np.arange(256, dtype=np.float32)
    dark = np.clip((_DARK - level) / _DARK, 0, 1)
    bright = np.clip((level - _BRIGHT) / (255 - _BRIGHT), 0, 1)
    return np.asarray(1 - 0.35 * dark - 0.35 * bright, np.float32)

"""How much of the pattern each place bears before people see it."""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

_FLOOR = 0.45
"""Weight on a perfectly flat place. Not zero: a flat picture must be marked too."""
_GAIN = 0.16
"""Weight for each grey level of local activity."""
_CEILING = 2.2
_DARK, _BRIGHT = 40.0, 215.0


def tolerance(luma: NDArray[np.float32]) -> NDArray[np.float32]:
    """Relative amplitude that a picture hides, a simple just-noticeable-difference model.

    Texture hides noise (activity masking: mean absolute deviation from a 5 × 5 mean, averaged over 7 × 7), and very
    dark and very bright places show it more (Weber's law, after gamma).

    Args:
        luma: float32 (h, w) in [0, 255], at the canonical size.

    Returns:
        float32 (h, w), from about 0.25 to 2.2.
    """
    import cv2

    deviation = cv2.absdiff(luma, cv2.blur(luma, (5, 5)))
    weight = np.minimum(cv2.blur(deviation, (7, 7)) * np.float32(_GAIN) + np.float32(_FLOOR), np.float32(_CEILING))
    return np.asarray(weight * cv2.LUT(luma.astype(np.uint8), _weber()), np.float32)


@lru_cache(maxsize=1)
def _weber() -> NDArray[np.float32]:
    """Weight of each grey level, shape (256,)."""
    level = np.arange(256, dtype=np.float32)
    dark = np.clip((_DARK - level) / _DARK, 0, 1)
    bright = np.clip((level - _BRIGHT) / (255 - _BRIGHT), 0, 1)
    return np.asarray(1 - 0.35 * dark - 0.35 * bright, np.float32)

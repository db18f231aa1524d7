"""Which pattern a moment bears, and where it lies: an order that only the key tells, another for every payload."""

import numpy as np
from numpy.typing import NDArray

from watermark.adapters.keystream import KeyStream
from watermark.adapters.spread_spectrum.patterns import FAMILY, SIDE

HOLD = 2.0
"""Seconds that a pattern stays. x264 goes on using what it has coded already, so a quicker change costs bits and
blurs the patterns into each other; a slower one lets more frames be averaged into an estimate."""
_ROUND = 512
"""Moments after which the order begins again."""


class Schedule:
    """The order of the patterns in one release.

    Args:
        key: secret bytes.
        payload: what the mark says.
    """

    def __init__(self, key: bytes, payload: int) -> None:
        stream = KeyStream(key, f"spread-spectrum:v2:order:{payload}")
        # A step is never 0: each moment bears another pattern than the one before.
        steps = 1 + (stream.unit(_ROUND, "steps") * (FAMILY - 1)).astype(np.int64)
        self.numbers: NDArray[np.int64] = np.cumsum(steps) % FAMILY
        self.shift: tuple[int, int] = tuple(int(part * SIDE) for part in stream.unit(2, "shift"))  # type: ignore[assignment]

    def number(self, seconds: float) -> int:
        """The pattern's number at a time of the video."""
        return int(self.numbers[int(max(seconds, 0.0) / HOLD) % _ROUND])

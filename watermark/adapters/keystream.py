"""Secret choices drawn from a key: SHAKE-256 of the key's digest and a purpose.

A numpy generator would be shorter, but its methods may change between numpy versions, and a mark must be readable for
years; nor was it made to keep secrets.
"""

import hashlib

import numpy as np
from numpy.typing import NDArray


class KeyStream:
    """Keyed choices, the same on every machine and for ever.

    Args:
        key: secret bytes.
        purpose: choices for different purposes are independent.
    """

    def __init__(self, key: bytes, purpose: str) -> None:
        self._seed = hashlib.sha256(key).digest() + purpose.encode()

    def _draw(self, count: int, use: str) -> bytes:
        return hashlib.shake_256(self._seed + b"\0" + use.encode()).digest(count)

    def order(self, count: int, use: str) -> NDArray[np.intp]:
        """A permutation of `count` things."""
        return np.argsort(np.frombuffer(self._draw(8 * count, use), "<u8"), kind="stable")

    def signs(self, count: int, use: str) -> NDArray[np.float64]:
        """`count` pairs of +1 or -1, shape (count, 2)."""
        bits = np.unpackbits(np.frombuffer(self._draw(-(-2 * count // 8), use), np.uint8))[: 2 * count]
        return 1.0 - 2.0 * bits.reshape(count, 2).astype(np.float64)

    def unit(self, count: int, use: str) -> NDArray[np.float64]:
        """`count` numbers in [0, 1)."""
        return np.frombuffer(self._draw(8 * count, use), "<u8").astype(np.float64) / 2.0**64

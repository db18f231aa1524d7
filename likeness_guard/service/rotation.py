"""The secret rotation under which vectors are kept (architecture, rule 8)."""

import hashlib

import numpy as np
from numpy.typing import NDArray

from likeness_guard.ports import Vectors
from trust_kernel.envelope import KeyService


def rotation(secret: bytes, dimensions: int) -> NDArray[np.float32]:
    """A secret orthogonal matrix, uniform (Haar), float32 (d, d): cosines stay, coordinates match nothing else.

    SHAKE-256 stretches the secret, Box and Muller make normal numbers of it, and a QR decomposition with positive
    diagonal (Mezzadri 2007) makes them a rotation; none of it depends on a library's random generator.
    """
    count = dimensions * dimensions
    stream = np.frombuffer(hashlib.shake_256(secret).digest(16 * count), "<u8")
    uniform = (stream.astype(np.float64) + 0.5) / 2.0**64
    radius = np.sqrt(-2 * np.log(np.clip(uniform[:count], 1e-300, 1.0)))
    normal = (radius * np.cos(2 * np.pi * uniform[count:])).reshape(dimensions, dimensions)
    q, r = np.linalg.qr(normal)
    return np.asarray(q * np.sign(np.diag(r)), np.float32)


class Rotations:
    """One rotation for each model version, derived from the deployment's key.

    Args:
        keys: derives secrets.
    """

    def __init__(self, keys: KeyService) -> None:
        self._keys = keys
        self._made: dict[tuple[str, int], NDArray[np.float32]] = {}

    def turned(self, vectors: Vectors, pack: str) -> Vectors:
        """Unit vectors (n, d) as they are kept."""
        key = (pack, vectors.shape[-1])
        if key not in self._made:
            self._made[key] = rotation(self._keys.derive(f"likeness:rotation:{pack}"), key[1])
        return np.ascontiguousarray(vectors @ self._made[key], "<f4")

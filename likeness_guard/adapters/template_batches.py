"""What every template index checks before it takes vectors in or looks for them."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from likeness_guard.ports import IndexBatch, Vectors
from trust_kernel.errors import InvalidInput

_UNIT_SLACK = 1e-3
"""Float32 sums and half-precision models stay well within this; anything else is no unit vector."""


@dataclass(frozen=True, slots=True)
class CheckedBatch:
    """A batch that can be taken in: sound vectors, each key once.

    Attributes:
        keys: int64 (n,), different, increasing.
        vectors: float32 (n, d), contiguous.
        removed: int64 (m,), different; may share keys with `keys`, which are held in the end.
        generation: the newest change in the batch.
    """

    keys: NDArray[np.int64]
    vectors: Vectors
    removed: NDArray[np.int64]
    generation: int


def checked(batch: IndexBatch, dimensions: int) -> CheckedBatch:
    """Refuse what no index may hold; where a key comes twice, its last vector counts.

    Raises:
        InvalidInput: ``likeness:template:malformed``.
    """
    keys = np.asarray(batch.keys, np.int64).ravel()
    vectors = np.ascontiguousarray(batch.vectors, np.float32)
    if len(keys) == 0 and vectors.size == 0:
        vectors = vectors.reshape(0, dimensions)
    if vectors.shape != (len(keys), dimensions):
        raise _malformed(f"vectors of shape {vectors.shape} for {len(keys)} keys of {dimensions} numbers each")
    # NaN and infinity fail this comparison as well
    if not bool((np.abs(np.linalg.norm(vectors, axis=1) - 1.0) <= _UNIT_SLACK).all()):
        raise _malformed("a vector is not finite or not of unit length")
    if len(keys) and int(keys.min()) < 0:
        raise _malformed("a key is negative")
    kept, last = np.unique(keys[::-1], return_index=True)
    order = len(keys) - 1 - last
    return CheckedBatch(kept, vectors[order], np.unique(np.asarray(batch.removed, np.int64)), int(batch.generation))


def probes(vectors: Vectors, dimensions: int) -> Vectors:
    """Vectors to look for, float32 (n, d), contiguous.

    Raises:
        InvalidInput: ``likeness:template:malformed``, they are not finite or not as long as the index's.
    """
    asked = np.ascontiguousarray(vectors, np.float32)
    if asked.ndim != 2 or asked.shape[1] != dimensions:  # noqa: PLR2004 - rows of numbers
        raise _malformed(f"vectors of shape {asked.shape}, but the index holds {dimensions} numbers each")
    if not bool(np.isfinite(asked).all()):
        raise _malformed("a vector to look for is not finite")
    return asked


def nobody(count: int, k: int) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Keys -1 and cosines -1, both (count, k)."""
    return np.full((count, k), -1, np.int64), np.full((count, k), -1.0, np.float32)


def best_of(
    keys: NDArray[np.int64], scores: NDArray[np.float32], k: int
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """The k best of each row, best first, equals by key; padded with -1 and -1 to k columns.

    Args:
        keys: int64 (n, m); -1 for none.
        scores: float32 (n, m); minus infinity for none.
        k: columns to give.
    """
    order = np.lexsort((keys, -scores), axis=-1)[:, :k]
    found_keys, found_scores = nobody(len(keys), k)
    found_keys[:, : order.shape[1]] = np.take_along_axis(keys, order, axis=1)
    found_scores[:, : order.shape[1]] = np.take_along_axis(scores, order, axis=1)
    found_scores[found_keys < 0] = -1.0
    return found_keys, found_scores


def _malformed(what: str) -> InvalidInput:
    return InvalidInput(f"a template cannot be indexed: {what}", code="likeness:template:malformed")

"""A template index to compare the real ones with: every vector in a dictionary, looked at one and all."""

import numpy as np
from numpy.typing import NDArray

from likeness_guard.ports import IndexBatch, IndexName, Vectors
from trust_kernel.errors import InvalidInput


class ListIndex:
    """Brute force in float64."""

    def __init__(self, name: IndexName, dimensions: int) -> None:
        self.name = name
        self.generation = 0
        self._dimensions = dimensions
        self._rows: dict[int, NDArray[np.float64]] = {}
        self._gone: dict[int, int] = {}

    def apply(self, batch: IndexBatch) -> None:
        """One by one."""
        vectors = np.asarray(batch.vectors, np.float64)
        fits = vectors.shape == (len(batch.keys), self._dimensions)
        if not fits or not np.all(np.abs(np.linalg.norm(vectors, axis=1) - 1) < 1e-3) or np.any(batch.keys < 0):
            raise InvalidInput("not a template", code="likeness:template:malformed")
        late = batch.generation < self.generation
        held_before = set(self._rows)
        for key in set(batch.removed.tolist()) - set(batch.keys.tolist()):
            self._rows.pop(key, None)
            self._gone[key] = max(batch.generation, self._gone.get(key, 0))
        for key, vector in zip(batch.keys.tolist(), vectors, strict=True):
            if not late or (key not in held_before and self._gone.get(key, -1) <= batch.generation):
                self._rows[key] = vector
        self.generation = max(self.generation, batch.generation)

    def search(self, vectors: Vectors, k: int) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """Sort everything."""
        asked = np.asarray(vectors, np.float64)
        if asked.ndim != 2 or asked.shape[1] != self._dimensions or not np.isfinite(asked).all():
            raise InvalidInput("not a template", code="likeness:template:malformed")
        keys = np.full((len(asked), k), -1, np.int64)
        scores = np.full((len(asked), k), -1.0, np.float32)
        held = np.asarray(sorted(self._rows), np.int64)
        for row, vector in enumerate(asked) if len(held) else ():
            cosines = np.stack([self._rows[key] for key in held.tolist()]) @ vector
            order = np.argsort(-cosines, kind="stable")[:k]
            keys[row, : len(order)], scores[row, : len(order)] = held[order], cosines[order]
        return keys, scores

    def __len__(self) -> int:
        """How many are held."""
        return len(self._rows)

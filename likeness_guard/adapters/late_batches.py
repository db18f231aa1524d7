"""What an index must remember beside its vectors: what was removed when, and how far it has been."""

import threading

import numpy as np
from numpy.typing import NDArray

from trust_kernel.errors import Unavailable


class Removals:
    """Removed keys by the generation of their batch; eight bytes a key. Not safe for threads."""

    def __init__(self) -> None:
        self._batches: list[tuple[int, NDArray[np.int64]]] = []

    def note(self, keys: NDArray[np.int64], generation: int) -> None:
        """Remember that these keys were removed in a batch of this generation."""
        if len(keys):
            self._batches.append((generation, keys.copy()))

    def later_than(self, generation: int) -> NDArray[np.int64]:
        """Keys that newer batches removed."""
        newer = [keys for at, keys in self._batches if at > generation]
        return np.concatenate([np.zeros(0, np.int64), *newer])


class HighWater:
    """The newest generation that a handle of a shared index has seen; an index that falls below it lost something.

    What was emptied behind our back, or restored from an old copy, would else answer that nobody is known.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.seen = 0

    def note(self, generation: int | None, before: int) -> int:
        """Take in what the index says now; gives it.

        Args:
            generation: what the index says; None where it says nothing.
            before: `seen` as it was before the index was asked: other threads may have seen more since.

        Raises:
            Unavailable: ``likeness:index:stale``.
        """
        if generation is None or generation < before:
            raise Unavailable(
                "the shared index lost changes that it held: start again, so that it is filled from the database",
                code="likeness:index:stale",
            )
        with self._lock:
            self.seen = max(self.seen, generation)
        return generation

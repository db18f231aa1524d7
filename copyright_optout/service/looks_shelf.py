"""Vectors of how claimed works look, compared one by one: exact, and as many as rights holders file."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class _Held:
    keys: tuple[str, ...]
    vectors: Vectors
    owners: NDArray[np.intp]


class LooksShelf:
    """Unit vectors by key, replaced as a whole by each change: a search works on the ones that it found.

    Args:
        dimensions: numbers of a vector.
    """

    def __init__(self, dimensions: int) -> None:
        self._dimensions = dimensions
        self._kept: dict[str, Vectors] = {}
        self._held = self._put_up()

    def __len__(self) -> int:
        """Vectors held."""
        return len(self._held.vectors)

    def change(self, added: Mapping[str, Vectors], dropped: Iterable[str]) -> None:
        """Forget some keys, then hold others."""
        gone = [key for key in dropped if self._kept.pop(key, None) is not None]
        if gone or added:
            self._kept |= added
            self._held = self._put_up()

    def search(self, vectors: Vectors, least: float) -> list[list[tuple[str, float]]]:
        """For each vector, every key with a cosine of at least `least`, and the highest of its cosines."""
        held = self._held
        found: list[list[tuple[str, float]]] = []
        for cosines in vectors @ held.vectors.T:
            best: dict[str, float] = {}
            for place in np.flatnonzero(cosines >= least).tolist():
                key = held.keys[held.owners[place]]
                best[key] = max(float(cosines[place]), best.get(key, -1.0))
            found.append(list(best.items()))
        return found

    def _put_up(self) -> _Held:
        vectors = np.concatenate([np.zeros((0, self._dimensions), np.float32), *self._kept.values()])
        owners = np.repeat(np.arange(len(self._kept)), [len(each) for each in self._kept.values()])
        return _Held(tuple(self._kept), vectors, owners)

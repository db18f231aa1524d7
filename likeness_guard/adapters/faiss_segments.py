"""Parts of the faiss index: a growing one searched row by row, and full ones searched in eight bits, then exactly.

A sealed part cuts each vector, less the part's mean, into a high and a low byte a number. The scan reads the high bytes
alone. What it may be wrong by is bounded (Cauchy and Schwarz, from norms that were measured when the part was made), so
a search knows which rows could still be better than those that it looked at exactly, and looks at them too: the answer
is that of a look at every row, not one that is right with high probability.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from likeness_guard.ports import Vectors

Keys = NDArray[np.int64]
Scores = NDArray[np.float32]

_HIGHEST = 127
"""Largest magnitude of a high byte."""
_STEPS = 256
"""Low steps a high step."""
_FLOAT_SLACK = 1e-5
"""More than float32 sums of up to 4,096 products of unit vectors lose."""
_BLOCK = 8192
"""Rows unpacked at a time."""
_WHOLE = 4
"""A scan that would keep a quarter of a part looks at all of it instead."""


@dataclass(frozen=True, slots=True)
class Best:
    """What one part answers.

    Attributes:
        keys: int64 (n, k); -1 for none.
        scores: exact cosines, float32 (n, k); minus infinity for none.
        ceiling: float32 (n,), above which no other row of the part can be; minus infinity where none is left.
    """

    keys: Keys
    scores: Scores
    ceiling: Scores


class OpenPart:
    """Rows in float32, found by key through a dictionary; the last row fills the place of a removed one.

    Args:
        dimensions: numbers a row.
        room: rows that it holds at most; memory is touched only as it fills.
    """

    def __init__(self, dimensions: int, room: int) -> None:
        self.room = room
        self._rows = np.empty((room, dimensions), np.float32)
        self._keys = np.empty(room, np.int64)
        self._places: dict[int, int] = {}

    def __len__(self) -> int:
        return len(self._places)

    def hold(self, keys: Keys, vectors: Vectors) -> None:
        """Take rows in whose keys are not held; there must be room."""
        start = len(self._places)
        end = start + len(keys)
        self._rows[start:end], self._keys[start:end] = vectors, keys
        self._places.update(zip(keys.tolist(), range(start, end), strict=True))

    def holds(self, keys: Keys) -> NDArray[np.bool_]:
        """Which keys are held, bool (n,)."""
        return np.fromiter((key in self._places for key in keys.tolist()), bool, len(keys))

    def remove(self, keys: Keys) -> None:
        """Let go of those keys that are held, and overwrite their numbers."""
        for key in keys.tolist():
            place = self._places.pop(key, None)
            if place is None:
                continue
            last = len(self._places)
            if place != last:
                self._rows[place], self._keys[place] = self._rows[last], self._keys[last]
                self._places[int(self._keys[place])] = place
            self._rows[last] = 0.0

    def held(self) -> tuple[Keys, Vectors]:
        """Keys and rows, by increasing key; copies."""
        order = np.argsort(self._keys[: len(self)])
        return self._keys[order], self._rows[order]

    def best(self, vectors: Vectors, k: int) -> Best:
        """The k best by a look at every row."""
        import faiss

        count = len(self)
        nothing = np.full(len(vectors), -np.inf, np.float32)
        if not count:
            return Best(np.zeros((len(vectors), 0), np.int64), np.zeros((len(vectors), 0), np.float32), nothing)
        scores, places = faiss.knn(vectors, self._rows[:count], min(k, count), metric=faiss.METRIC_INNER_PRODUCT)
        return Best(self._keys[places], np.asarray(scores, np.float32), nothing)

    @property
    def memory_bytes(self) -> int:
        """Bytes of the rows and keys held; a page more where memory is touched."""
        return len(self) * (self._rows.strides[0] + self._keys.strides[0])


class SealedPart:
    """Rows that only leave: two bytes a number, ordered by key.

    Args:
        keys: int64 (n,), increasing, n at least 1.
        vectors: float32 (n, d), unit rows.
    """

    def __init__(self, keys: Keys, vectors: Vectors) -> None:
        self._centre = vectors.mean(axis=0, dtype=np.float64).astype(np.float32)
        widest = max(float(np.abs(vectors[block] - self._centre).max()) for block in _blocks(len(vectors)))
        self._scale = (_HIGHEST - 1) / max(widest, 1e-6)
        high, low = np.empty(vectors.shape, np.int8), np.empty(vectors.shape, np.int8)
        for block in _blocks(len(vectors)):
            fine = np.rint((vectors[block] - self._centre) * np.float32(self._scale * _STEPS)).astype(np.int32)
            coarse = (fine + _STEPS // 2) >> 8
            high[block], low[block] = coarse, fine - coarse * _STEPS
        self._hold(keys, high, low)

    def _hold(self, keys: Keys, high: NDArray[np.int8], low: NDArray[np.int8]) -> None:
        import faiss

        count, dimensions = high.shape
        index = faiss.IndexScalarQuantizer(
            dimensions, faiss.ScalarQuantizer.QT_8bit_direct_signed, faiss.METRIC_INNER_PRODUCT
        )
        index.add_sa_codes(high.view(np.uint8) ^ np.uint8(128))
        self._index: Any = index  # owns the high bytes; the next line is a view of them, offset by 128
        self._high: NDArray[np.uint8] = faiss.rev_swig_ptr(index.codes.data(), count * dimensions).reshape(high.shape)
        self._low = low
        self._keys = keys
        self._alive = np.ones(count, bool)
        self._count: int = count
        lows = max(float(np.square(low[b], dtype=np.float32).sum(axis=1).max()) for b in _blocks(count))
        highs = max(float(np.square(high[b], dtype=np.float32).sum(axis=1).max()) for b in _blocks(count))
        self._rest = float(np.sqrt(lows)) / (_STEPS * self._scale)
        self._reach = float(np.sqrt(highs)) / self._scale

    def __len__(self) -> int:
        return int(self._count)

    def holds(self, keys: Keys) -> NDArray[np.bool_]:
        """Which keys are held, bool (n,)."""
        places = self._places(keys)
        return np.asarray((self._keys[places] == keys) & self._alive[places], bool)

    def _places(self, keys: Keys) -> Keys:
        """Where each key is, if it is anywhere."""
        return np.minimum(np.searchsorted(self._keys, keys), len(self._keys) - 1)

    @property
    def sparse(self) -> bool:
        """Whether a quarter or more of the places are empty."""
        return len(self) * 4 <= len(self._keys) * 3

    def remove(self, keys: Keys) -> None:
        """Let go of those keys that are held, and overwrite their numbers."""
        places = self._places(keys)[self.holds(keys)]
        self._high[places], self._low[places], self._alive[places] = 128, 0, False
        self._count -= len(places)

    def shrunk(self) -> "SealedPart":
        """The same rows in less memory; must not be empty."""
        smaller = object.__new__(SealedPart)
        smaller._centre, smaller._scale = self._centre, self._scale
        high = (self._high[self._alive] ^ np.uint8(128)).view(np.int8)
        smaller._hold(self._keys[self._alive], high, self._low[self._alive])
        return smaller

    def best(self, vectors: Vectors, k: int, depth: int) -> Best:
        """The best of those `depth` rows that the scan puts first, by exact cosine; of all rows where that is near."""
        if depth * _WHOLE >= len(self._keys):
            return self._best_of_all(vectors, k)
        guesses, places, slack = self._scanned(vectors, depth)
        ceiling = guesses[:, -1] + slack
        guesses[~self._alive[places]] = -np.inf
        floor = np.partition(guesses, -min(k, depth), axis=1)[:, -min(k, depth)] - 2 * slack
        which, column = np.nonzero(guesses >= np.maximum(floor, np.finfo(np.float32).min)[:, None])
        scores = np.full(guesses.shape, -np.inf, np.float32)
        keys = np.full(guesses.shape, -1, np.int64)
        chosen = places[which, column]
        keys[which, column] = self._keys[chosen]
        scores[which, column] = self._cosines(vectors, which, chosen)
        return Best(*_trimmed(keys, scores, k), ceiling)

    def _scanned(self, vectors: Vectors, depth: int) -> tuple[Scores, Keys, Scores]:
        """Guessed cosines and places (n, depth), and by how much (n,) a guess may be off, for any row of the part."""
        peak = np.maximum(np.abs(vectors).max(axis=1, keepdims=True), 1e-12)
        coarse = np.rint(vectors * (_HIGHEST / peak))  # the scan takes whole numbers; anything else it would cut off
        sums, places = self._index.search(coarse, depth)
        step = (peak / _HIGHEST).astype(np.float32)
        guesses = sums * (step / np.float32(self._scale)) + (vectors @ self._centre)[:, None]
        norms = np.linalg.norm(vectors, axis=1)
        slack = norms * self._rest + np.linalg.norm(vectors - coarse * step, axis=1) * self._reach
        return guesses, places, (slack + _FLOAT_SLACK * (1 + norms)).astype(np.float32)

    def _cosines(self, vectors: Vectors, which: Keys, places: Keys) -> Scores:
        found = np.empty(len(places), np.float32)
        for block in _blocks(len(places)):
            found[block] = np.einsum("ij,ij->i", self._unpacked(places[block]), vectors[which[block]])
        return found

    def _best_of_all(self, vectors: Vectors, k: int) -> Best:
        keys = np.zeros((len(vectors), 0), np.int64)
        scores = np.zeros((len(vectors), 0), np.float32)
        for block in _blocks(len(self._keys)):
            places = block.start + np.flatnonzero(self._alive[block])
            more = vectors @ self._unpacked(places).T
            keys = np.concatenate([keys, np.broadcast_to(self._keys[places], more.shape)], axis=1)
            keys, scores = _trimmed(keys, np.concatenate([scores, more], axis=1), k)
        return Best(keys, scores, np.full(len(vectors), -np.inf, np.float32))

    def _unpacked(self, places: Keys) -> Vectors:
        fine = self._high[places].astype(np.float32)
        fine -= 128
        fine *= _STEPS
        fine += self._low[places]
        fine *= np.float32(1 / (self._scale * _STEPS))
        fine += self._centre
        return fine

    @property
    def memory_bytes(self) -> int:
        """Bytes of codes, keys and marks."""
        return int(self._high.nbytes + self._low.nbytes + self._keys.nbytes + self._alive.nbytes)


def allow_threads(count: int) -> None:
    """How many threads faiss may use in calls from this thread: OpenMP keeps the number a calling thread."""
    import faiss

    faiss.omp_set_num_threads(count)


def _trimmed(keys: Keys, scores: Scores, k: int) -> tuple[Keys, Scores]:
    """At most the k best columns of each row; what is no row keeps minus infinity."""
    if keys.shape[1] <= k:
        return keys, scores
    part = np.argpartition(-scores, k - 1, axis=1)[:, :k]
    return np.take_along_axis(keys, part, axis=1), np.take_along_axis(scores, part, axis=1)


def _blocks(count: int) -> Iterator[slice]:
    return (slice(start, min(start + _BLOCK, count)) for start in range(0, count, _BLOCK))

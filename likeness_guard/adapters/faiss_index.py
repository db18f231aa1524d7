"""Exact inner-product search in this process, with faiss."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
from numpy.typing import NDArray

from likeness_guard.adapters.faiss_segments import Best, OpenPart, SealedPart, allow_threads
from likeness_guard.adapters.late_batches import Removals
from likeness_guard.adapters.template_batches import best_of, checked, nobody, probes
from likeness_guard.ports import IndexBatch, IndexName, Vectors

ROOM = 65_536
"""Rows up to which every one is looked at in float32; then they are sealed: a scan costs about a quarter of that."""
_DEPTH = 32
_DEEPER = 16


class FaissIndex:
    """Every row up to `room` in float32; older rows in parts of that size, scanned in eight bits and then exactly.

    What a search returns is what a look at every row would return. A removed key is gone, its numbers overwritten, when
    `apply` returns. Any number of threads may search while one applies: sealing and shrinking a part happens beside the
    searches, and only the copying of a batch waits for them.

    Args:
        name: which vectors are held; an index in process keeps no more than one name's.
        dimensions: length of the vectors.
        room: rows of the part that grows; smaller in tests.
        threads: processors that one search may use. On a machine that others use as well, faiss's threads wait for
            each other longer than they save: a scan of 0.5 ms took 13 ms with two.
    """

    def __init__(self, name: IndexName, dimensions: int, *, room: int = ROOM, threads: int = 1) -> None:
        self.name = name
        self._dimensions = dimensions
        self._room = room
        self._threads = threads
        self._generation = 0
        self._open = OpenPart(dimensions, room)
        self._sealed: tuple[SealedPart, ...] = ()
        self._removals = Removals()
        self._applying = threading.Lock()
        self._doors = _Doors()

    @property
    def generation(self) -> int:
        """The newest change that this index holds; 0 when new."""
        return self._generation

    def apply(self, batch: IndexBatch) -> None:
        """Take changes in together; see `TemplateIndex.apply`.

        A batch with more rows than the growing part has room for is taken in by pieces, each key in one go.
        """
        sound = checked(batch, self._dimensions)
        with self._applying:
            removed = np.setdiff1d(sound.removed, sound.keys)
            keys, vectors = sound.keys, sound.vectors
            if sound.generation < self._generation:
                fit = ~np.isin(keys, self._removals.later_than(sound.generation))
                fit &= ~self._holds(keys)  # what a newer batch put there stays
                keys, vectors = keys[fit], vectors[fit]
            self._change(removed, keys[:0], vectors[:0])
            for start in range(0, len(keys), self._room):
                piece = slice(start, start + self._room)
                self._change(np.zeros(0, np.int64), keys[piece], vectors[piece])
            self._shrink()
            self._removals.note(removed, sound.generation)
            self._generation = max(self._generation, sound.generation)

    def search(self, vectors: Vectors, k: int) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """Keys and cosines, both (n, k), best first; key -1 and cosine -1 where fewer than k are held.

        Raises:
            InvalidInput: ``likeness:template:malformed``, a vector is not finite or of another length.
        """
        asked = probes(vectors, self._dimensions)
        allow_threads(self._threads)
        with self._doors.reading():
            wanted = min(k, self._held())
            if wanted < 1 or not len(asked):
                return nobody(len(asked), k)
            parts = [self._open.best(asked, wanted)]
            parts += [part.best(asked, wanted, _DEPTH + 2 * wanted) for part in self._sealed]
            depth = _DEPTH + 2 * wanted
            while True:
                keys, scores = _merged(parts, wanted)
                # A part that was looked at whole has no ceiling, and cannot win anything more.
                doubtful = [np.flatnonzero((p.ceiling >= scores[:, -1]) & np.isfinite(p.ceiling)) for p in parts]
                if not any(len(rows) for rows in doubtful):
                    break
                depth *= _DEEPER
                for number, rows in enumerate(doubtful):
                    if len(rows):
                        deeper = self._sealed[number - 1].best(asked[rows], wanted, depth)
                        parts[number] = _replaced(parts[number], rows, deeper)
        return best_of(keys, scores, k)

    def __len__(self) -> int:
        """How many vectors are held."""
        with self._doors.reading():
            return self._held()

    @property
    def memory_bytes(self) -> int:
        """Bytes of vectors, keys and marks that are held."""
        with self._doors.reading():
            return self._open.memory_bytes + sum(part.memory_bytes for part in self._sealed)

    def _held(self) -> int:
        return len(self._open) + sum(len(part) for part in self._sealed)

    def _holds(self, keys: NDArray[np.int64]) -> NDArray[np.bool_]:
        held = self._open.holds(keys)
        for part in self._sealed:
            held |= part.holds(keys)
        return held

    def _change(self, removed: NDArray[np.int64], keys: NDArray[np.int64], vectors: Vectors) -> None:
        if len(self._open) + len(keys) > self._room:
            self._seal()
        with self._doors.alone():
            gone = np.union1d(removed, keys)
            self._open.remove(gone)
            for part in self._sealed:
                part.remove(gone)
            self._open.hold(keys, vectors)

    def _seal(self) -> None:
        # Only `apply` changes parts, and it is we; searches go on in the old one until the new one is there.
        sealed, fresh = SealedPart(*self._open.held()), OpenPart(self._dimensions, self._room)
        with self._doors.alone():
            self._sealed = (*self._sealed, sealed)
            self._open = fresh

    def _shrink(self) -> None:
        if any(part.sparse for part in self._sealed):
            kept = tuple(part.shrunk() if part.sparse else part for part in self._sealed if len(part))
            with self._doors.alone():
                self._sealed = kept


def _merged(parts: list[Best], k: int) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    keys = np.concatenate([part.keys for part in parts], axis=1)
    scores = np.concatenate([part.scores for part in parts], axis=1)
    order = np.lexsort((keys, -scores), axis=-1)[:, :k]
    return np.take_along_axis(keys, order, axis=1), np.take_along_axis(scores, order, axis=1)


def _replaced(part: Best, rows: NDArray[np.int64], deeper: Best) -> Best:
    """`part` with the answers of some rows taken from a deeper look, whose columns may be fewer or more."""
    width = max(part.keys.shape[1], deeper.keys.shape[1])
    keys = np.full((len(part.keys), width), -1, np.int64)
    scores = np.full(keys.shape, -np.inf, np.float32)
    ceiling = part.ceiling.copy()
    keys[:, : part.keys.shape[1]], scores[:, : part.keys.shape[1]] = part.keys, part.scores
    keys[rows], scores[rows] = -1, -np.inf
    keys[rows, : deeper.keys.shape[1]], scores[rows, : deeper.keys.shape[1]] = deeper.keys, deeper.scores
    ceiling[rows] = deeper.ceiling
    return Best(keys, scores, ceiling)


class _Doors:
    """Many may read, or one may write; who wants to write goes before readers that come later."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._readers = 0
        self._waiting = 0
        self._writing = False

    @contextmanager
    def reading(self) -> Iterator[None]:
        with self._changed:
            self._changed.wait_for(lambda: not self._writing and not self._waiting)
            self._readers += 1
        try:
            yield
        finally:
            with self._changed:
                self._readers -= 1
                self._changed.notify_all()

    @contextmanager
    def alone(self) -> Iterator[None]:
        with self._changed:
            self._waiting += 1
            try:
                self._changed.wait_for(lambda: not self._writing and not self._readers)
            finally:
                self._waiting -= 1
            self._writing = True
        try:
            yield
        finally:
            with self._changed:
                self._writing = False
                self._changed.notify_all()

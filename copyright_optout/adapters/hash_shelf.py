"""One shelf of hashes, searched by multi-index hashing: exact, and by a look at every one where that takes less time.

A hash is cut into 16 parts of 16 bits, and for each part there is a table of all hashes in the order of that part
(Norouzi, Punjani and Fleet, "Fast Exact Search in Hamming Space with Multi-Index Hashing", 2014). Two hashes that
differ in at most `within` bits differ in few bits of some part: that much is the pigeonhole principle. More is true.
Go round the parts as round a clock and add up by how much each exceeds its share, within / 16. All together make 0 at
most, so from the part behind the highest sum on every sum is 0 at most. Hence there is a part such that it and its next
together differ in at most 2 within / 16 bits, and it alone in at most within / 16 (the "pigeonring" of Qin and Xiao,
VLDB 2018). The tables therefore hold the next part beside each entry: of the entries of a bucket one in a hundred is
left, and only that one is looked up among the hashes.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import combinations
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from numpy.typing import NDArray

from copyright_optout.ports import Hashes

PARTS = 16
PART_BITS = 16
_VALUES = 1 << PART_BITS
_MOST_FLIPS = 3
"""Bits of a part that are flipped to find its buckets: 697 of them; with one more it would be 2,517 for each part."""
_AT_ONCE = 1 << 18
"""Entries of buckets looked at together: what they take stays near the processor."""
_PAIRS = 1 << 18
"""Pairs of hash and query compared at a time where every hash is looked at."""
_ENTRIES_FOR_A_PAIR = 0.5
"""How many entries of buckets are looked at in the time of one pair (benchmarks/fingerprints.py)."""
_QUERIES = 64
"""Queries whose buckets are listed together."""

Near = tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]
"""Query, row and distance of each pair found, three arrays of one length."""


@dataclass(frozen=True, slots=True)
class _Tables:
    """Hashes in the order of each of their parts.

    Attributes:
        rows: uint32 (16, n): rows of the hashes, by the value of part i.
        nexts: uint16 (16, n): the part after i of the same hash, the first after the last.
        starts: int64 (16, 65537): where the entries of a value begin, counted through all 16 tables.
    """

    rows: NDArray[np.uint32]
    nexts: NDArray[np.uint16]
    starts: NDArray[np.int64]


class HashShelf:
    """Hashes that stay as they are.

    Args:
        hashes: uint64 (n, 4), fewer than 2^32.
        folder: where the tables are mapped from files, so that the system may take their memory back; the files are
            unlinked at once and gone with the process. In memory where None.
    """

    def __init__(self, hashes: Hashes, folder: Path | None = None) -> None:
        self.hashes = hashes
        self._tables = _tables(_parts(hashes), folder)

    def __len__(self) -> int:
        """Hashes held."""
        return len(self.hashes)

    @property
    def memory_bytes(self) -> int:
        """Bytes of hashes and tables."""
        tables = self._tables
        return self.hashes.nbytes + tables.rows.nbytes + tables.nexts.nbytes + tables.starts.nbytes

    def near(self, queries: Hashes, within: int) -> Iterator[Near]:
        """Every pair that differs in at most `within` bits; a pair may come twice."""
        if within // PARTS > _MOST_FLIPS:
            yield from look_at_all(queries, self.hashes, within)
            return
        for start in range(0, len(queries), _QUERIES):
            yield from self._some(queries[start : start + _QUERIES], start, within)

    def _some(self, queries: Hashes, first: int, within: int) -> Iterator[Near]:
        buckets = self._buckets(queries, within)
        costs = buckets.sizes.sum(axis=(1, 2))
        dear = costs > _ENTRIES_FOR_A_PAIR * len(self.hashes)
        if dear.any():
            places = np.flatnonzero(dear)
            for query, row, bits in look_at_all(queries[places], self.hashes, within):
                yield places[query] + first, row, bits
        for piece in _pieces(np.where(dear, 0, costs)):
            for query, row, bits in self._looked_up(queries, buckets, piece, within):
                yield query + first, row, bits

    def _buckets(self, queries: Hashes, within: int) -> "_Buckets":
        flips, counts = _flips(within // PARTS)
        values = (_parts(queries)[:, :, None] ^ flips).astype(np.int64)
        values += np.arange(PARTS)[None, :, None] * (_VALUES + 1)
        flat = self._tables.starts.reshape(-1)
        begins = flat[values]
        return _Buckets(begins, flat[values + 1] - begins, counts)

    def _looked_up(self, queries: Hashes, buckets: "_Buckets", piece: slice, within: int) -> Iterator[Near]:
        sizes = buckets.sizes[piece].reshape(-1)
        filled = np.flatnonzero(sizes)
        sizes = sizes[filled]
        if not len(sizes):
            return
        query, part, flip = np.unravel_index(filled, buckets.sizes[piece].shape)
        ends = np.cumsum(sizes)
        entry = np.repeat(buckets.begins[piece].reshape(-1)[filled] - (ends - sizes), sizes)
        entry += np.arange(ends[-1])
        wanted = _parts(queries[piece])[query, (part + 1) % PARTS]
        left = (2 * within // PARTS - buckets.flipped[flip]).astype(np.uint8)
        apart = np.bitwise_count(self._tables.nexts.reshape(-1)[entry] ^ np.repeat(wanted, sizes))
        kept = np.flatnonzero(apart <= np.repeat(left, sizes))
        asked = query[np.searchsorted(ends, kept, side="right")] + piece.start
        row = self._tables.rows.reshape(-1)[entry[kept]].astype(np.int64)
        bits = np.bitwise_count(queries[asked] ^ self.hashes[row]).sum(axis=1, dtype=np.int64)
        near = bits <= within
        yield asked[near], row[near], bits[near]


@dataclass(frozen=True, slots=True)
class _Buckets:
    """What is to be looked at for some queries.

    Attributes:
        begins: int64 (queries, 16, flips): where each bucket begins.
        sizes: int64, of the same shape.
        flipped: int64 (flips,): bits flipped to come to the bucket.
    """

    begins: NDArray[np.int64]
    sizes: NDArray[np.int64]
    flipped: NDArray[np.int64]


def look_at_all(queries: Hashes, hashes: Hashes, within: int) -> Iterator[Near]:
    """Every pair that differs in at most `within` bits, each once. Half of the bits rule most pairs out."""
    step = max(1, _PAIRS // max(1, len(queries)))
    for start in range(0, len(hashes), step):
        part = hashes[start : start + step]
        half = np.bitwise_count(queries[:, 0, None] ^ part[None, :, 0])
        half += np.bitwise_count(queries[:, 1, None] ^ part[None, :, 1])
        query, row = np.nonzero(half <= within)
        if len(query):
            bits = np.bitwise_count(queries[query] ^ part[row]).sum(axis=1, dtype=np.int64)
            near = bits <= within
            if near.any():
                yield query[near], row[near] + start, bits[near]


def _pieces(costs: NDArray[np.int64]) -> Iterator[slice]:
    """Runs of queries whose buckets together hold about `_AT_ONCE` entries; what costs nothing is left out."""
    start, total = 0, 0
    for place, cost in enumerate(costs.tolist()):
        if total and total + cost > _AT_ONCE:
            yield slice(start, place)
            start, total = place, 0
        total += cost
    if total:
        yield slice(start, len(costs))


def _tables(parts: NDArray[np.uint16], folder: Path | None) -> _Tables:
    count = len(parts)
    rows = _room((PARTS, count), np.uint32, folder)
    nexts = _room((PARTS, count), np.uint16, folder)
    starts = np.zeros((PARTS, _VALUES + 1), np.int64)
    for part in range(PARTS):
        own = np.ascontiguousarray(parts[:, part])
        order = np.argsort(own, kind="stable")
        rows[part] = order
        nexts[part] = np.ascontiguousarray(parts[:, (part + 1) % PARTS])[order]
        starts[part, 1:] = np.cumsum(np.bincount(own, minlength=_VALUES))
        starts[part] += part * count
    return _Tables(rows, nexts, starts)


def _room(shape: tuple[int, int], dtype: type[Any], folder: Path | None) -> NDArray[Any]:
    if folder is None or not shape[1]:
        return np.empty(shape, dtype)
    with TemporaryDirectory(dir=folder) as scratch:
        mapped: NDArray[Any] = np.lib.format.open_memmap(Path(scratch) / "table.npy", "w+", dtype, shape)
    return mapped


def _parts(hashes: Hashes) -> NDArray[np.uint16]:
    return np.ascontiguousarray(hashes).view(np.uint16).reshape(len(hashes), PARTS)


@cache
def _flips(most: int) -> tuple[NDArray[np.uint16], NDArray[np.int64]]:
    """Every way to flip at most so many bits of a part, fewest first, and how many bits each flips."""
    ways: Sequence[tuple[int, ...]] = [
        bits for count in range(most + 1) for bits in combinations(range(PART_BITS), count)
    ]
    masks = np.array([sum(1 << bit for bit in bits) for bits in ways], np.uint16)
    return masks, np.array([len(bits) for bits in ways], np.int64)

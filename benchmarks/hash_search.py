"""Search among millions of hashes: ours beside numpy's look at every one and faiss, in one run."""

import gc
import resource
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.table import Row
from copyright_optout.adapters.hash_shelf import look_at_all
from copyright_optout.adapters.hash_shelves import HashShelves
from copyright_optout.domain import MATCH_DISTANCE, UNSURE_DISTANCE, ClaimChange

Hashes = NDArray[np.uint64]
_OF_A_CLAIM = 10
_BATCH = 10_000
"""Claims told to the index at a time."""
_FRAME = 104
"""Hashes that one frame is searched by: thirteen views in eight orientations."""
_TRUE = 40
"""Queries that a look at every hash answers as well."""


def drawn(count: int) -> Hashes:
    """Hashes as even as coins fall; those of photographs fill the buckets that a search looks into 1.2 to 1.4 times."""
    return np.random.default_rng(1).integers(0, 1 << 64, (count, 4), dtype=np.uint64)


def queries_of(held: Hashes, count: int) -> Hashes:
    """Half of them copies of held ones with up to 48 bits turned over, half of them strange."""
    dice = np.random.default_rng(2)
    queries = dice.integers(0, 1 << 64, (count, 4), dtype=np.uint64)
    for place in range(count // 2):
        queries[place] = held[dice.integers(len(held))]
        for bit in dice.choice(256, dice.integers(0, 49), replace=False).tolist():
            queries[place, bit // 64] ^= np.uint64(1 << bit % 64)
    return queries


def filled(held: Hashes) -> tuple[HashShelves, Row]:
    """An index that was told everything, a batch of claims at a time."""
    index = HashShelves()
    seconds = 0.0
    for start in range(0, len(held), _BATCH * _OF_A_CLAIM):
        batch = _changes(held[start : start + _BATCH * _OF_A_CLAIM], start)
        began = time.perf_counter()
        index.apply(batch)
        seconds += time.perf_counter() - began
    began = time.perf_counter()
    index.settle()
    settled = time.perf_counter() - began
    gc.collect()
    row: Row = {
        "hashes": len(index),
        "told in s": seconds,
        "settled after s": settled,
        "index MB": index.memory_bytes / 1e6,
        "process MB at most": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3,
    }
    return index, row


def _changes(held: Hashes, first: int) -> list[ClaimChange]:
    hexed = [bytes(row).hex() for row in held.astype(">u8").view(np.uint8).reshape(-1, 32)]
    return [
        ClaimChange(f"claim_{first + start}", 1, active=True, fingerprints=tuple(hexed[start : start + _OF_A_CLAIM]))
        for start in range(0, len(hexed), _OF_A_CLAIM)
    ]


def searched(index: HashShelves, held: Hashes, rounds: int) -> list[Row]:
    """Time searches of ours and of a look at every hash, and hold the answers against each other."""
    rows: list[Row] = []
    for within in (MATCH_DISTANCE, UNSURE_DISTANCE):
        rows += _searched(index, held, queries_of(held, rounds), within)
    return rows


def _searched(index: HashShelves, held: Hashes, queries: Hashes, within: int) -> list[Row]:
    found: list[set[tuple[int, int]]] = []
    single = [_timed(partial(_note, found, index, query[None], within)) for query in queries]
    framed = [_timed(partial(index.search, frame, within)) for frame in _frames(queries)]
    true = [_true(held, query, within) for query in queries[:: max(1, len(queries) // _TRUE)]]
    plain = [_timed(partial(_looked, held, query[None], within)) for query in queries[:_TRUE]]
    wrong = _wrong(found, true, len(queries))
    return [
        {"what": "ours, one hash", "within": within, **_percentiles(single), "wrong": wrong},
        {"what": f"ours, a frame ({_FRAME} hashes)", "within": within, **_percentiles(framed), "wrong": 0},
        {"what": "every hash, numpy", "within": within, **_percentiles(plain), "wrong": 0},
    ]


def _note(found: list[set[tuple[int, int]]], index: HashShelves, query: Hashes, within: int) -> None:
    found.append(_pairs(index, query, within))


def _looked(held: Hashes, query: Hashes, within: int) -> int:
    return sum(len(bits) for _, _, bits in look_at_all(query, held, within))


def beside_faiss(held: Hashes, rounds: int, most_tables: int) -> list[Row]:
    """The same questions to faiss, on one thread: its flat index, and its tables for as many hashes as fit."""
    import faiss

    faiss.omp_set_num_threads(1)
    rows = []
    flat: Any = faiss.IndexBinaryFlat(256)
    flat.add(held.view(np.uint8).reshape(len(held), 32))
    rows += [_asked(flat, "faiss flat", held, rounds, within) for within in (MATCH_DISTANCE, UNSURE_DISTANCE)]
    flat.reset()
    held = held[:most_tables]
    tables: Any = faiss.IndexBinaryMultiHash(256, 16, 16)
    tables.add(held.view(np.uint8).reshape(len(held), 32))
    for within in (MATCH_DISTANCE, UNSURE_DISTANCE):
        tables.nflip = within // 16
        rows.append(_asked(tables, f"faiss MultiHash, {len(held):,}", held, rounds, within))
    return rows


def _asked(index: Any, name: str, held: Hashes, rounds: int, within: int) -> Row:
    queries = queries_of(held, rounds)
    found: list[set[tuple[int, int]]] = []
    times = [_timed(partial(_ask, found, index, query, within)) for query in queries]
    true = [{(claim, 0) for claim, _ in _true(held, query, within)} for query in queries[:: max(1, rounds // _TRUE)]]
    return {"what": name, "within": within, **_percentiles(times), "wrong": _wrong(found, true, rounds)}


def _ask(found: list[set[tuple[int, int]]], index: Any, query: NDArray[np.uint64], within: int) -> None:
    # faiss finds what is nearer than the radius, ours what is as near.
    _, _, rows = index.range_search(query.view(np.uint8).reshape(1, 32), within + 1)
    found.append({(int(row) // _OF_A_CLAIM, 0) for row in rows})


def freshness(index: HashShelves, rounds: int) -> Row:
    """From when a claim is told to the index to when a search has found it."""
    dice = np.random.default_rng(7)
    times: list[Took] = []
    for number in range(rounds):
        hashes = dice.integers(0, 1 << 64, (_OF_A_CLAIM, 4), dtype=np.uint64)
        (change,) = _changes(hashes, 10**9 + number)
        found: list[set[tuple[int, int]]] = []
        times.append(_timed(partial(_told_and_asked, index, change, hashes[:1], found)))
        assert found == [{(int(change.claim_id.partition("_")[2]) // _OF_A_CLAIM, 0)}]
    return {"what": "added, then found by the next search", "rounds": rounds, **_percentiles(times)}


def _told_and_asked(index: HashShelves, change: ClaimChange, query: Hashes, found: list[set[tuple[int, int]]]) -> None:
    index.apply([change])
    found.append(_pairs(index, query, MATCH_DISTANCE))


def _frames(queries: Hashes) -> list[Hashes]:
    whole = np.concatenate([queries] * (1 + 12 * _FRAME // len(queries)))
    return [whole[start : start + _FRAME] for start in range(0, 12 * _FRAME, _FRAME)]


def _pairs(index: HashShelves, query: Hashes, within: int) -> set[tuple[int, int]]:
    return {(int(hit.claim_id.partition("_")[2]) // _OF_A_CLAIM, hit.distance) for hit in index.search(query, within)}


def _true(held: Hashes, query: NDArray[np.uint64], within: int) -> set[tuple[int, int]]:
    """Claims, as a count of every bit has them: nothing is ruled out early."""
    nearest: dict[int, int] = {}
    for start in range(0, len(held), 1 << 20):
        bits = np.bitwise_count(held[start : start + (1 << 20)] ^ query).sum(axis=1, dtype=np.int64)
        for row in np.flatnonzero(bits <= within).tolist():
            claim = (start + row) // _OF_A_CLAIM
            nearest[claim] = min(int(bits[row]), nearest.get(claim, 257))
    return set(nearest.items())


def _wrong(found: list[set[tuple[int, int]]], true: list[set[tuple[int, int]]], rounds: int) -> int:
    compared = found[:: max(1, rounds // _TRUE)]
    return sum(one != other for one, other in zip(compared, true, strict=True))


Took = tuple[float, float]
"""Milliseconds on the clock, and of the processor."""


def _timed(work: Callable[[], object]) -> Took:
    began, used = time.perf_counter(), time.process_time()
    work()
    return (time.perf_counter() - began) * 1000, (time.process_time() - used) * 1000


def _percentiles(times: list[Took]) -> dict[str, float]:
    """Of the clock, and of the processor, which neighbours slow less."""
    clock, processor = np.percentile(np.array(times), (50, 99), axis=0).T
    return {"p50 ms": clock[0], "p99 ms": clock[1], "p50 CPU ms": processor[0], "p99 CPU ms": processor[1]}

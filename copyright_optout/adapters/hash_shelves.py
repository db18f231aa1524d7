"""The index of fingerprints for millions of hashes: a small fresh shelf, and large ones that are searched by tables.

What is added is on the fresh shelf at once and found by the next search. A full fresh shelf becomes one with tables;
shelves of like size are then put together beside the searches, so that there are few. What is removed is struck out,
and left behind when its shelf is next put together with another, or is a quarter empty.
"""

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Lock, Thread

import numpy as np
from numpy.typing import NDArray

from copyright_optout.adapters.bit_matrix import words_of
from copyright_optout.adapters.hash_shelf import HashShelf, Near, look_at_all
from copyright_optout.domain import ClaimChange
from copyright_optout.ports import Hashes, IndexHit

FRESH = 1 << 14
"""Hashes of the fresh shelf: looking at all of them takes a tenth of a millisecond a query."""
_RATIO = 4
"""A shelf is at least so many times as large as the next, or they are put together."""
_EMPTY = 0.25
"""Share of a shelf's hashes that are struck out before it is made anew."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, eq=False)
class _Shelf:
    """Hashes with whose they are.

    Attributes:
        tables: finds hashes; None for a shelf of which every one is looked at.
        hashes: uint64 (n, 4).
        owners: int32 (n,): places in `claims`.
        places: of each claim in `claims`.
        stands: bool, for each of `claims`, whether it is on this shelf still. Never changed: a shelf on which something
            is struck out is another shelf, and a search that began before goes on with the one that it found.
        standing: hashes of claims that stand.
    """

    tables: HashShelf | None
    hashes: Hashes
    owners: NDArray[np.int32]
    claims: Sequence[str]
    places: Mapping[str, int]
    stands: NDArray[np.bool_]
    standing: int

    def near(self, queries: Hashes, within: int) -> Iterator[Near]:
        return self.tables.near(queries, within) if self.tables else look_at_all(queries, self.hashes, within)

    def without(self, claim_ids: Iterable[str]) -> "_Shelf":
        places = (self.places[claim_id] for claim_id in claim_ids if claim_id in self.places)
        gone = [place for place in places if self.stands[place]]
        if not gone:
            return self
        stands = self.stands.copy()
        stands[gone] = False
        # Rows of one claim lie together, in the order of the claims.
        first, last = np.searchsorted(self.owners, gone), np.searchsorted(self.owners, gone, side="right")
        return replace(self, stands=stands, standing=self.standing - int((last - first).sum()))


class HashShelves:
    """Fingerprints of claims, searched exactly.

    Args:
        folder: where large tables are mapped from files, made if missing; in memory where None.
        fresh: hashes that are looked at one by one before they get tables.
    """

    def __init__(self, folder: Path | None = None, *, fresh: int = FRESH) -> None:
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._room = fresh
        self._lock = Lock()
        self._fresh: dict[str, Hashes] = {}
        self._shelves: tuple[_Shelf, ...] = ()
        self._tidying: Thread | None = None

    def __len__(self) -> int:
        """Hashes held."""
        return sum(shelf.standing for shelf in self._shelves)

    @property
    def memory_bytes(self) -> int:
        """Bytes of hashes, tables and owners; names of claims are not counted."""
        shelves = self._shelves
        hashes = sum(shelf.tables.memory_bytes if shelf.tables else shelf.hashes.nbytes for shelf in shelves)
        return hashes + sum(shelf.owners.nbytes + shelf.stands.nbytes for shelf in shelves)

    def apply(self, changes: Sequence[ClaimChange]) -> None:
        """Replace what is known of each changed claim."""
        latest = {change.claim_id: change for change in changes}
        added = {
            claim_id: words_of(change.fingerprints)
            for claim_id, change in latest.items()
            if change.active and change.fingerprints
        }
        with self._lock:
            for claim_id in latest:
                self._fresh.pop(claim_id, None)
            self._fresh |= added
            sealed = [shelf.without(latest) for shelf in self._shelves if shelf.tables]
            growing = _shelf(self._fresh)
            if len(growing.hashes) > self._room:
                sealed.append(replace(growing, tables=HashShelf(growing.hashes, self._folder)))
                self._fresh = {}
                growing = _shelf({})
            self._shelves = (*sealed, growing)
            self._tidy_up()

    def search(self, queries: Hashes, within: int) -> Sequence[IndexHit]:
        """For each query, every claim within that many bits, with the distance of its nearest hash."""
        nearest: dict[tuple[int, str], int] = {}
        for shelf in self._shelves:
            for query, row, bits in shelf.near(queries, within):
                owner = shelf.owners[row]
                stands = shelf.stands[owner]
                for asked, place, distance in zip(
                    query[stands].tolist(), owner[stands].tolist(), bits[stands].tolist(), strict=True
                ):
                    key = (asked, shelf.claims[place])
                    nearest[key] = min(distance, nearest.get(key, distance))
        return [IndexHit(query, claim_id, distance) for (query, claim_id), distance in nearest.items()]

    def settle(self) -> None:
        """Wait until nothing is left to be put together; for tests and benchmarks."""
        while (tidying := self._tidying) is not None:
            tidying.join()

    def _tidy_up(self) -> None:
        """Begin to put shelves together where it is time; the lock is held."""
        if self._tidying is None and _like_sized(self._shelves):
            self._tidying = Thread(target=self._tidy, name="hash-shelves", daemon=True)
            self._tidying.start()

    def _tidy(self) -> None:
        while group := self._next_group():
            try:
                made = _put_together(group, self._folder)
            except (MemoryError, OSError):
                _log.exception("no room to put shelves of fingerprints together: they are searched as they are")
                with self._lock:
                    self._tidying = None
                return
            with self._lock:
                self._shelves = _exchanged(self._shelves, group, made)

    def _next_group(self) -> tuple[_Shelf, ...]:
        with self._lock:
            group = _like_sized(self._shelves)
            if not group:
                self._tidying = None
            return group


def _shelf(bits: Mapping[str, Hashes]) -> _Shelf:
    claims = tuple(bits)
    hashes = np.concatenate([np.empty((0, 4), np.uint64), *bits.values()])
    owners = np.repeat(np.arange(len(claims), dtype=np.int32), [len(bits[claim]) for claim in claims])
    places = {claim: place for place, claim in enumerate(claims)}
    return _Shelf(None, hashes, owners, claims, places, np.ones(len(claims), np.bool_), len(hashes))


def _like_sized(shelves: Sequence[_Shelf]) -> tuple[_Shelf, ...]:
    """Shelves with tables that are to become one: the smallest, and each that they together come near in size.

    One alone where a good part of it is struck out; none where all is well.
    """
    sized = sorted(((shelf.standing, shelf) for shelf in shelves if shelf.tables), key=lambda one: one[0])
    group: list[_Shelf] = []
    total = 0
    for size, shelf in sized:
        if group and size >= _RATIO * total:
            break
        group.append(shelf)
        total += size
    if len(group) > 1:
        return tuple(group)
    return next(((shelf,) for size, shelf in sized if size < (1 - _EMPTY) * len(shelf.hashes)), ())


def _put_together(group: Sequence[_Shelf], folder: Path | None) -> _Shelf:
    """One shelf of what stands on several."""
    kept = [shelf.stands[shelf.owners] for shelf in group]
    hashes = np.concatenate([shelf.hashes[rows] for shelf, rows in zip(group, kept, strict=True)])
    claims: list[str] = []
    owners: list[NDArray[np.int32]] = []
    for shelf, rows in zip(group, kept, strict=True):
        renumbered = np.cumsum(shelf.stands, dtype=np.int32) - 1 + np.int32(len(claims))
        owners.append(renumbered[shelf.owners[rows]])
        claims += [shelf.claims[place] for place in np.flatnonzero(shelf.stands).tolist()]
    places = {claim: place for place, claim in enumerate(claims)}
    stands = np.ones(len(claims), np.bool_)
    return _Shelf(HashShelf(hashes, folder), hashes, np.concatenate(owners), claims, places, stands, len(hashes))


def _exchanged(shelves: Sequence[_Shelf], group: Sequence[_Shelf], made: _Shelf) -> tuple[_Shelf, ...]:
    """The shelves with `made` in the place of `group`, without what was struck out of the group meanwhile."""
    replaced = {id(shelf.tables): shelf for shelf in group}
    others = [shelf for shelf in shelves if id(shelf.tables) not in replaced]
    for shelf in shelves:
        before = replaced.get(id(shelf.tables))
        if before is not None:
            gone = np.flatnonzero(before.stands & ~shelf.stands).tolist()
            made = made.without(shelf.claims[place] for place in gone)
    return (made, *others) if len(made.hashes) else tuple(others)

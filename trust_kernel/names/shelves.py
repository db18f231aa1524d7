"""Names in any number, searchable, and cheap to change.

One matcher for all of them takes most of a minute to build. Names are therefore shelved: each shelf is a matcher that
never changes; what changes goes onto a new, small shelf and counts from the very next request; a thread of its own puts
small shelves together meanwhile. Large shelves may be kept in files: the next process that starts then takes from them
what is still so, and makes only what is not.
"""

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import NamedTuple, Protocol

from trust_kernel.names.readings import read_once

LARGEST_SHELF = 1_000_000
"""Names on one shelf at most: about 0.2 GB, and 40 s of a thread for the merge that fills one."""
MOST_SMALL = 4
"""Small shelves at most before they are put together: each shelf costs every prompt a look."""
_GROWTH = 4
"""A shelf so many times larger than all smaller ones together is left alone when those are put together."""
_TINY = 64
_TRIES = 3


class Hit(Protocol):
    """Where a text names somebody."""

    @property
    def entity(self) -> str: ...  # noqa: D102
    @property
    def alias(self) -> str: ...  # noqa: D102
    @property
    def span(self) -> tuple[int, int]: ...  # noqa: D102
    @property
    def transformations(self) -> tuple[str, ...]: ...  # noqa: D102
    @property
    def score(self) -> float: ...  # noqa: D102


class Matching(Protocol):
    """Finds names in a text, disguised or not."""

    def match(self, text: str) -> Sequence[Hit]:
        """Every hit, with spans in the text as given."""
        ...


MatcherMaker = Callable[[Iterable[tuple[str, str]]], Matching]
"""Builds a matcher from (entity id, alias) pairs."""

Spawn = Callable[[Callable[[], None]], None]
"""Runs something later, in another thread."""


class KeptMatching(Matching, Protocol):
    """A matcher that knows what it holds."""

    def entries(self) -> Iterator[tuple[str, tuple[str, ...]]]:
        """Every entry once with its names, as they were given."""
        ...


class Kept(NamedTuple):
    """A matcher, and the file that it was opened from; None where it is in memory."""

    matcher: KeptMatching
    path: Path | None


class Keeper(Protocol):
    """Keeps shelves beyond the life of a process."""

    def made(self, names: Mapping[str, tuple[str, ...]]) -> Kept:
        """A shelf of these names, by entry."""
        ...

    def standing(self) -> Iterator[Kept]:
        """What was kept before, largest first."""
        ...

    def forget(self, path: Path) -> None:
        """Remove what is of no use any more."""
        ...


@dataclass(frozen=True, slots=True)
class _Shelf:
    """Attributes: number: grows; entries: that count when it is put up; names: how many those have; path: its file."""

    number: int
    matcher: Matching
    entries: tuple[str, ...]
    names: int
    path: Path | None = None


def in_a_thread(work: Callable[[], None]) -> None:
    """Run something in a thread that ends with the process."""
    threading.Thread(target=work, name="names", daemon=True).start()


class NameBook:
    """Names by entry, on shelves; safe for many threads.

    Args:
        make_matcher: builds a matcher.
        spawn: runs merges; in a thread unless given.
        largest: names on one shelf at most.
        tiny: names up to which the newest shelf is simply made anew with what has changed since.
        keeper: keeps large shelves in files; it makes all matchers then.
    """

    def __init__(
        self,
        make_matcher: MatcherMaker,
        spawn: Spawn = in_a_thread,
        *,
        largest: int = LARGEST_SHELF,
        tiny: int = _TINY,
        keeper: Keeper | None = None,
    ) -> None:
        self._make_matcher = make_matcher
        self._keeper = keeper
        self._spawn = spawn
        self._largest = largest
        self._tiny = tiny
        self._names: dict[str, tuple[str, ...]] = {}
        self._home: dict[str, int] = {}  # entry -> the one shelf whose word counts
        self._live: dict[int, int] = {}  # shelf -> entries for which its word counts
        self._shelves: tuple[_Shelf, ...] = ()
        self._numbers = 0
        self._merging = False
        self._lock = threading.Lock()

    def __len__(self) -> int:
        """Entries held."""
        return len(self._names)

    @property
    def shelves(self) -> int:
        """Matchers that a prompt is held against."""
        return len(self._shelves)

    def apply(self, changed: Mapping[str, tuple[str, ...] | None]) -> None:
        """Take changes in: each entry's names as they are now, None for one that is gone. One caller at a time."""
        if not changed:
            return
        anew = {entry: names for entry, names in changed.items() if names}
        with self._lock:
            anew = {**self._on_a_tiny_shelf(), **anew}
            anew = {entry: names for entry, names in anew.items() if changed.get(entry, names)}
        made = self._found_again(anew)
        on_them = {entry for shelf in made for entry in shelf.entries}
        left = {entry: names for entry, names in anew.items() if entry not in on_them} if made else anew
        made += [self._shelf(part) for part in self._parts(left)]
        with self._lock:
            for entry in changed.keys() - anew.keys():
                self._names.pop(entry, None)
                self._settle(entry, None)
            self._names.update(anew)
            gone = self._place(made)
        self._clear_away(gone)
        self._tidy()

    def _found_again(self, names: Mapping[str, tuple[str, ...]]) -> list[_Shelf]:
        """Shelves of an earlier process of which at least half is still so, for a book that has none yet.

        What is not so any more does not count on them. Other files are removed.
        """
        found: list[_Shelf] = []
        if self._keeper is None or self._shelves:
            return found
        wanted = dict(names)
        for kept in self._keeper.standing():
            same, size, held = list[str](), 0, 0
            for entry, called in kept.matcher.entries():
                held += len(called)
                if wanted.get(entry) == called:
                    same.append(entry)
                    size += len(called)
            if 2 * size >= held > 0:
                found.append(self._numbered(kept.matcher, same, size, kept.path))
                for entry in same:
                    del wanted[entry]
            elif kept.path is not None:
                self._keeper.forget(kept.path)
        return found

    def _clear_away(self, gone: Iterable[_Shelf]) -> None:
        used = {shelf.path for shelf in self._shelves}
        for shelf in gone:
            if self._keeper is not None and shelf.path is not None and shelf.path not in used:
                self._keeper.forget(shelf.path)

    def _on_a_tiny_shelf(self) -> Mapping[str, tuple[str, ...]]:
        """What counts on the newest shelf, if that is so small that it is better made anew."""
        newest = self._shelves[-1] if self._shelves else None
        if newest is None or newest.names > self._tiny:
            return {}
        return {entry: self._names[entry] for entry in newest.entries if self._home.get(entry) == newest.number}

    def some(self, most: int) -> tuple[tuple[str, str], ...]:
        """(entry, name) of so many names at most, those taken in last first. Takes in nothing: call `apply` first."""
        with self._lock:
            pairs = ((entry, name) for entry in reversed(self._names) for name in self._names[entry])
            return tuple(islice(pairs, most))

    def match(self, text: str) -> list[Hit]:
        """Every hit in a text; `entity` is the entry's id. Takes in nothing: call `apply` first."""
        for _ in range(_TRIES):
            shelves = self._shelves
            with read_once():
                found = [(shelf, hit) for shelf in shelves for hit in shelf.matcher.match(text)]
            with self._lock:
                if self._shelves is shelves:
                    return self._counting(found)
        with read_once(), self._lock:  # changed at every try: keep it still for once
            return self._counting((shelf, hit) for shelf in self._shelves for hit in shelf.matcher.match(text))

    def _counting(self, found: Iterable[tuple[_Shelf, Hit]]) -> list[Hit]:
        hits = [hit for shelf, hit in found if self._home.get(hit.entity) == shelf.number]
        return sorted(hits, key=lambda hit: (hit.span, -hit.score, hit.entity))

    def _parts(self, names: Mapping[str, tuple[str, ...]]) -> Iterable[dict[str, tuple[str, ...]]]:
        part: dict[str, tuple[str, ...]] = {}
        size = 0
        for entry, called in names.items():
            if part and size + len(called) > self._largest:
                yield part
                part, size = {}, 0
            part[entry] = called
            size += len(called)
        if part:
            yield part

    def _shelf(self, names: Mapping[str, tuple[str, ...]]) -> _Shelf:
        size = sum(map(len, names.values()))
        if self._keeper is not None:
            kept = self._keeper.made(names)
            return self._numbered(kept.matcher, names, size, kept.path)
        matcher = self._make_matcher((entry, name) for entry, called in names.items() for name in called)
        return self._numbered(matcher, names, size, None)

    def _numbered(self, matcher: Matching, entries: Iterable[str], size: int, path: Path | None) -> _Shelf:
        with self._lock:
            self._numbers += 1
            return _Shelf(self._numbers, matcher, tuple(entries), size, path)

    def _place(self, made: Sequence[_Shelf], movable: frozenset[int] | None = None) -> list[_Shelf]:
        """Put shelves up: their word counts from now on, for all on them or for who stood on one of `movable`.

        Shelves whose word counts for nobody any more come down; gives them.
        """
        for shelf in made:
            self._live[shelf.number] = 0
            for entry in shelf.entries:
                if movable is None or self._home.get(entry) in movable:
                    self._settle(entry, shelf.number)
        known = (*self._shelves, *made)
        up = (shelf for shelf in known if self._live[shelf.number])
        self._shelves = tuple(sorted(up, key=lambda shelf: shelf.number))
        gone = [shelf for shelf in known if not self._live[shelf.number]]
        self._live = {shelf.number: self._live[shelf.number] for shelf in self._shelves}
        return gone

    def _settle(self, entry: str, number: int | None) -> None:
        before = self._home.pop(entry, None)
        if before is not None:
            self._live[before] -= 1
        if number is not None:
            self._home[entry] = number
            self._live[number] += 1

    def _size(self, shelf: _Shelf) -> int:
        """Names on a shelf that still count, about."""
        return shelf.names * self._live[shelf.number] // len(shelf.entries)

    def _small(self) -> list[_Shelf]:
        return sorted((s for s in self._shelves if self._size(s) <= self._largest // 2), key=self._size)

    def _tidy(self) -> None:
        with self._lock:
            if self._merging or len(self._small()) <= MOST_SMALL:
                return
            self._merging = True
        try:
            self._spawn(self._merge)
        except RuntimeError:  # no thread can be had: the names count already, and the next change tries again
            self._merging = False

    def _merge(self) -> None:
        """Put small shelves together until few are left; the lock is held only to begin and to end."""
        try:
            while chosen := self._chosen():
                olds, names = chosen
                made = [self._shelf(part) for part in self._parts(names)]
                with self._lock:
                    gone = self._place(made, olds)
                self._clear_away(gone)
        finally:
            self._merging = False

    def _chosen(self) -> tuple[frozenset[int], dict[str, tuple[str, ...]]] | None:
        """The smallest shelves, two at least and as many as grow together, and what counts on them; None where few."""
        with self._lock:
            small = self._small()
            if len(small) <= MOST_SMALL:
                return None
            size, numbers = 0, set[int]()
            for shelf in small:
                more = self._size(shelf)
                fits = size + more <= self._largest and more <= _GROWTH * size
                if len(numbers) > 1 and not fits:
                    break
                size += more
                numbers.add(shelf.number)
            names = {entry: self._names[entry] for entry, number in self._home.items() if number in numbers}
            return frozenset(numbers), names

"""Where blocklist entries are kept, and where their changes are put on record."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from likeness_guard.domain.people import Entry, EntryChange, EntryQuery


@dataclass(frozen=True, slots=True)
class NameFeed:
    """What changed in the names that are blocked.

    Attributes:
        number: of the newest change in it.
        names: everything that each changed entry is called now; None for one that is gone.
    """

    number: int
    names: Mapping[str, tuple[str, ...] | None]


class EntryStore(Protocol):
    """The truth about blocklist entries."""

    def together(self) -> AbstractContextManager[None]:
        """Everything inside commits together; joins an open transaction."""
        ...

    def put(self, changed: Sequence[tuple[Entry, EntryChange]], *, new: bool) -> None:
        """Keep entries that are new, or changed, with a line of history each.

        Raises:
            Conflict: ``likeness:blocklist:external_id_taken``, another entry has the same external id.
        """
        ...

    def remove_entry(self, change: EntryChange) -> bool:
        """Delete an entry, keeping the last line of its history; False where there is none."""
        ...

    def entry(self, entry_id: str, *, lock: bool = False) -> Entry | None:
        """One entry, locked until the transaction ends if asked."""
        ...

    def standing(self, entry_ids: Iterable[str], now: datetime) -> Mapping[str, Entry]:
        """Those of the given entries that block something now."""
        ...

    def several(self, entry_ids: Iterable[str]) -> Mapping[str, Entry]:
        """Entries by their ids, whether they stand or not; those that are not there are left out."""
        ...

    def by_external(self, external_ids: Iterable[str], *, lock: bool = False) -> Mapping[str, Entry]:
        """Entries by their external ids."""
        ...

    def page(self, query: EntryQuery) -> Sequence[Entry]:
        """Entries by name, as many as the query's limit."""
        ...

    def count(self) -> int:
        """How many entries there are."""
        ...

    def entries(self) -> Sequence[Entry]:
        """Every entry, by name; for small lists and tests, `page` is for large ones."""
        ...

    def history(self, entry_id: str, limit: int) -> Sequence[EntryChange]:
        """What happened to an entry, newest first."""
        ...

    def entries_version(self) -> int:
        """Number of the newest committed change; grows with every change."""
        ...

    def fence(self) -> int:
        """Number of the newest change, which stays the newest until the caller's transaction ends."""
        ...

    def changed_since(self, number: int, limit: int) -> NameFeed:
        """Names changed by committed changes after a number, oldest first; from 0, all names and no limit."""
        ...

    def folded_names(self, fragments: Sequence[str] | None = None) -> Iterator[tuple[str, str]]:
        """Entry ids with their folded names, one a line; only those that hold some fragment if any are given."""
        ...


class Record(Protocol):
    """The ledger: digests and codes only."""

    def append(self, kind: str, body: Mapping[str, str | int]) -> object:
        """Append inside the caller's transaction."""
        ...

"""The names of the blocklist, as new as the last commit."""

import threading

from likeness_guard.ports.entries import EntryStore
from likeness_guard.ports.names import NameHit
from trust_kernel.names.shelves import NameBook

_FEED = 5_000


class NameWatch:
    """A book of names that is as new as the last commit whenever it is asked.

    Args:
        entries: the truth.
        book: its cache.
    """

    def __init__(self, entries: EntryStore, book: NameBook) -> None:
        self._entries = entries
        self._book = book
        self._number = 0
        self._lock = threading.Lock()

    @property
    def number(self) -> int:
        """The newest change taken in."""
        return self._number

    @property
    def lag(self) -> int:
        """Changes committed and not yet taken in."""
        return max(0, self._entries.entries_version() - self._number)

    def catch_up(self) -> None:
        """Take in every change committed until now."""
        latest = self._entries.entries_version()
        if latest <= self._number:
            return
        with self._lock:
            while self._number < latest:
                feed = self._entries.changed_since(self._number, _FEED)
                self._book.apply(feed.names)
                # No line of history bears the number only where it was written before there was one.
                self._number = feed.number if feed.number > self._number else latest

    def some(self, most: int) -> tuple[tuple[str, str], ...]:
        """(entry, name) of so many of the names committed before the call, at most."""
        self.catch_up()
        return self._book.some(most)

    def match(self, text: str) -> list[NameHit]:
        """Every hit, among all names committed before the call."""
        self.catch_up()
        return self._book.match(text)

"""What the keys of marks need, as roles."""

from collections.abc import Mapping
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Protocol


class UnitOfWork(Protocol):
    """Joins changes."""

    def transaction(self) -> AbstractContextManager[object]:
        """What happens in here happens whole or not at all."""
        ...


class KeyNumbers(Protocol):
    """The numbers of keys that were taken into use after the first, which is 1 and always there."""

    def taken(self) -> Mapping[int, datetime]:
        """Each number and since when, in the order of the numbers."""
        ...

    def take(self, number: int, at: datetime) -> None:
        """Take one more into use, in the caller's transaction.

        Raises:
            Conflict: somebody else just took it.
        """
        ...


class Record(Protocol):
    """The ledger: digests and codes only."""

    def append(self, kind: str, body: Mapping[str, str | int]) -> object:
        """Append inside the caller's transaction."""
        ...

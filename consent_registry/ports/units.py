"""Transactions that join."""

from contextlib import AbstractContextManager
from typing import Protocol


class UnitOfWork(Protocol):
    """Units of work that join; `trust_kernel.db.Database` is one."""

    def transaction(self) -> AbstractContextManager[object]:
        """Commit at the end of the outermost block, roll back on any exception."""
        ...

    def reading(self) -> AbstractContextManager[object]:
        """One consistent place to read from."""
        ...

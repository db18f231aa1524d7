"""The public record, and notices to people."""

from collections.abc import Mapping
from typing import Protocol


class Record(Protocol):
    """The public ledger: digests and codes only."""

    def append(self, kind: str, body: Mapping[str, str | int]) -> "RecordedEntry":
        """Add an entry in the caller's transaction."""
        ...

    def checkpoint(self) -> str:
        """Sign the tree as it stands."""
        ...


class RecordedEntry(Protocol):
    """Where an entry landed."""

    @property
    def index(self) -> int: ...  # noqa: D102


class Hearers(Protocol):
    """Knows who looks after whom."""

    def heard_by(self, account_id: str) -> Mapping[str, str]:
        """Who is told what an account is told: the account, and a minor's guardians.

        Returns:
            By account, for whom it hears: "" for itself; for a guardian the minor's handle, or account where they have
            none.
        """
        ...


class Notices(Protocol):
    """Tells people."""

    def emit(self, kind: str, recipient: str, payload: Mapping[str, str | int | bool | None]) -> object:
        """Queue a notice in the caller's transaction."""
        ...

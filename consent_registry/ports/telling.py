"""The ledger and the notices."""

from collections.abc import Mapping
from typing import Protocol


class Record(Protocol):
    """The public ledger. Bodies hold digests, ids and codes only."""

    def append(self, kind: str, body: Mapping[str, str | int]) -> object:
        """Append one entry in the caller's transaction."""
        ...


class Notifier(Protocol):
    """Tells people what happened, in the caller's transaction."""

    def emit(self, kind: str, recipient: str, payload: Mapping[str, str | int | bool | None]) -> object:
        """Tell one account."""
        ...

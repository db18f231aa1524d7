"""Receipts: their signatures, their keys, and how they are kept."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

from consent_registry.domain import Grant, Json, Receipt


class ReceiptSigner(Protocol):
    """Signs receipts."""

    def sign(self, payload: Mapping[str, Json]) -> str:
        """A JWS in compact serialisation (RFC 7515)."""
        ...

    def jwks(self) -> dict[str, Json]:
        """The public keys that receipts can be checked with, as a JWK set (RFC 7517)."""
        ...


class ReceiptStore(Protocol):
    """Keeps receipts."""

    def add_receipt(self, receipt: Receipt) -> None:
        """Insert."""
        ...

    def receipt(self, grant_id: str, version: int | None) -> Receipt | None:
        """That of one version, or the newest."""
        ...

    def receipts(self, subject_id: str) -> Sequence[Receipt]:
        """All of a subject's grants, newest first."""
        ...

    def receipt_named(self, receipt_id: str) -> Receipt | None:
        """By id."""
        ...

    def ended_silently(self, now: datetime, limit: int) -> Sequence[Grant]:
        """Grants that expired or were used up, and have no receipt of that yet."""
        ...

    def reach(self, grant_id: str, version: int) -> None:
        """Write the version that a further state gave a grant; the subject is locked."""
        ...


class ReceiptKeyNumbers(Protocol):
    """The numbers of signing keys that were taken into use after the first, which is 1 and always there."""

    def taken(self) -> Mapping[int, datetime]:
        """Each number and since when, in the order of the numbers."""
        ...

    def take(self, number: int, at: datetime) -> None:
        """Take one more into use, in the caller's transaction; raises Conflict where somebody else just took it."""
        ...

    def stolen(self) -> Mapping[int, datetime]:
        """Numbers whose keys somebody else may hold, and since when."""
        ...

    def mark_stolen(self, number: int, since: datetime) -> None:
        """Note a theft, in the caller's transaction; of two moments for one key the earlier counts.

        Raises:
            Conflict: somebody else noted the first one just now.
        """
        ...

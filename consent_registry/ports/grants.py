"""Grants, as they are kept."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from consent_registry.domain import Grant


class GrantStore(Protocol):
    """Keeps grants."""

    def add_grant(self, grant: Grant) -> None:
        """Insert."""
        ...

    def grant(self, grant_id: str) -> Grant | None:
        """By id, as committed or as changed in this transaction."""
        ...

    def grants(self, subject_id: str) -> Sequence[Grant]:
        """All of a subject, oldest first."""
        ...

    def mark_revoked(self, grant_id: str, at: datetime, version: int) -> None:
        """Write a revocation; the subject is locked."""
        ...

    def count_use(self, grant_id: str) -> bool:
        """Add one use, unless that would pass its count or it is revoked: then False and nothing changes."""
        ...

    def strip_grants(self, subject_id: str) -> None:
        """Erase notes and named people from all grants of a subject."""
        ...

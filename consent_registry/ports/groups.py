"""People's own groups, as they are kept."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from consent_registry.domain import Group


class GroupStore(Protocol):
    """Keeps groups. Every method joins the transaction that is open."""

    def add_group(self, group: Group) -> None:
        """Insert, without members."""
        ...

    def group(self, group_id: str) -> Group | None:
        """By id, with its members."""
        ...

    def groups(self, subject_id: str) -> Sequence[Group]:
        """All of a subject, oldest first."""
        ...

    def name_group(self, group_id: str, name: str) -> None:
        """Write another name."""
        ...

    def drop_group(self, group_id: str) -> None:
        """Delete one, and who was in it."""
        ...

    def drop_groups(self, subject_id: str, account_id: str) -> None:
        """Delete all of a subject, and take their account out of everybody else's."""
        ...

    def add_member(self, group_id: str, account_id: str, at: datetime) -> bool:
        """Put somebody in; False where they are. The subject is locked."""
        ...

    def drop_member(self, group_id: str, account_id: str) -> bool:
        """Take somebody out; False where they are not in it."""
        ...

    def groups_with(self, subject_id: str, account_id: str) -> frozenset[str]:
        """Ids of a subject's groups that an account is in."""
        ...

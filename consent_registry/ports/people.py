"""Subjects, and who follows whom, as they are kept."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from consent_registry.domain import SubjectRecord


class PeopleStore(Protocol):
    """Keeps subjects and who follows whom. Every method joins the transaction that is open."""

    def add_subject(self, record: SubjectRecord, handle_digest: str) -> None:
        """Insert; raises Conflict where the account has a subject or the handle was ever used."""
        ...

    def subject(self, subject_id: str) -> SubjectRecord | None:
        """By id, forgotten ones too."""
        ...

    def subject_of(self, account_id: str) -> SubjectRecord | None:
        """By account."""
        ...

    def named(self, handles: Collection[str]) -> Sequence[SubjectRecord]:
        """By handle, in order of handle."""
        ...

    def lock(self, subject_ids: Collection[str]) -> Mapping[str, SubjectRecord]:
        """Lock rows in order of id until the transaction ends, and give them as they then are, by id."""
        ...

    def set_epoch(self, subject_id: str, epoch: int) -> None:
        """Write a locked subject's consent epoch."""
        ...

    def bury(self, subject_id: str, at: datetime) -> None:
        """Erase everything of a locked subject but id, epoch, handle digest and dates."""
        ...

    def follow(self, follower: str, followed: str, at: datetime) -> bool:
        """Note that an account follows another; False where it did already."""
        ...

    def unfollow(self, follower: str, followed: str) -> bool:
        """Undo `follow`; False where there was nothing to undo."""
        ...

    def follows(self, follower: str, followed: str) -> bool:
        """Whether an account follows another."""
        ...

    def drop_follows(self, account_id: str) -> None:
        """Remove an account from both sides."""
        ...

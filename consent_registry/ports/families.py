"""Ages, guardians and estates, as they are kept, and as the rest of the registry asks for them."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from consent_registry.domain.estates import Dispute, Estate, EstateState
from consent_registry.domain.guardians import GuardianLink, GuardianState


@dataclass(frozen=True, slots=True)
class AgeRecord:
    """A birth year, and how it is known.

    Attributes:
        verified: whether staff checked it; else the person said so.
        by: account id of who said it.
    """

    account_id: str
    birth_year: int
    verified: bool
    by: str
    at: datetime


class AgeStore(Protocol):
    """Keeps birth years."""

    def age(self, account_id: str) -> AgeRecord | None:
        """What is known of an account's person; also what they said when they registered as a subject."""
        ...

    def put_age(self, record: AgeRecord) -> None:
        """Insert or replace, and have the account's subject, if any, follow."""
        ...


class GuardianStore(Protocol):
    """Keeps guardian links."""

    def add_guardian(self, link: GuardianLink) -> None:
        """Insert."""
        ...

    def guardian(self, link_id: str) -> GuardianLink | None:
        """By id."""
        ...

    def guardians_about(self, account_id: str) -> Sequence[GuardianLink]:
        """All links that an account is a party of, newest first."""
        ...

    def guardians_in(self, states: Collection[GuardianState], limit: int) -> Sequence[GuardianLink]:
        """Links in some states, oldest first."""
        ...

    def guardians_grown(self, born_by: int, limit: int) -> Sequence[GuardianLink]:
        """Links that stand though the ward was born in a year or before, as was last said; oldest first."""
        ...

    def move_guardian(self, link_id: str, before: GuardianState, after: GuardianState, at: datetime) -> bool:
        """Write a link's new state, unless it is no longer in the one before: then False and nothing changes."""
        ...


class EstateStore(Protocol):
    """Keeps estates and what is said against them."""

    def add_estate(self, estate: Estate) -> None:
        """Insert."""
        ...

    def estate(self, estate_id: str) -> Estate | None:
        """By id."""
        ...

    def estates_of(self, account_id: str) -> Sequence[Estate]:
        """All that an account claimed, newest first."""
        ...

    def estate_called(self, handle: str) -> Estate | None:
        """The held one of a handle."""
        ...

    def estate_about(self, subject_id: str) -> Estate | None:
        """The one that a subject came from."""
        ...

    def estates_in(self, states: Collection[EstateState], limit: int) -> Sequence[Estate]:
        """Estates in some states, oldest first."""
        ...

    def estates_due(self, now: datetime, limit: int) -> Sequence[Estate]:
        """Held ones whose date has come."""
        ...

    def move_estate(self, estate: Estate, *, before: EstateState) -> bool:
        """Write an estate's new state and subject, unless it is no longer in the one before: then False."""
        ...

    def silence(self, subject_id: str) -> None:
        """Take a locked subject away from its account: nobody speaks for it any more."""
        ...

    def add_dispute(self, dispute: Dispute) -> None:
        """Insert."""
        ...

    def disputes(self, estate_id: str) -> Sequence[Dispute]:
        """What was said against an estate, oldest first."""
        ...


class FamilyStore(AgeStore, GuardianStore, EstateStore, Protocol):
    """Ages, guardians and estates together."""

"""Keeping claims and their organisations."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Protocol

from copyright_optout.domain import (
    Claim,
    ClaimChange,
    ClaimState,
    Concerning,
    Fingerprint,
    Membership,
    Organisation,
)


class ClaimStore(Protocol):
    """The claims, in the database."""

    def transaction(self) -> AbstractContextManager[object]:
        """One unit of work; joins one that is open."""
        ...

    def add(self, claims: Sequence[Claim], concerns: Mapping[str, Sequence[Concerning]]) -> None:
        """Keep new claims, with what staff should know of each, by claim id.

        Raises:
            Conflict: one of these organisations has a claim with this reference already.
        """
        ...

    def add_prints(self, claim_id: str, fingerprints: Iterable[Fingerprint]) -> None:
        """Keep further hashes of reference pictures."""
        ...

    def prints(self, claim_id: str) -> Sequence[str]:
        """Hashes of a claim's reference pictures, hex, in whatever state it is."""
        ...

    def get(self, claim_id: str, *, lock: bool = False) -> Claim | None:
        """A claim, locked until the transaction ends if asked."""
        ...

    def replace(self, claim: Claim) -> None:
        """Keep a changed claim, under the next generation; raises UnknownClaim."""
        ...

    def hold_generation(self) -> None:
        """Lock the counter of changes until the transaction ends; before the ledger's head, where both are needed."""
        ...

    def replace_many(self, claims: Sequence[Claim]) -> None:
        """Keep changed claims that there are, all under the next generation."""
        ...

    def page(
        self,
        organisation_ids: Collection[str] | None,
        *,
        states: Collection[ClaimState] = (),
        after: str | None = None,
        limit: int = 100,
    ) -> Sequence[Claim]:
        """Claims of these organisations, or of all, newest first; `after` is the last id of the page before."""
        ...

    def many(self, claim_ids: Iterable[str], *, lock: bool = False) -> Mapping[str, Claim]:
        """The claims with these ids, as committed now; locked until the transaction ends if asked."""
        ...

    def by_reference(self, organisation_id: str, references: Iterable[str]) -> Mapping[str, Claim]:
        """Claims of an organisation by its own keys."""
        ...

    def called(self, folded: Iterable[str]) -> Mapping[str, Sequence[Claim]]:
        """Claims that have not ended, by folded name."""
        ...

    def concerns(self, claim_ids: Iterable[str]) -> Mapping[str, Sequence[Concerning]]:
        """What staff should know of claims, by claim id; those with nothing are left out."""
        ...

    def set_concerns(self, claim_id: str, concerns: Sequence[Concerning]) -> None:
        """Replace what staff should know of a claim."""
        ...

    def expired(self, at: datetime, limit: int) -> Sequence[str]:
        """Ids of claims that are over at a moment, and stopped something or could again, but are not EXPIRED."""
        ...

    def fence(self) -> int:
        """Generation of the last change, which stays the last until the caller's transaction ends."""
        ...

    def latest_generation(self) -> int:
        """Generation of the last committed change; 0 where there is none."""
        ...

    def changes_since(self, generation: int, most: int) -> Sequence[ClaimChange]:
        """The next claims changed after a generation, in the order of their generations; committed ones only.

        Args:
            generation: reached before; 0 for the beginning.
            most: claims. More come where the last generation has more: whoever reads goes on behind a whole one.
        """
        ...


class OrganisationStore(Protocol):
    """The rights holders, in the database."""

    def found(self, organisation: Organisation, owner: Membership) -> None:
        """Keep a new one and its first member."""
        ...

    def organisation(self, organisation_id: str, *, lock: bool = False) -> Organisation | None:
        """One of them, locked until the transaction ends if asked."""
        ...

    def organisations(self, organisation_ids: Iterable[str]) -> Mapping[str, Organisation]:
        """Several."""
        ...

    def change(self, organisation: Organisation) -> None:
        """Keep a changed one."""
        ...

    def of_account(self, account_id: str) -> Sequence[Membership]:
        """Where an account is a member, the longest first."""
        ...

    def members(self, organisation_id: str) -> Sequence[Membership]:
        """The members of one, the longest first."""
        ...

    def invitations(self, account_id: str) -> Sequence[Membership]:
        """Where an account is invited, the longest first."""
        ...

    def invited(self, organisation_id: str) -> Sequence[Membership]:
        """Whom one has invited, the longest first."""
        ...

    def put_member(self, membership: Membership) -> None:
        """Take somebody in, invite them, or give them another role."""
        ...

    def drop_member(self, organisation_id: str, account_id: str) -> None:
        """Take somebody out, or an invitation back; nothing where there is neither."""
        ...


class Record(Protocol):
    """The ledger: digests and codes only."""

    def append(self, kind: str, body: Mapping[str, str | int]) -> object:
        """Append inside the caller's transaction."""
        ...


class Outbox(Protocol):
    """Tells accounts what happened."""

    def emit(self, kind: str, recipient: str, payload: Mapping[str, str | int | bool | None]) -> object:
        """Put a notice into the caller's transaction."""
        ...


class People(Protocol):
    """Knows who is enrolled here."""

    def called(self, folded: Iterable[str]) -> Mapping[str, frozenset[str]]:
        """By folded name that is the name or handle of somebody registered: the accounts that are told of it."""
        ...


class Accounts(Protocol):
    """Knows accounts."""

    def exists(self, account_id: str) -> bool:
        """Whether there is such an account."""
        ...

    def called(self, account_id: str) -> str:
        """The name of an account; empty where there is none."""
        ...


class Staff(Protocol):
    """Knows who decides on claims."""

    def who_may(self, permission: str) -> Collection[str]:
        """Accounts with a permission."""
        ...

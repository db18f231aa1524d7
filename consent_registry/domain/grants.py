"""Grants: one consent each, and where it stands."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from consent_registry.domain.terms import GrantTerms


class GrantState(StrEnum):
    """Where a grant stands."""

    SCHEDULED = "scheduled"
    ACTIVE = "active"
    REVOKED = "revoked"
    EXPIRED = "expired"
    EXHAUSTED = "exhausted"


@dataclass(frozen=True, slots=True)
class Grant:
    """One consent. Its terms never change: another wish is a revocation and a new grant.

    Attributes:
        id: ``grant_…``.
        terms: as checked: start and end are filled in.
        uses: releases made under it so far.
        version: 1 as given, one more with each further state that it reaches; each has its own receipt.
        revoked_at: None while it is not revoked.
    """

    id: str
    subject_id: str
    terms: GrantTerms
    uses: int
    version: int
    created_at: datetime
    revoked_at: datetime | None = None

    @property
    def starts_at(self) -> datetime:
        """First second at which it holds."""
        return self.terms.starts_at or self.created_at

    @property
    def expires_at(self) -> datetime:
        """First second at which it no longer holds."""
        if self.terms.expires_at is None:  # pragma: no cover - checked terms have an end
            raise AssertionError
        return self.terms.expires_at

    def state_at(self, now: datetime) -> GrantState:
        """Where it stands at a moment. Revocation outranks expiry: it is what the subject said last."""
        if self.revoked_at is not None:
            return GrantState.REVOKED
        if now >= self.expires_at:
            return GrantState.EXPIRED
        if self.terms.max_uses is not None and self.uses >= self.terms.max_uses:
            return GrantState.EXHAUSTED
        return GrantState.ACTIVE if now >= self.starts_at else GrantState.SCHEDULED


class TakeBack(StrEnum):
    """What becomes of what exists when consent ends."""

    AS_GRANTED = "as_granted"
    """What each grant said when it was given."""
    STOP_NEW = "stop_new"
    """It stays; nothing more is made."""
    TAKE_BACK = "take_back"
    """It goes as well, whatever the grant said."""


@dataclass(frozen=True, slots=True)
class Revocation:
    """What a revocation did.

    Attributes:
        withdrawn: ids of the releases that it took back.
        epoch: the subject's consent epoch after it.
    """

    withdrawn: tuple[str, ...]
    epoch: int


@dataclass(frozen=True, slots=True)
class Assisted:
    """What an operator's revocation did for somebody.

    Attributes:
        ended: ids of the grants that ended with it.
        withdrawn: ids of the releases that it took back.
    """

    ended: tuple[str, ...]
    withdrawn: tuple[str, ...]

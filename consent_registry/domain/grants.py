"""Grants, and the rules of what they permit. Nothing here reads a clock or a database."""

import unicodedata
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from consent_registry.domain.people import Modality, check_account_id
from consent_registry.domain.reasons import ConsentFault, ConsentReason
from trust_kernel.errors import InvalidInput

MAX_YEARS = 10
"""Longest grant of an adult (the NO FAKES bill's limit for likeness licences)."""
MAX_YEARS_MINOR = 5
"""Longest grant of a minor (the same bill)."""
DEFAULT_YEARS = 1
"""How long a grant lasts that names no end: an undated yes should not outlive the memory of it."""
MAX_USES = 2**31 - 1
MAX_PEOPLE = 1_000
MAX_NOTE = 500
"""Characters of a subject's own words on a grant."""


class AudienceKind(StrEnum):
    """Who a grant is for."""

    ONLY_ME = "only_me"
    PEOPLE = "people"
    MUTUALS = "mutuals"
    EVERYONE = "everyone"


class OnRevocation(StrEnum):
    """What becomes of releases made under a grant when it is revoked."""

    WITHDRAW = "withdraw"
    KEEP = "keep"


class GrantState(StrEnum):
    """Where a grant stands."""

    ACTIVE = "active"
    REVOKED = "revoked"
    EXPIRED = "expired"
    EXHAUSTED = "exhausted"


class Relation(StrEnum):
    """What the person who asks is to the subject."""

    SELF = "self"
    MUTUAL = "mutual"
    STRANGER = "stranger"


@dataclass(frozen=True, slots=True)
class Audience:
    """Who a grant is for.

    Attributes:
        kind: only me, named people, mutuals (both follow each other), everyone.
        account_ids: the named people; empty for every other kind.
    """

    kind: AudienceKind
    account_ids: frozenset[str] = frozenset()

    def covers(self, account_id: str, relation: Relation) -> bool:
        """Whether the grant is for this account."""
        match self.kind:
            case _ if relation is Relation.SELF:
                return True
            case AudienceKind.EVERYONE:
                return True
            case AudienceKind.MUTUALS:
                return relation is Relation.MUTUAL
            case AudienceKind.PEOPLE:
                return account_id in self.account_ids
            case _:
                return False


@dataclass(frozen=True, slots=True)
class GrantTerms:
    """What a subject says yes to.

    Attributes:
        expires_at: first second at which it no longer holds, timezone-aware; None for `DEFAULT_YEARS` from now.
        max_uses: releases that may be made under it, 1 to 2**31 - 1; None for any number.
        on_revocation: what becomes of its releases if it is revoked.
        allows_remix: whether a release may be used as the parent of another.
        note: the subject's own words, for people to read; at most `MAX_NOTE` characters.
    """

    audience: Audience
    modalities: frozenset[Modality]
    expires_at: datetime | None = None
    max_uses: int | None = None
    on_revocation: OnRevocation = OnRevocation.WITHDRAW
    allows_remix: bool = False
    note: str = ""


@dataclass(frozen=True, slots=True)
class Grant:
    """One consent. Its terms never change: another wish is a revocation and a new grant.

    Attributes:
        id: ``grant_…``.
        uses: releases made under it so far.
        version: 1 as given, 2 once revoked; each has its own receipt.
        revoked_at: None while it is not revoked.
    """

    id: str
    subject_id: str
    audience: Audience
    modalities: frozenset[Modality]
    expires_at: datetime
    max_uses: int | None
    uses: int
    on_revocation: OnRevocation
    allows_remix: bool
    note: str
    version: int
    created_at: datetime
    revoked_at: datetime | None = None

    def state_at(self, now: datetime) -> GrantState:
        """Where it stands at a moment. Revocation outranks expiry: it is what the subject said last."""
        if self.revoked_at is not None:
            return GrantState.REVOKED
        if now >= self.expires_at:
            return GrantState.EXPIRED
        if self.max_uses is not None and self.uses >= self.max_uses:
            return GrantState.EXHAUSTED
        return GrantState.ACTIVE


@dataclass(frozen=True, slots=True)
class ConsentAsk:
    """May this account use this likeness, in these ways, now?

    Attributes:
        account_id: who asks.
        subject_id: whose likeness.
        modalities: what of it; an empty set is never permitted to anybody but the subject.
        remix: whether the use is a remix of an earlier release.
        at: the moment, timezone-aware.
    """

    account_id: str
    subject_id: str
    modalities: frozenset[Modality]
    remix: bool
    at: datetime


@dataclass(frozen=True, slots=True)
class ConsentAnswer:
    """What the registry says to an ask.

    Attributes:
        reason: the true cause, permitted or not.
        grant_id: the grant that permits; None for the subject's own use, and where refused.
        epoch: the subject's consent epoch that the answer holds for; 0 where there is no such subject.
        modalities: what was asked about and, where permitted, may be used.
    """

    permitted: bool
    reason: ConsentReason
    grant_id: str | None
    epoch: int
    modalities: frozenset[Modality]


@dataclass(frozen=True, slots=True)
class ConsentSnapshot:
    """A consent as it stood at admission.

    Attributes:
        epoch: the subject's consent epoch then.
        grant_id: the grant used; None for the subject's own use.
        modalities: "face", "voice".
    """

    subject_id: str
    epoch: int
    grant_id: str | None
    modalities: frozenset[str]


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
class Permit:
    """This grant permits it."""

    grant_id: str


@dataclass(frozen=True, slots=True)
class Refused:
    """Not permitted, for this reason."""

    reason: ConsentReason


_ENDED = {
    GrantState.REVOKED: ConsentReason.GRANT_REVOKED,
    GrantState.EXPIRED: ConsentReason.GRANT_EXPIRED,
    GrantState.EXHAUSTED: ConsentReason.GRANT_EXHAUSTED,
}


def permits(grant: Grant, ask: ConsentAsk, now: datetime, relation: Relation) -> Permit | Refused:
    """Whether one grant permits one ask.

    The audience comes first: to somebody whom a grant was never for, it is as if it did not exist, so a refusal tells
    nobody what was granted to others.
    """
    if grant.subject_id != ask.subject_id or not grant.audience.covers(ask.account_id, relation):
        return Refused(ConsentReason.GRANT_NONE)
    state = grant.state_at(now)
    if state is not GrantState.ACTIVE:
        return Refused(_ENDED[state])
    if not _modalities_fit(grant, ask.modalities):
        return Refused(ConsentReason.MODALITY_NOT_GRANTED)
    if ask.remix and not grant.allows_remix:
        return Refused(ConsentReason.REMIX_FORBIDDEN)
    return Permit(grant.id)


def why_not(
    grant: Grant, snapshot: ConsentSnapshot, account_id: str, now: datetime, relation: Relation
) -> ConsentReason | None:
    """Why a grant that permitted a case at admission does not permit its release now; None where it does.

    Terms never change, so the remix rule need not be asked again.
    """
    if grant.subject_id != snapshot.subject_id:
        return ConsentReason.GRANT_NONE
    state = grant.state_at(now)
    if state is not GrantState.ACTIVE:
        return _ENDED[state]
    if not grant.audience.covers(account_id, relation):
        return ConsentReason.GRANT_NONE
    return None if _modalities_fit(grant, snapshot.modalities) else ConsentReason.MODALITY_NOT_GRANTED


def choose(grants: Collection[Grant], ask: ConsentAsk, now: datetime, relation: Relation) -> Permit | Refused:
    """The grant to use among several, or the most telling reason why none can be.

    Of those that permit: one without a count before a counted one, then the one that lasts longest, then the newest.
    Of those that refuse: one still in force says more than one that has ended, one whose terms would have fitted more
    than one whose terms never did, and the newest is the subject's last word.
    """
    covering = [grant for grant in grants if grant.audience.covers(ask.account_id, relation)]
    permitting = [grant for grant in covering if isinstance(permits(grant, ask, now, relation), Permit)]
    if permitting:
        best = max(permitting, key=lambda grant: (grant.max_uses is None, grant.expires_at, grant.created_at, grant.id))
        return Permit(best.id)
    if not covering:
        return Refused(ConsentReason.GRANT_NONE)
    telling = max(covering, key=lambda grant: _tells(grant, ask, now))
    return permits(telling, ask, now, relation)


def _tells(grant: Grant, ask: ConsentAsk, now: datetime) -> tuple[bool, bool, datetime, str]:
    live = grant.state_at(now) is GrantState.ACTIVE
    return live, _modalities_fit(grant, ask.modalities), grant.created_at, grant.id


def _modalities_fit(grant: Grant, asked: Collection[str]) -> bool:
    return bool(asked) and set(asked) <= grant.modalities


def check_terms(terms: GrantTerms, now: datetime, *, minor: bool) -> GrantTerms:
    """The terms with their end filled in and cut to the second.

    Raises:
        InvalidInput: something is missing, malformed or past its limit; says which field and limit.
    """
    _check_audience(terms.audience)
    if not terms.modalities:
        raise InvalidInput("say whether face, voice or both", code=ConsentFault.MODALITY_MISSING, field="modalities")
    if terms.max_uses is not None and not 1 <= terms.max_uses <= MAX_USES:
        raise InvalidInput(
            "the number of uses is out of range",
            code=ConsentFault.USES_OUT_OF_RANGE,
            field="max_uses",
            limit=f"1 to {MAX_USES}",
        )
    _check_note(terms.note)
    return replace(terms, expires_at=_check_expiry(terms.expires_at, now, MAX_YEARS_MINOR if minor else MAX_YEARS))


def _check_note(note: str) -> None:
    if len(note) > MAX_NOTE:
        raise InvalidInput(
            "the note is too long", code=ConsentFault.NOTE_TOO_LONG, field="note", limit=f"{MAX_NOTE} characters"
        )
    if any(unicodedata.category(sign) in {"Cc", "Cs"} and sign not in "\r\n\t" for sign in note):
        raise InvalidInput("the note holds control characters", code=ConsentFault.NOTE_MALFORMED, field="note")


def _check_audience(audience: Audience) -> None:
    named = audience.kind is AudienceKind.PEOPLE
    if bool(audience.account_ids) is not named or len(audience.account_ids) > MAX_PEOPLE:
        raise InvalidInput(
            "name the people that a grant to people is for, and nobody for any other audience",
            code=ConsentFault.AUDIENCE_MALFORMED,
            field="audience",
            limit=f"1 to {MAX_PEOPLE} accounts",
        )
    for account_id in audience.account_ids:
        check_account_id(account_id, "audience")


def _check_expiry(expires_at: datetime | None, now: datetime, years: int) -> datetime:
    if expires_at is None:
        return years_after(now, DEFAULT_YEARS).replace(microsecond=0)
    if expires_at.tzinfo is None:
        raise InvalidInput("the end needs a time zone", code=ConsentFault.EXPIRY_MALFORMED, field="expires_at")
    end = expires_at.replace(microsecond=0)
    if end <= now:
        raise InvalidInput("the end has passed already", code=ConsentFault.EXPIRY_PAST, field="expires_at")
    if end > years_after(now, years):
        raise InvalidInput(
            f"a grant lasts at most {years} years",
            code=ConsentFault.EXPIRY_TOO_FAR,
            field="expires_at",
            limit=f"{years} years",
        )
    return end.astimezone(UTC)


def years_after(moment: datetime, years: int) -> datetime:
    """The same day and time some years on; 29 February becomes the 28th where there is none."""
    try:
        return moment.replace(year=moment.year + years)
    except ValueError:
        return (moment - timedelta(days=1)).replace(year=moment.year + years)

"""What a subject can say yes to, and the limits of that."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from consent_registry.domain.ages import AgeBand
from consent_registry.domain.approvals import Mode
from consent_registry.domain.people import Modality, check_account_id
from consent_registry.domain.reasons import ConsentFault
from consent_registry.domain.scope import Scope, check_scope
from consent_registry.domain.texts import holds_controls
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
    GROUPS = "groups"
    MUTUALS = "mutuals"
    EVERYONE = "everyone"


class OnRevocation(StrEnum):
    """What becomes of releases made under a grant when it is revoked."""

    WITHDRAW = "withdraw"
    KEEP = "keep"


class Relation(StrEnum):
    """What the person who asks is to the subject."""

    SELF = "self"
    MUTUAL = "mutual"
    STRANGER = "stranger"


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks, as far as consent turns on it.

    Attributes:
        groups: ids of the subject's groups that they are in.
    """

    account_id: str
    relation: Relation = Relation.STRANGER
    age: AgeBand = AgeBand.UNKNOWN
    groups: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Audience:
    """Who a grant is for.

    Attributes:
        kind: only me, named people, members of the subject's own groups, mutuals (both follow each other), everyone.
        account_ids: the named people; empty for every other kind.
        group_ids: the groups; empty for every other kind. Who is in one when it is asked is who counts.
        minors: whether everyone and mutuals means people under 18 as well; named people and members always count.
    """

    kind: AudienceKind
    account_ids: frozenset[str] = frozenset()
    group_ids: frozenset[str] = frozenset()
    minors: bool = False

    def covers(self, asker: Asker) -> bool:
        """Whether the grant is for this person."""
        open_to = self.minors or not asker.age.minor
        match self.kind:
            case _ if asker.relation is Relation.SELF:
                return True
            case AudienceKind.EVERYONE:
                return open_to
            case AudienceKind.MUTUALS:
                return open_to and asker.relation is Relation.MUTUAL
            case AudienceKind.PEOPLE:
                return asker.account_id in self.account_ids
            case AudienceKind.GROUPS:
                return bool(self.group_ids & asker.groups)
            case _:
                return False


@dataclass(frozen=True, slots=True)
class GrantTerms:
    """What a subject says yes to.

    Attributes:
        scope: what for, in which contexts, words, looks, places and languages.
        mode: used without asking, asked each time, or shown what was made first.
        starts_at: first second at which it holds, timezone-aware; None for at once.
        expires_at: first second at which it no longer holds, timezone-aware; None for `DEFAULT_YEARS` from now.
        max_uses: releases that may be made under it, 1 to 2**31 - 1; None for any number.
        daily_uses: releases that one person may make under it within 24 hours; None for any number.
        on_revocation: what becomes of its releases if it is revoked.
        allows_remix: whether a release may be used as the parent of another.
        note: the subject's own words, for people to read; at most `MAX_NOTE` characters.
    """

    audience: Audience
    modalities: frozenset[Modality]
    scope: Scope = field(default_factory=Scope)
    mode: Mode = Mode.AUTOMATIC
    starts_at: datetime | None = None
    expires_at: datetime | None = None
    max_uses: int | None = None
    daily_uses: int | None = None
    on_revocation: OnRevocation = OnRevocation.WITHDRAW
    allows_remix: bool = False
    note: str = ""


def check_terms(terms: GrantTerms, now: datetime, *, minor: bool) -> GrantTerms:
    """The terms with start and end filled in and cut to the second.

    Raises:
        InvalidInput: something is missing, malformed or past its limit; says which field and limit.
    """
    _check_audience(terms.audience)
    if not terms.modalities:
        raise InvalidInput("say whether face, voice or both", code=ConsentFault.MODALITY_MISSING, field="modalities")
    _check_count(terms.max_uses, "max_uses", ConsentFault.USES_OUT_OF_RANGE)
    _check_count(terms.daily_uses, "daily_uses", ConsentFault.DAILY_OUT_OF_RANGE)
    _check_note(terms.note)
    start = _check_start(terms.starts_at, now)
    end = _check_expiry(terms.expires_at, start, now, MAX_YEARS_MINOR if minor else MAX_YEARS)
    return replace(terms, scope=check_scope(terms.scope, minor=minor), starts_at=start, expires_at=end)


def _check_count(count: int | None, name: str, code: ConsentFault) -> None:
    if count is not None and not 1 <= count <= MAX_USES:
        raise InvalidInput("the number of uses is out of range", code=code, field=name, limit=f"1 to {MAX_USES}")


def _check_note(note: str) -> None:
    if len(note) > MAX_NOTE:
        raise InvalidInput(
            "the note is too long", code=ConsentFault.NOTE_TOO_LONG, field="note", limit=f"{MAX_NOTE} characters"
        )
    if holds_controls(note):
        raise InvalidInput("the note holds control characters", code=ConsentFault.NOTE_MALFORMED, field="note")


def _check_audience(audience: Audience) -> None:
    named, grouped = audience.kind is AudienceKind.PEOPLE, audience.kind is AudienceKind.GROUPS
    many = max(len(audience.account_ids), len(audience.group_ids)) > MAX_PEOPLE
    if bool(audience.account_ids) is not named or bool(audience.group_ids) is not grouped or many:
        raise InvalidInput(
            "name the people or groups that a grant to them is for, and nobody for any other audience",
            code=ConsentFault.AUDIENCE_MALFORMED,
            field="audience",
            limit=f"1 to {MAX_PEOPLE} accounts",
        )
    for identity in audience.account_ids | audience.group_ids:
        check_account_id(identity, "audience")


def _check_start(starts_at: datetime | None, now: datetime) -> datetime:
    if starts_at is None:
        return now.replace(microsecond=0)
    if starts_at.tzinfo is None:
        raise InvalidInput("the start needs a time zone", code=ConsentFault.START_MALFORMED, field="starts_at")
    return max(starts_at, now).replace(microsecond=0).astimezone(UTC)


def _check_expiry(expires_at: datetime | None, start: datetime, now: datetime, years: int) -> datetime:
    if expires_at is None:
        return min(years_after(start, DEFAULT_YEARS), years_after(now, years)).replace(microsecond=0)
    if expires_at.tzinfo is None:
        raise InvalidInput("the end needs a time zone", code=ConsentFault.EXPIRY_MALFORMED, field="expires_at")
    end = expires_at.replace(microsecond=0)
    if end <= max(now, start):
        raise InvalidInput("the end is not after the start", code=ConsentFault.EXPIRY_PAST, field="expires_at")
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

"""An attempt to enrol: from a recording or pictures to a cameo, a review, or a refusal. Pure."""

import unicodedata
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from consent_registry.domain.ages import AgeBand
from consent_registry.domain.people import Assurance
from consent_registry.domain.reasons import ConsentFault, ConsentReason
from consent_registry.domain.texts import holds_controls
from trust_kernel.errors import InvalidInput, NotPermitted

MAX_LOOKS = 10
MAX_LABEL = 40
"""Characters of a look's name."""
MAX_STAFF_NOTE = 500
DEFAULT_LABEL = "first look"


class EnrolmentState(StrEnum):
    """Where an attempt stands."""

    EXAMINED = "examined"
    """Its media can be used; another member of staff has yet to confirm."""
    WITH_GUARDIAN = "with_guardian"
    """A guardian has yet to approve."""
    TO_REVIEW = "to_review"
    """It was searched for, and staff have to look at what was found."""
    ENROLLED = "enrolled"
    REFUSED = "refused"
    LAPSED = "lapsed"
    """Nobody decided in time."""
    WITHDRAWN = "withdrawn"
    """The person took it back."""


OPEN = frozenset({EnrolmentState.EXAMINED, EnrolmentState.WITH_GUARDIAN, EnrolmentState.TO_REVIEW})
"""States in which media are kept, sealed."""


@dataclass(frozen=True, slots=True)
class Resemblance:
    """Somebody whom the one to be enrolled is like; for staff alone.

    Attributes:
        gallery: "cameo" or "blocklist".
        about: subject or blocklist entry.
        sure: a match; else unsure.
        score: cosine in [-1, 1].
        name: of the blocklist entry.
    """

    gallery: str
    modality: str
    about: str
    sure: bool
    score: float
    name: str = ""


@dataclass(frozen=True, slots=True)
class EnrolmentAttempt:
    """One attempt.

    Attributes:
        id: ``enr_…``.
        assurance: what the cameo's will be.
        label: what the person calls this look.
        proposed_by: account id: staff, or the person themselves after a live challenge.
        until: when it lapses if nobody decides.
        reason: why it went to review, or was refused; None where neither.
        alike: whom the person is like; empty once decided, and never for the person to see.
        decided_by: account id.
        note: what staff wrote.
        challenge_id: the live challenge that it came from; None where staff proposed it.
        allowed_by: account id of the guardian who said yes; None where nobody did.
    """

    id: str
    subject_id: str
    assurance: Assurance
    state: EnrolmentState
    label: str
    keep_reference: bool
    proposed_by: str
    created_at: datetime
    until: datetime
    reason: ConsentReason | None = None
    alike: tuple[Resemblance, ...] = ()
    decided_by: str | None = None
    decided_at: datetime | None = None
    note: str = ""
    challenge_id: str | None = None
    allowed_by: str | None = None


@dataclass(frozen=True, slots=True)
class Look:
    """One of several looks of a subject: with a beard, as a child of the eighties, on stage.

    Attributes:
        id: ``look_…``.
        models: versions that its templates were made by.
    """

    id: str
    subject_id: str
    label: str
    assurance: Assurance
    has_face: bool
    has_voice: bool
    keeps_reference: bool
    created_at: datetime
    models: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class EnrolmentRules:
    """What a deployment demands.

    Attributes:
        least_age: years that somebody must have for sure.
        guardians: whether a guardian may approve the enrolment of somebody between 13 and that age.
        patience: how long an attempt waits for staff or a guardian.
    """

    least_age: int = 18
    guardians: bool = False
    patience: timedelta = timedelta(days=14)


def concern(alike: Collection[Resemblance], unlike_self: Collection[str]) -> ConsentReason | None:
    """Why people have to look at an enrolment; None where nobody has to. The gravest reason first."""
    if any(one.sure and one.gallery == "blocklist" for one in alike):
        return ConsentReason.PUBLIC_FIGURE
    if any(one.sure for one in alike):
        return ConsentReason.ALREADY_ENROLLED
    if unlike_self:
        return ConsentReason.UNLIKE_BEFORE
    return ConsentReason.LIKENESS_UNSURE if alike else None


def needs_guardian(band: AgeBand, age: int | None, rules: EnrolmentRules, guardians: Collection[str]) -> bool:
    """Whether a guardian has to approve an enrolment.

    Raises:
        NotPermitted: ``consent:age:unstated``, ``consent:enrolment:too_young``, or ``consent:guardian:missing`` where a
            guardian could approve but none is verified.
    """
    if age is None:
        raise NotPermitted("say first in which year you were born", code=ConsentFault.AGE_UNSTATED)
    if age >= rules.least_age:
        return False
    if not rules.guardians or band is not AgeBand.TEEN:
        raise NotPermitted(
            "nobody this young can be enrolled here", code=ConsentFault.TOO_YOUNG, limit=f"{rules.least_age} years"
        )
    if not guardians:
        raise NotPermitted("a guardian has to be linked and verified first", code=ConsentFault.GUARDIAN_MISSING)
    return True


def check_label(label: str) -> str:
    """The name of a look without surrounding white space; raises InvalidInput."""
    trimmed = label.strip() or DEFAULT_LABEL
    if len(trimmed) > MAX_LABEL or any(unicodedata.category(sign)[0] == "C" for sign in trimmed):
        raise InvalidInput(
            "a look is called by 1 to 40 visible characters",
            code=ConsentFault.LOOK_MALFORMED,
            field="label",
            limit=f"{MAX_LABEL} characters",
        )
    return trimmed


def check_staff_note(note: str, field: str = "note") -> str:
    """The note without surrounding white space; raises InvalidInput where it is too long or no text."""
    trimmed = note.strip()
    if len(trimmed) > MAX_STAFF_NOTE or holds_controls(trimmed):
        raise InvalidInput(
            "the note is too long, or no text",
            code=ConsentFault.STAFF_NOTE_MALFORMED,
            field=field,
            limit=f"{MAX_STAFF_NOTE} characters",
        )
    return trimmed

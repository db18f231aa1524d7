"""What keeps people safe beside their grants: bars, pauses, caps, reports, and the switch that stops everything."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from consent_registry.domain.ages import AgeBand
from consent_registry.domain.reasons import ConsentFault
from consent_registry.domain.texts import holds_controls
from trust_kernel.errors import InvalidInput

MAX_TEXT = 2_000
"""Characters of a report, of a note on one, and of the reason for a lockdown."""


class ReportReason(StrEnum):
    """What somebody is reported for."""

    HARASSMENT = "harassment"
    IMPERSONATION = "impersonation"
    SEXUAL = "sexual"
    VIOLENCE = "violence"
    MINOR_AT_RISK = "minor_at_risk"
    FRAUD = "fraud"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Bar:
    """Somebody whom no grant of a subject covers, whatever it says."""

    subject_id: str
    account_id: str
    at: datetime


@dataclass(frozen=True, slots=True)
class PersonReport:
    """What somebody told the staff of somebody else.

    Attributes:
        id: ``prep_…``.
        reporter: account that reports.
        reported: account that is reported.
        text: in the reporter's words, at most `MAX_TEXT` characters.
        case_id: a video that shows it; None where there is none.
        closed_at: None while nobody decided.
        closed_by: account of the member of staff who decided.
        note: what they noted.
    """

    id: str
    reporter: str
    reported: str
    reason: ReportReason
    text: str
    case_id: str | None
    at: datetime
    closed_at: datetime | None = None
    closed_by: str | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Lockdown:
    """Whether every use of every likeness is stopped.

    Attributes:
        by: account that set it; empty where it never was.
        at: when; None where it never was.
    """

    on: bool = False
    reason: str = ""
    by: str = ""
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class GrantUse:
    """One release made under one grant.

    Attributes:
        use_id: the gateway's case.
    """

    use_id: str
    grant_id: str
    subject_id: str
    account_id: str
    at: datetime


@dataclass(frozen=True, slots=True)
class RequesterCaps:
    """How many videos with other people's likeness somebody may make in 24 hours, by age; None for any number."""

    adult: int | None = None
    teen: int | None = None
    child: int | None = 0
    unknown: int | None = None

    def of(self, band: AgeBand) -> int | None:
        """The cap of a band."""
        caps = {AgeBand.ADULT: self.adult, AgeBand.TEEN: self.teen, AgeBand.CHILD: self.child}
        return caps.get(band, self.unknown)


def check_text(text: str, field: str, *, needed: bool) -> str:
    """The text without surrounding white space.

    Raises:
        InvalidInput: too long, with control characters, or empty where something is needed.
    """
    trimmed = text.strip()
    if holds_controls(trimmed) or len(trimmed) > MAX_TEXT or (needed and not trimmed):
        raise InvalidInput(
            "say in some words why" if needed and not trimmed else "this is too long, or no text",
            code=ConsentFault.TEXT_MALFORMED,
            field=field,
            limit=f"{MAX_TEXT} characters",
        )
    return trimmed

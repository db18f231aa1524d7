"""Who speaks for a dead person, and until when. Pure."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from enum import StrEnum

from consent_registry.domain.reasons import ConsentFault
from consent_registry.domain.terms import years_after
from trust_kernel.errors import InvalidInput

MAX_ESTATE_YEARS = 70
"""After death (the NO FAKES bill's longest term)."""
_OLDEST = date(1800, 1, 1)


class EstateState(StrEnum):
    """Where an estate stands."""

    CLAIMED = "claimed"
    """Staff have yet to vouch for it."""
    HELD = "held"
    REFUSED = "refused"
    ENDED = "ended"
    """Its date came, or staff ended it."""


@dataclass(frozen=True, slots=True)
class Estate:
    """One dead person, and who speaks for them.

    Attributes:
        id: ``estate_…``.
        account_id: the representative's; it has no subject of its own.
        handle: what prompts will call the dead person.
        died_on: the day.
        until: first second at which nobody speaks for them any more.
        subject_id: None until two members of staff have vouched.
    """

    id: str
    account_id: str
    handle: str
    display_name: str
    died_on: date
    until: datetime
    state: EstateState
    claimed_at: datetime
    subject_id: str | None = None


@dataclass(frozen=True, slots=True)
class Dispute:
    """Somebody says that a representative does not speak for the dead person.

    Attributes:
        id: ``disp_…``.
        by: account id.
        reason: in their words.
    """

    id: str
    estate_id: str
    by: str
    reason: str
    at: datetime


def until_of(died_on: date, until: date | None, now: datetime) -> datetime:
    """The first second at which an estate no longer stands, UTC.

    Args:
        died_on: the day of death.
        until: the last day wanted; None for as long as can be.
        now: timezone-aware.

    Raises:
        InvalidInput: a day of death in the future, or an end that is past or more than `MAX_ESTATE_YEARS` after it.
    """
    if not _OLDEST <= died_on <= now.date():
        raise InvalidInput(
            "nobody died on this day, or it has not come", code=ConsentFault.DEATH_IMPOSSIBLE, field="died_on"
        )
    latest = years_after(datetime.combine(died_on, time(), UTC), MAX_ESTATE_YEARS)
    wanted = latest if until is None else datetime.combine(until, time(), UTC)
    if not now < wanted <= latest:
        raise InvalidInput(
            f"an estate ends at most {MAX_ESTATE_YEARS} years after the death, and not in the past",
            code=ConsentFault.ESTATE_END,
            field="until",
            limit=latest.date().isoformat(),
        )
    return wanted

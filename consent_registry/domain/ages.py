"""How old somebody is, as far as it matters. A birth year is all that is kept: the younger age counts."""

from datetime import datetime
from enum import StrEnum

ADULT = 18
TEEN = 13


class AgeBand(StrEnum):
    """What rules apply to somebody."""

    ADULT = "adult"
    TEEN = "teen"
    CHILD = "child"
    UNKNOWN = "unknown"
    """No birth year was ever stated."""

    @property
    def minor(self) -> bool:
        """Whether they are, or this year may still be, under 18."""
        return self in {AgeBand.TEEN, AgeBand.CHILD}


def age_at(birth_year: int, now: datetime) -> int:
    """The age that somebody born in that year has for sure."""
    return now.year - birth_year - 1


def adults_born_by(now: datetime) -> int:
    """The last year in which whoever was born is an adult for sure."""
    return now.year - ADULT - 1


def band_of(birth_year: int | None, now: datetime) -> AgeBand:
    """The band of somebody born in that year, the younger one where their birthday decides."""
    if birth_year is None:
        return AgeBand.UNKNOWN
    age = age_at(birth_year, now)
    if age >= ADULT:
        return AgeBand.ADULT
    return AgeBand.TEEN if age >= TEEN else AgeBand.CHILD

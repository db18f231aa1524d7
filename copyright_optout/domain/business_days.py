"""Business days as federal law of the United States counts them: neither weekends nor legal public holidays.

Holidays are those of 5 U.S.C. 6103(a), moved to Friday or Monday where they fall on a weekend, as section 6103(b) and
Executive Order 11582 have it. Inauguration Day is a holiday in and around Washington alone and counts as a day of work.
Days begin at midnight in New York: no other place is said in the law, and its Copyright Office keeps eastern time.
"""

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

EASTERN = ZoneInfo("America/New_York")
_DAY = timedelta(days=1)
_MONDAY, _THURSDAY, _SATURDAY, _SUNDAY = 0, 3, 5, 6
_FIXED = ((1, 1), (6, 19), (7, 4), (11, 11), (12, 25))
"""New Year's Day, Juneteenth, Independence Day, Veterans Day, Christmas Day: month and day."""
_NTH = ((1, _MONDAY, 3), (2, _MONDAY, 3), (9, _MONDAY, 1), (10, _MONDAY, 2), (11, _THURSDAY, 4))
"""Martin Luther King's and Washington's Birthdays, Labor Day, Columbus Day, Thanksgiving: month, weekday, which one."""


@lru_cache(maxsize=64)
def federal_holidays(year: int) -> frozenset[date]:
    """Days of a year on which federal offices are shut, as observed; those of the next January 1 among them."""
    fixed = [date(year, month, day) for month, day in _FIXED]
    moving = [_nth(year, month, weekday, which) for month, weekday, which in _NTH]
    memorial = _nth(year, 6, _MONDAY, 1) - 7 * _DAY  # the last Monday of May
    next_new_year = date(year + 1, 1, 1)
    return frozenset(map(_observed, [*fixed, *moving, memorial, next_new_year]))


def is_business_day(day: date) -> bool:
    """Whether it is neither on a weekend nor a federal holiday."""
    return day.weekday() < _SATURDAY and day not in federal_holidays(day.year)


def business_day_after(day: date, count: int) -> date:
    """The business day so many business days after a day, which itself is not counted (as Fed. R. Civ. P. 6(a)(1)).

    Args:
        day: any day.
        count: at least 1.
    """
    while count:
        day += _DAY
        count -= is_business_day(day)
    return day


def end_of(day: date) -> datetime:
    """The moment at which a day ends in New York, in UTC."""
    return datetime.combine(day + _DAY, time(), EASTERN).astimezone(UTC)


def day_of(moment: datetime) -> date:
    """The day in New York at a moment."""
    return moment.astimezone(EASTERN).date()


def _nth(year: int, month: int, weekday: int, which: int) -> date:
    first = date(year, month, 1)
    return first + ((weekday - first.weekday()) % 7 + 7 * (which - 1)) * _DAY


def _observed(day: date) -> date:
    if day.weekday() == _SATURDAY:
        return day - _DAY
    return day + _DAY if day.weekday() == _SUNDAY else day

"""Business days of the United States' federal calendar."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from copyright_optout.domain.business_days import (
    business_day_after,
    day_of,
    end_of,
    federal_holidays,
    is_business_day,
)


@pytest.mark.parametrize(
    ("year", "days"),
    [
        # As the Office of Personnel Management lists them.
        (2026, "01-01 01-19 02-16 05-25 06-19 07-03 09-07 10-12 11-11 11-26 12-25"),
        (2027, "01-01 01-18 02-15 05-31 06-18 07-05 09-06 10-11 11-11 11-25 12-24 12-31"),
    ],
)
def test_the_holidays_are_those_that_federal_offices_keep(year: int, days: str) -> None:
    observed = {day for day in federal_holidays(year) if day.year == year}
    assert sorted(f"{day:%m-%d}" for day in observed) == days.split()


def test_a_count_skips_weekends_and_holidays_and_not_the_day_itself() -> None:
    # Friday before Thanksgiving week of 2026, whose Thursday is a holiday.
    assert business_day_after(date(2026, 11, 20), 1) == date(2026, 11, 23)
    assert business_day_after(date(2026, 11, 25), 1) == date(2026, 11, 27)
    assert business_day_after(date(2026, 11, 20), 10) == date(2026, 12, 7)
    assert business_day_after(date(2026, 11, 20), 14) == date(2026, 12, 11)


def test_days_are_those_of_new_york() -> None:
    late = datetime(2026, 11, 24, 3, 30, tzinfo=UTC)  # half past ten in the evening of the 23rd there
    assert day_of(late) == date(2026, 11, 23)
    assert end_of(date(2026, 11, 23)) == datetime(2026, 11, 24, 5, tzinfo=UTC)
    assert end_of(date(2026, 7, 1)) == datetime(2026, 7, 2, 4, tzinfo=UTC)


@given(st.dates(date(2000, 1, 1), date(2100, 1, 1)), st.integers(1, 40))
def test_counting_on_adds_up(day: date, count: int) -> None:
    there = business_day_after(day, count)
    assert is_business_day(there)
    between = [day + timedelta(days=step) for step in range(1, (there - day).days + 1)]
    assert sum(map(is_business_day, between)) == count

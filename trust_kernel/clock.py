"""Time as a port, so that expiry and deadlines can be tested without waiting."""

from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """Tells the time."""

    def now(self) -> datetime:
        """The current moment, timezone-aware, in UTC."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """The current moment in UTC, to the microsecond."""
        return datetime.now(UTC)


def aware(moment: datetime) -> datetime:
    """Give a moment read from a database its UTC zone back (SQLite drops it)."""
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def in_utc(at: datetime) -> datetime:
    """A moment in UTC; one that lies outside of what UTC can say is the first or last that it can."""
    try:
        return at.astimezone(UTC)
    except OverflowError:
        return datetime(1, 1, 1, tzinfo=UTC) if at.year == 1 else datetime(9999, 12, 31, 23, 59, 59, 999999, tzinfo=UTC)

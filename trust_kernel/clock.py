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

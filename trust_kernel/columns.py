"""Columns that several rows have."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Column, DateTime, Dialect, TypeDecorator
from sqlmodel import Field

from trust_kernel.clock import aware


class Moment(TypeDecorator[datetime]):
    """A moment in UTC, whatever zone it is given in and whatever zone the server keeps (SQLite drops zones)."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 - SQLAlchemy's shape
        """To the database."""
        return None if value is None else in_utc(value)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 - SQLAlchemy's shape
        """From the database."""
        return None if value is None else aware(value)


def in_utc(at: datetime) -> datetime:
    """A moment in UTC; one that lies outside of what UTC can say is the first or last that it can."""
    try:
        return at.astimezone(UTC)
    except OverflowError:
        return datetime(1, 1, 1, tzinfo=UTC) if at.year == 1 else datetime(9999, 12, 31, 23, 59, 59, 999999, tzinfo=UTC)


def moment(*, nullable: bool = False) -> Any:
    """A field that holds a moment."""
    return Field(default=None, sa_column=Column(Moment(), nullable=nullable))

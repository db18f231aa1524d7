"""Columns that several rows have."""

from datetime import datetime
from typing import Any

from sqlalchemy import Column, DateTime, Dialect, TypeDecorator
from sqlmodel import Field

from trust_kernel.clock import aware, in_utc


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


def moment(*, nullable: bool = False) -> Any:
    """A field that holds a moment."""
    return Field(default=None, sa_column=Column(Moment(), nullable=nullable))

"""Rows of the marks."""

from datetime import datetime

from sqlmodel import Field, SQLModel


class MarkKeyRow(SQLModel, table=True):
    """A key number that was taken into use after the first. The secret itself is derived, and stored nowhere."""

    __tablename__ = "mark_keys"

    number: int = Field(primary_key=True)
    since: datetime

"""Rows of imports."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Column, Text
from sqlmodel import Field, SQLModel

from trust_kernel.columns import moment


class OptOutImportRow(SQLModel, table=True):
    """One list of claims on its way in."""

    __tablename__ = "optout_imports"

    id: str = Field(primary_key=True)
    organisation_id: str = Field(index=True, foreign_key="optout_organisations.id")
    by: str = Field(index=True)
    state: str = Field(index=True)
    submit: bool
    kind: str
    proof: dict[str, str] | None = Field(default=None, sa_column=Column(JSON, nullable=True))
    declared: list[str] = Field(sa_column=Column(JSON, nullable=False))
    digest: str
    size: int
    read: int
    lines: int
    last_line: int
    batches: int
    counts: dict[str, int] = Field(sa_column=Column(JSON, nullable=False))
    failure: dict[str, Any] | None = Field(default=None, sa_column=Column(JSON, nullable=True))
    activated: int
    left: int
    reached: int
    activated_by: str
    created_at: datetime = moment()
    changed_at: datetime = moment()
    held_until: datetime | None = moment(nullable=True)
    ended_at: datetime | None = moment(nullable=True)
    tries: int = 0


class OptOutImportReportRow(SQLModel, table=True):
    """What became of one batch of lines; a JSON array of them."""

    __tablename__ = "optout_import_reports"

    import_id: str = Field(primary_key=True, foreign_key="optout_imports.id")
    number: int = Field(primary_key=True)
    lines: str = Field(sa_column=Column(Text, nullable=False))
    wanting: int = 0
    """Of them those that somebody has to look at."""

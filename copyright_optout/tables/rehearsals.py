"""Rows of rehearsals."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Column
from sqlmodel import Field, SQLModel

from trust_kernel.columns import moment


class OptOutRehearsalRow(SQLModel, table=True):
    """One dry run of a claim."""

    __tablename__ = "optout_rehearsals"

    id: str = Field(primary_key=True)
    claim_id: str = Field(index=True, foreign_key="optout_claims.id")
    asked_by: str
    days: int
    state: str = Field(index=True)
    asked_at: datetime = moment()
    done_at: datetime | None = moment(nullable=True)
    tally: dict[str, Any] | None = Field(default=None, sa_column=Column(JSON, nullable=True))

"""Rows of what keeps people safe: who is barred, who was reported, the lockdown, and uses as they were made."""

from datetime import datetime

from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from trust_kernel.columns import moment


class BarRow(SQLModel, table=True):
    """Somebody whom no grant of this subject covers."""

    __tablename__ = "consent_bars"

    subject_id: str = Field(primary_key=True, foreign_key="subjects.id")
    account_id: str = Field(primary_key=True, index=True)
    at: datetime = moment()


class PersonReportRow(SQLModel, table=True):
    """What somebody told the staff of somebody else."""

    __tablename__ = "person_reports"
    __table_args__ = (Index("person_reports_open", "closed_at", "at"),)

    id: str = Field(primary_key=True)
    reporter: str = Field(index=True)
    reported: str = Field(index=True)
    reason: str
    text: str
    case_id: str | None = None
    at: datetime = moment()
    closed_at: datetime | None = moment(nullable=True)
    closed_by: str | None = None
    note: str = ""


class LockdownRow(SQLModel, table=True):
    """The one switch that stops every use of every likeness."""

    __tablename__ = "consent_lockdown"

    id: int = Field(primary_key=True)
    is_on: bool = False
    reason: str = ""
    set_by: str = ""
    at: datetime | None = moment(nullable=True)


class GrantUseRow(SQLModel, table=True):
    """One release made under one grant."""

    __tablename__ = "grant_uses"
    __table_args__ = (
        Index("grant_uses_subject", "subject_id", "at"),
        Index("grant_uses_account", "account_id", "at"),
    )

    use_id: str = Field(primary_key=True)
    grant_id: str = Field(primary_key=True, foreign_key="consent_grants.id")
    subject_id: str
    account_id: str
    at: datetime = moment()


class RequesterRow(SQLModel, table=True):
    """Somebody whose uses in a day are counted; releases of theirs wait for each other here."""

    __tablename__ = "counted_requesters"

    account_id: str = Field(primary_key=True)

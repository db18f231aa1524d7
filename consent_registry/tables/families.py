"""Rows of ages, guardians and estates."""

from datetime import date, datetime

from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from trust_kernel.columns import moment


class AgeRow(SQLModel, table=True):
    """The year in which the person behind an account was born."""

    __tablename__ = "ages"

    account_id: str = Field(primary_key=True)
    birth_year: int
    source: str
    by: str
    at: datetime = moment()


class GuardianRow(SQLModel, table=True):
    """One guardian of one minor."""

    __tablename__ = "guardians"
    __table_args__ = (Index("guardians_guardian", "guardian"), Index("guardians_ward", "ward"))

    id: str = Field(primary_key=True)
    guardian: str
    ward: str
    asked_by: str
    state: str = Field(index=True)
    asked_at: datetime = moment()
    settled_at: datetime = moment()


class EstateRow(SQLModel, table=True):
    """One dead person, and who speaks for them."""

    __tablename__ = "estates"

    id: str = Field(primary_key=True)
    account_id: str = Field(index=True)
    handle: str = Field(index=True)
    display_name: str
    died_on: date
    until: datetime = moment()
    state: str = Field(index=True)
    claimed_at: datetime = moment()
    subject_id: str | None = Field(default=None, foreign_key="subjects.id", index=True)


class EstateDisputeRow(SQLModel, table=True):
    """Somebody says that a representative does not speak for the dead person."""

    __tablename__ = "estate_disputes"

    id: str = Field(primary_key=True)
    estate_id: str = Field(foreign_key="estates.id", index=True)
    by: str
    reason: str
    at: datetime = moment()

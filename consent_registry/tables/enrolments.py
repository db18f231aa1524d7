"""Rows of attempts to enrol, their sealed media, looks, and what two members of staff vouch for."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Column, Index, LargeBinary
from sqlmodel import Field, SQLModel

from trust_kernel.columns import moment


class EnrolmentRow(SQLModel, table=True):
    """One attempt to enrol."""

    __tablename__ = "enrolments"
    __table_args__ = (
        Index("enrolments_subject", "subject_id", "created_at"),
        Index("enrolments_state", "state", "until"),
    )

    id: str = Field(primary_key=True)
    subject_id: str = Field(foreign_key="subjects.id")
    assurance: str
    state: str
    label: str
    keep_reference: bool
    proposed_by: str
    created_at: datetime = moment()
    until: datetime = moment()
    reason: str | None = None
    alike: list[dict[str, Any]] = Field(sa_column=Column(JSON, nullable=False))
    decided_by: str | None = None
    decided_at: datetime | None = moment(nullable=True)
    note: str = ""
    challenge_id: str | None = None
    allowed_by: str | None = None


class EnrolmentMediaRow(SQLModel, table=True):
    """One picture or recording of an attempt, sealed under the subject's key."""

    __tablename__ = "enrolment_media"

    enrolment_id: str = Field(primary_key=True, foreign_key="enrolments.id")
    kind: str = Field(primary_key=True)
    number: int = Field(primary_key=True)
    sealed: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


class LookRow(SQLModel, table=True):
    """One of several looks of a subject."""

    __tablename__ = "looks"

    id: str = Field(primary_key=True)
    subject_id: str = Field(foreign_key="subjects.id", index=True)
    label: str
    assurance: str
    has_face: bool
    has_voice: bool
    keeps_reference: bool
    created_at: datetime = moment()


class RenewalAskRow(SQLModel, table=True):
    """Somebody was asked once to enrol again for these models."""

    __tablename__ = "renewal_asks"

    subject_id: str = Field(primary_key=True)
    models: str = Field(primary_key=True)
    at: datetime = moment()


class AttestationRow(SQLModel, table=True):
    """What one member of staff said, and another confirmed."""

    __tablename__ = "attestations"

    about: str = Field(primary_key=True)
    matter: str
    proof: str
    first_by: str
    first_at: datetime = moment()
    second_by: str | None = None
    second_at: datetime | None = moment(nullable=True)

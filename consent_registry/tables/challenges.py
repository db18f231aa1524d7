"""Rows of live challenges, and of prints of the recordings that people enrolled with."""

from datetime import datetime

from sqlalchemy import BigInteger, Column, Integer
from sqlmodel import Field, SQLModel

from trust_kernel.columns import moment


class ChallengeRow(SQLModel, table=True):
    """One challenge, used or not."""

    __tablename__ = "challenges"

    id: str = Field(primary_key=True)
    subject_id: str = Field(foreign_key="subjects.id", index=True)
    language: str
    digits: str
    turns: str
    issued_at: datetime = moment()
    expires_at: datetime = moment()
    used_at: datetime | None = moment(nullable=True)


class RecordingPrintRow(SQLModel, table=True):
    """One landmark of the sound of a recording that somebody enrolled with; a keyed number, no sound."""

    __tablename__ = "recording_prints"

    id: int | None = Field(
        default=None, sa_column=Column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True)
    )
    subject_id: str = Field(foreign_key="subjects.id", index=True)
    recording: str = Field(index=True)
    token: int = Field(sa_column=Column(BigInteger, nullable=False, index=True))
    slot: int

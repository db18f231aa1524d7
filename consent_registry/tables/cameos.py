"""Rows of cameos and of reference media that may be kept."""

from datetime import datetime

from sqlalchemy import Column, LargeBinary, UniqueConstraint
from sqlmodel import Field, SQLModel

from trust_kernel.columns import moment


class CameoRow(SQLModel, table=True):
    """One version of an enrolled likeness."""

    __tablename__ = "cameos"
    __table_args__ = (UniqueConstraint("subject_id", "version"),)

    id: str = Field(primary_key=True)
    subject_id: str = Field(foreign_key="subjects.id")
    version: int
    assurance: str
    attested_by: str
    has_face: bool
    has_voice: bool
    keeps_reference: bool
    created_at: datetime = moment()


class CameoMediaRow(SQLModel, table=True):
    """One sealed part of a subject's kept reference media."""

    __tablename__ = "cameo_media"

    subject_id: str = Field(primary_key=True, foreign_key="subjects.id")
    part: str = Field(primary_key=True)
    sealed: bytes = Field(sa_column=Column(LargeBinary, nullable=False))

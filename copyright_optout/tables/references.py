"""Rows of reference media: fingerprints alone; the media themselves are not kept."""

from datetime import datetime

from sqlalchemy import JSON, Column, LargeBinary
from sqlmodel import Field, SQLModel

from trust_kernel.columns import moment


class OptOutReferenceRow(SQLModel, table=True):
    """One reference medium of a claim."""

    __tablename__ = "optout_references"

    id: str = Field(primary_key=True)
    claim_id: str = Field(index=True, foreign_key="optout_claims.id")
    kind: str
    seconds: float = 0.0
    hashes: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    """PDQ of frames in time order, 32 bytes each, several a frame."""
    moments: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    """When each is shown: milliseconds, 4 bytes each, big-endian."""
    codes: list[str] = Field(sa_column=Column(JSON, nullable=False))
    """ISCC codes."""
    looks: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    """Vectors of `looks_by`, float32, little-endian, end to end."""
    looks_by: str = ""
    looks_length: int = 0
    """Numbers of one vector."""
    created_at: datetime = moment()


class OptOutSoundRow(SQLModel, table=True):
    """What one printer makes of the sound of one reference medium."""

    __tablename__ = "optout_sounds"

    reference_id: str = Field(primary_key=True, foreign_key="optout_references.id")
    printer: str = Field(primary_key=True)
    speed: int = Field(primary_key=True)
    """Per cent at which the sound was played."""
    words: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    """4 bytes each, big-endian."""

"""Rows of the likeness guard. A template row is its own place in the log of changes: its key is its generation."""

from datetime import datetime

from sqlalchemy import JSON, BigInteger, Column, Index
from sqlmodel import Field, SQLModel


class LikenessCounterRow(SQLModel, table=True):
    """The newest generation given out. Locked by every writer, so generations grow in order of commit."""

    __tablename__ = "likeness_counters"

    name: str = Field(primary_key=True)
    value: int = Field(sa_column=Column(BigInteger, nullable=False))


class LikenessTemplateRow(SQLModel, table=True):
    """A sealed template, or the tombstone of one (`removed`, with `removes` set and nothing sealed)."""

    __tablename__ = "likeness_templates"
    __table_args__ = (
        Index("likeness_templates_owner", "owner"),
        Index("likeness_templates_gallery", "gallery", "modality", "owner"),
    )

    generation: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    owner: str
    gallery: str
    modality: str
    pack: str
    sealed: bytes | None = None
    removed: bool = False
    removes: int | None = Field(default=None, sa_column=Column(BigInteger, nullable=True))
    at: datetime


class BlocklistEntryRow(SQLModel, table=True):
    """A public figure who is blocked."""

    __tablename__ = "blocklist_entries"

    id: str = Field(primary_key=True)
    name: str = Field(index=True)
    aliases: list[str] = Field(sa_column=Column(JSON, nullable=False))
    category: str = ""
    has_face: bool = False
    has_voice: bool = False
    at: datetime

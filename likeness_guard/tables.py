"""Rows of the likeness guard. A template row is its own place in the log of changes: its key is its generation."""

from datetime import datetime

from sqlalchemy import JSON, BigInteger, Column, Index, Text
from sqlmodel import Field, SQLModel


class LikenessCounterRow(SQLModel, table=True):
    """The newest generation given out. Locked by every writer, so generations grow in order of commit."""

    __tablename__ = "likeness_counters"

    name: str = Field(primary_key=True)
    value: int = Field(sa_column=Column(BigInteger, nullable=False))


class TemplateColumns(SQLModel):
    """A sealed template, or the tombstone of one (`removed`, with `removes` set and nothing sealed)."""

    generation: int = Field(primary_key=True, sa_type=BigInteger, sa_column_kwargs={"autoincrement": False})
    owner: str
    key_id: str
    gallery: str
    modality: str
    pack: str
    sealed: bytes | None = None
    removed: bool = False
    removes: int | None = Field(default=None, sa_type=BigInteger)
    look: str = ""
    at: datetime


class LikenessTemplateRow(TemplateColumns, table=True):
    """A template of an enrolled person or a blocklist entry."""

    __tablename__ = "likeness_templates"
    __table_args__ = (
        Index("likeness_templates_owner", "owner"),
        Index("likeness_templates_gallery", "gallery", "modality", "owner"),
        Index("likeness_templates_pack", "pack"),
    )


class LikenessOutputRow(TemplateColumns, table=True):
    """A face or voice track of something that was made; its owner is the case, its key the recognised subject's."""

    __tablename__ = "likeness_outputs"
    __table_args__ = (Index("likeness_outputs_owner", "owner"), Index("likeness_outputs_key", "key_id"))


class LikenessReferenceRow(SQLModel, table=True):
    """Reference media kept, sealed, so that a new model can make new templates of it."""

    __tablename__ = "likeness_references"

    id: str = Field(primary_key=True)
    owner: str = Field(index=True)
    gallery: str
    modality: str
    sealed: bytes
    look: str = ""
    at: datetime


class LikenessSearchRow(SQLModel, table=True):
    """Somebody whose likeness is to be looked for in everything that was made."""

    __tablename__ = "likeness_searches"

    id: str = Field(primary_key=True)
    owner: str
    cause: str
    at: datetime


class BlocklistEntryRow(SQLModel, table=True):
    """A public figure who is blocked. `names_folded` is what lists are searched by and duplicates found with."""

    __tablename__ = "blocklist_entries"
    __table_args__ = (Index("blocklist_entries_page", "name", "id"),)

    id: str = Field(primary_key=True)
    name: str
    aliases: list[list[str]] = Field(sa_column=Column(JSON, nullable=False))
    names_folded: str = Field(default="", sa_column=Column(Text, nullable=False))
    category: str = Field(default="other", index=True)
    lifted_by: str = "policy_team"
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    source: str = ""
    external_id: str | None = Field(default=None, unique=True)
    note: str = ""
    media: list[str] = Field(sa_column=Column(JSON, nullable=False))
    has_face: bool = False
    has_voice: bool = False
    salt: str = ""
    created_by: str = ""
    at: datetime
    updated_at: datetime
    version: int = 1
    proposal: dict[str, str] | None = Field(default=None, sa_column=Column(JSON(none_as_null=True), nullable=True))


class BlocklistChangeRow(SQLModel, table=True):
    """One change of one entry, numbered in order of commit: its history, and what every process follows."""

    __tablename__ = "blocklist_changes"
    __table_args__ = (Index("blocklist_changes_entry", "entry_id", "number"),)

    number: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    entry_id: str
    version: int
    event: str
    by: str
    at: datetime
    name: str
    changes: dict[str, list[str]] = Field(sa_column=Column(JSON, nullable=False))
    reason: str = ""

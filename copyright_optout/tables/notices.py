"""Rows of notices under a statute."""

from datetime import datetime

from sqlalchemy import JSON, Column, Index, LargeBinary
from sqlmodel import Field, SQLModel

from trust_kernel.columns import moment


class OptOutNoticeRow(SQLModel, table=True):
    """A notice; what was written in it is in `OptOutNoticeTextRow`."""

    __tablename__ = "optout_notices"
    __table_args__ = (Index("optout_notices_due", "due_at", "id"), Index("optout_notices_look", "look_at", "id"))

    id: str = Field(primary_key=True)
    statute: str
    state: str = Field(index=True)
    account_id: str | None = Field(default=None, index=True)
    language: str
    declared: list[str] = Field(sa_column=Column(JSON, nullable=False))
    missing: list[str] = Field(sa_column=Column(JSON, nullable=False))
    received_at: datetime = moment()
    changed_at: datetime = moment()
    valid_at: datetime | None = moment(nullable=True)
    acted_at: datetime | None = moment(nullable=True)
    suit_at: datetime | None = moment(nullable=True)
    claim_id: str = ""
    rejection: str | None = None
    due_at: datetime | None = moment(nullable=True)
    """When the first of its clocks runs out."""
    look_at: datetime | None = moment(nullable=True)
    """When the worker looks at it next; empty where it has nothing to do about it."""
    warned_of: datetime | None = moment(nullable=True)
    """What was due when staff were last warned."""
    mailed: str = ""
    """State that was last mailed, or given up."""
    mail_tries: int = 0
    """Times that mailing the present state failed."""
    mail_since: datetime | None = moment(nullable=True)
    mail_next: datetime | None = moment(nullable=True)
    mail_said: str = ""
    """A code: why it failed last; empty where it did not."""


class OptOutNoticeVideoRow(SQLModel, table=True):
    """A video that a notice is about."""

    __tablename__ = "optout_notice_videos"

    notice_id: str = Field(primary_key=True, foreign_key="optout_notices.id")
    case_id: str = Field(primary_key=True, index=True)
    number: int
    found_by: str
    similarity: int
    batch_id: str = ""
    reference_id: str = ""
    restored_at: datetime | None = moment(nullable=True)


class OptOutCounterRow(SQLModel, table=True):
    """A counter-notice."""

    __tablename__ = "optout_counters"

    id: str = Field(primary_key=True)
    notice_id: str = Field(index=True, foreign_key="optout_notices.id")
    account_id: str = Field(index=True)
    received_at: datetime = moment()
    case_ids: list[str] = Field(sa_column=Column(JSON, nullable=False))
    restored_at: datetime | None = moment(nullable=True)


class OptOutNoticeTextRow(SQLModel, table=True):
    """What somebody wrote, sealed under the notice's key: the notice itself, or a counter-notice by its id."""

    __tablename__ = "optout_notice_texts"

    notice_id: str = Field(primary_key=True, foreign_key="optout_notices.id")
    part: str = Field(primary_key=True)
    sealed: bytes = Field(sa_column=Column(LargeBinary, nullable=False))

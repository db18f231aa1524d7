"""The registry's rows."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, Column, DateTime, Dialect, Index, LargeBinary, TypeDecorator, UniqueConstraint
from sqlmodel import Field, SQLModel

from trust_kernel.clock import aware


class Moment(TypeDecorator[datetime]):
    """A moment in UTC, whatever zone it is given in and whatever zone the server keeps (SQLite drops zones)."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 - SQLAlchemy's shape
        """To the database."""
        return None if value is None else value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 - SQLAlchemy's shape
        """From the database."""
        return None if value is None else aware(value)


def _moment(*, nullable: bool = False) -> Any:
    return Field(default=None, sa_column=Column(Moment(), nullable=nullable))


class SubjectRow(SQLModel, table=True):
    """A person; after forgetting, only what keeps the id and the handle from being used again."""

    __tablename__ = "subjects"

    id: str = Field(primary_key=True)
    account_id: str | None = Field(default=None, unique=True)
    handle: str | None = Field(default=None, unique=True)
    handle_digest: str = Field(unique=True)
    display_name: str = ""
    consent_epoch: int = Field(default=0, sa_column=Column(BigInteger, nullable=False))
    birth_year: int | None = None
    created_at: datetime = _moment()
    forgotten_at: datetime | None = _moment(nullable=True)


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
    created_at: datetime = _moment()


class CameoMediaRow(SQLModel, table=True):
    """One sealed part of a subject's kept reference media."""

    __tablename__ = "cameo_media"

    subject_id: str = Field(primary_key=True, foreign_key="subjects.id")
    part: str = Field(primary_key=True)
    sealed: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


class GrantRow(SQLModel, table=True):
    """One consent."""

    __tablename__ = "consent_grants"
    __table_args__ = (Index("consent_grants_subject", "subject_id", "created_at"),)

    id: str = Field(primary_key=True)
    subject_id: str = Field(foreign_key="subjects.id")
    audience: str
    account_ids: list[str] = Field(sa_column=Column(JSON, nullable=False))
    modalities: list[str] = Field(sa_column=Column(JSON, nullable=False))
    expires_at: datetime = _moment()
    max_uses: int | None = None
    uses: int = 0
    on_revocation: str
    allows_remix: bool
    note: str
    version: int
    created_at: datetime = _moment()
    revoked_at: datetime | None = _moment(nullable=True)


class ReceiptRow(SQLModel, table=True):
    """The signed receipt of one version of a grant."""

    __tablename__ = "consent_receipts"
    __table_args__ = (UniqueConstraint("grant_id", "version"),)

    id: str = Field(primary_key=True)
    grant_id: str = Field(foreign_key="consent_grants.id")
    version: int
    compact: str
    issued_at: datetime = _moment()


class FollowRow(SQLModel, table=True):
    """One account follows another."""

    __tablename__ = "follows"

    follower: str = Field(primary_key=True)
    followed: str = Field(primary_key=True, index=True)
    at: datetime = _moment()

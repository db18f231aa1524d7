"""Rows of grants and their receipts."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Column, Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from trust_kernel.columns import moment


class GrantRow(SQLModel, table=True):
    """One consent."""

    __tablename__ = "consent_grants"
    __table_args__ = (
        Index("consent_grants_subject", "subject_id", "created_at"),
        Index("consent_grants_due", "version", "expires_at"),
    )

    id: str = Field(primary_key=True)
    subject_id: str = Field(foreign_key="subjects.id")
    audience: str
    account_ids: list[str] = Field(sa_column=Column(JSON, nullable=False))
    group_ids: list[str] = Field(sa_column=Column(JSON, nullable=False))
    minors: bool
    modalities: list[str] = Field(sa_column=Column(JSON, nullable=False))
    scope: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))
    mode: str
    starts_at: datetime = moment()
    expires_at: datetime = moment()
    max_uses: int | None = None
    daily_uses: int | None = None
    uses: int = 0
    on_revocation: str
    allows_remix: bool
    note: str
    version: int
    created_at: datetime = moment()
    revoked_at: datetime | None = moment(nullable=True)


class ReceiptRow(SQLModel, table=True):
    """The signed receipt of one version of a grant."""

    __tablename__ = "consent_receipts"
    __table_args__ = (UniqueConstraint("grant_id", "version"),)

    id: str = Field(primary_key=True)
    grant_id: str = Field(foreign_key="consent_grants.id")
    version: int
    compact: str
    issued_at: datetime = moment()

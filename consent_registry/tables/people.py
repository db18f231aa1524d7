"""Rows of people, and of who follows whom."""

from datetime import datetime

from sqlalchemy import BigInteger, Column
from sqlmodel import Field, SQLModel

from trust_kernel.columns import moment


class SubjectRow(SQLModel, table=True):
    """A person; after forgetting, only what keeps the id and the handle from being used again."""

    __tablename__ = "subjects"

    id: str = Field(primary_key=True)
    account_id: str | None = Field(default=None, unique=True)
    handle: str | None = Field(default=None, unique=True)
    handle_digest: str = Field(unique=True)
    display_name: str = ""
    display_folded: str = Field(default="", index=True)
    """The name as claims on names are compared with it; empty once the person is forgotten."""
    consent_epoch: int = Field(default=0, sa_column=Column(BigInteger, nullable=False))
    birth_year: int | None = None
    created_at: datetime = moment()
    forgotten_at: datetime | None = moment(nullable=True)
    paused_at: datetime | None = moment(nullable=True)
    daily_uses: int | None = None


class FollowRow(SQLModel, table=True):
    """One account follows another."""

    __tablename__ = "follows"

    follower: str = Field(primary_key=True)
    followed: str = Field(primary_key=True, index=True)
    at: datetime = moment()

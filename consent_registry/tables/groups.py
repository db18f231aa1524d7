"""Rows of people's own groups."""

from datetime import datetime

from sqlmodel import Field, SQLModel

from trust_kernel.columns import moment


class GroupRow(SQLModel, table=True):
    """A group that a subject named."""

    __tablename__ = "consent_groups"

    id: str = Field(primary_key=True)
    subject_id: str = Field(foreign_key="subjects.id", index=True)
    name: str
    created_at: datetime = moment()


class GroupMemberRow(SQLModel, table=True):
    """Somebody in a group."""

    __tablename__ = "consent_group_members"

    group_id: str = Field(primary_key=True, foreign_key="consent_groups.id")
    account_id: str = Field(primary_key=True, index=True)
    at: datetime = moment()

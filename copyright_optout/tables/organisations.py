"""Rows of rights holders."""

from datetime import datetime

from sqlmodel import Field, SQLModel

from trust_kernel.columns import moment


class OptOutOrganisationRow(SQLModel, table=True):
    """A rights holder."""

    __tablename__ = "optout_organisations"

    id: str = Field(primary_key=True)
    name: str
    only_licensed: bool = False
    created_at: datetime = moment()


class OptOutMemberRow(SQLModel, table=True):
    """An account that acts for a rights holder, or is invited to."""

    __tablename__ = "optout_members"

    organisation_id: str = Field(primary_key=True, foreign_key="optout_organisations.id")
    account_id: str = Field(primary_key=True, index=True)
    role: str
    since: datetime = moment()
    accepted: bool = True

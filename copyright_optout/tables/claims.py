"""Rows of claims."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, Column, UniqueConstraint
from sqlmodel import Field, SQLModel

from trust_kernel.columns import moment


class OptOutClaimRow(SQLModel, table=True):
    """One claim."""

    __tablename__ = "optout_claims"
    __table_args__ = (UniqueConstraint("organisation_id", "reference"),)

    id: str = Field(primary_key=True)
    organisation_id: str = Field(foreign_key="optout_organisations.id")
    """Found by the index of the constraint. One of its own would be taken for what the other does much better, too."""
    filed_by: str = Field(index=True)
    reference: str | None = None
    """Null where there is none, so that only those there are must be unique."""
    kind: str
    title: str
    names: list[str] = Field(sa_column=Column(JSON, nullable=False))
    descriptions: list[str] = Field(sa_column=Column(JSON, nullable=False))
    blocks: dict[str, list[str]] = Field(sa_column=Column(JSON, nullable=False))
    licences: list[dict[str, Any]] = Field(sa_column=Column(JSON, nullable=False))
    told: str
    state: str = Field(index=True)
    proof: dict[str, str] | None = Field(default=None, sa_column=Column(JSON, nullable=True))
    declared: list[str] = Field(sa_column=Column(JSON, nullable=False))
    media: dict[str, int] = Field(sa_column=Column(JSON, nullable=False))
    created_at: datetime = moment()
    changed_at: datetime = moment()
    starts_at: datetime | None = moment(nullable=True)
    expires_at: datetime | None = moment(nullable=True)
    salt: str
    generation: int = Field(default=0, sa_column=Column(BigInteger, nullable=False, index=True))
    """Of the last change of state; 0 until there is one, because a new claim stops nothing."""


class OptOutAliasRow(SQLModel, table=True):
    """One name of a claim, folded, so that claims on the same name are found."""

    __tablename__ = "optout_aliases"

    claim_id: str = Field(primary_key=True, foreign_key="optout_claims.id")
    folded: str = Field(primary_key=True, index=True)


class OptOutConcernRow(SQLModel, table=True):
    """What staff should know of a claim."""

    __tablename__ = "optout_concerns"

    claim_id: str = Field(primary_key=True, foreign_key="optout_claims.id")
    number: int = Field(primary_key=True)
    concern: str
    name: str
    about: str


class OptOutFingerprintRow(SQLModel, table=True):
    """One hash of one reference picture."""

    __tablename__ = "optout_fingerprints"

    claim_id: str = Field(primary_key=True, foreign_key="optout_claims.id")
    number: int = Field(primary_key=True)
    bits: str
    quality: int
    spot: bool = False
    """Of a window round a spot, not of the picture or a crop of it."""


class OptOutGenerationRow(SQLModel, table=True):
    """The counter of changes: one row, locked by each change until it commits, so that generations commit in order."""

    __tablename__ = "optout_generation"

    id: int = Field(primary_key=True)
    latest: int = Field(sa_column=Column(BigInteger, nullable=False))

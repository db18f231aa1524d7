"""Rows of claims."""

from datetime import datetime

from sqlalchemy import JSON, BigInteger, Column
from sqlmodel import Field, SQLModel


class OptOutClaimRow(SQLModel, table=True):
    """One claim."""

    __tablename__ = "optout_claims"

    id: str = Field(primary_key=True)
    rights_holder: str = Field(index=True)
    kind: str
    title: str
    names: list[str] = Field(sa_column=Column(JSON, nullable=False))
    licensees: list[str] = Field(sa_column=Column(JSON, nullable=False))
    territory: str = ""
    state: str
    pictures: int
    created_at: datetime
    changed_at: datetime
    expires_at: datetime | None = None
    generation: int = Field(default=0, sa_column=Column(BigInteger, nullable=False, index=True))
    """Of the last change of state; 0 until there is one, because a new claim stops nothing."""


class OptOutFingerprintRow(SQLModel, table=True):
    """One hash of one reference picture."""

    __tablename__ = "optout_fingerprints"

    claim_id: str = Field(primary_key=True, foreign_key="optout_claims.id")
    number: int = Field(primary_key=True)
    bits: str
    quality: int


class OptOutGenerationRow(SQLModel, table=True):
    """The counter of changes: one row, locked by each change until it commits, so that generations commit in order."""

    __tablename__ = "optout_generation"

    id: int = Field(primary_key=True)
    latest: int = Field(sa_column=Column(BigInteger, nullable=False))

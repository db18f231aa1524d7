"""Rows of what descriptions are compared by."""

from sqlalchemy import Column, LargeBinary
from sqlmodel import Field, SQLModel


class OptOutVectorRow(SQLModel, table=True):
    """What one model makes of one description of a claim, so that no process has to make it again."""

    __tablename__ = "optout_vectors"

    claim_id: str = Field(primary_key=True, foreign_key="optout_claims.id")
    digest: str = Field(primary_key=True)
    """SHA-256 of the text, hex."""
    version: str = Field(primary_key=True)
    """Of the model."""
    vector: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    """float32, little-endian."""

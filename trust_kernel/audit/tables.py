"""Rows of the ledger."""

from datetime import datetime

from sqlalchemy import BigInteger, Column, Text
from sqlmodel import Field, SQLModel


class LeafRow(SQLModel, table=True):
    """One entry. `leaf` is the canonical JSON that was hashed; `kind` repeats its kind for queries."""

    __tablename__ = "ledger_leaves"

    index: int = Field(sa_column=Column("index", BigInteger, primary_key=True, autoincrement=False))
    kind: str = Field(index=True)
    leaf: str = Field(sa_column=Column(Text, nullable=False))
    leaf_hash: bytes
    at: datetime


class NodeRow(SQLModel, table=True):
    """Hash of one complete subtree: leaves [index * 2**level, (index + 1) * 2**level)."""

    __tablename__ = "ledger_nodes"

    level: int = Field(primary_key=True)
    index: int = Field(sa_column=Column("index", BigInteger, primary_key=True, autoincrement=False))
    hash: bytes


class HeadRow(SQLModel, table=True):
    """The one row that every append locks; how many leaves there are."""

    __tablename__ = "ledger_head"

    id: int = Field(primary_key=True)
    size: int = Field(sa_column=Column(BigInteger, nullable=False))


class CheckpointRow(SQLModel, table=True):
    """One signed checkpoint that somebody may hold us to."""

    __tablename__ = "ledger_checkpoints"

    size: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    note: str = Field(sa_column=Column(Text, nullable=False))
    at: datetime

"""Rows of what signs receipts."""

from datetime import datetime

from sqlmodel import Field, SQLModel

from trust_kernel.columns import moment


class ReceiptKeyRow(SQLModel, table=True):
    """A number of a signing key that was taken into use after the first. The key itself is derived, and not stored."""

    __tablename__ = "consent_receipt_keys"

    number: int = Field(primary_key=True)
    since: datetime = moment()


class StolenReceiptKeyRow(SQLModel, table=True):
    """A number whose key somebody else may hold."""

    __tablename__ = "consent_stolen_receipt_keys"

    number: int = Field(primary_key=True)
    since: datetime = moment()

"""Rows of accounts, sessions, API keys and sign-in attempts. No secret is stored that could be used as it is."""

from datetime import datetime

from sqlalchemy import JSON, Column, Index
from sqlmodel import Field, SQLModel


class AccountRow(SQLModel, table=True):
    """One account. `email` is casefolded and unique."""

    __tablename__ = "accounts"

    id: str = Field(primary_key=True)
    email: str = Field(unique=True)
    name: str
    password_hash: str
    roles: list[str] = Field(sa_column=Column(JSON, nullable=False))
    disabled: bool = False
    created_at: datetime


class SessionRow(SQLModel, table=True):
    """One signed-in browser, under the SHA-256 of its token."""

    __tablename__ = "sessions"

    token_hash: str = Field(primary_key=True)
    account_id: str = Field(foreign_key="accounts.id", index=True)
    created_at: datetime
    seen_at: datetime
    expires_at: datetime = Field(index=True)


class ApiKeyRow(SQLModel, table=True):
    """One API key, under its public id; of the secret part only the SHA-256."""

    __tablename__ = "api_keys"

    id: str = Field(primary_key=True)
    account_id: str = Field(foreign_key="accounts.id", index=True)
    name: str
    secret_hash: str
    scopes: list[str] = Field(sa_column=Column(JSON, nullable=False))
    created_at: datetime
    expires_at: datetime | None = None
    used_at: datetime | None = None
    revoked_at: datetime | None = None


class SignInAttemptRow(SQLModel, table=True):
    """One sign-in that has not succeeded; e-mail and address as SHA-256, because a typo may be a password."""

    __tablename__ = "sign_in_attempts"
    __table_args__ = (
        Index("sign_in_attempts_account", "email_hash", "address_hash", "at"),
        Index("sign_in_attempts_address", "address_hash", "at"),
    )

    id: str = Field(primary_key=True)
    email_hash: str
    address_hash: str
    at: datetime = Field(index=True)

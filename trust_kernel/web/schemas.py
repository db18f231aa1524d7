"""HTTP shapes of accounts and keys."""

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field

from trust_kernel.web.domain import Account, KeyInfo


class NewAccount(BaseModel):
    """What an administrator sends to make an account."""

    model_config = ConfigDict(extra="forbid")

    email: str = Field(max_length=254)
    password: str = Field(max_length=256)
    name: str = Field(max_length=80)
    roles: list[str] = Field(default_factory=list, max_length=20)


class AccountOut(BaseModel):
    """An account."""

    id: str
    email: str
    name: str
    roles: list[str]
    created_at: datetime

    @classmethod
    def of(cls, account: Account) -> "AccountOut":
        """From the domain's value."""
        return cls(
            id=account.id,
            email=account.email,
            name=account.name,
            roles=sorted(account.roles),
            created_at=account.created_at,
        )


class Me(BaseModel):
    """Who the caller is."""

    id: str
    name: str
    roles: list[str]
    permissions: list[str]
    via: str


class NewKey(BaseModel):
    """What is asked for a key; without scopes it may do all that its maker may."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(max_length=80)
    scopes: list[str] | None = Field(default=None, max_length=100)
    lasts_days: int | None = Field(default=None, ge=1, le=3650)


class KeyOut(BaseModel):
    """A key without its secret."""

    id: str
    name: str
    scopes: list[str]
    created_at: datetime
    expires_at: datetime | None
    used_at: datetime | None
    revoked_at: datetime | None

    @classmethod
    def of(cls, key: KeyInfo) -> "KeyOut":
        """From the domain's value."""
        return cls(
            id=key.id,
            name=key.name,
            scopes=sorted(key.scopes),
            created_at=key.created_at,
            expires_at=key.expires_at,
            used_at=key.used_at,
            revoked_at=key.revoked_at,
        )


class NewKeyOut(KeyOut):
    """A key just made: the only time that `key` is shown."""

    key: str


class KeyList(BaseModel):
    """An account's keys."""

    data: list[KeyOut]

"""Rows of deliveries, webhook endpoints and what people want to be told how."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Column, Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from trust_kernel.delivery.domain import DeliveryState


class DeliveryRow(SQLModel, table=True):
    """One event over one channel to one target.

    A claim counts the attempt and sets `due_at` and `leased_until` to the lease's end; `attempts` tells a sender whose
    lease ran out that the row is no longer its own.
    """

    __tablename__ = "deliveries"
    __table_args__ = (
        UniqueConstraint("event_id", "channel", "target"),
        Index("deliveries_due", "state", "due_at"),
        Index("deliveries_target", "target", "state"),
        Index("deliveries_bundle", "bundle"),
    )

    id: str = Field(primary_key=True)
    event_id: str = Field(index=True)
    channel: str
    target: str
    account_id: str = Field(index=True)
    bundle: str
    state: str = DeliveryState.WAITING
    attempts: int = 0
    due_at: datetime
    since: datetime
    leased_until: datetime | None = None
    ended_at: datetime | None = Field(default=None, index=True)
    said: str = ""
    dropped_by: str = ""
    dropped_why: str = ""


class WebhookEndpointRow(SQLModel, table=True):
    """Where an account wants its events; the signing secret is kept wrapped."""

    __tablename__ = "webhook_endpoints"

    id: str = Field(primary_key=True)
    account_id: str = Field(index=True)
    url: str
    secret: bytes
    types: list[str] = Field(sa_column=Column(JSON, nullable=False))
    style: str = ""
    disabled: bool = False
    created_at: datetime


class NoticeSettingsRow(SQLModel, table=True):
    """How an account wants to be told; who has no row has the defaults."""

    __tablename__ = "notice_settings"

    account_id: str = Field(primary_key=True)
    language: str
    hour: int
    zone: str
    areas: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))

"""The outbox: what happened, who is to be told, kept in the same transaction as what happened.

A recipient's in-app notices are these rows themselves; `trust_kernel.delivery` carries them elsewhere, at least once,
with the event id as deduplication key.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy import JSON, Column, Index
from sqlmodel import Field, SQLModel, col, select

from trust_kernel.clock import Clock, aware
from trust_kernel.db import Database
from trust_kernel.ids import new_id

Payload = Mapping[str, str | int | bool | None]


class Emits(Protocol):
    """Takes what somebody is told."""

    def emit(self, kind: str, recipient: str, payload: Payload) -> object:
        """Tell one account, in the caller's transaction."""
        ...


def tell_hearers(notices: Emits, kind: str, heard: Mapping[str, str], payload: Payload) -> None:
    """Tell everybody who hears of something; ``whom`` says to a guardian whom they hear it for.

    Args:
        notices: takes what is told.
        kind: ``area:thing:what``.
        heard: by account, for whom it hears: "" for itself, else what to call that person.
        payload: the same for all.
    """
    for recipient, whom in sorted(heard.items()):
        notices.emit(kind, recipient, {**payload, "whom": whom} if whom else payload)


@dataclass(frozen=True, slots=True)
class Event:
    """Something that somebody is told.

    Attributes:
        id: deduplication key, ``evt_…``.
        type: ``area:thing:what``.
        recipient: account id.
        payload: ids, codes and short texts; never media, templates or secrets.
        at: when it happened, UTC.
    """

    id: str
    type: str
    recipient: str
    payload: Payload
    at: datetime


class OutboxRow(SQLModel, table=True):
    """One event for one recipient; `routed_at` is when its deliveries were written."""

    __tablename__ = "outbox"
    __table_args__ = (Index("outbox_recipient_at", "recipient", "at"), Index("outbox_unrouted", "routed_at", "at"))

    id: str = Field(primary_key=True)
    type: str
    recipient: str
    payload: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))
    at: datetime
    read_at: datetime | None = None
    routed_at: datetime | None = None


class Outbox:
    """Writes events inside the caller's transaction and reads them back."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def emit(self, kind: str, recipient: str, payload: Payload) -> Event:
        """Record an event; it exists exactly if the surrounding transaction commits."""
        event = Event(new_id("evt"), kind, recipient, dict(payload), self._clock.now())
        with self._database.transaction() as session:
            session.add(OutboxRow(id=event.id, type=kind, recipient=recipient, payload=dict(payload), at=event.at))
        return event

    def for_recipient(self, recipient: str, limit: int = 100) -> Sequence[Event]:
        """The newest events of one recipient, newest first."""
        statement = (
            select(OutboxRow)
            .where(OutboxRow.recipient == recipient)
            .order_by(col(OutboxRow.at).desc(), col(OutboxRow.id).desc())
            .limit(limit)
        )
        with self._database.reading() as session:
            return [event_of(row) for row in session.exec(statement)]


def event_of(row: OutboxRow) -> Event:
    """A row as the value that it holds."""
    return Event(row.id, row.type, row.recipient, row.payload, aware(row.at))

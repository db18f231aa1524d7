"""Webhooks: outbox rows sent to their recipients' endpoints, signed as https://www.standardwebhooks.com says.

Each event reaches each endpoint at least once; its id goes along as ``webhook-id``, so receivers can tell repeats.
"""

import base64
import json
import re
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol
from urllib.parse import urlsplit

from sqlalchemy import JSON, Column
from sqlmodel import Field, Session, SQLModel, col, select

from trust_kernel.clock import Clock, aware
from trust_kernel.db import Database
from trust_kernel.envelope import KeyService
from trust_kernel.errors import Conflict, InvalidInput, NotFound, PlacetError
from trust_kernel.events import OutboxRow
from trust_kernel.ids import new_id

GIVE_UP_AFTER = timedelta(hours=72)
MAX_ENDPOINTS = 5
"""Endpoints of one account; few, so that sending one event to all of them fits the lease."""

_LEASE = timedelta(seconds=120)
"""How long a claimed row is left alone by other processes; longer than `MAX_ENDPOINTS` slow receivers take."""
_BACKOFF = tuple(timedelta(seconds=s) for s in (5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000))
"""Waits between attempts, as Standard Webhooks suggests; the last one repeats until `GIVE_UP_AFTER`."""
_TYPE = re.compile(r"(\*|[a-z0-9_.-]+(:[a-z0-9_.-]+)*(:\*)?)")
_GONE = 410


class DeliveryReason(StrEnum):
    """Why an endpoint is not taken."""

    URL_MALFORMED = "webhook:url:malformed"
    TYPE_MALFORMED = "webhook:type:malformed"
    TOO_MANY = "webhook:endpoint:too_many"
    NOT_FOUND = "webhook:endpoint:not_found"


class Poster(Protocol):
    """Sends one request and looks no further than the status."""

    def post(self, url: str, headers: Mapping[str, str], body: bytes) -> int:
        """POST, without following redirects; the HTTP status.

        Raises:
            PlacetError: nobody answered, or the address may not be reached from here.
        """
        ...


class WebhookEndpointRow(SQLModel, table=True):
    """Where an account wants its events; the signing secret is kept wrapped."""

    __tablename__ = "webhook_endpoints"

    id: str = Field(primary_key=True)
    account_id: str = Field(index=True)
    url: str
    secret: bytes
    types: list[str] = Field(sa_column=Column(JSON, nullable=False))
    disabled: bool = False
    created_at: datetime


class WebhookDeliveryRow(SQLModel, table=True):
    """One event that one endpoint has taken, so that a retry for another endpoint does not repeat it there."""

    __tablename__ = "webhook_deliveries"

    event_id: str = Field(primary_key=True)
    endpoint_id: str = Field(primary_key=True)
    at: datetime


@dataclass(frozen=True, slots=True)
class WebhookEndpoint:
    """An endpoint without its secret.

    Attributes:
        types: event types, ``area:*`` for a whole area, ``*`` for all.
        disabled: it answered 410 Gone.
    """

    id: str
    url: str
    types: tuple[str, ...]
    disabled: bool
    created_at: datetime


@dataclass(frozen=True, slots=True)
class NewWebhook:
    """A new endpoint and its secret (``whsec_…``), shown once."""

    endpoint: WebhookEndpoint
    secret: str


@dataclass(frozen=True, slots=True)
class DeliveryReport:
    """What one round did, in outbox rows: delivered, to be tried again, given up."""

    delivered: int = 0
    retrying: int = 0
    dead: int = 0


@dataclass(frozen=True, slots=True)
class _Claim:
    """One row that is ours until the lease ends; `attempt` tells whether it still is."""

    event_id: str
    attempt: int
    body: bytes
    targets: tuple[tuple[str, str, bytes], ...]


class WebhookDelivery:
    """Endpoints, and sending what is due.

    Args:
        database: holds the outbox and the endpoints.
        clock: decides what is due, and stamps signatures.
        poster: sends.
        keys: wraps the endpoints' secrets.
        plain_http: take ``http://`` endpoints too; for development alone.
    """

    def __init__(
        self, database: Database, clock: Clock, poster: Poster, keys: KeyService, *, plain_http: bool = False
    ) -> None:
        self._database = database
        self._clock = clock
        self._poster = poster
        self._keys = keys
        self._schemes = {"https", "http"} if plain_http else {"https"}

    def register(self, account_id: str, url: str, types: Iterable[str] = ("*",)) -> NewWebhook:
        """Add an endpoint.

        Raises:
            InvalidInput: the URL or a type is malformed.
            Conflict: the account has `MAX_ENDPOINTS`.
        """
        self._check_url(url)
        wanted = sorted(set(types))
        if not wanted or any(_TYPE.fullmatch(name) is None for name in wanted):
            raise InvalidInput(
                "types are like area:thing:what, area:* or *", code=DeliveryReason.TYPE_MALFORMED, field="types"
            )
        secret = secrets.token_bytes(32)
        row = WebhookEndpointRow(
            id=new_id("whk"),
            account_id=account_id,
            url=url,
            secret=self._keys.wrap(secret),
            types=wanted,
            created_at=self._clock.now(),
        )
        with self._database.transaction() as session:
            if len(_endpoints(session, account_id)) >= MAX_ENDPOINTS:
                raise Conflict(
                    "this account has as many webhooks as it may",
                    code=DeliveryReason.TOO_MANY,
                    limit=f"{MAX_ENDPOINTS} endpoints",
                )
            session.add(row)
        return NewWebhook(_endpoint(row), f"whsec_{base64.b64encode(secret).decode()}")

    def endpoints(self, account_id: str) -> Sequence[WebhookEndpoint]:
        """An account's endpoints, oldest first."""
        with self._database.reading() as session:
            return [_endpoint(row) for row in _endpoints(session, account_id)]

    def remove(self, account_id: str, endpoint_id: str) -> None:
        """Delete an endpoint; raises NotFound where the account has no such one."""
        with self._database.transaction() as session:
            row = session.get(WebhookEndpointRow, endpoint_id)
            if row is None or row.account_id != account_id:
                raise NotFound("no such webhook", code=DeliveryReason.NOT_FOUND)
            session.delete(row)

    def deliver_due(self, limit: int = 100) -> DeliveryReport:
        """Send up to `limit` due events; any number of processes may do this at once."""
        counted = {"delivered": 0, "retrying": 0, "dead": 0}
        for _ in range(limit):
            claim = self._claim()
            if claim is None:
                break
            taken = [endpoint for endpoint in claim.targets if self._send(claim, *endpoint)]
            counted[self._settle(claim, done=len(taken) == len(claim.targets))] += 1
        return DeliveryReport(**counted)

    def _check_url(self, url: str) -> None:
        try:
            parts = urlsplit(url)
            host, _ = parts.hostname, parts.port
        except ValueError as error:
            raise InvalidInput("this is not a URL", code=DeliveryReason.URL_MALFORMED, field="url") from error
        plain = url.isascii() and url.isprintable() and " " not in url and len(url) <= 2000  # noqa: PLR2004
        if parts.scheme not in self._schemes or not host or "@" in parts.netloc or parts.fragment or not plain:
            raise InvalidInput(
                "a webhook is an https URL without user name and fragment",
                code=DeliveryReason.URL_MALFORMED,
                field="url",
            )

    def _claim(self) -> _Claim | None:
        now = self._clock.now()
        statement = (
            select(OutboxRow)
            .where(col(OutboxRow.delivered_at).is_(None), col(OutboxRow.dead).is_(False), OutboxRow.due_at <= now)
            .order_by(col(OutboxRow.due_at), col(OutboxRow.id))
            .limit(1)
            .with_for_update(skip_locked=True)
        )
        with self._database.transaction() as session:
            row = session.exec(statement).first()
            if row is None:
                return None
            # Counted when it starts: a process that dies while sending has used the attempt up.
            row.attempts += 1
            row.due_at = now + _LEASE
            session.add(row)
            return _Claim(row.id, row.attempts, _body(row), tuple(_targets(session, row)))

    def _send(self, claim: _Claim, endpoint_id: str, url: str, wrapped: bytes) -> bool:
        from standardwebhooks import Webhook

        now = self._clock.now()
        signature = Webhook(self._keys.unwrap(wrapped)).sign(claim.event_id, now, claim.body.decode())
        headers = {
            "content-type": "application/json",
            "webhook-id": claim.event_id,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": signature,
        }
        try:
            status = self._poster.post(url, headers, claim.body)
        except PlacetError:
            # Whatever kept it from arriving, later is another chance; the row says how often it was tried.
            return False
        if status == _GONE:
            self._disable(endpoint_id)
            return True
        if not 200 <= status < 300:  # noqa: PLR2004 - HTTP's success class
            return False
        with self._database.transaction() as session:
            session.merge(WebhookDeliveryRow(event_id=claim.event_id, endpoint_id=endpoint_id, at=self._clock.now()))
        return True

    def _disable(self, endpoint_id: str) -> None:
        with self._database.transaction() as session:
            row = session.get(WebhookEndpointRow, endpoint_id)
            if row is not None:
                row.disabled = True
                session.add(row)

    def _settle(self, claim: _Claim, *, done: bool) -> str:
        now = self._clock.now()
        with self._database.transaction() as session:
            row = session.get(OutboxRow, claim.event_id, with_for_update=True)
            if row is None:
                return "delivered"
            ours = row.attempts == claim.attempt
            last = aware(row.at) + GIVE_UP_AFTER
            if done:
                row.delivered_at = row.delivered_at or now
            elif ours and now >= last:
                row.dead = True
            elif ours:
                row.due_at = min(now + _BACKOFF[min(claim.attempt, len(_BACKOFF)) - 1], last)
            session.add(row)
            return "delivered" if done else "dead" if row.dead else "retrying"


def _endpoints(session: Session, account_id: str) -> Sequence[WebhookEndpointRow]:
    statement = select(WebhookEndpointRow).where(WebhookEndpointRow.account_id == account_id)
    return session.exec(statement.order_by(col(WebhookEndpointRow.created_at), col(WebhookEndpointRow.id))).all()


def _targets(session: Session, event: OutboxRow) -> Iterable[tuple[str, str, bytes]]:
    taken = select(WebhookDeliveryRow.endpoint_id).where(WebhookDeliveryRow.event_id == event.id)
    already = set(session.exec(taken))
    for row in _endpoints(session, event.recipient):
        if not row.disabled and row.id not in already and any(_covers(name, event.type) for name in row.types):
            yield row.id, row.url, row.secret


def _covers(pattern: str, kind: str) -> bool:
    return kind.startswith(pattern[:-1]) if pattern.endswith("*") else pattern == kind


def _body(row: OutboxRow) -> bytes:
    event = {
        "id": row.id,
        "object": "event",
        "created_at": int(aware(row.at).timestamp()),
        "type": row.type,
        "data": row.payload,
    }
    return json.dumps(event, separators=(",", ":")).encode()


def _endpoint(row: WebhookEndpointRow) -> WebhookEndpoint:
    return WebhookEndpoint(row.id, row.url, tuple(row.types), row.disabled, aware(row.created_at))

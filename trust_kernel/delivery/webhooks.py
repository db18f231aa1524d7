"""Sending over webhooks, signed as https://www.standardwebhooks.com says."""

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from trust_kernel.clock import Clock
from trust_kernel.db import Database
from trust_kernel.delivery.domain import Answer, DeliveryReason, Outcome, Parcel, Target
from trust_kernel.delivery.endpoints import OWN_STYLE, rows_of
from trust_kernel.delivery.tables import WebhookEndpointRow
from trust_kernel.envelope import KeyService
from trust_kernel.errors import PlacetError
from trust_kernel.events import Event, Payload

Translation = Callable[[Event], tuple[str, Payload] | None]
"""An event's type and data as another style writes them; None where that style has no such event."""

_GONE = 410
_OK = range(200, 300)


class Poster(Protocol):
    """Sends one request and looks no further than the status."""

    def post(self, url: str, headers: Mapping[str, str], body: bytes) -> int:
        """POST, without following redirects; the HTTP status.

        Raises:
            PlacetError: nobody answered, or the address may not be reached from here.
        """
        ...


class WebhookSender:
    """The webhook channel; a target is an endpoint's id.

    Args:
        database: holds the endpoints.
        clock: stamps signatures.
        poster: sends.
        keys: unwraps the endpoints' secrets.
        translations: how events look in further styles.
    """

    def __init__(
        self,
        database: Database,
        clock: Clock,
        poster: Poster,
        keys: KeyService,
        translations: Mapping[str, Translation] | None = None,
    ) -> None:
        self._database = database
        self._clock = clock
        self._poster = poster
        self._keys = keys
        self._translations: dict[str, Translation] = {OWN_STYLE: _as_it_is, **(translations or {})}

    def targets(self, events: Sequence[Event], now: datetime) -> Iterable[tuple[Event, Target]]:  # noqa: ARG002 - the port's
        """Every endpoint of a recipient that asked for such events and is not switched off."""
        by_account: dict[str, list[WebhookEndpointRow]] = defaultdict(list)
        with self._database.reading() as session:
            for row in rows_of(session, {event.recipient for event in events}):
                by_account[row.account_id].append(row)
        for event in events:
            for row in by_account[event.recipient]:
                if not row.disabled and self._wanted(row, event):
                    yield event, Target(row.id, event.at)

    def _wanted(self, row: WebhookEndpointRow, event: Event) -> bool:
        translated = self._translation(row)(event)
        return translated is not None and any(
            _covers(name, kind) for name in row.types for kind in (event.type, translated[0])
        )

    def _translation(self, row: WebhookEndpointRow) -> Translation:
        return self._translations.get(row.style or OWN_STYLE, _as_it_is)

    def send(self, parcel: Parcel) -> Answer:
        """POST one event."""
        event = parcel.events[0]
        with self._database.reading() as session:
            row = session.get(WebhookEndpointRow, parcel.target)
        translated = self._translation(row)(event) if row is not None else None
        if row is None or row.disabled or translated is None:
            return Answer(Outcome.MOOT, DeliveryReason.SWITCHED_OFF)
        body = _body(event, *translated)
        try:
            status = self._poster.post(row.url, self._headers(event, row, body), body)
        except PlacetError as error:
            # Whatever kept it from arriving, later is another chance; the row says how often it was tried.
            return Answer(Outcome.LATER, error.code)
        if status == _GONE:
            self._switch_off(row.id)
            return Answer(Outcome.TAKEN, str(status))
        return Answer(Outcome.TAKEN if status in _OK else Outcome.LATER, str(status))

    def _headers(self, event: Event, row: WebhookEndpointRow, body: bytes) -> dict[str, str]:
        from standardwebhooks import Webhook

        now = self._clock.now()
        return {
            "content-type": "application/json",
            "webhook-id": event.id,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": Webhook(self._keys.unwrap(row.secret)).sign(event.id, now, body.decode()),
        }

    def _switch_off(self, endpoint_id: str) -> None:
        with self._database.transaction() as session:
            row = session.get(WebhookEndpointRow, endpoint_id)
            if row is not None:
                row.disabled = True
                session.add(row)


def _as_it_is(event: Event) -> tuple[str, Payload] | None:
    return event.type, event.payload


def _covers(pattern: str, kind: str) -> bool:
    return kind.startswith(pattern[:-1]) if pattern.endswith("*") else pattern == kind


def _body(event: Event, kind: str, data: Payload) -> bytes:
    said = {
        "id": event.id,
        "object": "event",
        "created_at": int(event.at.timestamp()),
        "type": kind,
        "data": dict(data),
    }
    return json.dumps(said, separators=(",", ":")).encode()

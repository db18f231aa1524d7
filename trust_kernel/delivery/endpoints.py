"""Webhook endpoints: where accounts want their events, and how what is sent there is signed."""

import base64
import re
import secrets
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from sqlmodel import Session, col, select

from trust_kernel.clock import Clock, aware
from trust_kernel.db import Database
from trust_kernel.delivery.domain import DeliveryReason
from trust_kernel.delivery.tables import WebhookEndpointRow
from trust_kernel.envelope import KeyService
from trust_kernel.errors import Conflict, InvalidInput, NotFound
from trust_kernel.ids import new_id

MAX_ENDPOINTS = 5
"""Endpoints of one account."""
OWN_STYLE = "placet"
"""Events as the API's reference lists them."""
_TYPE = re.compile(r"(\*|[a-z0-9_.-]+(:[a-z0-9_.-]+)*(:\*)?)")
_MOST_URL = 2000


@dataclass(frozen=True, slots=True)
class WebhookEndpoint:
    """An endpoint without its secret.

    Attributes:
        types: event types, ``area:*`` for a whole area, ``*`` for all.
        style: `OWN_STYLE`, or whose events they are to look like.
        disabled: it answered 410 Gone.
    """

    id: str
    url: str
    types: tuple[str, ...]
    style: str
    disabled: bool
    created_at: datetime


@dataclass(frozen=True, slots=True)
class NewWebhook:
    """A new endpoint and its secret (``whsec_…``), shown once."""

    endpoint: WebhookEndpoint
    secret: str


class WebhookEndpoints:
    """An account's endpoints.

    Args:
        database: holds them.
        clock: stamps them.
        keys: wraps their secrets.
        styles: further styles that an endpoint may ask for.
        plain_http: take ``http://`` endpoints too; for development alone.
    """

    def __init__(
        self,
        database: Database,
        clock: Clock,
        keys: KeyService,
        *,
        styles: Collection[str] = (),
        plain_http: bool = False,
    ) -> None:
        self._database = database
        self._clock = clock
        self._keys = keys
        self._styles = frozenset({OWN_STYLE, *styles})
        self._schemes = {"https", "http"} if plain_http else {"https"}

    def register(self, account_id: str, url: str, types: Iterable[str] = ("*",), style: str = OWN_STYLE) -> NewWebhook:
        """Add an endpoint.

        Raises:
            InvalidInput: the URL, a type or the style cannot be used.
            Conflict: the account has `MAX_ENDPOINTS`.
        """
        self._check_url(url)
        wanted = sorted(set(types))
        if not wanted or any(_TYPE.fullmatch(name) is None for name in wanted):
            raise InvalidInput(
                "types are like area:thing:what, area:* or *", code=DeliveryReason.TYPE_MALFORMED, field="types"
            )
        if style not in self._styles:
            raise InvalidInput(
                f"styles are {', '.join(sorted(self._styles))}", code=DeliveryReason.STYLE_UNKNOWN, field="style"
            )
        secret = secrets.token_bytes(32)
        row = WebhookEndpointRow(
            id=new_id("whk"),
            account_id=account_id,
            url=url,
            secret=self._keys.wrap(secret),
            types=wanted,
            style=style,
            created_at=self._clock.now(),
        )
        with self._database.transaction() as session:
            if len(rows_of(session, [account_id])) >= MAX_ENDPOINTS:
                raise Conflict(
                    "this account has as many webhooks as it may",
                    code=DeliveryReason.TOO_MANY,
                    limit=f"{MAX_ENDPOINTS} endpoints",
                )
            session.add(row)
        return NewWebhook(_endpoint(row), f"whsec_{base64.b64encode(secret).decode()}")

    def of(self, account_id: str) -> Sequence[WebhookEndpoint]:
        """An account's endpoints, oldest first."""
        with self._database.reading() as session:
            return [_endpoint(row) for row in rows_of(session, [account_id])]

    def remove(self, account_id: str, endpoint_id: str) -> None:
        """Delete an endpoint; raises NotFound where the account has no such one."""
        with self._database.transaction() as session:
            row = session.get(WebhookEndpointRow, endpoint_id)
            if row is None or row.account_id != account_id:
                raise NotFound("no such webhook", code=DeliveryReason.NOT_FOUND)
            session.delete(row)

    def _check_url(self, url: str) -> None:
        try:
            parts = urlsplit(url)
            host, _ = parts.hostname, parts.port
        except ValueError as error:
            raise InvalidInput("this is not a URL", code=DeliveryReason.URL_MALFORMED, field="url") from error
        plain = url.isascii() and url.isprintable() and " " not in url and len(url) <= _MOST_URL
        if parts.scheme not in self._schemes or not host or "@" in parts.netloc or parts.fragment or not plain:
            raise InvalidInput(
                "a webhook is an https URL without user name and fragment",
                code=DeliveryReason.URL_MALFORMED,
                field="url",
            )


def rows_of(session: Session, account_ids: Iterable[str]) -> Sequence[WebhookEndpointRow]:
    """The endpoints of some accounts, oldest first."""
    statement = select(WebhookEndpointRow).where(col(WebhookEndpointRow.account_id).in_(list(account_ids)))
    return session.exec(statement.order_by(col(WebhookEndpointRow.created_at), col(WebhookEndpointRow.id))).all()


def _endpoint(row: WebhookEndpointRow) -> WebhookEndpoint:
    return WebhookEndpoint(row.id, row.url, tuple(row.types), row.style, row.disabled, aware(row.created_at))

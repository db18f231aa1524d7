"""What is sent to whom over which channel, and what came of it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from trust_kernel.events import Event

GIVE_UP_AFTER = timedelta(hours=72)
LEASE = timedelta(seconds=120)
"""How long a claimed delivery is left alone by other processes; far longer than one slow receiver takes."""
BACKOFF = tuple(timedelta(seconds=s) for s in (5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000))
"""Waits between attempts, as Standard Webhooks suggests; the last one repeats until `GIVE_UP_AFTER`."""
REST = timedelta(seconds=60)
"""The longest that a receiver's other deliveries wait because one of them failed."""


class DeliveryReason(StrEnum):
    """Why an endpoint or a setting is not taken, and what the last attempt at a delivery said."""

    URL_MALFORMED = "webhook:url:malformed"
    TYPE_MALFORMED = "webhook:type:malformed"
    STYLE_UNKNOWN = "webhook:style:unknown"
    TOO_MANY = "webhook:endpoint:too_many"
    NOT_FOUND = "webhook:endpoint:not_found"
    SWITCHED_OFF = "webhook:endpoint:off"
    SERVER_SILENT = "mail:server:silent"
    SERVER_REFUSED = "mail:server:refused"
    ADDRESS_REFUSED = "mail:address:refused"
    ADDRESS_UNUSABLE = "mail:address:unusable"
    ACCOUNT_GONE = "mail:account:gone"
    NOT_WANTED = "mail:notice:not_wanted"
    SERVER_MALFORMED = "mail:server:malformed"
    EVENT_GONE = "delivery:event:gone"
    NEVER_SETTLED = "delivery:sender:died"
    DELIVERY_UNKNOWN = "delivery:letter:unknown"
    NOT_DEAD = "delivery:letter:not_dead"
    WHY_MISSING = "delivery:letter:why_missing"
    LANGUAGE_UNKNOWN = "notice:language:unknown"
    ZONE_UNKNOWN = "notice:zone:unknown"
    HOUR_MALFORMED = "notice:hour:malformed"
    AREA_UNKNOWN = "notice:area:unknown"
    NOTICE_UNKNOWN = "notice:event:unknown"
    TOKEN_FORGED = "notice:token:forged"  # noqa: S105 - a reason code


class Channel(StrEnum):
    """A way to reach somebody. In the app needs no sending: the outbox's rows are the notices."""

    WEBHOOK = "webhook"
    MAIL = "mail"
    DIGEST = "digest"


class DeliveryState(StrEnum):
    """Where a delivery stands."""

    WAITING = "waiting"
    SENT = "sent"
    DEAD = "dead"
    """Given up; staff may try again or drop it."""
    DROPPED = "dropped"
    """Nobody wants it any more, or staff took it off the list."""


class Outcome(StrEnum):
    """What one attempt came to."""

    TAKEN = "taken"
    LATER = "later"
    NEVER = "never"
    """Refused for good: no other attempt can succeed."""
    MOOT = "moot"
    """There is nobody to send it to any more."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a receiver said.

    Attributes:
        said: a status or a reason code; never a body, never an address.
    """

    outcome: Outcome
    said: str


@dataclass(frozen=True, slots=True)
class Target:
    """One delivery to be made of an event.

    Attributes:
        target: an endpoint's id or an account's; never an address.
        bundle: deliveries of one bundle go out together, in one message; empty: it goes alone.
        due: when; an event's own moment where that is at once, so that they go out in the order in which they happened.
    """

    target: str
    due: datetime
    bundle: str = ""


@dataclass(frozen=True, slots=True)
class Parcel:
    """What goes out in one message, ours until the lease ends.

    Attributes:
        id: stays the same over all attempts, so that receivers can tell repeats.
        events: oldest first; one but for digests.
        attempt: from 1.
    """

    id: str
    channel: Channel
    target: str
    events: tuple[Event, ...]
    attempt: int


class Sender(Protocol):
    """One channel."""

    def targets(self, events: Sequence[Event], now: datetime) -> Iterable[tuple[Event, Target]]:
        """To whom these go over this channel; called inside the transaction that writes the deliveries."""
        ...

    def send(self, parcel: Parcel) -> Answer:
        """Send; called outside any transaction, by several threads at once."""
        ...


def next_attempt(attempt: int, since: datetime, now: datetime) -> datetime | None:
    """When a delivery is tried again after this many attempts; None where it is given up.

    The last attempt falls on the very end of `GIVE_UP_AFTER`.
    """
    last = since + GIVE_UP_AFTER
    if now >= last:
        return None
    return min(now + BACKOFF[min(attempt, len(BACKOFF)) - 1], last)

"""Sending by e-mail: one message an event, or one a day with everything since the last."""

import hashlib
import hmac
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.errors import HeaderParseError
from email.headerregistry import Address, BaseHeader, HeaderRegistry, UnstructuredHeader
from email.message import EmailMessage
from email.policy import SMTP, Policy
from email.utils import format_datetime
from typing import Protocol
from urllib.parse import quote

from trust_kernel.clock import Clock
from trust_kernel.delivery.domain import Answer, Channel, DeliveryReason, Outcome, Parcel, Target
from trust_kernel.delivery.queue import bundle_of
from trust_kernel.delivery.settings import Mailing, NoticeBook, NoticeSettings
from trust_kernel.errors import InvalidInput, NotFound
from trust_kernel.events import Event

DIGEST = "digest"
"""Stands for the area in the link that ends digests."""
OFF_PATH = "/notices/off"
_CONTROLS = re.compile(r"[\s\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_LONGEST_SUBJECT = 120
_KEPT_BYTES = 16


@dataclass(frozen=True, slots=True)
class Recipient:
    """Who gets a mail."""

    account_id: str
    address: str
    name: str


class Recipients(Protocol):
    """Finds where an account gets its mail."""

    def find(self, account_id: str) -> Recipient | None:
        """None where there is no such account, or it is shut."""
        ...


@dataclass(frozen=True, slots=True)
class Letter:
    """What a mail says, as plain text and as HTML."""

    subject: str
    text: str
    html: str


class Writer(Protocol):
    """Puts events into words."""

    def one(self, event: Event, recipient: Recipient, language: str, off_url: str) -> Letter:
        """A mail about one event; `off_url` ends mails like it."""
        ...

    def digest(self, events: Sequence[Event], recipient: Recipient, language: str, off_url: str) -> Letter:
        """A mail about a day; `off_url` ends digests."""
        ...


class Post(Protocol):
    """Hands a message to a mail server."""

    def hand_in(self, message: EmailMessage, sender: str, recipient: str) -> Answer:
        """Send to one address; what the server said."""
        ...


class OffLinks:
    """Links that end mails about something without signing in; whoever holds one can do that and nothing else.

    Args:
        key: secret bytes.
        public_url: where this deployment is reached.
    """

    def __init__(self, key: bytes, public_url: str) -> None:
        self._key = key
        self._base = public_url.rstrip("/") + OFF_PATH

    def url(self, account_id: str, area: str) -> str:
        """The link that ends mails to an account about an area, or its digests."""
        return f"{self._base}/{quote(self.token(account_id, area))}"

    def token(self, account_id: str, area: str) -> str:
        """What the link ends in."""
        return f"{account_id}.{area}.{self._sign(account_id, area)}"

    def read(self, token: str) -> tuple[str, str]:
        """Account and area of a token; raises NotFound where it is not one of ours."""
        account_id, _, rest = token.partition(".")
        area, _, signed = rest.partition(".")
        if not hmac.compare_digest(signed.encode(), self._sign(account_id, area).encode()):
            raise NotFound("this link does not end any mails", code=DeliveryReason.TOKEN_FORGED)
        return account_id, area

    def _sign(self, account_id: str, area: str) -> str:
        return hmac.new(self._key, f"{account_id}\n{area}".encode(), hashlib.sha256).hexdigest()[: 2 * _KEPT_BYTES]


@dataclass(frozen=True, slots=True)
class MailParts:
    """What both mail channels are made of.

    Attributes:
        sender: address that mails come from.
        site: name that they come from.
    """

    clock: Clock
    book: NoticeBook
    recipients: Recipients
    writer: Writer
    post: Post
    links: OffLinks
    sender: str
    site: str


class MailSender:
    """A mail at once; a target is an account's id."""

    channel = Channel.MAIL

    def __init__(self, parts: MailParts) -> None:
        self._parts = parts

    def targets(self, events: Sequence[Event], now: datetime) -> Iterable[tuple[Event, Target]]:  # noqa: ARG002 - the port's
        """Recipients who want such mails at once."""
        chosen = self._parts.book.of_all({event.recipient for event in events})
        for event in events:
            if chosen[event.recipient].of(event.type).mail is Mailing.NOW:
                yield event, Target(event.recipient, event.at)

    def send(self, parcel: Parcel) -> Answer:
        """Write and send one mail."""
        chosen = self._parts.book.of(parcel.target)
        events = _still_wanted(parcel.events, chosen)
        recipient = self._parts.recipients.find(parcel.target)
        if recipient is None or not events:
            return _moot(recipient)
        area = events[0].type.split(":", 1)[0]
        url = self._parts.links.url(parcel.target, area)
        letter = self._parts.writer.one(events[0], recipient, chosen.language, url)
        return _handed_in(self._parts, parcel, recipient, letter, url)


class DigestSender:
    """One mail a day; a target is an account's id, a bundle everything that is due to it at one moment."""

    channel = Channel.DIGEST

    def __init__(self, parts: MailParts) -> None:
        self._parts = parts

    def targets(self, events: Sequence[Event], now: datetime) -> Iterable[tuple[Event, Target]]:
        """Recipients who want such events once a day."""
        chosen = self._parts.book.of_all({event.recipient for event in events})
        for event in events:
            settings = chosen[event.recipient]
            if settings.of(event.type).mail is Mailing.DIGEST:
                due = settings.next_digest(now)
                yield event, Target(event.recipient, due, bundle_of(Channel.DIGEST, event.recipient, due))

    def send(self, parcel: Parcel) -> Answer:
        """Write and send one digest."""
        chosen = self._parts.book.of(parcel.target)
        events = _still_wanted(parcel.events, chosen)
        recipient = self._parts.recipients.find(parcel.target)
        if recipient is None or not events:
            return _moot(recipient)
        url = self._parts.links.url(parcel.target, DIGEST)
        letter = self._parts.writer.digest(events, recipient, chosen.language, url)
        return _handed_in(self._parts, parcel, recipient, letter, url)


def _still_wanted(events: Sequence[Event], chosen: NoticeSettings) -> tuple[Event, ...]:
    """Without those whose mails were ended since they were routed."""
    return tuple(event for event in events if chosen.of(event.type).mail is not Mailing.OFF)


def _moot(recipient: Recipient | None) -> Answer:
    why = DeliveryReason.ACCOUNT_GONE if recipient is None else DeliveryReason.NOT_WANTED
    return Answer(Outcome.MOOT, why)


def _handed_in(parts: MailParts, parcel: Parcel, recipient: Recipient, letter: Letter, off_url: str) -> Answer:
    try:
        message = compose(parts, parcel.id, recipient, letter, off_url)
    except InvalidInput as error:
        return Answer(Outcome.NEVER, error.code)
    return parts.post.hand_in(message, parts.sender, recipient.address)


class _Unfolded(UnstructuredHeader, BaseHeader):
    """A header that stays on its line, which may have 998 characters (RFC 5322, 2.1.1).

    The standard library breaks long links by encoding them, and mail programs that look for a link then find none.
    """

    def fold(self, *, policy: Policy) -> str:
        return f"{self.name}: {self}{policy.linesep}"


_HEADERS = HeaderRegistry()
_HEADERS.map_to_type("list-unsubscribe", _Unfolded)
_POLICY = SMTP.clone(header_factory=_HEADERS)


def compose(parts: MailParts, parcel_id: str, recipient: Recipient, letter: Letter, off_url: str) -> EmailMessage:
    """The message; nothing that came from a person can end a header line and begin another.

    Raises:
        InvalidInput: no mail can be addressed to the recipient's address.
    """
    message = EmailMessage(policy=_POLICY)
    domain = parts.sender.rpartition("@")[2]
    message["From"] = _address(parts.site, parts.sender)
    message["To"] = _address(recipient.name, recipient.address)
    message["Subject"] = one_line(letter.subject)[:_LONGEST_SUBJECT]
    message["Date"] = format_datetime(parts.clock.now())
    # The same in every attempt, so that mail programs show a repeat once.
    message["Message-ID"] = f"<{parcel_id}@{domain}>"
    # RFC 3834, RFC 2369 and RFC 8058: no answering machine answers, and one click ends these mails.
    message["Auto-Submitted"] = "auto-generated"
    message["List-Unsubscribe"] = f"<{off_url}>"
    message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    message.set_content(letter.text)
    message.add_alternative(letter.html, subtype="html")
    return message


def one_line(text: str) -> str:
    """Text without line breaks and control characters."""
    return _CONTROLS.sub(" ", text).strip()


def _address(name: str, address: str) -> Address:
    try:
        return Address(one_line(name), addr_spec=address)
    except (ValueError, HeaderParseError, IndexError) as error:
        # What the parser of the standard library raises is not settled: some addresses fall out of its index.
        raise InvalidInput("this address cannot be written to", code=DeliveryReason.ADDRESS_UNUSABLE) from error

"""Everything that delivers, over one database: outbox, endpoints, settings, courier, a receiver and a mail server."""

import threading
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path

from sqlmodel import select

from trust_kernel.db import Database
from trust_kernel.delivery.courier import Courier
from trust_kernel.delivery.domain import Answer, Channel, Outcome, Sender
from trust_kernel.delivery.endpoints import WebhookEndpoints
from trust_kernel.delivery.inbox import Inbox
from trust_kernel.delivery.letters import DeadLetters
from trust_kernel.delivery.mail import DigestSender, Letter, MailParts, MailSender, OffLinks, Post, Recipient
from trust_kernel.delivery.settings import AreaSetting, Mailing, NoticeBook, NoticeRules
from trust_kernel.delivery.tables import DeliveryRow
from trust_kernel.delivery.webhooks import Translation, WebhookSender
from trust_kernel.envelope import LocalKeyFile
from trust_kernel.events import Event, Outbox, Payload

RULES = NoticeRules(
    ("en", "it"),
    {"consent": AreaSetting(), "case": AreaSetting(Mailing.DIGEST), "ads": AreaSetting(Mailing.OFF)},
    frozenset({"consent:grant:revoked"}),
)


class Ticking:
    """A clock that goes when it is told to."""

    def __init__(self) -> None:
        self.moment = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)

    def now(self) -> datetime:
        return self.moment


class Receiver:
    """Keeps what is posted; answers as told, by URL."""

    def __init__(self) -> None:
        self.got: list[tuple[str, dict[str, str], bytes]] = []
        self.answers: dict[str, int | BaseException] = {}
        self._lock = threading.Lock()

    def post(self, url: str, headers: Mapping[str, str], body: bytes) -> int:
        with self._lock:
            self.got.append((url, dict(headers), body))
        answer = self.answers.get(url, 200)
        if isinstance(answer, BaseException):
            raise answer
        return answer

    def at(self, url: str) -> int:
        return sum(got == url for got, _, _ in self.got)


class Letterbox:
    """Keeps mails; answers as told."""

    def __init__(self) -> None:
        self.got: list[tuple[EmailMessage, str, str]] = []
        self.answer = Answer(Outcome.TAKEN, "250")

    def hand_in(self, message: EmailMessage, sender: str, recipient: str) -> Answer:
        self.got.append((message, sender, recipient))
        return self.answer


class Directory:
    """Accounts' addresses: ``acct_a`` is written to at ``a@example.org``, unless told otherwise."""

    def __init__(self) -> None:
        self.gone: set[str] = set()
        self.addresses: dict[str, str] = {}
        self.names: dict[str, str] = {}

    def find(self, account_id: str) -> Recipient | None:
        if account_id in self.gone:
            return None
        address = self.addresses.get(account_id, f"{account_id.removeprefix('acct_')}@example.org")
        return Recipient(account_id, address, self.names.get(account_id, account_id))


class Plain:
    """Writes kinds and nothing else."""

    def one(self, event: Event, recipient: Recipient, language: str, off_url: str) -> Letter:
        subject = str(event.payload.get("subject") or event.type)
        return Letter(subject, f"{language} {recipient.name} {event.type}\n{off_url}\n", f"<p>{event.type}</p>")

    def digest(self, events: Sequence[Event], recipient: Recipient, language: str, off_url: str) -> Letter:
        kinds = " ".join(event.type for event in events)
        return Letter(f"{len(events)} notices", f"{language} {recipient.name} {kinds}\n{off_url}\n", f"<p>{kinds}</p>")


def in_short(event: Event) -> tuple[str, Payload] | None:
    """A style of events with dots, which knows cases alone."""
    return (event.type.replace(":", "."), {"it": "is"}) if event.type.startswith("case:") else None


class Postal:
    """Everything about deliveries, over one database."""

    def __init__(self, database: Database, directory: Path, post: Post | None = None) -> None:
        self.database = database
        self.clock = Ticking()
        self.receiver = Receiver()
        self.letterbox = Letterbox()
        self.directory = Directory()
        self.keys = LocalKeyFile(directory / "key")
        self.outbox = Outbox(database, self.clock)
        self.book = NoticeBook(database, RULES)
        self.inbox = Inbox(database, self.clock, self.book)
        self.letters = DeadLetters(database, self.clock)
        self.links = OffLinks(b"k" * 32, "https://placet.example/")
        self.endpoints = WebhookEndpoints(database, self.clock, self.keys, styles={"short"})
        translations: dict[str, Translation] = {"short": in_short}
        self.mail = MailParts(
            self.clock,
            self.book,
            self.directory,
            Plain(),
            post or self.letterbox,
            self.links,
            "placet@placet.example",
            "Placet",
        )
        self.senders: dict[Channel, Sender] = {
            Channel.WEBHOOK: WebhookSender(database, self.clock, self.receiver, self.keys, translations),
            Channel.MAIL: MailSender(self.mail),
            Channel.DIGEST: DigestSender(self.mail),
        }
        self.courier = Courier(database, self.clock, self.senders)

    def emit(self, kind: str = "ads:video:completed", to: str = "acct_a", **payload: str | int | bool | None) -> str:
        """Let something happen; the default kind is mailed to nobody."""
        return self.outbox.emit(kind, to, payload or {"id": "video_1"}).id

    def row(self, event_id: str) -> DeliveryRow:
        """The one delivery of an event."""
        (found,) = self.rows(event_id)
        return found

    def rows(self, event_id: str) -> list[DeliveryRow]:
        """Every delivery of an event."""
        with self.database.reading() as session:
            return list(session.exec(select(DeliveryRow).where(DeliveryRow.event_id == event_id)))

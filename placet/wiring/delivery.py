"""How people are told: channels, what they may choose, and the thread that carries it all."""

from collections.abc import Mapping
from dataclasses import dataclass

from consent_registry.api import ConsentRegistry
from placet.wiring.kernel import Kernel
from review_ui.notices import LANGUAGES, notice_words
from review_ui.notices.mail import MailWriter
from trust_kernel.delivery.courier import Courier
from trust_kernel.delivery.domain import Channel, DeliveryReason, Sender
from trust_kernel.delivery.endpoints import WebhookEndpoints
from trust_kernel.delivery.inbox import Inbox
from trust_kernel.delivery.letters import DeadLetters
from trust_kernel.delivery.mail import DigestSender, MailParts, MailSender, OffLinks, Recipient
from trust_kernel.delivery.settings import AreaSetting, Mailing, NoticeBook, NoticeRules
from trust_kernel.delivery.smtp import MailServer, Security, SmtpPost
from trust_kernel.delivery.webhooks import Translation, WebhookSender
from trust_kernel.errors import InvalidInput, NotFound
from trust_kernel.events import Event, Payload
from trust_kernel.settings import Settings
from trust_kernel.web.accounts import Accounts
from trust_kernel.web.outgoing import HttpxPoster

ALWAYS_SHOWN = frozenset(
    {
        "consent:approval:asked",
        "consent:preview:asked",
        "consent:guardian:asked",
        "consent:grant:revoked",
        "consent:subject:forgotten",
        "consent:lockdown:on",
        "release:video:taken_down",
        "consent:operator:paused",
        "consent:operator:revoked",
        "release:video:withdrawn",
    }
)
"""What nobody can keep off their own list: it was asked of them, or it ended something of theirs."""
_DAILY = frozenset({"video"})
"""Areas that are told once a day unless somebody wants them at once: whoever asks for videos watches them anyway."""
_IN_OPENAI = {"video:case:completed": "video.completed", "video:case:failed": "video.failed"}


@dataclass(frozen=True, slots=True)
class Delivery:
    """Everything about telling people."""

    endpoints: WebhookEndpoints
    book: NoticeBook
    inbox: Inbox
    letters: DeadLetters
    links: OffLinks
    courier: Courier


def build_delivery(kernel: Kernel, registry: ConsentRegistry) -> Delivery:
    """Join the channels; e-mail is one where the settings name a server.

    Raises:
        InvalidInput: the mail settings do not go together.
    """
    database, clock, settings = kernel.database, kernel.clock, kernel.settings
    book = NoticeBook(database, notice_rules())
    links = OffLinks(kernel.keys.derive("notices:off"), settings.public_url)
    translations: dict[str, Translation] = {"openai": as_openai}
    senders: dict[Channel, Sender] = {
        Channel.WEBHOOK: WebhookSender(database, clock, HttpxPoster(), kernel.keys, translations)
    }
    if settings.smtp_host:
        mail = _mail(kernel, registry, book, links)
        senders |= {Channel.MAIL: MailSender(mail), Channel.DIGEST: DigestSender(mail)}
    return Delivery(
        endpoints=WebhookEndpoints(
            database,
            clock,
            kernel.keys,
            styles=translations.keys(),
            plain_http=settings.environment != "production",
        ),
        book=book,
        inbox=Inbox(database, clock, book),
        letters=DeadLetters(database, clock),
        links=links,
        courier=Courier(database, clock, senders),
    )


def notice_rules() -> NoticeRules:
    """What accounts may choose among: the areas of all events that there are words for."""
    areas = sorted({kind.split(":", 1)[0] for kind in notice_words().kinds})
    chosen: Mapping[str, AreaSetting] = {
        area: AreaSetting(Mailing.DIGEST if area in _DAILY else Mailing.NOW) for area in areas
    }
    return NoticeRules(LANGUAGES, chosen, ALWAYS_SHOWN)


def as_openai(event: Event) -> tuple[str, Payload] | None:
    """An event as OpenAI's clients know it: ``video.completed``, ``video.failed``, with the video's id."""
    kind = _IN_OPENAI.get(event.type)
    return (kind, {"id": event.payload.get("video_id")}) if kind else None


def _mail(kernel: Kernel, registry: ConsentRegistry, book: NoticeBook, links: OffLinks) -> MailParts:
    settings = kernel.settings
    if "@" not in settings.mail_from:
        raise InvalidInput(
            "mails need an address that they come from", code=DeliveryReason.SERVER_MALFORMED, field="mail_from"
        )

    def handle_of(account_id: str) -> str:
        subject = registry.subject_of(account_id)
        return subject.handle if subject else ""

    return MailParts(
        clock=kernel.clock,
        book=book,
        recipients=AccountMail(kernel.accounts),
        writer=MailWriter(settings.branding_name, settings.branding_likeness_term, settings.public_url, handle_of),
        post=SmtpPost(mail_server(settings)),
        links=links,
        sender=settings.mail_from,
        site=settings.branding_name,
    )


def mail_server(settings: Settings) -> MailServer:
    """Where mails are handed in."""
    return MailServer(
        settings.smtp_host,
        settings.smtp_port,
        Security(settings.smtp_security),
        settings.smtp_user,
        settings.smtp_password.get_secret_value(),
    )


class AccountMail:
    """Accounts' own addresses."""

    def __init__(self, accounts: Accounts) -> None:
        self._accounts = accounts

    def find(self, account_id: str) -> Recipient | None:
        """None where there is no such account, or it is shut."""
        try:
            account = self._accounts.account(account_id)
        except NotFound:
            return None
        return None if account.disabled else Recipient(account.id, account.email, account.name)

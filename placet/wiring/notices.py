"""Notices under a statute: what they need of the gateway's releases, of the mail server, and of the settings."""

import hashlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from email.errors import HeaderParseError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from pathlib import Path

from copyright_optout.api import ClockTerms, Notice, NoticeDesk, NoticeLinks, NoticeParts
from copyright_optout.domain.notices import FoundBy, Located
from copyright_optout.store import DatabaseNotices
from generator_gateway.errors import GatewayReason
from generator_gateway.ports.appeals import AppealShelf
from generator_gateway.ports.bindings import BindingMatch, PrintMaker, Prints
from generator_gateway.ports.takedowns import ItemState, TakedownCause, Takedowns
from generator_gateway.service.bindings import UNCONFIRMED, SoftBindings
from generator_gateway.service.bindings_search import Kept, Likeness, PrintIndex
from generator_gateway.service.bindings_values import Algorithms
from generator_gateway.service.locating import read_places
from generator_gateway.store.appeals import AppealStore
from generator_gateway.store.bindings import BindingStore
from generator_gateway.store.locating import LocatingStore
from placet.roles import ROLES
from placet.wiring.delivery import mail_server
from placet.wiring.guards import Guards
from placet.wiring.kernel import Kernel
from placet.wiring.optouts import claim_record
from placet.wiring.staff import AccountStaff
from review_ui.notice.words import letter
from trust_kernel.clock import Clock
from trust_kernel.delivery.domain import Answer, DeliveryReason, Outcome
from trust_kernel.delivery.mail import Post, one_line
from trust_kernel.delivery.smtp import SmtpPost
from trust_kernel.errors import Conflict, InvalidInput, Unavailable
from trust_kernel.settings import Settings
from trust_kernel.web.rate import RateLimit, TokenBuckets

_IDENTICAL = 90
"""Similarity from which a release counts as an identical copy: a copy that was encoded again stays above it, and what
shares a stretch with another video, or looks like it here and there, stays below."""
_RECOGNISED = 75
"""Similarity from which a file that somebody sends is one of our releases: what vPDQ takes for a match, four of five
frames within 31 bits of 256, is at least 70, and 75 where its bits agree as well as those of a copy do."""


class ReleasedVideos:
    """`Videos` of notices: releases, by what people have of them and by what they look like.

    Args:
        store: rows.
        likenesses: the search over all releases' fingerprints.
        prints: makes fingerprints of files that strangers send.
        marks: reads marks in them.
    """

    def __init__(self, store: LocatingStore, likenesses: BindingStore, prints: PrintMaker, marks: SoftBindings) -> None:
        self._store = store
        self._likenesses = likenesses
        self._prints = prints
        self._marks = marks

    def locate(self, places: Sequence[str]) -> Sequence[Located]:
        """Releases that ids, links and digests lead to."""
        said = read_places(places)
        linked = self._store.by_link_hashes(said.link_hashes)
        known = self._store.existing([*said.case_ids, *linked])
        found = {case_id: Located(case_id, FoundBy.DIGEST) for case_id in self._store.by_digests(said.digests)}
        found |= {case_id: Located(case_id, FoundBy.LINKED) for case_id in linked if case_id in known}
        found |= {case_id: Located(case_id, FoundBy.NAMED) for case_id in said.case_ids if case_id in known}
        return list(found.values())

    def recognise(self, path: Path) -> Sequence[Located]:
        """Releases that a file comes from: the same bytes, the same pictures, or a mark that they confirm."""
        with path.open("rb") as file:
            same = self._store.by_digests([hashlib.file_digest(file, "sha256").hexdigest()])
        found = {case_id: Located(case_id, FoundBy.FILE) for case_id in same}
        for one in self._alike(self._prints.prints(path), _RECOGNISED):
            found.setdefault(one.case_id, Located(one.case_id, FoundBy.FILE, one.similarity))
        for match in self._marked(path):
            if match.similarity > UNCONFIRMED:
                found.setdefault(match.case_id, Located(match.case_id, FoundBy.FILE, match.similarity))
        return list(found.values())

    def copies(self, case_ids: Collection[str]) -> Sequence[Located]:
        """Identical copies among all releases."""
        found: dict[str, Located] = {}
        for case_id in self._store.by_digests(self._store.digests(case_ids)):
            found[case_id] = Located(case_id, FoundBy.COPY)
        for case_id in case_ids:
            for one in self._alike(self._likenesses.prints_of(case_id), _IDENTICAL):
                found.setdefault(one.case_id, Located(one.case_id, FoundBy.COPY, one.similarity))
        return [copy for copy in found.values() if copy.case_id not in case_ids]

    def _alike(self, prints: Prints, least: int) -> Iterator[Likeness]:
        """Releases with the same pictures, or nearly the same bytes; two videos may share a piece of music."""
        return (one for one in self._likenesses.alike(_without_sound(prints)) if one.similarity >= least)

    def _marked(self, path: Path) -> Sequence[BindingMatch]:
        try:
            return self._marks.by_content(path, algorithm=Algorithms().mark)
        except Unavailable:
            return ()  # the detector is not installed; pictures are compared all the same

    def fingerprints(self, case_id: str) -> Sequence[str]:
        """PDQ hashes of a release's frames."""
        return self._likenesses.prints_of(case_id).pictures

    def owners(self, case_ids: Collection[str]) -> Mapping[str, Sequence[str]]:
        """Accounts that own releases."""
        return self._store.owners(case_ids)

    def owned(self, account_id: str) -> Collection[str]:
        """Releases that an account owns."""
        return self._store.owned(account_id)

    def withdrawn(self, case_ids: Collection[str]) -> Collection[str]:
        """Which of these are withdrawn for good."""
        return self._store.withdrawn(case_ids)

    def identical(self, case_id: str, others: Collection[str]) -> Collection[str]:
        """Copies among a few releases: of the same bytes, or the same pictures throughout."""
        same = set(self._store.by_digests(self._store.digests([case_id])))
        among = PrintIndex()
        among.add([Kept.of(one, self._pictures(one)) for one in sorted(others)])
        alike = among.search(self._pictures(case_id)) if others else ()
        return (same & set(others)) | {one.case_id for one in alike if one.similarity >= _IDENTICAL}

    def _pictures(self, case_id: str) -> Prints:
        return _without_sound(self._likenesses.prints_of(case_id))


def _without_sound(prints: Prints) -> Prints:
    return Prints(pictures=prints.pictures, iscc=prints.iscc)


class NoticeTakedowns:
    """`Takedowns` of notices: batches of the gateway's.

    Args:
        desk: takes down.
        appeals: knows which batches are appealed about.
    """

    def __init__(self, desk: Takedowns, appeals: AppealShelf) -> None:
        self._desk = desk
        self._appeals = appeals

    def lock(self, case_ids: Collection[str], batch_ids: Collection[str] = ()) -> None:
        """Lock batches, then releases."""
        self._desk.lock(batch_ids, case_ids)

    def contested(self, batch_ids: Collection[str]) -> bool:
        """Whether an appeal about one of these batches is open."""
        return self._appeals.open_against(batch_ids)

    def spare(self, batch_id: str, case_ids: Collection[str], *, by: str) -> Collection[str]:
        """Give some of a batch back; nothing where it is gone already."""
        try:
            self._desk.spare(batch_id, case_ids, by, by_notice=True)
        except Conflict as error:
            if error.code != GatewayReason.TAKEDOWN_STATE:
                raise
            return ()
        items = self._desk.items(batch_id)
        out = {item.touched.case_id for item in items if item.state is ItemState.RESTORED}
        return out & set(case_ids)

    def take_down(self, case_ids: Collection[str], *, cause: str, about: str, by: str, until: datetime) -> str:
        """Take releases down; an empty id where none is out."""
        try:
            return self._desk.take_down(case_ids, TakedownCause(cause, about), by, until=until).id
        except InvalidInput as error:
            if error.code != GatewayReason.TAKEDOWN_NOTHING:
                raise
            return ""

    def restore(self, batch_id: str, *, by: str) -> None:
        """Give a batch back; nothing where that was done, or it is for good."""
        try:
            self._desk.restore(batch_id, by, by_notice=True)
        except Conflict as error:
            if error.code != GatewayReason.TAKEDOWN_STATE:
                raise

    def keep(self, batch_id: str, until: datetime) -> None:
        """Have a batch stay undoable."""
        try:
            self._desk.keep(batch_id, until)
        except Conflict as error:
            if error.code != GatewayReason.TAKEDOWN_STATE:
                raise

    def finalise(self, batch_id: str, *, by: str) -> None:
        """Let a batch stay down for good."""
        try:
            self._desk.finalise(batch_id, by)
        except Conflict as error:
            if error.code != GatewayReason.TAKEDOWN_STATE:
                raise


class NoMail:
    """`NoticeMail` where the settings name no server: those without an account follow their private link."""

    is_there = False

    def send(self, address: str, name: str, notice: Notice, link: str) -> Answer:  # noqa: ARG002 - the port's
        """Nothing is sent."""
        return Answer(Outcome.MOOT, DeliveryReason.NOT_WANTED)


class SmtpNoticeMail:
    """`NoticeMail` by a mail server.

    Args:
        post: hands messages in.
        sender: address that they come from.
        site: name that they come from.
        clock: tells the time.
    """

    is_there = True

    def __init__(self, post: Post, sender: str, site: str, clock: Clock) -> None:
        self._post = post
        self._sender = sender
        self._site = site
        self._clock = clock

    def send(self, address: str, name: str, notice: Notice, link: str) -> Answer:
        """Say where a notice stands."""
        subject, text = letter(notice.language, notice.state, site=self._site, name=one_line(name), link=link)
        message = EmailMessage(policy=SMTP)
        try:
            message["To"] = Address(one_line(name), addr_spec=address)
        except (ValueError, IndexError, HeaderParseError):
            return Answer(Outcome.NEVER, DeliveryReason.ADDRESS_UNUSABLE)
        message["From"] = Address(one_line(self._site), addr_spec=self._sender)
        message["Subject"] = subject
        message["Date"] = format_datetime(self._clock.now())
        message["Message-ID"] = f"<{notice.id}.{notice.state}@{self._sender.rpartition('@')[2]}>"
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(text)
        return self._post.hand_in(message, self._sender, address)


def build_notices(
    kernel: Kernel,
    guards: Guards,
    takedowns: Takedowns,
    videos: ReleasedVideos,
) -> NoticeDesk:
    """The desk of notices."""
    settings = kernel.settings
    return NoticeDesk(
        NoticeParts(
            store=DatabaseNotices(kernel.database),
            seal=kernel.keyring,
            videos=videos,
            takedowns=NoticeTakedowns(takedowns, AppealStore(kernel.database)),
            staydown=guards.optouts.staydown,
            mail=_mail(settings, kernel.clock),
            links=NoticeLinks(kernel.keys.derive("optout:notices"), settings.public_url),
            record=claim_record(kernel),
            outbox=kernel.outbox,
            staff=AccountStaff(kernel.accounts, ROLES),
            clock=kernel.clock,
            terms=ClockTerms(
                decide=timedelta(hours=settings.notice_decide_hours),
                warn=timedelta(hours=settings.notice_warning_hours),
            ),
            keep=timedelta(days=settings.notice_keep_days),
            acts_by_itself=settings.notices_act_by_themselves,
        )
    )


def build_notice_limit(settings: Settings) -> RateLimit:
    """How often one address may come about notices."""
    return RateLimit(TokenBuckets(settings.notices_per_minute), settings.proxy_networks)


def _mail(settings: Settings, clock: Clock) -> NoMail | SmtpNoticeMail:
    if not settings.smtp_host:
        return NoMail()
    return SmtpNoticeMail(SmtpPost(mail_server(settings)), settings.mail_from, settings.branding_name, clock)

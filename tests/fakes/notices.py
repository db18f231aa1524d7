"""Stand-ins for what notices need."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path

from copyright_optout.adapters.bit_matrix import BitMatrix
from copyright_optout.adapters.energy_printer import EnergyPrinter
from copyright_optout.adapters.null_looks import NullLooks
from copyright_optout.adapters.work_codes import IsccCodes
from copyright_optout.api import NoticeDesk, NoticeLinks, NoticeParts, OptOutIndex, ReferenceParts
from copyright_optout.domain import Reference, ReferenceChange
from copyright_optout.domain.notice_clocks import ClockTerms
from copyright_optout.domain.notice_mails import MailStanding
from copyright_optout.domain.notices import ENDED, FoundBy, Located, Notice, NoticeState, Statute
from copyright_optout.ports.notices import Place
from generator_gateway.ports.bindings import Prints
from tests.fakes.optout import MemoryOutbox, MemoryRecord, SetClock, optout_parts
from trust_kernel.delivery.domain import Answer, DeliveryReason, Outcome
from trust_kernel.errors import NotFound

VIDEO, OTHER, COPY = "video_1", "video_2", "video_3"
MAKER, CO_OWNER, STAFF = "acct_maker", "acct_shown", "acct_staff"
KEEP = timedelta(days=1095)


class MemoryNotices:
    """Notices in dictionaries."""

    def __init__(self) -> None:
        self._notices: dict[str, Notice] = {}
        self._due: dict[str, datetime | None] = {}
        self._look: dict[str, datetime | None] = {}
        self._warned: dict[str, datetime] = {}
        self._mailed: dict[str, NoticeState] = {}
        self._mail: dict[str, MailStanding] = {}
        self._texts: dict[tuple[str, str], bytes] = {}

    @contextmanager
    def transaction(self) -> Iterator[None]:
        kept = (self._notices, self._due, self._look, self._warned, self._mailed, self._mail, self._texts)
        before = [dict(one) for one in kept]
        try:
            yield
        except BaseException:
            for one, was in zip(kept, before, strict=True):
                one.clear()  # type: ignore[attr-defined] # dictionaries all
                one.update(was)  # type: ignore[attr-defined]
            raise

    def add(self, notice: Notice) -> None:
        self._notices[notice.id] = notice
        self._due[notice.id] = self._look[notice.id] = None

    def get(self, notice_id: str, *, lock: bool = False) -> Notice | None:
        del lock
        return self._notices.get(notice_id)

    def replace(self, notice: Notice, *, due: datetime | None, look: datetime | None) -> None:
        if notice.id not in self._notices:
            raise NotFound("there is no such notice", code="optout:notice:unknown")
        if notice.state != self._notices[notice.id].state:
            self._mail.pop(notice.id, None)
        self._notices[notice.id] = notice
        self._due[notice.id], self._look[notice.id] = due, look

    def page(
        self,
        *,
        states: Collection[NoticeState] = (),
        statute: Statute | None = None,
        account_id: str | None = None,
        after: str | None = None,
        limit: int = 100,
    ) -> Sequence[Notice]:
        found = [
            one
            for one in self._notices.values()
            if (not states or one.state in states)
            and (statute is None or one.statute is statute)
            and (account_id is None or one.account_id == account_id)
            and (after is None or one.id < after)
        ]
        return sorted(found, key=lambda one: one.id, reverse=True)[:limit]

    def about(self, case_ids: Collection[str]) -> Sequence[Notice]:
        wanted = set(case_ids)
        return [one for one in self.page() if any(v.batch_id and v.case_id in wanted for v in one.videos)]

    def running(self, after: Place | None, limit: int) -> Sequence[tuple[Place, Notice]]:
        places = sorted((due, key) for key, due in self._due.items() if due)
        return [(place, self._notices[place[1]]) for place in places if after is None or place > after][:limit]

    def to_look_at(self, until: datetime, after: Place | None, limit: int) -> Sequence[Place]:
        places = sorted((look, key) for key, look in self._look.items() if look and look <= until)
        return [place for place in places if after is None or place > after][:limit]

    def look_again(self, notice_id: str, at: datetime | None) -> None:
        self._look[notice_id] = at

    def warned(self, notice_id: str, due: datetime) -> bool:
        if self._warned.get(notice_id) == due:
            return False
        self._warned[notice_id] = due
        return True

    def ended(self, before: datetime, limit: int) -> Sequence[str]:
        texts = {notice_id for notice_id, _ in self._texts}
        ended = [
            one.id
            for one in self._notices.values()
            if one.state in {NoticeState.INCOMPLETE, *ENDED} and one.changed_at <= before
        ]
        return [notice_id for notice_id in ended if notice_id in texts][:limit]

    def unmailed(self, now: datetime, limit: int) -> Sequence[Notice]:
        waiting = [
            (self.mail(one.id).next_at or one.changed_at, one.id)
            for one in self._notices.values()
            if one.account_id is None
            and self._mailed.get(one.id) != one.state
            and (self.mail(one.id).next_at or now) <= now
        ]
        return [self._notices[key] for _, key in sorted(waiting)][:limit]

    def mailed(self, notice_id: str, state: NoticeState) -> None:
        self._mailed[notice_id] = state
        if self._notices[notice_id].state is state:
            self._mail.pop(notice_id, None)

    def not_mailed(self, notice_id: str, state: NoticeState, standing: MailStanding) -> None:
        if self._notices[notice_id].state is not state:
            return
        if standing.given_up:
            self._mailed[notice_id] = state
        self._mail[notice_id] = standing

    def mail(self, notice_id: str) -> MailStanding:
        if notice_id not in self._notices:
            raise NotFound("there is no such notice", code="optout:notice:unknown")
        return self._mail.get(notice_id, MailStanding())

    def keep_text(self, notice_id: str, part: str, sealed: bytes) -> None:
        self._texts[notice_id, part] = sealed

    def text(self, notice_id: str, part: str) -> bytes | None:
        return self._texts.get((notice_id, part))

    def drop_texts(self, notice_id: str) -> None:
        for key in [key for key in self._texts if key[0] == notice_id]:
            del self._texts[key]


@dataclass
class MirrorSeal:
    """Seals by turning bytes round: enough to see that nothing is kept as it was written."""

    shredded: set[str] = field(default_factory=set)

    def seal(self, key_id: str, plaintext: bytes, context: str) -> bytes:
        del context
        if key_id in self.shredded:
            raise NotFound("this key was shredded")
        return plaintext[::-1]

    def open(self, key_id: str, sealed: bytes, context: str) -> bytes:
        del context
        if key_id in self.shredded:
            raise NotFound("this key was shredded")
        return sealed[::-1]

    def shred(self, key_id: str) -> None:
        self.shredded.add(key_id)


@dataclass
class SomeVideos:
    """Three videos, of which the third is a copy of the first; the maker's, but that the second also shows somebody."""

    owners_of: dict[str, tuple[str, ...]] = field(
        default_factory=lambda: {VIDEO: (MAKER,), OTHER: (MAKER, CO_OWNER), COPY: ("acct_copier",)}
    )
    copies_of: dict[str, str] = field(default_factory=lambda: {VIDEO: COPY})
    gone: set[str] = field(default_factory=set)
    """What was withdrawn for good."""
    hashes: dict[str, tuple[str, ...]] = field(default_factory=lambda: {VIDEO: ("f0" * 32, "0f" * 32, "3c" * 32)})

    def locate(self, places: Sequence[str]) -> Sequence[Located]:
        return [Located(place, FoundBy.NAMED) for place in places if place in self.owners_of]

    def recognise(self, path: Path) -> Sequence[Located]:
        return [Located(VIDEO, FoundBy.FILE, 93)] if path.read_bytes() == b"video one" else []

    def copies(self, case_ids: Collection[str]) -> Sequence[Located]:
        found = [self.copies_of[one] for one in case_ids if one in self.copies_of]
        return [Located(one, FoundBy.COPY, 97) for one in found if one not in case_ids]

    def fingerprints(self, case_id: str) -> Sequence[str]:
        return self.hashes.get(case_id, ())

    def owners(self, case_ids: Collection[str]) -> Mapping[str, Sequence[str]]:
        return {case_id: self.owners_of[case_id] for case_id in case_ids if case_id in self.owners_of}

    def withdrawn(self, case_ids: Collection[str]) -> Collection[str]:
        return self.gone & set(case_ids)

    def identical(self, case_id: str, others: Collection[str]) -> Collection[str]:
        pairs = {*self.copies_of.items(), *((copy, first) for first, copy in self.copies_of.items())}
        return {other for one, other in pairs if one == case_id and other in others}

    def owned(self, account_id: str) -> Collection[str]:
        return {case_id for case_id, accounts in self.owners_of.items() if account_id in accounts}


@dataclass
class MemoryTakedowns:
    """What is down, by batch; and when each video went down and came back."""

    clock: SetClock
    batches: dict[str, set[str]] = field(default_factory=dict)
    until: dict[str, datetime] = field(default_factory=dict)
    final: set[str] = field(default_factory=set)
    appealed: set[str] = field(default_factory=set)
    """Batches about which an appeal is open."""
    log: list[tuple[datetime, str, str]] = field(default_factory=list)

    @property
    def down(self) -> set[str]:
        return set[str]().union(*self.batches.values())

    def lock(self, case_ids: Collection[str], batch_ids: Collection[str] = ()) -> None:
        del case_ids, batch_ids

    def take_down(self, case_ids: Collection[str], *, cause: str, about: str, by: str, until: datetime) -> str:
        del cause, about, by
        batch_id = f"takedown_{len(self.log) + len(self.batches)}"
        self.batches[batch_id] = set(case_ids)
        self.until[batch_id] = until
        self.log += [(self.clock.now(), "down", case_id) for case_id in sorted(case_ids)]
        return batch_id

    def restore(self, batch_id: str, *, by: str) -> None:
        del by
        self.log += [(self.clock.now(), "back", case_id) for case_id in sorted(self.batches[batch_id])]
        self.batches[batch_id] = set()

    def spare(self, batch_id: str, case_ids: Collection[str], *, by: str) -> Collection[str]:
        del by
        self.log += [(self.clock.now(), "back", case_id) for case_id in sorted(case_ids)]
        given = self.batches[batch_id] & set(case_ids)
        self.batches[batch_id] -= given
        return given

    def contested(self, batch_ids: Collection[str]) -> bool:
        return bool(self.appealed & set(batch_ids))

    def keep(self, batch_id: str, until: datetime) -> None:
        self.until[batch_id] = max(until, self.until[batch_id])

    def finalise(self, batch_id: str, *, by: str) -> None:
        del by
        self.final |= self.batches[batch_id]


@dataclass
class MemoryMail:
    """Mails that were sent: address, state, link."""

    is_there: bool = True
    away: bool = False
    refused: dict[str, Answer] = field(default_factory=dict)
    """What the server has against addresses."""
    asked: list[str] = field(default_factory=list)
    """Addresses that were tried."""
    sent: list[tuple[str, str, str]] = field(default_factory=list)

    def send(self, address: str, name: str, notice: Notice, link: str) -> Answer:
        del name
        self.asked.append(address)
        if self.away:
            return Answer(Outcome.LATER, DeliveryReason.SERVER_SILENT)
        if address in self.refused:
            return self.refused[address]
        self.sent.append((address, notice.state.value, link))
        return Answer(Outcome.TAKEN, "250")


class MemoryReferences:
    """Reference media in a dictionary, by id; no index reads them."""

    def __init__(self) -> None:
        self.kept: dict[str, Reference] = {}

    def add(self, reference: Reference) -> None:
        self.kept[reference.id] = reference

    def of_claim(self, claim_id: str) -> Sequence[Reference]:
        return [one for one in self.kept.values() if one.claim_id == claim_id]

    def count(self, claim_id: str) -> int:
        return len(self.of_claim(claim_id))

    def drop(self, reference_id: str) -> None:
        self.kept.pop(reference_id, None)

    def find(self, reference_ids: Sequence[str]) -> Sequence[Reference]:
        return [self.kept[one] for one in reference_ids if one in self.kept]

    def changes_since(self, generation: int, most: int) -> Sequence[ReferenceChange]:
        del generation, most
        return []


class NoFiles:
    """`WorkPrinter` that nothing is handed to."""

    def prints(self, path: Path) -> Prints:
        raise NotImplementedError(path)


class OneStaff:
    """One member of staff."""

    def who_may(self, permission: str) -> Collection[str]:
        return [STAFF] if permission == "optout:activate" else []


class NoticeWorld:
    """The desk of notices over stand-ins, with a clock that a test sets."""

    def __init__(self, *, acts_by_itself: bool = True) -> None:
        self.clock = SetClock()
        self.record, self.outbox = MemoryRecord(), MemoryOutbox()
        self.references = MemoryReferences()
        media = ReferenceParts(self.references, BitMatrix(), (EnergyPrinter(),), NullLooks(), NoFiles(), IsccCodes())
        parts = optout_parts(record=self.record, clock=self.clock)
        self.optouts = OptOutIndex(replace(parts, references=media))
        self.takedowns = MemoryTakedowns(self.clock)
        self.store, self.seal = MemoryNotices(), MirrorSeal()
        self.videos, self.mail = SomeVideos(), MemoryMail()
        self.parts = NoticeParts(
            store=self.store,
            seal=self.seal,
            videos=self.videos,
            takedowns=self.takedowns,
            staydown=self.optouts.staydown,
            mail=self.mail,
            links=NoticeLinks(b"k" * 32, "https://placet.example"),
            record=self.record,
            outbox=self.outbox,
            staff=OneStaff(),
            clock=self.clock,
            terms=ClockTerms(),
            keep=KEEP,
            acts_by_itself=acts_by_itself,
        )
        self.desk = NoticeDesk(self.parts)

    def later(self, **step: float) -> None:
        """Let time pass."""
        self.clock.moment += timedelta(**step)

    def told(self, kind: str) -> list[str]:
        """Who was told something."""
        return [recipient for what, recipient, _ in self.outbox.sent if what == kind]

    def logged(self) -> list[str]:
        """Kinds on the ledger that are about notices."""
        return [kind for kind, _ in self.record.entries if kind.startswith("optout:notice:")]

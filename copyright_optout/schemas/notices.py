"""What the routes of notices take and give."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from copyright_optout.domain.notice_clocks import ClockKind, NoticeClock, restore_window
from copyright_optout.domain.notices import (
    REQUIRED,
    Counter,
    CounterStatement,
    CounterTexts,
    Element,
    FoundBy,
    Located,
    Notice,
    NoticeState,
    Rejection,
    Statute,
    Texts,
)
from copyright_optout.service.notice_countering import Received


class RequirementView(BaseModel):
    """One element that a notice needs, where the law says so, and how it is looked for."""

    element: Element
    law: str
    checked: str


class RequirementsView(BaseModel):
    """What notices need, by law. No legal advice."""

    data: dict[Statute, list[RequirementView]]

    @classmethod
    def whole(cls) -> "RequirementsView":
        """Of every law."""
        return cls(
            data={
                statute: [RequirementView(element=one.element, law=one.law, checked=one.checked) for one in needed]
                for statute, needed in REQUIRED.items()
            }
        )


class SuitBody(BaseModel):
    """Whether a law suit is pending."""

    model_config = ConfigDict(extra="forbid")

    pending: bool


class RejectionBody(BaseModel):
    """Why a notice is turned down."""

    model_config = ConfigDict(extra="forbid")

    why: Literal[Rejection.NOT_SHOWN, Rejection.LAWFUL, Rejection.NOT_ENTITLED, Rejection.ABUSE]


class PlacesBody(BaseModel):
    """Videos, by id, link or digest."""

    model_config = ConfigDict(extra="forbid")

    videos: list[str] = Field(min_length=1, max_length=100)


class CounterBody(BaseModel):
    """A counter-notice: 17 U.S.C. 512(g)(3)."""

    model_config = ConfigDict(extra="forbid")

    name: str = ""
    address: str = ""
    phone: str = ""
    email: str = ""
    signature: str = ""
    statement: str = ""
    declared: list[CounterStatement] = Field(default=[])

    def texts(self) -> CounterTexts:
        """What was written."""
        return CounterTexts(self.name, self.address, self.phone, self.signature, self.email, self.statement)


class TextsView(BaseModel):
    """What somebody wrote."""

    name: str
    email: str
    phone: str
    address: str
    on_behalf_of: str
    work: str
    statement: str
    videos: list[str]
    signature: str

    @classmethod
    def of(cls, texts: Texts) -> "TextsView":
        """The view of a notice's texts."""
        return cls(
            name=texts.name,
            email=texts.email,
            phone=texts.phone,
            address=texts.address,
            on_behalf_of=texts.on_behalf_of,
            work=texts.work,
            statement=texts.statement,
            videos=list(texts.places),
            signature=texts.signature,
        )


class ClockView(BaseModel):
    """Something that runs out."""

    notice_id: str
    statute: Statute
    kind: ClockKind
    due: datetime
    counter_id: str | None

    @classmethod
    def of(cls, clock: NoticeClock) -> "ClockView":
        """The view of a clock."""
        return cls(
            notice_id=clock.notice_id,
            statute=clock.statute,
            kind=clock.kind,
            due=clock.due,
            counter_id=clock.counter_id or None,
        )


class ClockList(BaseModel):
    """What runs, what runs out next first; `next` continues, where there is more."""

    data: list[ClockView]
    next: str | None


class CounterView(BaseModel):
    """A counter-notice, as staff and whoever gave the notice see it: 512(g)(2)(B) has them given a copy."""

    id: str
    received_at: datetime
    restore_from: datetime
    restore_by: datetime
    restored_at: datetime | None
    videos: int
    name: str | None
    address: str | None
    phone: str | None
    email: str | None
    statement: str | None

    @classmethod
    def of(cls, notice: Notice, counter: Counter, texts: CounterTexts | None) -> "CounterView":
        """The view of a counter-notice."""
        begins, ends = restore_window(notice.statute, counter)
        return cls(
            id=counter.id,
            received_at=counter.received_at,
            restore_from=begins,
            restore_by=ends,
            restored_at=counter.restored_at,
            videos=len(counter.case_ids),
            name=texts.name if texts else None,
            address=texts.address if texts else None,
            phone=texts.phone if texts else None,
            email=texts.email if texts else None,
            statement=texts.statement if texts else None,
        )


class GivenView(BaseModel):
    """A notice, as whoever gave it sees it.

    Attributes:
        token: what its private link ends in; whoever has it can do all that they can.
        videos: how many it is about, known identical copies included once it was acted on.
        down: how many of them it keeps down.
        texts: null once they were destroyed.
    """

    id: str
    token: str
    statute: Statute
    state: NoticeState
    missing: list[Element]
    declared: list[Element]
    received_at: datetime
    valid_at: datetime | None
    acted_at: datetime | None
    suit_pending: bool
    rejection: Rejection | None
    videos: int
    down: int
    counters: list[CounterView]
    texts: TextsView | None

    @classmethod
    def of(cls, notice: Notice, token: str, texts: Texts | None, counters: Mapping[str, CounterTexts]) -> "GivenView":
        """The view of one's own notice."""
        return cls(
            id=notice.id,
            token=token,
            statute=notice.statute,
            state=notice.state,
            missing=list(notice.missing),
            declared=sorted(notice.declared),
            received_at=notice.received_at,
            valid_at=notice.valid_at,
            acted_at=notice.acted_at,
            suit_pending=notice.suit_at is not None,
            rejection=notice.rejection,
            videos=len(notice.videos),
            down=len(notice.down),
            counters=[CounterView.of(notice, one, counters.get(one.id)) for one in notice.counters],
            texts=None if texts is None else TextsView.of(texts),
        )


class ReceivedView(BaseModel):
    """A notice, as the owner of a video that it took down sees it.

    Attributes:
        videos: one's own that it is about.
        sender: name of whoever gave it; never under the TAKE IT DOWN Act, as all of what they wrote.
        may_counter: whether one can send a counter-notice now.
        counter_by: when one can no longer; null where one cannot now, or a suit stops the clock.
        restore_from: when one's videos come back, at the earliest; null where no owner asked.
    """

    id: str
    statute: Statute
    state: NoticeState
    received_at: datetime
    acted_at: datetime | None
    videos: list[str]
    sender: str | None
    on_behalf_of: str | None
    work: str | None
    statement: str | None
    may_counter: bool
    counter_by: datetime | None
    suit_pending: bool
    restore_from: datetime | None
    restore_by: datetime | None

    @classmethod
    def of(cls, received: Received) -> "ReceivedView":
        """The view of a notice about one's videos."""
        notice, said = received.notice, received.said
        begins, ends = received.window or (None, None)
        return cls(
            id=notice.id,
            statute=notice.statute,
            state=notice.state,
            received_at=notice.received_at,
            acted_at=notice.acted_at,
            videos=list(received.videos),
            sender=said.name if said else None,
            on_behalf_of=said.on_behalf_of if said else None,
            work=said.work if said else None,
            statement=said.statement if said else None,
            may_counter=received.may_counter,
            counter_by=received.counter_by,
            suit_pending=notice.suit_at is not None,
            restore_from=begins,
            restore_by=ends,
        )


class OwnNotices(BaseModel):
    """Notices that concern the caller, newest first: those they gave, and those about their videos."""

    given: list[GivenView]
    received: list[ReceivedView]


class LocatedView(BaseModel):
    """A video that a notice is about."""

    video_id: str
    found_by: FoundBy
    similarity: int
    batch_id: str | None
    is_down: bool

    @classmethod
    def of(cls, video: Located) -> "LocatedView":
        """The view of a video."""
        return cls(
            video_id=video.case_id,
            found_by=video.by,
            similarity=video.similarity,
            batch_id=video.batch_id or None,
            is_down=video.is_down,
        )


class NoticeView(BaseModel):
    """A notice, as staff see it; in lists without the texts."""

    id: str
    statute: Statute
    state: NoticeState
    account_id: str | None
    language: Literal["en", "it"]
    missing: list[Element]
    declared: list[Element]
    received_at: datetime
    changed_at: datetime
    valid_at: datetime | None
    acted_at: datetime | None
    suit_at: datetime | None
    rejection: Rejection | None
    claim_id: str | None
    videos: list[LocatedView]
    counters: list[CounterView]
    texts: TextsView | None

    @classmethod
    def of(
        cls, notice: Notice, texts: Texts | None = None, counters: Mapping[str, CounterTexts] | None = None
    ) -> "NoticeView":
        """The view of a notice."""
        said = counters or {}
        return cls(
            id=notice.id,
            statute=notice.statute,
            state=notice.state,
            account_id=notice.account_id,
            language="it" if notice.language == "it" else "en",
            missing=list(notice.missing),
            declared=sorted(notice.declared),
            received_at=notice.received_at,
            changed_at=notice.changed_at,
            valid_at=notice.valid_at,
            acted_at=notice.acted_at,
            suit_at=notice.suit_at,
            rejection=notice.rejection,
            claim_id=notice.claim_id or None,
            videos=list(map(LocatedView.of, notice.videos)),
            counters=[CounterView.of(notice, one, said.get(one.id)) for one in notice.counters],
            texts=None if texts is None else TextsView.of(texts),
        )


class NoticePage(BaseModel):
    """Notices, newest first."""

    data: list[NoticeView]
    has_more: bool

    @classmethod
    def of(cls, notices: Sequence[Notice], limit: int) -> "NoticePage":
        """A page of at most `limit`; one more was asked for, to know whether there are more."""
        return cls(data=list(map(NoticeView.of, notices[:limit])), has_more=len(notices) > limit)

"""What the owners of a video that a notice took down can see of it, and their counter-notice: 17 U.S.C. 512(g)."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from copyright_optout.domain import NoticeEvent, NoticeFault
from copyright_optout.domain.notice_clocks import ClockKind, next_act, restore_window
from copyright_optout.domain.notices import (
    ENDED,
    Counter,
    CounterStatement,
    CounterTexts,
    Notice,
    NoticeState,
    Texts,
    check_counter,
)
from copyright_optout.service.notice_steps import NoticeSteps, ledger_body, unknown_notice
from trust_kernel.errors import Conflict
from trust_kernel.ids import new_id

_AFTERWARDS = timedelta(days=30)
"""For which a video can still be given back after the last day on which it should have been."""


@dataclass(frozen=True, slots=True)
class Received:
    """A notice, as an owner of videos that it took down sees it.

    Attributes:
        videos: theirs that it is about.
        down: those of them that it keeps down.
        gone: those of them that are withdrawn for good, which nothing brings back.
        said: what whoever gave it wrote; None where the law hides that, or it is not kept any more. How to reach them
            is for nobody but staff.
        may_counter: whether they can send a counter-notice now.
        counter_by: when they can no longer; None where they cannot now, or a suit stops the clock.
        window: from when, and by when, what an open counter-notice asks for comes back; None where none is open.
        own: what they wrote in their own.
    """

    notice: Notice
    videos: tuple[str, ...]
    down: tuple[str, ...]
    gone: tuple[str, ...]
    said: Texts | None
    may_counter: bool
    counter_by: datetime | None = None
    window: tuple[datetime, datetime] | None = None
    own: CounterTexts | None = None


class CounterDesk:
    """The owners' side of notices."""

    def __init__(self, steps: NoticeSteps) -> None:
        self._steps = steps

    def about(self, account_id: str) -> Sequence[Notice]:
        """Notices that took down what an account owns, newest first."""
        parts = self._steps.parts
        return parts.store.about(self.owned(account_id))

    def received(self, account_id: str) -> Sequence[Received]:
        """The same, as that account sees them."""
        owned = set(self.owned(account_id))
        return [self._seen(notice, account_id, owned) for notice in self._steps.parts.store.about(owned)]

    def one(self, notice_id: str, account_id: str) -> Received:
        """One of them; raises NotFound for any other."""
        return self._seen(self.notice(notice_id, account_id), account_id, set(self.owned(account_id)))

    def _seen(self, notice: Notice, account_id: str, owned: Collection[str]) -> Received:
        steps = self._steps
        videos = tuple(case_id for case_id in notice.case_ids if case_id in owned)
        gone = frozenset(steps.parts.videos.withdrawn(videos))
        down = tuple(one.case_id for one in notice.down if one.case_id in owned and one.case_id not in gone)
        open_ones = [one for one in notice.open_counters if set(one.case_ids) & set(down)]
        asked = {case_id for counter in notice.open_counters for case_id in counter.case_ids}
        clock = next_act(notice, steps.parts.terms)
        until = clock.due if clock is not None and clock.kind is ClockKind.FINAL else None
        in_time = until is None or steps.parts.clock.now() < until
        may = notice.statute.knows_counter and notice.state not in ENDED and bool(set(down) - asked) and in_time
        mine = next((one for one in reversed(notice.counters) if one.account_id == account_id), None)
        return Received(
            notice,
            videos,
            down,
            tuple(case_id for case_id in videos if case_id in gone),
            None if notice.statute.hides_giver else steps.texts(notice.id),
            may,
            until if may else None,
            restore_window(notice.statute, open_ones[0]) if open_ones else None,
            steps.counter_texts(notice.id, mine.id) if mine else None,
        )

    def owned(self, account_id: str) -> Collection[str]:
        """Videos that an account owns."""
        return self._steps.parts.videos.owned(account_id)

    def notice(self, notice_id: str, account_id: str) -> Notice:
        """A notice that took down something that an account owns; raises NotFound for any other."""
        notice = self._steps.found(notice_id)
        taken = {video.case_id for video in notice.videos if video.batch_id}
        if not taken & set(self.owned(account_id)):
            raise unknown_notice()
        return notice

    def counter(
        self, notice_id: str, account_id: str, texts: CounterTexts, declared: Collection[CounterStatement]
    ) -> Notice:
        """Ask for all of one's videos back that a notice keeps down.

        They are given back not before the tenth and not after the fourteenth business day, unless whoever gave notice
        says that they have filed suit.

        Raises:
            NotFound: no notice of theirs.
            InvalidInput: an element of 17 U.S.C. 512(g)(3) is missing.
            Conflict: the statute knows no counter-notice, nothing of theirs is down any more or not countered yet,
                the time for it is over, or the notice has ended.
        """
        steps, parts = self._steps, self._steps.parts
        checked = check_counter(texts, declared)
        if not self.notice(notice_id, account_id).statute.knows_counter:
            raise Conflict("this law knows no counter-notice; you can appeal instead", code=NoticeFault.COUNTER_NONE)
        owned = set(self.owned(account_id))
        with parts.store.transaction():
            notice = steps.locked(notice_id)
            asked = {case_id for counter in notice.open_counters for case_id in counter.case_ids}
            asked |= set(parts.videos.withdrawn(notice.case_ids))
            mine = tuple(one.case_id for one in notice.down if one.case_id in owned and one.case_id not in asked)
            if not mine:
                raise Conflict("nothing of yours waits for a counter-notice", code=NoticeFault.COUNTER_NONE)
            self._check_in_time(notice)
            made = Counter(new_id("ctr"), account_id, parts.clock.now(), mine)
            countered = notice.to(NoticeState.COUNTERED, made.received_at)
            countered = replace(countered, counters=(*notice.counters, made))
            digest = steps.write(notice_id, checked, made.id)
            begins, ends = restore_window(notice.statute, made)
            steps.hold(countered, ends + _AFTERWARDS)
            parts.record.append(NoticeEvent.COUNTERED, ledger_body(countered, videos=len(mine), texts_sha256=digest))
            # The claimant is given a copy and told when the video comes back: 512(g)(2)(B).
            steps.tell(NoticeEvent.COUNTERED, countered, until=begins.isoformat())
            return steps.kept(countered)

    def _check_in_time(self, notice: Notice) -> None:
        """Whether a worker happened to look since the time ran out must not matter."""
        clock = next_act(notice, self._steps.parts.terms)
        if clock is not None and clock.kind is ClockKind.FINAL and clock.due <= self._steps.parts.clock.now():
            raise Conflict("the time for a counter-notice is over", code=NoticeFault.COUNTER_NONE)

    def texts(self, notice: Notice) -> dict[str, CounterTexts]:
        """What the counter-notices to a notice say, by id, as far as that is still kept."""
        found = {one.id: self._steps.counter_texts(notice.id, one.id) for one in notice.counters}
        return {counter_id: said for counter_id, said in found.items() if said is not None}

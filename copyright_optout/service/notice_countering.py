"""What the owners of a video that a notice took down can see of it, and their counter-notice: 17 U.S.C. 512(g)."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import timedelta

from copyright_optout.domain import NoticeEvent, NoticeFault
from copyright_optout.domain.notice_clocks import restore_window
from copyright_optout.domain.notices import (
    Counter,
    CounterStatement,
    CounterTexts,
    Notice,
    NoticeState,
    check_counter,
)
from copyright_optout.service.notice_steps import NoticeSteps, ledger_body, unknown_notice
from trust_kernel.errors import Conflict
from trust_kernel.ids import new_id

_AFTERWARDS = timedelta(days=30)
"""For which a video can still be given back after the last day on which it should have been."""


class CounterDesk:
    """The owners' side of notices."""

    def __init__(self, steps: NoticeSteps) -> None:
        self._steps = steps

    def about(self, account_id: str) -> Sequence[Notice]:
        """Notices that took down what an account owns, newest first."""
        parts = self._steps.parts
        return parts.store.about(self.owned(account_id))

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
            Conflict: the statute knows no counter-notice, nothing of theirs is down any more or not countered yet, or
                the notice has ended.
        """
        steps, parts = self._steps, self._steps.parts
        checked = check_counter(texts, declared)
        if not self.notice(notice_id, account_id).statute.knows_counter:
            raise Conflict("this law knows no counter-notice; you can appeal instead", code=NoticeFault.COUNTER_NONE)
        owned = set(self.owned(account_id))
        with parts.store.transaction():
            notice = steps.locked(notice_id)
            asked = {case_id for counter in notice.open_counters for case_id in counter.case_ids}
            mine = tuple(one.case_id for one in notice.down if one.case_id in owned and one.case_id not in asked)
            if not mine:
                raise Conflict("nothing of yours waits for a counter-notice", code=NoticeFault.COUNTER_NONE)
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

    def texts(self, notice: Notice) -> dict[str, CounterTexts]:
        """What the counter-notices to a notice say, by id, as far as that is still kept."""
        found = {one.id: self._steps.counter_texts(notice.id, one.id) for one in notice.counters}
        return {counter_id: said for counter_id, said in found.items() if said is not None}

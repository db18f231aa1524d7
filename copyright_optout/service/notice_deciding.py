"""What staff decide about notices, and what time does to them."""

import logging
from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from copyright_optout.domain import NoticeEvent, NoticeFault
from copyright_optout.domain.notice_clocks import (
    AGAIN,
    ClockKind,
    NoticeClock,
    acts_from,
    clocks_of,
    next_act,
    next_look,
    restore_window,
)
from copyright_optout.domain.notices import Counter, Notice, NoticeState, Rejection, Statute
from copyright_optout.ports.notices import Place
from copyright_optout.service.notice_steps import SYSTEM, NoticeSteps, ledger_body, of_staff
from copyright_optout.service.notices import NoticeIntake
from trust_kernel.errors import Conflict, InvalidInput, PlacetError

_LONG = timedelta(days=3650)
"""For which a video can still be given back while a court decides."""
_MOST = 1000
"""Notices whose texts one sweep destroys."""
_PAGE = 200
"""Notices that are read at a time."""
_log = logging.getLogger(__name__)


class NoticeBench:
    """Staff's side of notices."""

    def __init__(self, steps: NoticeSteps, intake: NoticeIntake) -> None:
        self._steps = steps
        self._intake = intake

    # --- looking

    def page(
        self,
        *,
        states: Collection[NoticeState] = (),
        statute: Statute | None = None,
        after: str | None = None,
        limit: int = 100,
    ) -> Sequence[Notice]:
        """Notices, newest first."""
        return self._steps.parts.store.page(states=states, statute=statute, after=after, limit=limit)

    def notice(self, notice_id: str) -> Notice:
        """One; raises NotFound."""
        return self._steps.found(notice_id)

    def clocks(self) -> list[NoticeClock]:
        """Everything that runs, what runs out next first."""
        found: list[NoticeClock] = []
        after: Place | None = None
        while page := self.next_clocks(after, _PAGE):
            found += [clock for _, clocks in page for clock in clocks]
            after = page[-1][0]
        return sorted(found, key=_in_order)

    def next_clocks(self, after: Place | None, limit: int) -> Sequence[tuple[Place, Sequence[NoticeClock]]]:
        """What runs for some notices, each with its place: the one whose clock runs out next first."""
        parts = self._steps.parts
        return [(place, clocks_of(notice, parts.terms)) for place, notice in parts.store.running(after, limit)]

    def first_clocks(self, limit: int) -> list[NoticeClock]:
        """The next to run out of everything that runs."""
        found = [clock for _, clocks in self.next_clocks(None, limit) for clock in clocks]
        return sorted(found, key=_in_order)[:limit]

    def clocks_of(self, notice: Notice) -> Sequence[NoticeClock]:
        """What runs for one notice, the next first."""
        return clocks_of(notice, self._steps.parts.terms)

    # --- deciding

    def act(self, notice_id: str, by: str) -> Notice:
        """Take down what a valid notice is about, with its known identical copies.

        Raises:
            NotFound: there is no such notice.
            IllegalMove: it is not VALID.
            NotPermitted: whoever decides gave it, or owns one of the videos.
        """
        self._steps.check_disinterested(self.notice(notice_id), by)
        return self._steps.take_down(notice_id, by)

    def reject(self, notice_id: str, why: Rejection, by: str) -> Notice:
        """Turn a notice down; under the TAKE IT DOWN Act also after the videos were taken down, which gives them back.

        Raises: as `act`, and IllegalMove where it was acted on under a law that has counter-notices for that.
        """
        self._steps.check_disinterested(self.notice(notice_id), by)
        steps, parts = self._steps, self._steps.parts
        with parts.store.transaction():
            turned = replace(steps.undone(steps.locked(notice_id), NoticeState.REJECTED, by), rejection=why)
            parts.record.append(NoticeEvent.REJECTED, ledger_body(turned, actor=by, why=why.value))
            steps.tell(NoticeEvent.REJECTED, turned)
            return steps.kept(turned)

    def locate(self, notice_id: str, places: Sequence[str], by: str) -> Notice:
        """Add videos that staff found; see `NoticeIntake.locate`."""
        found = of_staff(self._steps.parts.videos.locate(places))
        if not found:
            raise InvalidInput("none of these leads to a video", code=NoticeFault.VIDEO_UNKNOWN, field="videos")
        return self._intake.locate(notice_id, places, found, by)

    def suit(self, notice_id: str, *, pending: bool, by: str) -> Notice:
        """Note that whoever gave notice has filed suit, or that it is over: while it is pending nothing is given back.

        Raises:
            NotFound: there is no such notice.
            Conflict: nothing is down because of it.
        """
        steps, parts = self._steps, self._steps.parts
        with parts.store.transaction():
            notice = steps.locked(notice_id)
            if notice.state not in _DOWN:
                raise Conflict("nothing is down because of this notice", code=NoticeFault.STATE, field="state")
            now = parts.clock.now()
            changed = replace(notice, suit_at=(notice.suit_at or now) if pending else None, changed_at=now)
            steps.hold(changed, now + _LONG)
            parts.record.append(NoticeEvent.SUIT, ledger_body(changed, actor=by, pending=int(pending)))
            steps.tell(NoticeEvent.SUIT, changed)
            return steps.kept(changed)

    def restore(self, notice_id: str, by: str) -> Notice:
        """Give back what counter-notices ask for whose time has come.

        Raises:
            NotFound: there is no such notice.
            IllegalMove: it is not COUNTERED.
            Conflict: it is too early for each, or a suit is pending.
            NotPermitted: whoever decides gave it, or owns one of the videos.
        """
        self._steps.check_disinterested(self.notice(notice_id), by)
        return self._restored(notice_id, by)

    def close(self, notice_id: str, by: str) -> Notice:
        """What is down stays down for good, because a court said so or nobody contested it in time.

        Raises:
            NotFound: there is no such notice.
            IllegalMove: nothing is down because of it.
            Conflict: owners can still answer it and no suit is pending, or an appeal about it is open.
            NotPermitted: as `restore`.
        """
        self._steps.check_disinterested(self.notice(notice_id), by)
        return self._closed(notice_id, by)

    def _restored(self, notice_id: str, by: str) -> Notice:
        steps, parts = self._steps, self._steps.parts
        with parts.store.transaction():
            notice = steps.locked(notice_id)
            notice.to(NoticeState.RESTORED, parts.clock.now())
            if notice.suit_at is not None:
                raise Conflict("a suit is pending", code=NoticeFault.SUIT_PENDING, field="state")
            now = parts.clock.now()
            ripe = [one for one in notice.open_counters if restore_window(notice.statute, one)[0] <= now]
            if not ripe:
                begins = min(restore_window(notice.statute, one)[0] for one in notice.open_counters)
                raise Conflict(
                    "it is too early to give this back", code=NoticeFault.EARLY, limit=f"from {begins.isoformat()}"
                )
            done = self._given(notice, ripe, by)
            parts.record.append(NoticeEvent.RESTORED, ledger_body(done, actor=by, counters=len(ripe)))
            steps.tell(NoticeEvent.RESTORED, done)
            return steps.kept(done)

    def _given(self, notice: Notice, ripe: Sequence[Counter], by: str) -> Notice:
        now = self._steps.parts.clock.now()
        back = {case_id for counter in ripe for case_id in counter.case_ids}
        given = self._steps.give_back(notice, back, by)
        ids = {counter.id for counter in ripe}
        counters = tuple(replace(one, restored_at=now) if one.id in ids else one for one in notice.counters)
        given = replace(given, counters=counters)
        if not given.down:
            return given.to(NoticeState.RESTORED, now)
        return given.to(NoticeState.COUNTERED if given.open_counters else NoticeState.ACTED, now)

    def _closed(self, notice_id: str, by: str) -> Notice:
        steps, parts = self._steps, self._steps.parts
        with parts.store.transaction():
            notice = steps.locked(notice_id)
            ended = notice.to(NoticeState.FINAL, parts.clock.now())
            # Looked at again under the lock: somebody may have contested it since the clock was read.
            if not self._has_run_out(notice) and (by == SYSTEM or notice.suit_at is None):
                raise Conflict(
                    "owners can still answer it, and no suit is pending", code=NoticeFault.EARLY, field="state"
                )
            batch_ids = sorted({video.batch_id for video in ended.down})
            parts.takedowns.lock([video.case_id for video in ended.down], batch_ids)
            # Whoever appeals locks the batch first: none can begin from here on.
            if parts.takedowns.contested(batch_ids):
                raise Conflict("an appeal about it is open: decide that first", code=NoticeFault.APPEAL_OPEN)
            for batch_id in batch_ids:
                parts.takedowns.finalise(batch_id, by=by)
            parts.record.append(NoticeEvent.FINAL, ledger_body(ended, actor=by))
            steps.tell(NoticeEvent.FINAL, ended)
            return steps.kept(ended)

    def _has_run_out(self, notice: Notice) -> bool:
        """Whether nobody contested a notice in the time for that: looked at again under its lock."""
        clock = next_act(notice, self._steps.parts.terms)
        return clock is not None and clock.kind is ClockKind.FINAL and clock.due <= self._steps.parts.clock.now()

    # --- what time does

    def tend(self) -> int:
        """A worker's chore: warn staff of what runs out, and at the last moment do by itself what the law demands.

        Goes on until nothing is left to look at. Gives how many notices something was done about.
        """
        parts = self._steps.parts
        now, after, done = parts.clock.now(), None, 0
        while places := parts.store.to_look_at(now, after, _PAGE):
            done += sum(self._tended(notice_id) for _, notice_id in places)
            after = places[-1]
        return done

    def _tended(self, notice_id: str) -> bool:
        clock, told = self._looked_at(notice_id)
        if clock is None or not self._is_to_act(clock):
            return told
        try:
            self._act(clock)
        except PlacetError as error:
            # Somebody decided meanwhile, or a part is away: it is looked at again, and the others' turn comes.
            _log.warning("notice %s was not tended: %s", notice_id, error.code)
            return told
        return True

    def _looked_at(self, notice_id: str) -> tuple[NoticeClock | None, bool]:
        """Warn staff where it is time to, and note when to look next; the clock, and whether they were warned.

        That comes before anything is done: what fails there, however it does, is not the first in the queue again.
        """
        parts, steps = self._steps.parts, self._steps
        with parts.store.transaction():
            notice, now = steps.locked(notice_id), parts.clock.now()
            clock = next_act(notice, parts.terms)
            if clock is None:
                parts.store.look_again(notice_id, None)
                return None, False
            warns = clock.kind is not ClockKind.FINAL and now >= clock.due - parts.terms.warn
            told = warns and parts.store.warned(notice_id, clock.due)
            if told:
                steps.warn_staff(notice, clock.due)
            look = next_look(clock, parts.terms, warned=warns)
            parts.store.look_again(notice_id, now + AGAIN if look is not None and look <= now else look)
            return clock, told

    def _is_to_act(self, clock: NoticeClock) -> bool:
        parts = self._steps.parts
        begins = acts_from(clock)
        if begins is None or parts.clock.now() < begins:
            return False
        if clock.kind is ClockKind.FINAL:
            down = self._steps.found(clock.notice_id).down
            return not parts.takedowns.contested({video.batch_id for video in down})
        return parts.acts_by_itself

    def _act(self, clock: NoticeClock) -> None:
        if clock.kind is ClockKind.FINAL:
            self._closed(clock.notice_id, SYSTEM)
        elif clock.kind is ClockKind.TAKE_DOWN:
            self._steps.take_down(clock.notice_id, SYSTEM)
        else:
            self._restored(clock.notice_id, SYSTEM)

    def forget(self) -> int:
        """A worker's chore: destroy what was written in notices that ended long ago; gives how many."""
        steps, parts = self._steps, self._steps.parts
        over = parts.store.ended(parts.clock.now() - parts.keep, _MOST)
        for notice_id in over:
            with parts.store.transaction():
                notice = steps.locked(notice_id)
                parts.store.drop_texts(notice_id)
                parts.seal.shred(notice_id)
                parts.record.append(NoticeEvent.FORGOTTEN, ledger_body(notice))
        return len(over)


_DOWN = frozenset({NoticeState.ACTED, NoticeState.COUNTERED})


def _in_order(clock: NoticeClock) -> tuple[datetime, str, str]:
    return clock.due, clock.notice_id, clock.kind

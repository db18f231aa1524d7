"""What staff decide about notices, and what time does to them."""

import logging
from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import timedelta

from copyright_optout.domain import NoticeEvent, NoticeFault
from copyright_optout.domain.notice_clocks import (
    MARGIN,
    ClockKind,
    NoticeClock,
    clocks_of,
    next_act,
    restore_window,
)
from copyright_optout.domain.notices import Counter, Notice, NoticeState, Rejection, Statute
from copyright_optout.service.notice_steps import SYSTEM, NoticeSteps, ledger_body, of_staff
from copyright_optout.service.notices import NoticeIntake
from trust_kernel.errors import Conflict, InvalidInput, NotPermitted, PlacetError

_LONG = timedelta(days=3650)
"""For which a video can still be given back while a court decides."""
_MOST = 1000
"""Notices that one sweep looks at, and that one overview lists."""
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

    def clocks(self, limit: int = _MOST) -> list[NoticeClock]:
        """Everything that runs, what runs out next first."""
        parts = self._steps.parts
        notices = (parts.store.get(notice_id) for notice_id in parts.store.due(None, limit))
        found = [clock for notice in notices if notice is not None for clock in clocks_of(notice, parts.terms)]
        return sorted(found, key=lambda clock: (clock.due, clock.notice_id, clock.kind))

    # --- deciding

    def act(self, notice_id: str, by: str) -> Notice:
        """Take down what a valid notice is about, with its known identical copies.

        Raises:
            NotFound: there is no such notice.
            IllegalMove: it is not VALID.
            NotPermitted: whoever decides owns one of the videos.
        """
        self._check_disinterested(notice_id, by)
        return self._steps.take_down(notice_id, by)

    def reject(self, notice_id: str, why: Rejection, by: str) -> Notice:
        """Turn a notice down; under the TAKE IT DOWN Act also after the videos were taken down, which gives them back.

        Raises: as `act`, and IllegalMove where it was acted on under a law that has counter-notices for that.
        """
        self._check_disinterested(notice_id, by)
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
            NotPermitted: whoever decides owns one of the videos.
        """
        self._check_disinterested(notice_id, by)
        return self._restored(notice_id, by)

    def close(self, notice_id: str, by: str) -> Notice:
        """What is down stays down for good, because a court said so or nobody contests it any more.

        Raises: as `restore`, but whatever the time.
        """
        self._check_disinterested(notice_id, by)
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
            ended = steps.locked(notice_id).to(NoticeState.FINAL, parts.clock.now())
            parts.takedowns.lock([video.case_id for video in ended.down])
            for batch_id in sorted({video.batch_id for video in ended.down}):
                parts.takedowns.finalise(batch_id, by=by)
            parts.record.append(NoticeEvent.FINAL, ledger_body(ended, actor=by))
            steps.tell(NoticeEvent.FINAL, ended)
            return steps.kept(ended)

    def _check_disinterested(self, notice_id: str, by: str) -> None:
        owners = self._steps.parts.videos.owners(self.notice(notice_id).case_ids)
        if any(by in accounts for accounts in owners.values()):
            raise NotPermitted("somebody else has to decide about what concerns you", code=NoticeFault.OWN)

    # --- what time does

    def tend(self) -> int:
        """A worker's chore: warn staff of what runs out, and at the last moment do by itself what the law demands.

        Gives how many notices something was done about.
        """
        parts = self._steps.parts
        now = parts.clock.now()
        return sum(self._tended(notice_id) for notice_id in parts.store.due(now + parts.terms.warn, _MOST))

    def _tended(self, notice_id: str) -> bool:
        parts = self._steps.parts
        now = parts.clock.now()
        notice = parts.store.get(notice_id)
        clock = next_act(notice, parts.terms) if notice is not None else None
        if notice is None or clock is None:
            return False
        try:
            if self._acts_now(clock):
                return True
        except PlacetError as error:
            # Somebody decided meanwhile, or a part is away: the next sweep tries again, and the others' turn comes.
            _log.warning("notice %s was not tended: %s", notice_id, error.code)
            return False
        if clock.kind is ClockKind.FINAL or now < clock.due - parts.terms.warn:
            return False
        with parts.store.transaction():
            if not parts.store.warned(notice_id, clock.due):
                return False
            self._steps.warn_staff(notice, clock.due)
        return True

    def _acts_now(self, clock: NoticeClock) -> bool:
        parts = self._steps.parts
        now = parts.clock.now()
        if clock.kind is ClockKind.FINAL and now >= clock.due:
            self._closed(clock.notice_id, SYSTEM)
        elif not parts.acts_by_itself or now < clock.due - MARGIN:
            return False
        elif clock.kind is ClockKind.TAKE_DOWN:
            self._steps.take_down(clock.notice_id, SYSTEM)
        elif clock.kind is ClockKind.RESTORE_BY:
            self._restored(clock.notice_id, SYSTEM)
        else:
            return False
        return True

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

    def post(self) -> int:
        """A worker's chore: mail those without an account where their notice stands; gives how many mails went out."""
        steps, parts = self._steps, self._steps.parts
        sent = 0
        for notice in parts.store.unmailed(_MOST) if parts.mail.is_there else ():
            texts = steps.texts(notice.id)
            if texts is not None and "@" in texts.email:
                if not parts.mail.send(texts.email, texts.name, notice, parts.links.url(notice.id)):
                    break  # the server is away: the next sweep tries again
                sent += 1
            parts.store.mailed(notice.id, notice.state)
        return sent


_DOWN = frozenset({NoticeState.ACTED, NoticeState.COUNTERED})

"""Batches of releases that a claim, a notice or a blocked person takes down; brought back, or withdrawn for good.

Every step locks the batch first, then its releases in order of id, then the log's head; several batches are locked in
order of id before any release (`TakedownDesk.lock`). A revocation locks releases and the log alone, so that it never
waits on a batch and always wins: what it withdrew, nothing here brings back.
"""

import logging
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from generator_gateway.errors import GatewayReason
from generator_gateway.ports import Cause, Hearers, Notices, Recall, Record, ReleaseRecord, Releases, ReleaseState
from generator_gateway.ports.ownership import Objections, ObjectionState
from generator_gateway.ports.takedowns import (
    MOST_RELEASES,
    UNDO_DAYS,
    Batch,
    BatchItem,
    BatchState,
    ItemState,
    NobodyBlocked,
    TakedownCause,
    TakedownShelf,
    Touched,
    Touches,
    TouchesPeople,
)
from generator_gateway.service.appealing import appeal_path, people_for
from generator_gateway.service.owning import Role
from generator_gateway.service.takedown_grounds import Grounds, GroundsWatch
from generator_gateway.service.takedown_search import SYSTEM, TakedownSearch, cause_of, look_for, said
from generator_gateway.service.telling import OwnerNotices
from trust_kernel.clock import Clock
from trust_kernel.db import Database
from trust_kernel.errors import Conflict, InvalidInput, NotFound, NotPermitted
from trust_kernel.ids import new_id

_SWEEP = 20
"""Batches that one sweep takes on."""
_PUT_OFF = timedelta(days=7)
"""How much longer a batch can be undone that is due, but for what does not stand now; again as long as it does not."""
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class TakedownParts:
    """What the desk is made of.

    Attributes:
        recall: locks releases that are not withdrawn, and withdraws them.
        touches: finds what a claim touches.
        hearers: who is told for an owner.
        people: finds what people on the blocklist touch.
    """

    database: Database
    clock: Clock
    batches: TakedownShelf
    releases: Releases
    objections: Objections
    recall: Recall
    touches: Touches
    record: Record
    notices: Notices
    hearers: Hearers
    people: TouchesPeople = field(default_factory=NobodyBlocked)


class TakedownDesk:
    """Staff's side of releases that somebody has a claim on; implements `ports.takedowns.Takedowns`."""

    def __init__(self, parts: TakedownParts) -> None:
        self._parts = parts
        self._owners = OwnerNotices(parts.notices, parts.hearers)
        self._searches = TakedownSearch(
            parts.database, parts.clock, parts.batches, parts.touches, parts.people, parts.recall, parts.record
        )
        self._grounds = Grounds(parts.touches, parts.people)
        self._watch = GroundsWatch(
            parts.database, parts.clock, parts.batches, self._grounds, parts.people, parts.record
        )

    # --- looking

    def batch(self, batch_id: str) -> Batch:
        """One; raises NotFound."""
        return _there(self._parts.batches.get(batch_id))

    def items(self, batch_id: str) -> Sequence[BatchItem]:
        """The releases of a batch, in order of id; raises NotFound."""
        self.batch(batch_id)
        return self._parts.batches.items(batch_id)

    def page(
        self,
        *,
        state: BatchState | None = None,
        about: str | None = None,
        groundless: bool = False,
        after: str | None = None,
        limit: int = 20,
    ) -> tuple[list[Batch], bool]:
        """Batches, newest first, and whether there are more.

        With `groundless` only those that hold something down for what does not stand any more.
        """
        return self._parts.batches.page(state=state, about=about, groundless=groundless, after=after, limit=limit)

    def of_cases(self, case_ids: Collection[str]) -> Mapping[str, Sequence[Batch]]:
        """Batches that took releases down, newest first, by release; those that none did are left out."""
        return self._parts.batches.of_cases(case_ids)

    # --- searching and proposing

    def look_for(self, cause: TakedownCause, by: str) -> Batch:
        """Have what a claim or a person touches looked for; where a search for it is under way already, that one.

        Raises:
            Conflict: the claim or block is over, or contested.
        """
        if self._grounds.is_ended(cause):
            raise Conflict("it is over, or contested", code=GatewayReason.TAKEDOWN_GROUNDLESS, field="about")
        return look_for(self._parts.batches, self._parts.clock, cause, by)

    def search(self) -> int:
        """Do the searches that were asked for; a worker's chore. Gives how many."""
        return self._searches.run()

    def propose(self, touched: Sequence[Touched], cause: TakedownCause, by: str) -> Batch:
        """Have staff confirm that these are to be taken down.

        Raises:
            InvalidInput: too many, or none of them is there to be taken down.
        """
        with self._parts.database.transaction():
            batch = self._opened(cause, by, touched)
            self._parts.record.append("release:batch:proposed", said(batch, len(self._parts.batches.items(batch.id))))
            return self.batch(batch.id)

    # --- deciding

    def take_down(
        self, case_ids: Collection[str], cause: TakedownCause, by: str, *, until: datetime | None = None
    ) -> Batch:
        """Take releases down now; see `ports.takedowns.Takedowns`."""
        parts = self._parts
        touched = [Touched(case_id) for case_id in sorted(set(case_ids))]
        with parts.database.transaction():
            batch = self._opened(cause, by, touched)
            return self._hold_down(batch, [one.touched.case_id for one in parts.batches.items(batch.id)], by, until)

    def confirm(self, batch_id: str, by: str, case_ids: Collection[str] | None = None, *, note: str = "") -> Batch:
        """Take down what was proposed, all of it or some; the rest stays, and is not proposed for this again.

        Raises:
            NotFound: there is no such batch.
            Conflict: it is not PROPOSED, nothing of it is left to be taken down, or what it is about does not stand
                now.
            InvalidInput: one of these is not in it, or there is none.
            NotPermitted: whoever confirms owns one of them.
        """
        parts = self._parts
        with parts.database.transaction():
            batch = self._in(batch_id, BatchState.PROPOSED)
            items = [item for item in parts.batches.items(batch_id) if item.state is ItemState.PROPOSED]
            proposed = {item.touched.case_id for item in items}
            chosen = proposed if case_ids is None else set(case_ids)
            if not chosen or not chosen <= proposed:
                raise InvalidInput(
                    "choose among the videos of this batch",
                    code=GatewayReason.TAKEDOWN_CHOICE,
                    field="videos",
                    limit=f"{len(proposed)} videos",
                )
            standing = chosen & self._grounds.standing(batch, items)
            if not standing:
                raise Conflict("what it is about does not stand now", code=GatewayReason.TAKEDOWN_GROUNDLESS)
            live = self._locked(batch, sorted(standing), by)
            if not live:
                raise Conflict("all of it was withdrawn meanwhile", code=GatewayReason.TAKEDOWN_STATE)
            parts.batches.set_items(batch_id, proposed - chosen, ItemState.SPARED)
            parts.batches.set_items(batch_id, standing - live.keys(), ItemState.OVERTAKEN)
            down = self._hold_down(replace(batch, note=note), sorted(live), by, None)
            parts.people.let_stay(batch_id, proposed - chosen, by)
            if chosen != standing:
                self._watch.lapse(batch, items, chosen - standing)
            return self.batch(batch_id) if chosen != standing else down

    def dismiss(self, batch_id: str, by: str, *, note: str = "") -> Batch:
        """Let everything stay that was proposed; raises NotFound, and Conflict where it is not PROPOSED."""
        parts = self._parts
        with parts.database.transaction():
            batch = self._in(batch_id, BatchState.PROPOSED)
            items = parts.batches.items(batch_id)
            ids = [item.touched.case_id for item in items if item.state is ItemState.PROPOSED]
            parts.batches.set_items(batch_id, ids, ItemState.SPARED)
            self._parts.record.append("release:batch:dismissed", said(batch, len(ids)))
            parts.people.let_stay(batch_id, ids, by)
            return self._ended(replace(batch, note=note), BatchState.DISMISSED, by)

    def restore(self, batch_id: str, by: str, *, note: str = "", by_notice: bool = False) -> Batch:
        """Undo; see `ports.takedowns.Takedowns`."""
        parts = self._parts
        with parts.database.transaction():
            batch = self._undoable(batch_id, by_notice=by_notice)
            held = self._held(batch_id)
            live = self._locked(batch, held, by)
            parts.batches.set_items(batch_id, set(held) - live.keys(), ItemState.OVERTAKEN)
            parts.batches.set_items(batch_id, live, ItemState.RESTORED)
            still = parts.batches.held_by_others(batch_id, live)
            self._parts.record.append("release:batch:undone", said(batch, len(live)))
            for case_id in sorted(live.keys() - still):
                self._bring_back(live[case_id])
            parts.people.let_stay(batch_id, live, by)
            return self._ended(replace(batch, note=note or batch.note), BatchState.UNDONE, by)

    def spare(self, batch_id: str, case_ids: Collection[str], by: str, *, by_notice: bool = False) -> Batch:
        """Let some of a batch out again; see `ports.takedowns.Takedowns`."""
        parts = self._parts
        with parts.database.transaction():
            batch = self._undoable(batch_id, by_notice=by_notice)
            held = set(self._held(batch_id))
            chosen = held & set(case_ids)
            live = self._locked(batch, sorted(chosen), by)
            if not live:
                raise Conflict("this batch does not hold it down", code=GatewayReason.TAKEDOWN_STATE)
            parts.batches.set_items(batch_id, chosen - live.keys(), ItemState.OVERTAKEN)
            parts.batches.set_items(batch_id, live, ItemState.RESTORED)
            parts.record.append("release:batch:spared", said(batch, len(live)))
            for case_id in sorted(live.keys() - parts.batches.held_by_others(batch_id, live)):
                self._bring_back(live[case_id])
            parts.people.let_stay(batch_id, live, by)
            return self.batch(batch_id) if held - chosen else self._ended(batch, BatchState.UNDONE, by)

    def lock(self, batch_ids: Collection[str], case_ids: Collection[str]) -> None:
        """Lock batches and then releases, each in order of id; see `ports.takedowns.Takedowns`."""
        with self._parts.database.transaction():
            for batch_id in sorted(batch_ids):
                self._parts.batches.get(batch_id, lock=True)
            self._parts.recall.touched_by(Cause("", case_ids=frozenset(case_ids)))

    def finalise(self, batch_id: str, by: str) -> Batch:
        """Withdraw for good what the batch still holds down; see `ports.takedowns.Takedowns`."""
        parts = self._parts
        with parts.database.transaction():
            batch = self._in(batch_id, BatchState.TAKEN_DOWN)
            items = [item for item in parts.batches.items(batch_id) if item.state is ItemState.TAKEN_DOWN]
            held = {item.touched.case_id for item in items}
            live = parts.recall.touched_by(cause_of(batch, held))
            parts.batches.set_items(batch_id, held - set(live), ItemState.OVERTAKEN)
            standing = self._grounds.standing(batch, items)
            for_good = tuple(case_id for case_id in live if case_id in standing)
            if for_good or not live:
                parts.batches.set_items(batch_id, for_good, ItemState.FINAL)
                parts.record.append("release:batch:final", said(batch, len(for_good)))
                parts.recall.take_back(for_good, replace(cause_of(batch, for_good), actor=by))
            return self._ended(batch, BatchState.FINAL, by) if len(for_good) == len(live) else self._put_off(batch)

    def keep(self, batch_id: str, until: datetime) -> Batch:
        """Have a batch stay undoable until a moment; see `ports.takedowns.Takedowns`."""
        with self._parts.database.transaction():
            batch = self._in(batch_id, BatchState.TAKEN_DOWN)
            later = max(until, batch.undo_until or until)
            self._parts.batches.replace(replace(batch, undo_until=later))
            return self.batch(batch_id)

    def sweep(self) -> int:
        """Withdraw for good what can't be undone any more; a worker's chore. Gives how many batches were due.

        Before that, batches are dismissed or marked where what they are about does not stand any more.
        """
        self._watch.look()
        due = self._parts.batches.due(self._parts.clock.now(), _SWEEP)
        for batch_id in due:
            try:
                self.finalise(batch_id, SYSTEM)
            except Conflict:
                _log.info("batch %s was undone or finished by somebody else meanwhile", batch_id)
        return len(due)

    # --- what they share

    def _opened(self, cause: TakedownCause, by: str, touched: Sequence[Touched]) -> Batch:
        parts = self._parts
        if len(touched) > MOST_RELEASES:
            raise InvalidInput(
                "too many videos for one batch",
                code=GatewayReason.TAKEDOWN_SIZE,
                field="videos",
                limit=f"{MOST_RELEASES} videos",
            )
        batch = Batch(new_id("takedown"), cause, BatchState.PROPOSED, by, parts.clock.now())
        live = set(parts.recall.touched_by(cause_of(batch, [one.case_id for one in touched])))
        once = {one.case_id: one for one in touched if one.case_id in live}
        if not once:
            raise InvalidInput("none of these videos is out", code=GatewayReason.TAKEDOWN_NOTHING, field="videos")
        batch = replace(batch, found=len(once))
        parts.batches.add(batch, list(once.values()), ItemState.PROPOSED)
        return batch

    def _in(self, batch_id: str, state: BatchState) -> Batch:
        batch = _there(self._parts.batches.get(batch_id, lock=True))
        if batch.state is not state:
            raise Conflict(
                f"this batch is {batch.state.replace('_', ' ')}", code=GatewayReason.TAKEDOWN_STATE, field="batch"
            )
        return batch

    def _undoable(self, batch_id: str, *, by_notice: bool) -> Batch:
        batch = self._in(batch_id, BatchState.TAKEN_DOWN)
        if by_notice:
            return batch  # the notice knows its own dates
        if batch.cause.of_notice:
            raise Conflict("decide about the notice: a law sets dates", code=GatewayReason.TAKEDOWN_NOTICE)
        if batch.undo_until is not None and self._parts.clock.now() >= batch.undo_until:
            raise Conflict("it can't be undone any more", code=GatewayReason.TAKEDOWN_LATE)
        return batch

    def _put_off(self, batch: Batch) -> Batch:
        """Have it stay undoable for a while, marked for staff."""
        now = self._parts.clock.now()
        until = max(now + _PUT_OFF, batch.undo_until or now)
        since = batch.groundless_since or now
        self._parts.batches.replace(replace(batch, undo_until=until, groundless_since=since))
        return self.batch(batch.id)

    def _held(self, batch_id: str) -> list[str]:
        items = self._parts.batches.items(batch_id)
        return [item.touched.case_id for item in items if item.state is ItemState.TAKEN_DOWN]

    def _locked(self, batch: Batch, case_ids: Sequence[str], by: str) -> dict[str, ReleaseRecord]:
        """Those that nothing has withdrawn, locked; raises NotPermitted where whoever decides owns one."""
        live: dict[str, ReleaseRecord] = {}
        for case_id in self._parts.recall.touched_by(cause_of(batch, case_ids)):
            release = self._parts.releases.lock(case_id)
            if release is not None:
                live[case_id] = release
        if any(release.roles_of(by) for release in live.values()):
            raise NotPermitted("somebody else has to look at what concerns you", code=GatewayReason.TAKEDOWN_OWN)
        return live

    def _hold_down(self, batch: Batch, case_ids: Sequence[str], by: str, until: datetime | None) -> Batch:
        parts, now = self._parts, self._parts.clock.now()
        until = until or now + timedelta(days=UNDO_DAYS)
        parts.batches.set_items(batch.id, case_ids, ItemState.TAKEN_DOWN)
        parts.batches.replace(
            replace(batch, state=BatchState.TAKEN_DOWN, confirmed_by=by, confirmed_at=now, undo_until=until)
        )
        self._parts.record.append("release:batch:taken_down", said(batch, len(case_ids)))
        items = parts.batches.items(batch.id) if batch.several else ()
        abouts = {item.touched.case_id: {"about": item.touched.about} for item in items}
        for case_id in case_ids:
            release = parts.releases.lock(case_id)
            if release is None:
                continue  # not reached: it was locked a moment ago
            parts.releases.set_state(case_id, ReleaseState.TAKEN_DOWN)
            body = {"case": case_id, "reason": batch.cause.reason, "batch": batch.id, **abouts.get(case_id, {})}
            parts.record.append("release:video:taken_down", body)
            payload = {
                "video_id": case_id,
                "reason": batch.cause.reason,
                "title": batch.cause.title or None,
                "until": until.isoformat(),
            }
            self._tell_down(batch, release, payload)
        return self.batch(batch.id)

    def _tell_down(self, batch: Batch, release: ReleaseRecord, payload: Mapping[str, str | None]) -> None:
        """Tell the owners; whoever asked for the video, who alone can appeal, is told where."""
        asker = next((owner.account_id for owner in release.owners if owner.role == Role.REQUESTER), "")
        self._owners.tell("release:video:taken_down", release, payload, but=asker)
        if asker:
            offered = {"appeal": appeal_path(release.case_id)} if people_for(batch.cause) else {}
            self._parts.notices.emit("release:video:taken_down", asker, {**payload, **offered})

    def _bring_back(self, release: ReleaseRecord) -> None:
        parts, case_id = self._parts, release.case_id
        objected = any(one.state is ObjectionState.STANDING for one in parts.objections.of(case_id))
        parts.releases.set_state(case_id, ReleaseState.OBJECTED if objected else ReleaseState.RELEASED)
        parts.record.append("release:video:restored", {"case": case_id})
        self._owners.tell("release:video:restored", release, {"video_id": case_id, "out": not objected})

    def _ended(self, batch: Batch, state: BatchState, by: str) -> Batch:
        ended = replace(batch, state=state, ended_by=by, ended_at=self._parts.clock.now(), groundless_since=None)
        self._parts.batches.replace(ended)
        return self.batch(batch.id)


def _there(batch: Batch | None) -> Batch:
    if batch is None:
        raise NotFound("there is no such batch", code=GatewayReason.TAKEDOWN_UNKNOWN)
    return batch

"""Batches of releases that are taken down because of a claim or a notice, and brought back or withdrawn for good.

Every step locks the batch first, then its releases in order of id, then the log's head. A revocation locks releases and
the log alone, so that it never waits on a batch and always wins: what it withdrew, nothing here brings back.
"""

import logging
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from generator_gateway.errors import GatewayReason
from generator_gateway.ports import Cause, Hearers, Notices, Recall, Record, ReleaseRecord, Releases, ReleaseState
from generator_gateway.ports.ownership import Objections, ObjectionState
from generator_gateway.ports.takedowns import (
    MOST_RELEASES,
    NOTICE,
    UNDO_DAYS,
    Batch,
    BatchItem,
    BatchState,
    ItemState,
    TakedownCause,
    TakedownShelf,
    Touched,
    Touches,
)
from generator_gateway.service.appealing import appeal_path, people_for
from generator_gateway.service.telling import OwnerNotices
from trust_kernel.clock import Clock
from trust_kernel.db import Database
from trust_kernel.errors import Conflict, InvalidInput, NotFound, NotPermitted
from trust_kernel.ids import new_id

SYSTEM = "system"
"""Who acts where nobody does."""
_SWEEP = 20
"""Batches that one sweep takes on."""
_SEARCHES = 10_000
"""Searches that are done together: the prompts of all releases are read once for all of them."""
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class TakedownParts:
    """What the desk is made of.

    Attributes:
        recall: locks releases that are not withdrawn, and withdraws them.
        touches: finds what a claim touches.
        hearers: who is told for an owner.
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


class TakedownDesk:
    """Staff's side of releases that somebody has a claim on; implements `ports.takedowns.Takedowns`."""

    def __init__(self, parts: TakedownParts) -> None:
        self._parts = parts
        self._owners = OwnerNotices(parts.notices, parts.hearers)

    # --- looking

    def batch(self, batch_id: str) -> Batch:
        """One; raises NotFound."""
        return _there(self._parts.batches.get(batch_id))

    def items(self, batch_id: str) -> Sequence[BatchItem]:
        """The releases of a batch, in order of id; raises NotFound."""
        self.batch(batch_id)
        return self._parts.batches.items(batch_id)

    def page(
        self, *, state: BatchState | None = None, about: str | None = None, after: str | None = None, limit: int = 20
    ) -> tuple[list[Batch], bool]:
        """Batches, newest first, and whether there are more."""
        return self._parts.batches.page(state=state, about=about, after=after, limit=limit)

    def of_case(self, case_id: str) -> Sequence[Batch]:
        """Batches that took a release down, newest first."""
        return self._parts.batches.of_case(case_id)

    # --- searching and proposing

    def look_for(self, cause: TakedownCause, by: str) -> Batch:
        """Have what a claim touches looked for; where a search for it is under way already, that one."""
        return look_for(self._parts.batches, self._parts.clock, cause, by)

    def search(self) -> int:
        """Do the searches that were asked for; a worker's chore. Gives how many."""
        waiting = [self.batch(batch_id) for batch_id in self._parts.batches.searching(_SEARCHES)]
        if waiting:
            # Outside any transaction: it takes seconds where there are a million releases.
            touched = self._parts.touches.by_claims({batch.cause.about for batch in waiting})
            for batch in waiting:
                self._searched(batch, touched.get(batch.cause.about, ()))
        return len(waiting)

    def _searched(self, batch: Batch, touched: Sequence[Touched]) -> None:
        parts = self._parts
        with parts.database.transaction():
            locked = parts.batches.get(batch.id, lock=True)
            if locked is None or locked.state is not BatchState.SEARCHING:
                return  # another worker was faster
            out = parts.recall.touched_by(_cause(batch, [one.case_id for one in touched[:MOST_RELEASES]]))
            held = parts.batches.held_by_others(batch.id, out)
            kept = [one for one in touched if one.case_id in set(out) - held]
            if not kept and locked.opened_by == SYSTEM:
                parts.batches.drop(batch.id)  # nobody asked, and there may be one for each claim of a long list
                return
            state = BatchState.PROPOSED if kept else BatchState.NOTHING
            found = max(len(kept), len(touched) - len(held)) if kept else 0
            parts.batches.fill(replace(locked, state=state, found=found), kept)
            if kept:
                self._parts.record.append("release:batch:proposed", _said(locked, len(kept)))

    def propose(self, touched: Sequence[Touched], cause: TakedownCause, by: str) -> Batch:
        """Have staff confirm that these are to be taken down.

        Raises:
            InvalidInput: too many, or none of them is there to be taken down.
        """
        with self._parts.database.transaction():
            batch = self._opened(cause, by, touched)
            self._parts.record.append("release:batch:proposed", _said(batch, len(self._parts.batches.items(batch.id))))
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
            Conflict: it is not PROPOSED, or nothing of it is left to be taken down.
            InvalidInput: one of these is not in it, or there is none.
            NotPermitted: whoever confirms owns one of them.
        """
        parts = self._parts
        with parts.database.transaction():
            batch = self._in(batch_id, BatchState.PROPOSED)
            proposed = {item.touched.case_id for item in parts.batches.items(batch_id)}
            chosen = proposed if case_ids is None else set(case_ids)
            if not chosen or not chosen <= proposed:
                raise InvalidInput(
                    "choose among the videos of this batch",
                    code=GatewayReason.TAKEDOWN_CHOICE,
                    field="videos",
                    limit=f"{len(proposed)} videos",
                )
            live = self._locked(batch, sorted(chosen), by)
            if not live:
                raise Conflict("all of it was withdrawn meanwhile", code=GatewayReason.TAKEDOWN_STATE)
            parts.batches.set_items(batch_id, proposed - chosen, ItemState.SPARED)
            parts.batches.set_items(batch_id, chosen - live.keys(), ItemState.OVERTAKEN)
            return self._hold_down(replace(batch, note=note), sorted(live), by, None)

    def dismiss(self, batch_id: str, by: str, *, note: str = "") -> Batch:
        """Let everything stay that was proposed; raises NotFound, and Conflict where it is not PROPOSED."""
        parts = self._parts
        with parts.database.transaction():
            batch = self._in(batch_id, BatchState.PROPOSED)
            ids = [item.touched.case_id for item in parts.batches.items(batch_id)]
            parts.batches.set_items(batch_id, ids, ItemState.SPARED)
            self._parts.record.append("release:batch:dismissed", _said(batch, len(ids)))
            return self._ended(replace(batch, note=note), BatchState.DISMISSED, by)

    def restore(self, batch_id: str, by: str, *, note: str = "", by_notice: bool = False) -> Batch:
        """Undo; see `ports.takedowns.Takedowns`."""
        parts = self._parts
        with parts.database.transaction():
            batch = self._in(batch_id, BatchState.TAKEN_DOWN)
            if batch.cause.about.startswith(NOTICE) and not by_notice:
                raise Conflict("decide about the notice: a law sets dates", code=GatewayReason.TAKEDOWN_NOTICE)
            if batch.undo_until is not None and parts.clock.now() >= batch.undo_until:
                raise Conflict("it can't be undone any more", code=GatewayReason.TAKEDOWN_LATE)
            held = self._held(batch_id)
            live = self._locked(batch, held, by)
            parts.batches.set_items(batch_id, set(held) - live.keys(), ItemState.OVERTAKEN)
            parts.batches.set_items(batch_id, live, ItemState.RESTORED)
            still = parts.batches.held_by_others(batch_id, live)
            self._parts.record.append("release:batch:undone", _said(batch, len(live)))
            for case_id in sorted(live.keys() - still):
                self._bring_back(live[case_id])
            return self._ended(replace(batch, note=note or batch.note), BatchState.UNDONE, by)

    def spare(self, batch_id: str, case_id: str, by: str) -> None:
        """Let one release of a batch out again, because whoever appealed was right.

        Raises:
            NotFound, NotPermitted: as `restore`.
            Conflict: as `restore`, or the batch does not hold this one down.
        """
        parts = self._parts
        with parts.database.transaction():
            batch = self._in(batch_id, BatchState.TAKEN_DOWN)
            if batch.undo_until is not None and parts.clock.now() >= batch.undo_until:
                raise Conflict("it can't be undone any more", code=GatewayReason.TAKEDOWN_LATE)
            live = self._locked(batch, [case_id], by) if case_id in self._held(batch_id) else {}
            if case_id not in live:
                raise Conflict("this batch does not hold it down", code=GatewayReason.TAKEDOWN_STATE)
            parts.batches.set_items(batch_id, live, ItemState.RESTORED)
            if case_id not in parts.batches.held_by_others(batch_id, live):
                self._bring_back(live[case_id])

    def finalise(self, batch_id: str, by: str) -> Batch:
        """Withdraw for good what the batch still holds down; see `ports.takedowns.Takedowns`."""
        parts = self._parts
        with parts.database.transaction():
            batch = self._in(batch_id, BatchState.TAKEN_DOWN)
            held = self._held(batch_id)
            cause = replace(_cause(batch, held), actor=by)
            live = parts.recall.touched_by(cause)
            parts.batches.set_items(batch_id, set(held) - set(live), ItemState.OVERTAKEN)
            parts.batches.set_items(batch_id, live, ItemState.FINAL)
            self._parts.record.append("release:batch:final", _said(batch, len(live)))
            parts.recall.take_back(live, cause)
            return self._ended(batch, BatchState.FINAL, by)

    def keep(self, batch_id: str, until: datetime) -> Batch:
        """Have a batch stay undoable until a moment; see `ports.takedowns.Takedowns`."""
        with self._parts.database.transaction():
            batch = self._in(batch_id, BatchState.TAKEN_DOWN)
            later = max(until, batch.undo_until or until)
            self._parts.batches.replace(replace(batch, undo_until=later))
            return self.batch(batch_id)

    def sweep(self) -> int:
        """Withdraw for good what can't be undone any more; a worker's chore. Gives how many batches."""
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
        live = set(parts.recall.touched_by(_cause(batch, [one.case_id for one in touched])))
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

    def _held(self, batch_id: str) -> list[str]:
        items = self._parts.batches.items(batch_id)
        return [item.touched.case_id for item in items if item.state is ItemState.TAKEN_DOWN]

    def _locked(self, batch: Batch, case_ids: Sequence[str], by: str) -> dict[str, ReleaseRecord]:
        """Those that nothing has withdrawn, locked; raises NotPermitted where whoever decides owns one."""
        live: dict[str, ReleaseRecord] = {}
        for case_id in self._parts.recall.touched_by(_cause(batch, case_ids)):
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
        self._parts.record.append("release:batch:taken_down", _said(batch, len(case_ids)))
        for case_id in case_ids:
            release = parts.releases.lock(case_id)
            if release is None:
                continue  # not reached: it was locked a moment ago
            parts.releases.set_state(case_id, ReleaseState.TAKEN_DOWN)
            said = {"case": case_id, "reason": batch.cause.reason, "batch": batch.id}
            parts.record.append("release:video:taken_down", said)
            payload = {
                "video_id": case_id,
                "reason": batch.cause.reason,
                "title": batch.cause.title or None,
                "until": until.isoformat(),
                **({"appeal": appeal_path(case_id)} if people_for(batch.cause) else {}),
            }
            self._owners.tell("release:video:taken_down", release, payload)
        return self.batch(batch.id)

    def _bring_back(self, release: ReleaseRecord) -> None:
        parts, case_id = self._parts, release.case_id
        objected = any(one.state is ObjectionState.STANDING for one in parts.objections.of(case_id))
        parts.releases.set_state(case_id, ReleaseState.OBJECTED if objected else ReleaseState.RELEASED)
        parts.record.append("release:video:restored", {"case": case_id})
        self._owners.tell("release:video:restored", release, {"video_id": case_id, "out": not objected})

    def _ended(self, batch: Batch, state: BatchState, by: str) -> Batch:
        self._parts.batches.replace(replace(batch, state=state, ended_by=by, ended_at=self._parts.clock.now()))
        return self.batch(batch.id)


def look_for(batches: TakedownShelf, clock: Clock, cause: TakedownCause, by: str) -> Batch:
    """Have what a claim touches looked for, in the caller's transaction; a worker does it."""
    under_way, _ = batches.page(state=BatchState.SEARCHING, about=cause.about, after=None, limit=1)
    if under_way:
        return under_way[0]
    batch = Batch(new_id("takedown"), cause, BatchState.SEARCHING, by, clock.now())
    batches.add(batch, (), ItemState.PROPOSED)
    return batch


def _there(batch: Batch | None) -> Batch:
    if batch is None:
        raise NotFound("there is no such batch", code=GatewayReason.TAKEDOWN_UNKNOWN)
    return batch


def _cause(batch: Batch, case_ids: Collection[str]) -> Cause:
    return Cause(batch.cause.reason, case_ids=frozenset(case_ids))


def _said(batch: Batch, releases: int) -> dict[str, str | int]:
    """What the ledger says of a step with a batch."""
    cause = batch.cause
    return {"batch": batch.id, "reason": cause.reason, "about": cause.about, "releases": releases}

"""Whether what batches are about still stands: a claim may end, be contested or suspended, a block may be lifted.

What was proposed for it is dismissed then, and what is held down for it is put before staff and not made final.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace

from generator_gateway.errors import GatewayReason
from generator_gateway.ports import Record
from generator_gateway.ports.takedowns import (
    NO_BATCH,
    Batch,
    BatchItem,
    BatchState,
    Footing,
    ItemState,
    TakedownCause,
    TakedownShelf,
    Touches,
    TouchesPeople,
)
from generator_gateway.service.takedown_search import SYSTEM, said
from trust_kernel.clock import Clock
from trust_kernel.db import Database

_TOUR = 1000
"""Open batches that one round looks at; the next one goes on behind them."""


class Grounds:
    """Asks claims and the blocklist.

    Args:
        touches: knows claims.
        people: knows people on the blocklist.
    """

    def __init__(self, touches: Touches, people: TouchesPeople) -> None:
        self._touches = touches
        self._people = people

    def of(self, reason: str, abouts: Collection[str]) -> Mapping[str, Footing]:
        """Where each of these stands for which something is taken down; a notice looks after itself."""
        if reason == GatewayReason.TAKEN_DOWN_FOR_CLAIM:
            return self._touches.footing(abouts)
        if reason == GatewayReason.TAKEN_DOWN_FOR_PERSON:
            return self._people.footing(abouts)
        return dict.fromkeys(abouts, Footing.STANDS)

    def is_ended(self, cause: TakedownCause) -> bool:
        """Whether nothing can be taken down for a cause any more."""
        return self.of(cause.reason, [cause.about])[cause.about] is Footing.ENDED

    def of_items(self, batch: Batch, items: Iterable[BatchItem]) -> Mapping[str, Footing]:
        """By release, where that stands for which the batch has it."""
        abouts = {item.touched.case_id: item.touched.about or batch.cause.about for item in items}
        footing = self.of(batch.cause.reason, sorted(set(abouts.values())))
        return {case_id: footing[about] for case_id, about in abouts.items()}

    def standing(self, batch: Batch, items: Iterable[BatchItem]) -> frozenset[str]:
        """The releases for which it stands."""
        return frozenset(case_id for case_id, one in self.of_items(batch, items).items() if one is Footing.STANDS)


class GroundsWatch:
    """Looks at all open batches, round by round.

    Args:
        people: told which finds of people are in no batch any more.
    """

    def __init__(
        self,
        database: Database,
        clock: Clock,
        batches: TakedownShelf,
        grounds: Grounds,
        people: TouchesPeople,
        record: Record,
    ) -> None:
        self._database = database
        self._clock = clock
        self._batches = batches
        self._grounds = grounds
        self._people = people
        self._record = record
        self._reached = ""

    def look(self) -> None:
        """Dismiss what was proposed for what ended, and mark what is held down for what does not stand."""
        page = self._batches.open_ones(self._reached, _TOUR)
        self._reached = page[-1].id if len(page) == _TOUR else ""
        abouts = {one.id: [one.cause.about] if one.cause.about else self._batches.matters(one.id) for one in page}
        by_reason: defaultdict[str, set[str]] = defaultdict(set)
        for batch in page:
            by_reason[batch.cause.reason].update(abouts[batch.id])
        known = {reason: self._grounds.of(reason, some) for reason, some in by_reason.items()}
        for batch in page:
            if _is_to_look_at(batch, {known[batch.cause.reason][about] for about in abouts[batch.id]}):
                self._look_at(batch.id)

    def lapse(self, batch: Batch, items: Sequence[BatchItem], case_ids: Collection[str]) -> None:
        """Let some of what was proposed go, in the caller's transaction, in which the batch is locked.

        Staff did not decide about them: they may be proposed again once it stands.
        """
        gone = [item.touched for item in items if item.touched.case_id in case_ids]
        self._batches.set_items(batch.id, [one.case_id for one in gone], ItemState.LAPSED)
        self._record.append("release:batch:lapsed", said(batch, len(gone)))
        if batch.cause.reason == GatewayReason.TAKEN_DOWN_FOR_PERSON:
            self._people.proposed(NO_BATCH, [(one.about or batch.cause.about, one.case_id) for one in gone])

    def _look_at(self, batch_id: str) -> None:
        with self._database.transaction():
            batch = self._batches.get(batch_id, lock=True)
            if batch is None:
                return
            items = self._batches.items(batch_id)
            footing = self._grounds.of_items(batch, items)
            if batch.state is BatchState.PROPOSED:
                self._dismiss(batch, items, {case_id for case_id, one in footing.items() if one is Footing.ENDED})
            elif batch.state is BatchState.TAKEN_DOWN:
                held = [item.touched.case_id for item in items if item.state is ItemState.TAKEN_DOWN]
                self._mark(batch, groundless=any(footing[case_id] is not Footing.STANDS for case_id in held))

    def _dismiss(self, batch: Batch, items: Sequence[BatchItem], ended: Collection[str]) -> None:
        proposed = {item.touched.case_id for item in items if item.state is ItemState.PROPOSED}
        gone = proposed & set(ended)
        if not gone:
            return
        self.lapse(batch, items, gone)
        if gone == proposed:
            now = self._clock.now()
            self._batches.replace(replace(batch, state=BatchState.DISMISSED, ended_by=SYSTEM, ended_at=now))

    def _mark(self, batch: Batch, *, groundless: bool) -> None:
        if groundless != (batch.groundless_since is not None):
            since = self._clock.now() if groundless else None
            self._batches.replace(replace(batch, groundless_since=since))


def _is_to_look_at(batch: Batch, footing: Collection[Footing]) -> bool:
    if batch.state is BatchState.PROPOSED:
        return Footing.ENDED in footing
    wavers = set(footing) != {Footing.STANDS}
    # Of several, what wavers may have been let out already: only its releases tell.
    return (wavers and batch.several > 0) or wavers != (batch.groundless_since is not None)

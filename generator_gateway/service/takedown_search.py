"""Looks for the released videos that claims and people on the blocklist touch, and proposes batches to staff."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from generator_gateway.errors import GatewayReason
from generator_gateway.ports import Cause, Recall, Record
from generator_gateway.ports.takedowns import (
    MOST_RELEASES,
    NO_BATCH,
    Batch,
    BatchState,
    Footing,
    ItemState,
    TakedownCause,
    TakedownShelf,
    Touched,
    Touches,
    TouchesPeople,
)
from trust_kernel.clock import Clock
from trust_kernel.db import Database
from trust_kernel.ids import new_id

SYSTEM = "system"
"""Who acts where nobody does."""
_SEARCHES = 10_000
"""Searches that are done together: the prompts of all releases are read once for all of them."""
_MATTERS = 100_000
"""Claims and people that are looked for together: their names are kept in memory meanwhile."""
_SETTLED = frozenset({ItemState.PROPOSED, ItemState.SPARED})
"""Where a release is in a batch that a search need not propose it for again."""


@dataclass(frozen=True, slots=True)
class _Search:
    """A batch whose search is due.

    Attributes:
        abouts: the claims or people that it is for.
        later: those of them that begin at a later moment.
    """

    batch: Batch
    abouts: Sequence[str]
    later: frozenset[str] = frozenset()


class TakedownSearch:
    """Does the searches that were asked for.

    Args:
        touches: finds what claims touch.
        people: finds what people on the blocklist touch.
        recall: locks releases that are not withdrawn.
    """

    def __init__(
        self,
        database: Database,
        clock: Clock,
        batches: TakedownShelf,
        touches: Touches,
        people: TouchesPeople,
        recall: Recall,
        record: Record,
    ) -> None:
        self._database = database
        self._clock = clock
        self._batches = batches
        self._touches = touches
        self._people = people
        self._recall = recall
        self._record = record

    def run(self) -> int:
        """Do what is due; a worker's chore. Gives how many searches that was."""
        due = self._due()
        if due:
            # Outside any transaction: it takes seconds where there are a million releases.
            found = self._found(due)
            for search in due:
                if search.batch.cause.about or _is_of_people(search.batch):
                    self._searched(search, [one for about in search.abouts for one in found.get(about, ())])
                else:
                    begun = [about for about in search.abouts if about not in search.later]
                    self._searched_apart(search, {about: found.get(about, ()) for about in begun})
        return len(due) + self._propose_tracks()

    def _due(self) -> list[_Search]:
        due: list[_Search] = []
        room = _MATTERS
        for batch_id in self._batches.searching(_SEARCHES):
            batch = self._batches.get(batch_id)
            if batch is None:
                continue
            abouts = [batch.cause.about] if batch.cause.about else self._batches.matters(batch_id)
            if len(abouts) > room and due:
                break
            later = self._later(batch, abouts)
            if later and later >= set(abouts):
                continue  # it stays as it is until one of them begins
            room -= len(abouts)
            due.append(_Search(batch, abouts, later))
        return due

    def _later(self, batch: Batch, abouts: Collection[str]) -> frozenset[str]:
        if batch.opened_by != SYSTEM:
            return frozenset()  # whoever asks wants to know today
        return (self._people if _is_of_people(batch) else self._touches).waiting(abouts)

    def _found(self, due: Sequence[_Search]) -> Mapping[str, Sequence[Touched]]:
        people = {about for search in due if _is_of_people(search.batch) for about in search.abouts}
        claims = {about for search in due if not _is_of_people(search.batch) for about in search.abouts}
        # It may have ended since it was put on the list. What staff have still to look at they may ask about.
        footing = self._touches.footing(claims) if claims else {}
        open_ones = {claim_id for claim_id in claims if footing[claim_id] is not Footing.ENDED}
        found = dict(self._touches.by_claims(open_ones)) if open_ones else {}
        return {**found, **(self._people.by_people(people) if people else {})}

    def _searched(self, search: _Search, touched: Sequence[Touched]) -> None:
        batch, batches = search.batch, self._batches
        asked = batch.opened_by != SYSTEM
        touched = self._new(surest(touched), batch)
        with self._database.transaction():
            locked = batches.get(batch.id, lock=True)
            if locked is None or locked.state is not BatchState.SEARCHING:
                return  # another worker was faster
            kept, held = self._kept(locked, touched)
            kept = self._new(kept, locked)  # once more: whoever proposed the same meanwhile held the same locks
            if search.later:
                look_for_several(batches, self._clock, batch.cause.reason, search.later, batch.opened_by)
            if not kept and not asked:
                batches.drop(batch.id)  # nobody asked, and there may be one for each claim of a long list
                return
            state = BatchState.PROPOSED if kept else BatchState.NOTHING
            found = max(len(kept), len(touched) - len(held)) if kept else 0
            self._fill(replace(locked, state=state, found=found), kept)

    def _searched_apart(self, search: _Search, found: Mapping[str, Sequence[Touched]]) -> None:
        """Propose what each of several claims touches as a batch of its own: each has its holder, title and appeals.

        Each is a transaction by itself: they may hold a thousand releases down.
        """
        batch = search.batch
        touched = {about: surest(some) for about, some in sorted(found.items()) if some}
        titles = self._touches.titles(touched) if touched else {}
        for about, some in touched.items():
            with self._database.transaction():
                locked = self._batches.get(batch.id, lock=True)
                if locked is not None and self._batches.settle(batch.id, about):  # else another worker was faster
                    self._propose(replace(batch.cause, about=about, title=titles.get(about, "")), some)
        with self._database.transaction():
            if self._batches.get(batch.id, lock=True) is not None:
                look_for_several(self._batches, self._clock, batch.cause.reason, search.later, batch.opened_by)
                self._batches.drop(batch.id)

    def _propose(self, cause: TakedownCause, touched: Sequence[Touched]) -> None:
        batch = Batch(new_id("takedown"), cause, BatchState.PROPOSED, SYSTEM, self._clock.now())
        kept, held = self._kept(batch, self._new(touched, batch))
        kept = self._new(kept, batch)
        if kept:
            batch = replace(batch, found=max(len(kept), len(touched) - len(held)))
            self._batches.add(batch, (), ItemState.PROPOSED)
            self._fill(batch, kept)

    def _propose_tracks(self) -> int:
        """People who were found in tracks, and are in no batch yet, as one batch."""
        found = self._people.tracked()
        touched = surest(one for some in found.values() for one in some)
        if not touched:
            return 0
        cause = TakedownCause(GatewayReason.TAKEN_DOWN_FOR_PERSON)
        with self._database.transaction():
            batch = Batch(new_id("takedown"), cause, BatchState.PROPOSED, SYSTEM, self._clock.now())
            live, _ = self._kept(batch, touched)
            kept = self._new(live, batch)
            if known := [(one.about, one.case_id) for one in live if one not in kept]:
                self._people.proposed(NO_BATCH, known)  # a batch of the same person has them already
            if not kept:
                return 0
            batch = replace(batch, found=len(kept))
            self._batches.add(batch, (), ItemState.PROPOSED)
            self._fill(batch, kept)
        return 1

    def _kept(self, batch: Batch, touched: Sequence[Touched]) -> tuple[list[Touched], frozenset[str]]:
        """The surest of those that are not withdrawn, locked; and which of them another batch holds down."""
        out = self._recall.touched_by(cause_of(batch, [one.case_id for one in touched[:MOST_RELEASES]]))
        held = self._batches.held_by_others(batch.id, out)
        return [one for one in touched if one.case_id in set(out) - held], held

    def _new(self, touched: Sequence[Touched], batch: Batch) -> list[Touched]:
        """Those that are not proposed already, and that staff did not let stay: they are not asked twice."""
        settled = _SETTLED
        if _is_of_people(batch) and batch.opened_by == SYSTEM:
            settled |= {ItemState.RESTORED}  # people's entries change often, and lists come again every month
        by_about: dict[str, set[str]] = {}
        for one in touched:
            by_about.setdefault(one.about or batch.cause.about, set()).add(one.case_id)
        met = {about: self._batches.met(about, cases, settled) for about, cases in by_about.items()}
        return [one for one in touched if one.case_id not in met[one.about or batch.cause.about]]

    def _fill(self, batch: Batch, kept: Sequence[Touched]) -> None:
        """Keep what was found, and of what the batch is about only what touches any of it."""
        abouts = sorted({one.about for one in kept} - {"", batch.cause.about})
        if not batch.cause.about and len(abouts) == 1:
            batch = replace(batch, cause=replace(batch.cause, about=abouts[0]))
        if batch.cause.about:
            kept = [replace(one, about="") if one.about == batch.cause.about else one for one in kept]
        several = [] if batch.cause.about else abouts
        self._batches.fill(replace(batch, several=len(several)), kept, several)
        if kept:
            self._record.append("release:batch:proposed", said(replace(batch, several=len(several)), len(kept)))
            if _is_of_people(batch):
                self._people.proposed(batch.id, [(one.about or batch.cause.about, one.case_id) for one in kept])


def look_for(batches: TakedownShelf, clock: Clock, cause: TakedownCause, by: str) -> Batch:
    """Have what a claim or a person touches looked for, in the caller's transaction; a worker does it."""
    under_way, _ = batches.page(state=BatchState.SEARCHING, about=cause.about, groundless=False, after=None, limit=1)
    if under_way:
        return under_way[0]
    batch = Batch(new_id("takedown"), cause, BatchState.SEARCHING, by, clock.now())
    batches.add(batch, (), ItemState.PROPOSED)
    return batch


def look_for_several(
    batches: TakedownShelf, clock: Clock, reason: str, abouts: Collection[str], by: str
) -> Batch | None:
    """Have what several touch looked for together, in the caller's transaction.

    What is found for people is one batch, what is found for claims a batch each.

    A search that is under way does not count: it may have read its names before the caller changed them.
    """
    several = sorted(set(abouts))
    if not several:
        return None
    cause = TakedownCause(reason, several[0] if len(several) == 1 else "")
    batch = Batch(new_id("takedown"), cause, BatchState.SEARCHING, by, clock.now())
    batches.add(batch, (), ItemState.PROPOSED, several if len(several) > 1 else ())
    return batch


def surest(touched: Iterable[Touched]) -> list[Touched]:
    """Of each release the surest sight, the surest first."""
    best: dict[str, Touched] = {}
    for one in sorted(touched, key=lambda one: (-one.score, one.case_id, one.found_by, one.about)):
        best.setdefault(one.case_id, one)
    return list(best.values())


def cause_of(batch: Batch, case_ids: Collection[str]) -> Cause:
    """Why these releases are looked at, in the terms of withdrawals."""
    return Cause(batch.cause.reason, case_ids=frozenset(case_ids))


def said(batch: Batch, releases: int) -> dict[str, str | int]:
    """What the ledger says of a step with a batch."""
    cause = batch.cause
    several = {"several": batch.several} if batch.several else {}
    return {"batch": batch.id, "reason": cause.reason, "about": cause.about, "releases": releases, **several}


def _is_of_people(batch: Batch) -> bool:
    return batch.cause.reason == GatewayReason.TAKEN_DOWN_FOR_PERSON

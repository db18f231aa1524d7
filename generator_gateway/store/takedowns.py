"""Batches of releases that are taken down."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import islice

from sqlalchemy import delete, func, insert, or_, update
from sqlmodel import Session, col, select

from generator_gateway.errors import GatewayReason
from generator_gateway.ports.takedowns import NOTICE, Batch, BatchItem, BatchState, ItemState, TakedownCause, Touched
from generator_gateway.tables import TakedownItemRow, TakedownMatterRow, TakedownRow
from trust_kernel.db import Database
from trust_kernel.errors import NotFound

_CHUNK = 500
"""Ids in one statement."""
_OPEN = (BatchState.PROPOSED.value, BatchState.TAKEN_DOWN.value)
_HELD = (ItemState.TAKEN_DOWN.value,)
_EVER_HELD = (ItemState.TAKEN_DOWN.value, ItemState.RESTORED.value, ItemState.OVERTAKEN.value, ItemState.FINAL.value)


class TakedownStore:
    """Rows of batches and of what is in them."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, batch: Batch, touched: Sequence[Touched], state: ItemState, matters: Collection[str] = ()) -> None:
        """Insert a batch with its releases, all in one state, and what it is about where that is several."""
        with self._database.transaction() as session:
            session.add(_row(batch))
            session.flush()
            session.add_all([_item_row(batch.id, one, state) for one in touched])
            _add_matters(session, batch.id, matters)
            session.flush()

    def matters(self, batch_id: str) -> Sequence[str]:
        """What a batch is about, where that is several; else nothing."""
        statement = select(TakedownMatterRow.about).where(TakedownMatterRow.takedown_id == batch_id)
        with self._database.reading() as session:
            return sorted(session.exec(statement))

    def settle(self, batch_id: str, about: str) -> bool:
        """Take one of several off what a batch is about; whether it was there."""
        statement = delete(TakedownMatterRow).where(
            col(TakedownMatterRow.takedown_id) == batch_id, col(TakedownMatterRow.about) == about
        )
        with self._database.transaction() as session:
            return bool(session.connection().execute(statement).rowcount)

    def met(self, about: str, case_ids: Collection[str], states: Collection[ItemState]) -> frozenset[str]:
        """Which of these are in one of these states in a batch about this."""
        found: set[str] = set()
        with self._database.reading() as session:
            for chunk in _in_chunks(case_ids):
                statement = (
                    select(TakedownItemRow.case_id)
                    .join(TakedownRow, col(TakedownRow.id) == col(TakedownItemRow.takedown_id))
                    .where(
                        col(TakedownItemRow.case_id).in_(chunk),
                        col(TakedownItemRow.state).in_([one.value for one in states]),
                        or_(col(TakedownItemRow.about) == about, col(TakedownRow.about) == about),
                    )
                )
                found |= set(session.exec(statement))
        return frozenset(found)

    def fill(self, batch: Batch, touched: Sequence[Touched], matters: Collection[str] = ()) -> None:
        """Keep what a search found, as proposed, the batch as it is now, and what it is about where that is several."""
        with self._database.transaction() as session:
            self.replace(batch)
            session.execute(delete(TakedownMatterRow).where(col(TakedownMatterRow.takedown_id) == batch.id))
            _add_matters(session, batch.id, matters)
            session.add_all([_item_row(batch.id, one, ItemState.PROPOSED) for one in touched])
            session.flush()

    def drop(self, batch_id: str) -> None:
        """Forget a batch in which there is nothing."""
        with self._database.transaction() as session:
            session.execute(delete(TakedownMatterRow).where(col(TakedownMatterRow.takedown_id) == batch_id))
            session.execute(delete(TakedownRow).where(col(TakedownRow.id) == batch_id))

    def get(self, batch_id: str, *, lock: bool = False) -> Batch | None:
        """One, locked until the transaction ends if asked."""
        with self._database.reading() as session:
            row = session.get(TakedownRow, batch_id, with_for_update=lock or None, populate_existing=lock)
            return _batches(session, [row])[0] if row else None

    def replace(self, batch: Batch) -> None:
        """Keep a changed batch."""
        with self._database.transaction() as session:
            row = session.get(TakedownRow, batch.id)
            if row is None:
                raise NotFound("there is no such batch", code=GatewayReason.TAKEDOWN_UNKNOWN)
            row.sqlmodel_update(_row(batch).model_dump(exclude={"id"}))
            session.add(row)
            session.flush()

    def items(self, batch_id: str) -> Sequence[BatchItem]:
        """The releases of a batch, in order of id."""
        statement = select(TakedownItemRow).where(TakedownItemRow.takedown_id == batch_id)
        with self._database.reading() as session:
            rows = session.exec(statement.order_by(col(TakedownItemRow.case_id)))
            return [
                BatchItem(Touched(row.case_id, row.found_by, row.score, row.what, row.about), ItemState(row.state))
                for row in rows
            ]

    def set_items(self, batch_id: str, case_ids: Collection[str], state: ItemState) -> None:
        """Put some releases of a batch into a state."""
        with self._database.transaction() as session:
            for chunk in _in_chunks(case_ids):
                session.execute(
                    update(TakedownItemRow)
                    .where(col(TakedownItemRow.takedown_id) == batch_id, col(TakedownItemRow.case_id).in_(chunk))
                    .values(state=state.value)
                )

    def held_by_others(self, batch_id: str, case_ids: Collection[str]) -> frozenset[str]:
        """Which of these another batch holds down, as committed now."""
        found: set[str] = set()
        with self._database.reading() as session:
            for chunk in _in_chunks(case_ids):
                statement = select(TakedownItemRow.case_id).where(
                    col(TakedownItemRow.case_id).in_(chunk),
                    col(TakedownItemRow.state).in_(_HELD),
                    TakedownItemRow.takedown_id != batch_id,
                )
                found |= set(session.exec(statement))
        return frozenset(found)

    def page(
        self, *, state: BatchState | None, about: str | None, groundless: bool, after: str | None, limit: int
    ) -> tuple[list[Batch], bool]:
        """Newest first, and whether there are more."""
        statement = select(TakedownRow).order_by(col(TakedownRow.id).desc()).limit(limit + 1)
        if state is not None:
            statement = statement.where(TakedownRow.state == state.value)
        if about is not None:
            among = select(TakedownMatterRow.takedown_id).where(TakedownMatterRow.about == about)
            statement = statement.where(or_(col(TakedownRow.about) == about, col(TakedownRow.id).in_(among)))
        if groundless:
            down = TakedownRow.state == BatchState.TAKEN_DOWN.value
            statement = statement.where(down, col(TakedownRow.groundless_since).is_not(None))
        if after is not None:
            statement = statement.where(TakedownRow.id < after)
        with self._database.reading() as session:
            found = _batches(session, session.exec(statement))
        return found[:limit], len(found) > limit

    def open_ones(self, after: str, limit: int) -> Sequence[Batch]:
        """PROPOSED and TAKEN_DOWN ones behind an id, oldest first, not counted; a notice looks after those about it."""
        statement = (
            select(TakedownRow)
            .where(col(TakedownRow.state).in_(_OPEN), TakedownRow.id > after)
            .where(~col(TakedownRow.about).startswith(NOTICE, autoescape=True))
            .order_by(col(TakedownRow.id))
            .limit(limit)
        )
        with self._database.reading() as session:
            return _batches(session, session.exec(statement), counted=False)

    def of_cases(self, case_ids: Collection[str]) -> Mapping[str, Sequence[Batch]]:
        """Batches that took releases down, newest first, by release."""
        pairs: list[tuple[str, TakedownRow]] = []
        with self._database.reading() as session:
            for chunk in _in_chunks(case_ids):
                statement = (
                    select(TakedownItemRow.case_id, TakedownRow)
                    .join(TakedownRow, col(TakedownItemRow.takedown_id) == col(TakedownRow.id))
                    .where(col(TakedownItemRow.case_id).in_(chunk), col(TakedownItemRow.state).in_(_EVER_HELD))
                    .order_by(col(TakedownRow.id).desc())
                )
                pairs += session.exec(statement)
            batches = {batch.id: batch for batch in _batches(session, {row.id: row for _, row in pairs}.values())}
        found: defaultdict[str, list[Batch]] = defaultdict(list)
        for case_id, row in pairs:
            found[case_id].append(batches[row.id])
        return found

    def due(self, at: datetime, limit: int) -> Sequence[str]:
        """Ids of batches that are TAKEN_DOWN and cannot be undone any more; a notice ends those about it."""
        statement = (
            select(TakedownRow.id)
            .where(TakedownRow.state == BatchState.TAKEN_DOWN.value, col(TakedownRow.undo_until) <= at)
            .where(~col(TakedownRow.about).startswith(NOTICE, autoescape=True))
            .order_by(col(TakedownRow.undo_until))
            .limit(limit)
        )
        with self._database.reading() as session:
            return list(session.exec(statement))

    def searching(self, limit: int) -> Sequence[str]:
        """Ids of batches whose search was not done, oldest first."""
        statement = select(TakedownRow.id).where(TakedownRow.state == BatchState.SEARCHING.value)
        with self._database.reading() as session:
            return list(session.exec(statement.order_by(col(TakedownRow.id)).limit(limit)))


def _add_matters(session: Session, batch_id: str, matters: Collection[str]) -> None:
    if matters:
        rows = [{"takedown_id": batch_id, "about": about} for about in sorted(set(matters))]
        session.execute(insert(TakedownMatterRow), rows)


def _in_chunks(keys: Iterable[str]) -> Iterator[list[str]]:
    stream = iter(sorted(set(keys)))
    while chunk := list(islice(stream, _CHUNK)):
        yield chunk


def _item_row(batch_id: str, one: Touched, state: ItemState) -> TakedownItemRow:
    return TakedownItemRow(
        takedown_id=batch_id,
        case_id=one.case_id,
        about=one.about,
        found_by=one.found_by,
        score=one.score,
        what=one.what,
        state=state.value,
    )


def _row(batch: Batch) -> TakedownRow:
    return TakedownRow(
        id=batch.id,
        reason=batch.cause.reason,
        about=batch.cause.about,
        title=batch.cause.title,
        state=batch.state.value,
        found=batch.found,
        opened_by=batch.opened_by,
        opened_at=batch.opened_at,
        confirmed_by=batch.confirmed_by,
        confirmed_at=batch.confirmed_at,
        undo_until=batch.undo_until,
        ended_by=batch.ended_by,
        ended_at=batch.ended_at,
        note=batch.note,
        groundless_since=batch.groundless_since,
    )


def _batches(session: Session, rows: Iterable[TakedownRow], *, counted: bool = True) -> list[Batch]:
    kept = list(rows)
    counts: Mapping[str, dict[ItemState, int]] = _counts(session, [row.id for row in kept]) if counted else {}
    several = _several(session, [row.id for row in kept if not row.about])
    return [
        Batch(
            id=row.id,
            cause=TakedownCause(row.reason, row.about, row.title),
            state=BatchState(row.state),
            opened_by=row.opened_by,
            opened_at=row.opened_at,
            found=row.found,
            confirmed_by=row.confirmed_by,
            confirmed_at=row.confirmed_at,
            undo_until=row.undo_until,
            ended_by=row.ended_by,
            ended_at=row.ended_at,
            note=row.note,
            counts=counts.get(row.id, {}),
            several=several.get(row.id, 0),
            groundless_since=row.groundless_since,
        )
        for row in kept
    ]


def _several(session: Session, batch_ids: Sequence[str]) -> Mapping[str, int]:
    found: dict[str, int] = {}
    for chunk in _in_chunks(batch_ids):
        statement = (
            select(TakedownMatterRow.takedown_id, func.count())
            .where(col(TakedownMatterRow.takedown_id).in_(chunk))
            .group_by(col(TakedownMatterRow.takedown_id))
        )
        found |= dict(session.exec(statement).all())
    return found


def _counts(session: Session, batch_ids: Sequence[str]) -> Mapping[str, dict[ItemState, int]]:
    found: defaultdict[str, dict[ItemState, int]] = defaultdict(dict)
    for chunk in _in_chunks(batch_ids):
        statement = (
            select(TakedownItemRow.takedown_id, TakedownItemRow.state, func.count())
            .where(col(TakedownItemRow.takedown_id).in_(chunk))
            .group_by(col(TakedownItemRow.takedown_id), col(TakedownItemRow.state))
        )
        for batch_id, state, count in session.exec(statement):
            found[batch_id][ItemState(state)] = count
    return found

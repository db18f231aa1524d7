"""The deliveries that are due: written once for each event, claimed by lease, settled by whoever sent them."""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, exists, or_
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, delete, select, update
from sqlmodel.sql.expression import SelectOfScalar

from trust_kernel.clock import Clock, aware
from trust_kernel.db import Database
from trust_kernel.delivery.domain import (
    GIVE_UP_AFTER,
    LEASE,
    REST,
    Answer,
    Channel,
    DeliveryReason,
    DeliveryState,
    Outcome,
    Parcel,
    Sender,
    Target,
    next_attempt,
)
from trust_kernel.delivery.tables import DeliveryRow
from trust_kernel.events import Event, OutboxRow, event_of
from trust_kernel.ids import new_id

_AT_ONCE = 50
"""Events routed in one transaction: few, because on SQLite it holds the only write lock."""
_KEEP = timedelta(days=30)
"""How long rows of what was sent or dropped stay; the notices themselves stay in the outbox."""
_MOST_PRUNED = 1000
_TRIES = 100
"""Rows that others took first, or that are given up, which one claim passes over."""
_ENDS = {
    Outcome.TAKEN: DeliveryState.SENT,
    Outcome.NEVER: DeliveryState.DEAD,
    Outcome.MOOT: DeliveryState.DROPPED,
}


class DeliveryQueue:
    """Rows of deliveries, for any number of processes at once.

    Args:
        database: holds the outbox and the deliveries.
        clock: decides what is due.
        senders: the channels; what has no sender here is neither routed nor sent.
    """

    def __init__(self, database: Database, clock: Clock, senders: Mapping[Channel, Sender]) -> None:
        self._database = database
        self._clock = clock
        self._senders = senders

    def route(self) -> int:
        """Write the deliveries of up to 50 new events; how many events that were."""
        waiting = select(OutboxRow).where(col(OutboxRow.routed_at).is_(None))
        with self._database.reading() as session:
            # Looked at first: a process with nothing to do takes no lock.
            if session.exec(waiting.limit(1)).first() is None:
                return 0
        oldest = waiting.order_by(col(OutboxRow.at), col(OutboxRow.id)).limit(_AT_ONCE)
        with self._database.transaction() as session:
            rows = session.exec(oldest.with_for_update(skip_locked=True)).all()
            now = self._clock.now()
            events = [event_of(row) for row in rows]
            for channel, sender in self._senders.items():
                for event, target in sender.targets(events, now):
                    session.add(_row(event, channel, target, now))
            for row in rows:
                row.routed_at = now
                session.add(row)
        return len(rows)

    def is_due(self) -> bool:
        """Whether anything can be sent now; takes no lock."""
        with self._database.reading() as session:
            return session.exec(self._due(self._clock.now())).first() is not None

    def claim(self) -> Parcel | None:
        """Take what is due first, and everything of its bundle, for `LEASE`; None where nothing is due.

        A target that is being sent to is left alone, so that a slow receiver holds up one thread and not all.
        """
        if not self.is_due():
            return None
        for _ in range(_TRIES):
            with self._database.transaction() as session:
                first = session.exec(self._due(self._clock.now()).with_for_update(skip_locked=True)).first()
                parcel = self._taken(session, first) if first is not None else None
            if first is None or parcel is not None:
                return parcel
        return None

    def _taken(self, session: Session, first: DeliveryRow) -> Parcel | None:
        """Lease a row and its bundle; None where somebody else just has, or where it has to be given up."""
        now = self._clock.now()
        rows = _bundled(session, first)
        if not rows or any(row.leased_until is not None and aware(row.leased_until) > now for row in rows):
            return None
        attempt = max(row.attempts for row in rows) + 1
        if attempt > 1 and now >= aware(first.since) + GIVE_UP_AFTER + LEASE:
            # Its senders died each time, this one perhaps next: nobody lived to give it up.
            _end(session, rows, DeliveryState.DEAD, now, DeliveryReason.NEVER_SETTLED)
            return None
        events = _events(session, rows)
        if not events:
            # Whoever it was about left, and the event with them.
            _end(session, rows, DeliveryState.DROPPED, now, DeliveryReason.EVENT_GONE)
            return None
        for row in rows:
            # Counted when it starts: a process that dies while sending has used the attempt up.
            row.attempts, row.due_at, row.leased_until = attempt, now + LEASE, now + LEASE
            session.add(row)
        return Parcel(first.bundle, Channel(first.channel), first.target, events, attempt)

    def settle(self, parcel: Parcel, answer: Answer) -> DeliveryState:
        """Note what came of it; a claim that another sender has taken over changes nothing but a success."""
        with self._database.transaction() as session:
            statement = select(DeliveryRow).where(
                DeliveryRow.bundle == parcel.id,
                DeliveryRow.channel == str(parcel.channel),
                col(DeliveryRow.event_id).in_([event.id for event in parcel.events]),
                DeliveryRow.state == str(DeliveryState.WAITING),
            )
            found = session.exec(statement.order_by(col(DeliveryRow.id)).with_for_update()).all()
            rows = [row for row in found if row.attempts == parcel.attempt or answer.outcome is Outcome.TAKEN]
            if not rows:
                return DeliveryState.DROPPED
            now = self._clock.now()
            end = _ENDS.get(answer.outcome)
            again = next_attempt(parcel.attempt, aware(rows[0].since), now) if end is None else None
            if again is None:
                _end(session, rows, end or DeliveryState.DEAD, now, answer.said)
                return end or DeliveryState.DEAD
            for row in rows:
                row.due_at, row.leased_until, row.said = again, None, answer.said
                session.add(row)
            _let_rest(session, parcel, now, min(again, now + REST))
            return DeliveryState.WAITING

    def prune(self) -> int:
        """Delete up to 1,000 rows of what ended well more than 30 days ago; how many."""
        old = select(DeliveryRow.id).where(
            col(DeliveryRow.state).in_([str(DeliveryState.SENT), str(DeliveryState.DROPPED)]),
            col(DeliveryRow.ended_at) < self._clock.now() - _KEEP,
        )
        with self._database.reading() as session:
            ids = list(session.exec(old.limit(_MOST_PRUNED)))
        if ids:
            with self._database.transaction() as session:
                session.exec(delete(DeliveryRow).where(col(DeliveryRow.id).in_(ids)))
        return len(ids)

    def _due(self, now: datetime) -> SelectOfScalar[DeliveryRow]:
        busy = aliased(DeliveryRow)
        sending = exists().where(
            and_(
                col(busy.target) == col(DeliveryRow.target),
                col(busy.channel) == col(DeliveryRow.channel),
                col(busy.state) == str(DeliveryState.WAITING),
                col(busy.leased_until) > now,
            )
        )
        before = aliased(DeliveryRow)
        # Only the first row of a bundle is ever picked: two that hold different rows of one would wait for each other.
        behind = exists().where(
            and_(
                col(before.bundle) == col(DeliveryRow.bundle),
                col(before.state) == str(DeliveryState.WAITING),
                col(before.id) < col(DeliveryRow.id),
            )
        )
        return (
            select(DeliveryRow)
            .where(
                DeliveryRow.state == str(DeliveryState.WAITING),
                DeliveryRow.due_at <= now,
                col(DeliveryRow.channel).in_([str(channel) for channel in self._senders]),
                ~sending,
                ~behind,
            )
            .order_by(col(DeliveryRow.due_at), col(DeliveryRow.id))
            .limit(1)
        )


def _row(event: Event, channel: Channel, target: Target, now: datetime) -> DeliveryRow:
    identity = new_id("dlv")
    return DeliveryRow(
        id=identity,
        event_id=event.id,
        channel=str(channel),
        target=target.target,
        account_id=event.recipient,
        bundle=target.bundle or identity,
        due_at=target.due,
        # An event that waited for a courier has its 72 hours all the same.
        since=max(target.due, now),
    )


def _bundled(session: Session, first: DeliveryRow) -> Sequence[DeliveryRow]:
    if first.bundle == first.id:
        return [first]
    statement = select(DeliveryRow).where(
        DeliveryRow.bundle == first.bundle, DeliveryRow.state == str(DeliveryState.WAITING)
    )
    locked = statement.order_by(col(DeliveryRow.id)).with_for_update()
    # Read anew: while this waited for the lock, somebody may have leased them.
    return session.exec(locked.execution_options(populate_existing=True)).all()


def _events(session: Session, rows: Sequence[DeliveryRow]) -> tuple[Event, ...]:
    statement = select(OutboxRow).where(col(OutboxRow.id).in_([row.event_id for row in rows]))
    ordered = statement.order_by(col(OutboxRow.at), col(OutboxRow.id))
    return tuple(event_of(row) for row in session.exec(ordered))


def _end(session: Session, rows: Sequence[DeliveryRow], state: DeliveryState, now: datetime, said: str) -> None:
    for row in rows:
        row.state, row.ended_at, row.leased_until, row.said = str(state), now, None, said
        session.add(row)


def _let_rest(session: Session, parcel: Parcel, now: datetime, until: datetime) -> None:
    """Whoever just failed to take one delivery is not asked to take the others at once."""
    session.exec(
        update(DeliveryRow)
        .where(
            col(DeliveryRow.target) == parcel.target,
            col(DeliveryRow.channel) == str(parcel.channel),
            col(DeliveryRow.state) == str(DeliveryState.WAITING),
            col(DeliveryRow.due_at) < until,
            _not_leased(now),
        )
        .values(due_at=until)
    )


def _not_leased(now: datetime) -> ColumnElement[bool]:
    return or_(col(DeliveryRow.leased_until).is_(None), col(DeliveryRow.leased_until) <= now)


def bundle_of(channel: Channel, target: str, due: datetime) -> str:
    """The bundle of everything that is due to a target at one moment."""
    named = f"{channel}|{target}|{due.isoformat()}"
    return "bdl_" + hashlib.sha256(named.encode()).hexdigest()[:32]

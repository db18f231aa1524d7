"""Dead letters: what was given up, for staff to try again or to take off the list. Nobody's address is shown."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, func
from sqlmodel import col, select

from trust_kernel.clock import Clock, aware
from trust_kernel.db import Database
from trust_kernel.delivery.domain import Channel, DeliveryReason, DeliveryState
from trust_kernel.delivery.tables import DeliveryRow
from trust_kernel.errors import Conflict, InvalidInput, NotFound
from trust_kernel.events import OutboxRow

_MOST_WORDS = 500


@dataclass(frozen=True, slots=True)
class Delivery:
    """One delivery as staff see it, on the page and over HTTP; nobody's address is in it.

    Attributes:
        kind: the event's type; "" where the event is gone.
        target: an endpoint's or an account's id.
        said: what the last attempt came to, a status or a code.
        due: when it is tried next; for what has ended, when it was tried last.
    """

    id: str
    event_id: str
    kind: str
    channel: Channel
    target: str
    account_id: str
    state: DeliveryState
    attempts: int
    said: str
    since: datetime
    due: datetime
    ended_at: datetime | None
    dropped_by: str
    dropped_why: str


@dataclass(frozen=True, slots=True)
class DeliveryFilter:
    """Which deliveries are looked for; None and "" stand for any."""

    state: DeliveryState | None = DeliveryState.DEAD
    channel: Channel | None = None
    target: str = ""
    account_id: str = ""
    said: str = ""


class DeadLetters:
    """What staff do about deliveries.

    Args:
        database: holds them.
        clock: says when the next attempt is due: now.
    """

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def page(
        self, wanted: DeliveryFilter, *, after: str | None = None, limit: int = 50
    ) -> tuple[Sequence[Delivery], bool]:
        """Deliveries, newest first, and whether there are more; `after` is the last id of the page before."""
        statement = select(DeliveryRow).where(*_conditions(wanted))
        with self._database.reading() as session:
            last = session.get(DeliveryRow, after) if after else None
            if last is not None:
                earlier = (col(DeliveryRow.since) < last.since) | (
                    (col(DeliveryRow.since) == last.since) & (col(DeliveryRow.id) < last.id)
                )
                statement = statement.where(earlier)
            ordered = statement.order_by(col(DeliveryRow.since).desc(), col(DeliveryRow.id).desc())
            rows = session.exec(ordered.limit(limit + 1)).all()
            events = [row.event_id for row in rows]
            kinds = dict(session.exec(select(OutboxRow.id, OutboxRow.type).where(col(OutboxRow.id).in_(events))).all())
        return [_delivery(row, kinds.get(row.event_id, "")) for row in rows[:limit]], len(rows) > limit

    def count(self, wanted: DeliveryFilter | None = None) -> int:
        """How many there are."""
        statement = select(func.count(col(DeliveryRow.id))).where(*_conditions(wanted or DeliveryFilter()))
        with self._database.reading() as session:
            return session.exec(statement).one()

    def retry(self, delivery_id: str) -> None:
        """Try a dead one again, for another 72 hours, with everything that was to go out with it.

        Raises:
            NotFound: there is no such delivery.
            Conflict: it is not dead.
        """
        with self._database.transaction() as session:
            row = _found(session.get(DeliveryRow, delivery_id, with_for_update=True))
            if row.state != DeliveryState.DEAD:
                raise _not_dead()
            statement = select(DeliveryRow).where(
                DeliveryRow.bundle == row.bundle, DeliveryRow.state == str(DeliveryState.DEAD)
            )
            self._revive(session.exec(statement.with_for_update()).all())

    def retry_target(self, target: str) -> int:
        """Try everything again that is dead for a target; how many deliveries that were."""
        statement = select(DeliveryRow).where(
            DeliveryRow.target == target, DeliveryRow.state == str(DeliveryState.DEAD)
        )
        with self._database.transaction() as session:
            rows = session.exec(statement.order_by(col(DeliveryRow.id)).with_for_update()).all()
            self._revive(rows)
        return len(rows)

    def drop(self, delivery_id: str, *, by: str, why: str) -> None:
        """Take a dead one off the list; the notice in the app stays.

        Args:
            delivery_id: which.
            by: the account that does it.
            why: 1 to 500 characters, kept with it.

        Raises:
            NotFound: there is no such delivery.
            Conflict: it is not dead.
            InvalidInput: no reason, or one too long.
        """
        said = why.strip()
        if not 1 <= len(said) <= _MOST_WORDS:
            raise InvalidInput(
                f"say why, in 1 to {_MOST_WORDS} characters",
                code=DeliveryReason.WHY_MISSING,
                field="why",
                limit=f"{_MOST_WORDS} characters",
            )
        with self._database.transaction() as session:
            row = _found(session.get(DeliveryRow, delivery_id, with_for_update=True))
            if row.state != DeliveryState.DEAD:
                raise _not_dead()
            row.state, row.ended_at = str(DeliveryState.DROPPED), self._clock.now()
            row.dropped_by, row.dropped_why = by, said
            session.add(row)

    def _revive(self, rows: Sequence[DeliveryRow]) -> None:
        now = self._clock.now()
        for row in rows:
            row.state, row.due_at, row.since, row.attempts = str(DeliveryState.WAITING), now, now, 0
            row.ended_at, row.leased_until = None, None


def _conditions(wanted: DeliveryFilter) -> list[ColumnElement[bool]]:
    asked = (
        (DeliveryRow.state, wanted.state),
        (DeliveryRow.channel, wanted.channel),
        (DeliveryRow.target, wanted.target),
        (DeliveryRow.account_id, wanted.account_id),
        (DeliveryRow.said, wanted.said),
    )
    return [col(column) == str(value) for column, value in asked if value]


def _found(row: DeliveryRow | None) -> DeliveryRow:
    if row is None:
        raise NotFound("there is no such delivery", code=DeliveryReason.DELIVERY_UNKNOWN)
    return row


def _not_dead() -> Conflict:
    return Conflict("only what was given up can be changed", code=DeliveryReason.NOT_DEAD)


def _delivery(row: DeliveryRow, kind: str) -> Delivery:
    return Delivery(
        id=row.id,
        event_id=row.event_id,
        kind=kind,
        channel=Channel(row.channel),
        target=row.target,
        account_id=row.account_id,
        state=DeliveryState(row.state),
        attempts=row.attempts,
        said=row.said,
        since=aware(row.since),
        due=aware(row.due_at),
        ended_at=aware(row.ended_at) if row.ended_at else None,
        dropped_by=row.dropped_by,
        dropped_why=row.dropped_why,
    )

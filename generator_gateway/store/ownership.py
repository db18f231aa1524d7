"""Rows of what owners do: hiding, objecting, and what people were told."""

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import col, select

from generator_gateway.ports import ReleaseState
from generator_gateway.ports.ownership import Objection, ObjectionState
from generator_gateway.tables import HiddenVideoRow, ObjectionRow, ReleaseRow, ToldUseRow
from trust_kernel.clock import aware
from trust_kernel.db import Database


class ObjectionStore:
    """Objection rows. One counts as long as its release is held back."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def put(self, objection: Objection) -> None:
        """Keep an objection in place of an earlier one of the same person's."""
        with self._database.transaction() as session:
            session.merge(
                ObjectionRow(
                    case_id=objection.case_id,
                    account_id=objection.account_id,
                    note=objection.note,
                    state=objection.state.value,
                    at=objection.at,
                    until=objection.until,
                    escalated_at=objection.escalated_at,
                    decided_by=objection.decided_by,
                    decided_at=objection.decided_at,
                )
            )
            session.flush()

    def of(self, case_id: str) -> Sequence[Objection]:
        """All of a release, in order of account."""
        statement = select(ObjectionRow).where(ObjectionRow.case_id == case_id).order_by(col(ObjectionRow.account_id))
        with self._database.reading() as session:
            return [_objection(row) for row in session.exec(statement)]

    def standing(self, *, due_by: datetime | None, after: str | None, limit: int) -> tuple[list[str], bool]:
        """Ids of releases that are held back by an objection, in order of id; and whether there are more."""
        held = select(ReleaseRow.case_id).where(ReleaseRow.status == ReleaseState.OBJECTED.value)
        standing = select(ObjectionRow.case_id).where(ObjectionRow.state == ObjectionState.STANDING.value)
        if due_by is not None:
            standing = standing.where(col(ObjectionRow.until) <= due_by)
        statement = held.where(col(ReleaseRow.case_id).in_(standing)).order_by(col(ReleaseRow.case_id))
        if after is not None:
            statement = statement.where(col(ReleaseRow.case_id) > after)
        with self._database.reading() as session:
            found = list(session.exec(statement.limit(limit + 1)))
        return found[:limit], len(found) > limit

    def to_escalate(self, now: datetime, limit: int = 100) -> Sequence[str]:
        """Ids of releases whose owners ran out of time and were not told yet."""
        statement = (
            select(ObjectionRow.case_id)
            .join(ReleaseRow, col(ReleaseRow.case_id) == col(ObjectionRow.case_id))
            .where(
                ReleaseRow.status == ReleaseState.OBJECTED.value,
                ObjectionRow.state == ObjectionState.STANDING.value,
                col(ObjectionRow.until) <= now,
                col(ObjectionRow.escalated_at).is_(None),
            )
            .order_by(col(ObjectionRow.case_id))
            .distinct()
            .limit(limit)
        )
        with self._database.reading() as session:
            return list(session.exec(statement))


class HiddenVideoStore:
    """Rows of what owners deleted for themselves."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def hide(self, case_id: str, account_id: str, at: datetime) -> None:
        """Keep that somebody does not want to see it any more; a second time changes nothing."""
        with self._database.transaction() as session:
            session.merge(HiddenVideoRow(case_id=case_id, account_id=account_id, at=at))
            session.flush()

    def is_hidden(self, case_id: str, account_id: str) -> bool:
        """Whether they do not."""
        with self._database.reading() as session:
            return session.get(HiddenVideoRow, (case_id, account_id)) is not None


class ToldUseStore:
    """Rows of what subjects were told."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def first(self, case_id: str, subject_id: str, kind: str) -> bool:
        """Whether this is the first time, noting that it was told; whoever tells holds the case."""
        with self._database.transaction() as session:
            if session.get(ToldUseRow, (case_id, subject_id, kind)) is not None:
                return False
            session.add(ToldUseRow(case_id=case_id, subject_id=subject_id, kind=kind))
            session.flush()
            return True


def _objection(row: ObjectionRow) -> Objection:
    return Objection(
        case_id=row.case_id,
        account_id=row.account_id,
        note=row.note,
        state=ObjectionState(row.state),
        at=aware(row.at),
        until=aware(row.until),
        escalated_at=aware(row.escalated_at) if row.escalated_at else None,
        decided_by=row.decided_by,
        decided_at=aware(row.decided_at) if row.decided_at else None,
    )

"""The queries of rehearsals."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Any, cast

from pydantic import TypeAdapter
from sqlalchemy import delete
from sqlmodel import Session, col, select

from copyright_optout.domain.rehearsals import Rehearsal, RehearsalState, Tally
from copyright_optout.tables import OptOutRehearsalRow
from trust_kernel.db import Database

_TALLY = TypeAdapter(Tally)


class DatabaseRehearsals:
    """Rehearsals as rows."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def transaction(self) -> AbstractContextManager[Session]:
        """One unit of work; joins one that is open."""
        return self._database.transaction()

    def add(self, rehearsal: Rehearsal) -> None:
        """Keep a new one, in place of the claim's former ones."""
        with self._database.transaction() as session:
            session.execute(delete(OptOutRehearsalRow).where(col(OptOutRehearsalRow.claim_id) == rehearsal.claim_id))
            session.add(_row(rehearsal))
            session.flush()

    def drop_older(self, than: datetime) -> None:
        """Forget those that were asked for before a moment: they have words of prompts in them."""
        with self._database.transaction() as session:
            session.execute(delete(OptOutRehearsalRow).where(col(OptOutRehearsalRow.asked_at) < than))

    def done(self, rehearsal: Rehearsal) -> None:
        """Keep what came of one."""
        with self._database.transaction() as session:
            session.merge(_row(rehearsal))
            session.flush()

    def latest(self, claim_id: str) -> Rehearsal | None:
        """The last of a claim's."""
        statement = select(OptOutRehearsalRow).where(OptOutRehearsalRow.claim_id == claim_id)
        with self._database.reading() as session:
            row = session.exec(statement.order_by(col(OptOutRehearsalRow.id).desc())).first()
            return _rehearsal(row) if row else None

    def waiting(self, limit: int) -> Sequence[Rehearsal]:
        """Those that are still to be done, oldest first."""
        statement = select(OptOutRehearsalRow).where(OptOutRehearsalRow.state == RehearsalState.WAITING.value)
        with self._database.reading() as session:
            return [
                _rehearsal(row) for row in session.exec(statement.order_by(col(OptOutRehearsalRow.id)).limit(limit))
            ]


def _row(made: Rehearsal) -> OptOutRehearsalRow:
    tally = None if made.tally is None else cast("dict[str, Any]", _TALLY.dump_python(made.tally, mode="json"))
    return OptOutRehearsalRow(
        id=made.id,
        claim_id=made.claim_id,
        asked_by=made.asked_by,
        days=made.days,
        state=made.state.value,
        asked_at=made.asked_at,
        done_at=made.done_at,
        tally=tally,
    )


def _rehearsal(row: OptOutRehearsalRow) -> Rehearsal:
    return Rehearsal(
        id=row.id,
        claim_id=row.claim_id,
        asked_by=row.asked_by,
        days=row.days,
        state=RehearsalState(row.state),
        asked_at=row.asked_at,
        done_at=row.done_at,
        tally=None if row.tally is None else _TALLY.validate_python(row.tally),
    )

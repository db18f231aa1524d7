"""Which consents the cases under way go by, and how such cases are sent back to the start."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import delete
from sqlmodel import Session, col, select

from generator_gateway.ports.halting import Fallen
from generator_gateway.stages import Admitted, Opened
from generator_gateway.store.leases import UNDER_WAY
from generator_gateway.tables import CaseConsentRow, CaseRow, StageRow
from trust_kernel.db import Database

_OWN = ""


def note_consents(session: Session, admitted: Admitted) -> None:
    """Keep what a case was admitted under."""
    account_id = admitted.opened.request.account_id
    for consent in admitted.consents:
        _note(session, admitted.case_id, account_id, consent.subject_id, consent.grant_id)


def drop_consents(session: Session, case_id: str) -> None:
    """Forget what a case went by: it has ended."""
    session.execute(delete(CaseConsentRow).where(col(CaseConsentRow.case_id) == case_id))


class CaseConsentBook:
    """`CaseConsents` in the database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def note(self, case_id: str, account_id: str, consents: Collection[tuple[str, str | None]]) -> None:
        """Keep consents of a case."""
        with self._database.transaction() as session:
            for subject_id, grant_id in consents:
                _note(session, case_id, account_id, subject_id, grant_id)
            session.flush()

    def under(self, fallen: Fallen) -> frozenset[str]:
        """Cases under way that go by such a consent."""
        statement = (
            select(CaseConsentRow.case_id)
            .join(CaseRow, col(CaseRow.id) == col(CaseConsentRow.case_id))
            .where(CaseConsentRow.subject_id == fallen.subject_id, col(CaseRow.status).in_(UNDER_WAY))
        )
        if fallen.grant_ids is not None:
            statement = statement.where(col(CaseConsentRow.grant_id).in_(fallen.grant_ids))
        if fallen.account_id is not None:
            statement = statement.where(CaseConsentRow.account_id == fallen.account_id)
        with self._database.reading() as session:
            return frozenset(session.exec(statement))

    def remixing(self, parents: Collection[str]) -> frozenset[str]:
        """Cases under way that are made of these."""
        if not parents:
            return frozenset()
        statement = select(CaseRow.id).where(col(CaseRow.remix_of).in_(parents), col(CaseRow.status).in_(UNDER_WAY))
        with self._database.reading() as session:
            return frozenset(session.exec(statement))

    def requeue(self, case_ids: Collection[str]) -> tuple[str, ...]:
        """Send cases back to the start."""
        statement = (
            select(CaseRow)
            .where(col(CaseRow.id).in_(sorted(case_ids)), col(CaseRow.status).in_(UNDER_WAY))
            .order_by(col(CaseRow.id))
            .with_for_update()
        )
        with self._database.transaction() as session:
            rows = session.exec(statement, execution_options={"populate_existing": True}).all()
            for row in rows:
                _send_back(session, row)
            return tuple(row.id for row in rows)


def _note(session: Session, case_id: str, account_id: str, subject_id: str, grant_id: str | None) -> None:
    key = (case_id, subject_id, grant_id or _OWN)
    if session.get(CaseConsentRow, key) is None:
        row = CaseConsentRow(case_id=case_id, subject_id=subject_id, grant_id=grant_id or _OWN, account_id=account_id)
        session.add(row)


def _send_back(session: Session, row: CaseRow) -> None:
    changes: dict[str, Any] = {
        "status": "queued",
        "progress": 0,
        # Without its lease nothing that a worker is doing on it now can be kept.
        "lease": None,
        "lease_until": None,
        "not_before": None,
        "attempts": 0,
        "outages": 0,
        "outage_since": None,
        "error_code": None,
        "error_message": None,
        "reasons": [],
    }
    for name, value in changes.items():
        setattr(row, name, value)
    session.add(row)
    later = (col(StageRow.case_id) == row.id, col(StageRow.stage) != Opened.__name__)
    session.execute(delete(StageRow).where(*later))
    drop_consents(session, row.id)

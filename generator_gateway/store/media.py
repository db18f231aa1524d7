"""Which case uses which stored medium, so that what nobody needs any more can be deleted."""

from datetime import datetime

from sqlalchemy import or_
from sqlmodel import Session, col, select

from generator_gateway.ports.appeals import AppealState
from generator_gateway.tables import AppealRow, CaseRow, MediaUseRow, ReleaseRow
from trust_kernel.db import Database


def note_use(session: Session, case_id: str, digest: str) -> None:
    """Remember that a case uses a medium; a second time changes nothing."""
    if session.get(MediaUseRow, (digest, case_id)) is None:
        session.add(MediaUseRow(digest=digest, case_id=case_id))


class MediaUses:
    """Rows of uses."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def ended_before(self, moment: datetime, limit: int = 100) -> list[str]:
        """Cases with media that were refused, deleted or withdrawn before a moment, oldest first.

        Those with an open appeal are left: whoever decides has to see what it is about.
        """
        using = select(MediaUseRow.case_id)
        contested = select(AppealRow.case_id).where(AppealRow.state == AppealState.OPEN.value)
        statement = (
            select(CaseRow.id)
            .join(ReleaseRow, col(ReleaseRow.case_id) == col(CaseRow.id), isouter=True)
            .where(col(CaseRow.id).in_(using), col(CaseRow.id).not_in(contested))
            .where(
                or_(
                    (col(CaseRow.status) == "failed") & (col(CaseRow.completed_at) < moment),
                    col(CaseRow.deleted_at) < moment,
                    col(ReleaseRow.withdrawn_at) < moment,
                )
            )
            .order_by(col(CaseRow.id))
            .limit(limit)
        )
        with self._database.reading() as session:
            return list(session.exec(statement))

    def let_go(self, case_id: str) -> list[str]:
        """End a case's uses; gives the digests that no other case uses."""
        with self._database.transaction() as session:
            rows = session.exec(select(MediaUseRow).where(MediaUseRow.case_id == case_id)).all()
            for row in rows:
                session.delete(row)
            session.flush()
            return [row.digest for row in rows if not self._used(session, row.digest)]

    def _used(self, session: Session, digest: str) -> bool:
        return session.exec(select(MediaUseRow.case_id).where(MediaUseRow.digest == digest)).first() is not None

"""Queries about what a person who leaves made, or appears in."""

from sqlalchemy import delete
from sqlmodel import col, select

from generator_gateway.tables import CaseRow, MediaUseRow, OwnerRow, ReleaseGrantRow, StageRow
from trust_kernel.db import Database


class LeavingCases:
    """Cases of somebody."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def made_by(self, account_id: str) -> tuple[str, ...]:
        """Cases that an account asked for, oldest first."""
        statement = select(CaseRow.id).where(CaseRow.account_id == account_id).order_by(col(CaseRow.id))
        with self._database.reading() as session:
            return tuple(session.exec(statement))

    def showing(self, subject_id: str) -> tuple[str, ...]:
        """Releases that a person was in, or that were made under a grant of theirs, oldest first."""
        owned = select(OwnerRow.case_id).where(OwnerRow.subject_id == subject_id)
        granted = select(ReleaseGrantRow.case_id).where(ReleaseGrantRow.subject_id == subject_id)
        with self._database.reading() as session:
            return tuple(sorted({*session.exec(owned), *session.exec(granted)}))

    def drop_stages(self, case_ids: tuple[str, ...]) -> None:
        """Delete what ended cases earned: it names people, and nothing resumes from it."""
        with self._database.transaction() as session:
            for case_id in case_ids:
                session.execute(delete(StageRow).where(col(StageRow.case_id) == case_id))

    def is_used(self, digest: str) -> bool:
        """Whether a case uses a medium."""
        with self._database.reading() as session:
            return session.exec(select(MediaUseRow.case_id).where(MediaUseRow.digest == digest)).first() is not None

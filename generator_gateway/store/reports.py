"""Kept verifications, and what people said of them. Both run out."""

from datetime import datetime

from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import col, delete, select

from generator_gateway.ports.reports import Feedback, KeptReport
from generator_gateway.tables import ReleaseRow, VerificationFeedbackRow, VerificationReportRow
from trust_kernel.clock import aware
from trust_kernel.db import Database
from trust_kernel.ids import new_id


class ReportStore:
    """The only queries over kept verifications."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def keep(self, report: KeptReport) -> None:
        """Keep a report in place of an older one of the same file."""
        values = {"body": report.body, "at": report.at, "until": report.until}
        with self._database.transaction() as session:
            # In one statement: looking first would let two who keep the same file at once both find none.
            connection = session.connection()
            insert = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
            row = insert(VerificationReportRow).values(sha256=report.sha256, **values)
            connection.execute(row.on_conflict_do_update(index_elements=["sha256"], set_=values))

    def find(self, sha256: str, now: datetime) -> KeptReport | None:
        """A report that has not run out, whether or not it was swept away yet."""
        with self._database.reading() as session:
            row = session.get(VerificationReportRow, sha256)
            if row is None or aware(row.until) <= now:
                return None
            return KeptReport(row.sha256, row.body, aware(row.at), aware(row.until))

    def say(self, feedback: Feedback, until: datetime) -> None:
        """Keep what somebody said of a verification."""
        with self._database.transaction() as session:
            session.add(
                VerificationFeedbackRow(
                    id=new_id("said"),
                    sha256=feedback.sha256,
                    right=feedback.right,
                    text=feedback.text,
                    at=feedback.at,
                    until=until,
                )
            )

    def said(self, now: datetime, limit: int) -> tuple[Feedback, ...]:
        """What people said, newest first."""
        row = VerificationFeedbackRow
        statement = select(row).where(col(row.until) > now).order_by(col(row.at).desc(), col(row.id)).limit(limit)
        with self._database.reading() as session:
            return tuple(Feedback(one.sha256, one.right, one.text, aware(one.at)) for one in session.exec(statement))

    def forget(self, now: datetime) -> int:
        """Delete what has run out; gives how many rows."""
        reports = delete(VerificationReportRow).where(col(VerificationReportRow.until) <= now)
        feedback = delete(VerificationFeedbackRow).where(col(VerificationFeedbackRow.until) <= now)
        with self._database.transaction() as session:
            return sum(session.exec(statement).rowcount for statement in (reports, feedback))

    def released_as(self, sha256: str) -> str | None:
        """The case whose released file has this digest."""
        statement = select(ReleaseRow.case_id).where(ReleaseRow.media_digest == sha256)
        with self._database.reading() as session:
            return session.exec(statement).first()

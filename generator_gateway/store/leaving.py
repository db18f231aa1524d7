"""Queries about what a person who leaves made, or appears in."""

import re

from sqlalchemy import String, cast, delete
from sqlmodel import col, select

from generator_gateway.store.leases import UNDER_WAY
from generator_gateway.tables import (
    CaseRow,
    DecisionRow,
    MediaUseRow,
    OwnerRow,
    ReleaseGrantRow,
    StageRow,
    ToldUseRow,
)
from trust_kernel.db import Database
from trust_kernel.decisions import SURELY_ABOUT


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

    def unreleased(self, subject_id: str) -> tuple[str, ...]:
        """Cases of which nothing came out and that were surely about a person, oldest first.

        They were told of it, or a decision on it was about them: whoever is asked about a use, or shown a draft, stands
        in the decision that asks. To be called before the rows that say so are dropped.
        """
        unreleased = col(CaseRow.status) != "completed"
        told = (
            select(ToldUseRow.case_id)
            .join(CaseRow, col(CaseRow.id) == col(ToldUseRow.case_id))
            .where(ToldUseRow.subject_id == subject_id, unreleased)
        )
        # Reads every decision, as the erasure that follows does.
        judged = (
            select(DecisionRow)
            .join(CaseRow, col(CaseRow.id) == col(DecisionRow.case_id))
            .where(cast(col(DecisionRow.rulings), String).contains(subject_id, autoescape=True), unreleased)
        )
        with self._database.reading() as session:
            surely = {row.case_id for row in session.exec(judged) if _is_about(row, subject_id)}
            return tuple(sorted({*session.exec(told), *surely}))

    def naming(self, handle: str) -> tuple[str, ...]:
        """Cases under way, judged or not, whose words ask for somebody by handle, oldest first."""
        statement = select(CaseRow).where(
            col(CaseRow.status).in_(UNDER_WAY),
            cast(col(CaseRow.request), String).icontains(f"@{handle}", autoescape=True),
        )
        mention = re.compile(rf"(?<![\w.+%-])@{re.escape(handle)}(?!\w)", re.IGNORECASE)
        with self._database.reading() as session:
            return tuple(sorted(row.id for row in session.exec(statement) if mention.search(row.request["prompt"])))

    def drop_stages(self, case_ids: tuple[str, ...]) -> None:
        """Delete what ended cases earned: it names people, and nothing resumes from it."""
        with self._database.transaction() as session:
            for case_id in case_ids:
                session.execute(delete(StageRow).where(col(StageRow.case_id) == case_id))

    def is_used(self, digest: str) -> bool:
        """Whether a case uses a medium."""
        with self._database.reading() as session:
            return session.exec(select(MediaUseRow.case_id).where(MediaUseRow.digest == digest)).first() is not None


def _is_about(row: DecisionRow, subject_id: str) -> bool:
    """Whether a decision is surely about somebody, not about one who may be like them."""
    findings = (ruling["finding"] for ruling in row.rulings)
    return any(finding.get("about") == subject_id and finding.get("outcome") in SURELY_ABOUT for finding in findings)

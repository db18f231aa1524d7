"""Which requests claims stopped: kept beside the decisions for as long as the flood watch looks back."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import func
from sqlalchemy import select as select_columns
from sqlmodel import Session, col, delete, select

from generator_gateway.tables import CaseRow, CaseStopRow
from trust_kernel.clock import aware
from trust_kernel.db import Database
from trust_kernel.decisions import Decision, Verdict

_CLAIM = "claim_"
"""How ids of claims begin; findings may be about people and cases too."""


def note_stops(session: Session, case_id: str, decision: Decision) -> None:
    """Note the claims that a decision stopped a case for, each once for a case however often it was judged."""
    found = _stoppers(decision)
    case = session.get(CaseRow, case_id) if found else None
    if case is None:
        return
    known = set(session.exec(select(CaseStopRow.claim_id).where(CaseStopRow.case_id == case_id)))
    asked_at = aware(case.created_at)
    session.add_all(
        CaseStopRow(case_id=case_id, claim_id=claim_id, account_id=case.account_id, asked_at=asked_at)
        for claim_id in sorted(found - known)
    )


def stopped_since(session: Session, since: datetime) -> Mapping[str, Mapping[str, int]]:
    """Requests made since a moment that were denied or held, by claim and account."""
    statement = (
        select_columns(col(CaseStopRow.claim_id), col(CaseStopRow.account_id), func.count())
        .where(col(CaseStopRow.asked_at) >= since)
        .group_by(col(CaseStopRow.claim_id), col(CaseStopRow.account_id))
    )
    found: dict[str, dict[str, int]] = {}
    for claim_id, account_id, count in session.connection().execute(statement):
        found.setdefault(claim_id, {})[account_id] = count
    return found


def forget_stops(database: Database, before: datetime) -> None:
    """Drop what was noted of requests made before a moment."""
    with database.transaction() as session:
        session.execute(delete(CaseStopRow).where(col(CaseStopRow.asked_at) < before))


def _stoppers(decision: Decision) -> set[str]:
    if decision.verdict is Verdict.ALLOW:
        return set()
    about = {ruling.finding.about for ruling in decision.rulings if ruling.verdict is not Verdict.ALLOW}
    return {one for one in about if one and one.startswith(_CLAIM)}

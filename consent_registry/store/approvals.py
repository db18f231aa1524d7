"""Queries about questions to people."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import and_, or_, update
from sqlmodel import col, select

from consent_registry.domain import Approval, ApprovalState, Mode
from consent_registry.store.rows import FRESH, Rows
from consent_registry.tables import ApprovalRow

_BY_DEADLINE = (col(ApprovalRow.until), col(ApprovalRow.id))


class ApprovalRows(Rows):
    """`ApprovalStore`."""

    def add_approval(self, approval: Approval) -> bool:
        """Insert, where there is none yet; the caller has locked the subject, so nobody else inserts meanwhile."""
        same = (
            col(ApprovalRow.use_id) == approval.use_id,
            col(ApprovalRow.subject_id) == approval.subject_id,
            col(ApprovalRow.grant_id) == approval.grant_id,
        )
        with self.database.transaction():
            if self.one(ApprovalRow, *same) is not None:
                return False
            self.insert(_row(approval))
            return True

    def approval(self, approval_id: str) -> Approval | None:
        """By id."""
        row = self.one(ApprovalRow, col(ApprovalRow.id) == approval_id)
        return _approval(row) if row else None

    def of_use(self, use_id: str, subject_id: str) -> Mapping[str, Approval]:
        """One person's questions about one use, by grant id."""
        found = self._approvals(col(ApprovalRow.use_id) == use_id, col(ApprovalRow.subject_id) == subject_id)
        return {approval.grant_id: approval for approval in found}

    def approvals_of_use(self, use_id: str) -> Sequence[Approval]:
        """Everybody's about one use."""
        return self._approvals(col(ApprovalRow.use_id) == use_id)

    def approvals_of(self, subject_ids: Collection[str], *, after: str | None, limit: int) -> Sequence[Approval]:
        """Some people's: without an answer first by deadline, then the newest answers."""
        conditions: list[Any] = [col(ApprovalRow.subject_id).in_(sorted(subject_ids))]
        last = self.one(ApprovalRow, col(ApprovalRow.id) == after, *conditions) if after is not None else None
        if last is not None:
            conditions.append(_behind(last))
        order = (
            col(ApprovalRow.answer).is_not(None),
            # A question without an answer has no time of one, so each half is in its own order.
            col(ApprovalRow.answered_at).desc(),
            col(ApprovalRow.until),
            col(ApprovalRow.id),
        )
        return self._approvals(*conditions, limit=limit, order=order)

    def answer_approval(self, approval_id: str, answer: ApprovalState, at: datetime, note: str) -> None:
        """Write an answer over whatever was answered before."""
        written = {"answer": str(answer), "answered_at": at, "note": note}
        self.change(update(ApprovalRow).where(col(ApprovalRow.id) == approval_id).values(**written))

    def ask_anew(self, approval_id: str, shown: str, at: datetime, until: datetime) -> None:
        """Put a question again."""
        anew = {"shown": shown, "asked_at": at, "until": until, "answer": None, "answered_at": None, "note": ""}
        self.change(update(ApprovalRow).where(col(ApprovalRow.id) == approval_id).values(**anew))

    def note_of(self, approval_id: str) -> str:
        """What the person wrote beside their answer."""
        row = self.one(ApprovalRow, col(ApprovalRow.id) == approval_id)
        return row.note if row else ""

    def unanswered_since(self, moment: datetime, limit: int) -> Sequence[Approval]:
        """Questions without an answer whose deadline has come."""
        return self._approvals(col(ApprovalRow.answer).is_(None), col(ApprovalRow.until) <= moment, limit=limit)

    def unanswered_after(self, approval_id: str, limit: int) -> Sequence[Approval]:
        """Questions without an answer, in order of id."""
        later = col(ApprovalRow.id) > approval_id
        return self._approvals(col(ApprovalRow.answer).is_(None), later, limit=limit, order=[col(ApprovalRow.id)])

    def strip_approvals(self, subject_id: str) -> None:
        """Erase notes and end what is not answered."""
        mine = col(ApprovalRow.subject_id) == subject_id
        self.change(update(ApprovalRow).where(mine).values(note=""))
        waiting = col(ApprovalRow.answer).is_(None)
        ended = {"answer": str(ApprovalState.LAPSED), "answered_at": ApprovalRow.until}
        self.change(update(ApprovalRow).where(mine, waiting).values(**ended))

    def _approvals(
        self, *conditions: Any, limit: int | None = None, order: Sequence[Any] = _BY_DEADLINE
    ) -> list[Approval]:
        statement = select(ApprovalRow).where(*conditions).order_by(*order).limit(limit)
        with self.database.reading() as session:
            return [_approval(row) for row in session.exec(statement, execution_options=FRESH)]


def _behind(last: ApprovalRow) -> Any:
    """What comes after a row in the order of `approvals_of`."""
    answered = col(ApprovalRow.answer).is_not(None)
    later = or_(
        col(ApprovalRow.until) > last.until, and_(col(ApprovalRow.until) == last.until, col(ApprovalRow.id) > last.id)
    )
    if last.answer is None:
        return or_(answered, later)
    same = col(ApprovalRow.answered_at) == last.answered_at
    return and_(answered, or_(col(ApprovalRow.answered_at) < last.answered_at, and_(same, later)))


def _row(approval: Approval) -> ApprovalRow:
    return ApprovalRow(
        id=approval.id,
        use_id=approval.use_id,
        subject_id=approval.subject_id,
        grant_id=approval.grant_id,
        account_id=approval.account_id,
        mode=str(approval.mode),
        asked_at=approval.asked_at,
        until=approval.until,
        answer=str(approval.answer) if approval.answer else None,
        answered_at=approval.answered_at,
        shown=approval.shown,
    )


def _approval(row: ApprovalRow) -> Approval:
    return Approval(
        id=row.id,
        use_id=row.use_id,
        subject_id=row.subject_id,
        grant_id=row.grant_id,
        account_id=row.account_id,
        mode=Mode(row.mode),
        asked_at=row.asked_at,
        until=row.until,
        answer=ApprovalState(row.answer) if row.answer else None,
        answered_at=row.answered_at,
        shown=row.shown,
    )

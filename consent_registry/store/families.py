"""Queries about ages, guardians and estates."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import func, or_, update
from sqlmodel import col, select

from consent_registry.domain.estates import Dispute, Estate, EstateState
from consent_registry.domain.guardians import STANDING, GuardianLink, GuardianState
from consent_registry.ports.families import AgeRecord
from consent_registry.store.rows import FRESH, Rows
from consent_registry.tables import SubjectRow
from consent_registry.tables.families import AgeRow, EstateDisputeRow, EstateRow, GuardianRow

_STATED, _VERIFIED = "stated", "verified"


class AgeRows(Rows):
    """`AgeStore`."""

    def age(self, account_id: str) -> AgeRecord | None:
        """What is known of an account's person."""
        row = self.one(AgeRow, col(AgeRow.account_id) == account_id)
        if row is not None:
            return AgeRecord(account_id, row.birth_year, row.source == _VERIFIED, row.by, row.at)
        subject = self.one(SubjectRow, col(SubjectRow.account_id) == account_id)
        if subject is None or subject.birth_year is None:
            return None
        return AgeRecord(account_id, subject.birth_year, False, account_id, subject.created_at)

    def put_age(self, record: AgeRecord) -> None:
        """Insert or replace."""
        values: dict[str, Any] = {
            "birth_year": record.birth_year,
            "source": _VERIFIED if record.verified else _STATED,
            "by": record.by,
            "at": record.at,
        }
        if not self.change(update(AgeRow).where(col(AgeRow.account_id) == record.account_id).values(**values)):
            self.insert(AgeRow(account_id=record.account_id, **values))
        mine = col(SubjectRow.account_id) == record.account_id
        self.change(update(SubjectRow).where(mine).values(birth_year=record.birth_year))


class GuardianRows(Rows):
    """`GuardianStore`."""

    def add_guardian(self, link: GuardianLink) -> None:
        """Insert."""
        self.insert(
            GuardianRow(
                id=link.id,
                guardian=link.guardian,
                ward=link.ward,
                asked_by=link.asked_by,
                state=str(link.state),
                asked_at=link.asked_at,
                settled_at=link.settled_at,
            )
        )

    def guardian(self, link_id: str) -> GuardianLink | None:
        """By id."""
        row = self.one(GuardianRow, col(GuardianRow.id) == link_id)
        return _link(row) if row else None

    def guardians_about(self, account_id: str) -> Sequence[GuardianLink]:
        """All links of an account, newest first."""
        either = or_(col(GuardianRow.guardian) == account_id, col(GuardianRow.ward) == account_id)
        newest = col(GuardianRow.asked_at).desc()
        with self.database.reading() as session:
            rows = session.exec(select(GuardianRow).where(either).order_by(newest), execution_options=FRESH)
            return [_link(row) for row in rows]

    def guardians_in(self, states: Collection[GuardianState], limit: int) -> Sequence[GuardianLink]:
        """Links in some states, oldest first."""
        which = select(GuardianRow).where(col(GuardianRow.state).in_(sorted(states)))
        with self.database.reading() as session:
            rows = session.exec(which.order_by(col(GuardianRow.asked_at)).limit(limit), execution_options=FRESH)
            return [_link(row) for row in rows]

    def guardians_grown(self, born_by: int, limit: int) -> Sequence[GuardianLink]:
        """Standing links whose ward was born in a year or before, oldest first."""
        born = func.coalesce(col(AgeRow.birth_year), col(SubjectRow.birth_year))
        which = (
            select(GuardianRow)
            .join(AgeRow, col(AgeRow.account_id) == col(GuardianRow.ward), isouter=True)
            .join(SubjectRow, col(SubjectRow.account_id) == col(GuardianRow.ward), isouter=True)
            .where(col(GuardianRow.state).in_(sorted(STANDING)), born <= born_by)
        )
        with self.database.reading() as session:
            rows = session.exec(which.order_by(col(GuardianRow.asked_at)).limit(limit), execution_options=FRESH)
            return [_link(row) for row in rows]

    def move_guardian(self, link_id: str, before: GuardianState, after: GuardianState, at: datetime) -> bool:
        """Write a link's new state; the condition stands in the statement, so of two who move it one does."""
        this = (col(GuardianRow.id) == link_id, col(GuardianRow.state) == str(before))
        return self.change(update(GuardianRow).where(*this).values(state=str(after), settled_at=at)) == 1


class EstateRows(Rows):
    """`EstateStore`."""

    def add_estate(self, estate: Estate) -> None:
        """Insert."""
        self.insert(
            EstateRow(
                id=estate.id,
                account_id=estate.account_id,
                handle=estate.handle,
                display_name=estate.display_name,
                died_on=estate.died_on,
                until=estate.until,
                state=str(estate.state),
                claimed_at=estate.claimed_at,
                subject_id=estate.subject_id,
            )
        )

    def estate(self, estate_id: str) -> Estate | None:
        """By id."""
        row = self.one(EstateRow, col(EstateRow.id) == estate_id)
        return _estate(row) if row else None

    def estates_of(self, account_id: str) -> Sequence[Estate]:
        """All that an account claimed, newest first."""
        mine = select(EstateRow).where(col(EstateRow.account_id) == account_id)
        return self._estates(mine.order_by(col(EstateRow.claimed_at).desc()))

    def estate_called(self, handle: str) -> Estate | None:
        """The held one of a handle."""
        row = self.one(EstateRow, col(EstateRow.handle) == handle, col(EstateRow.state) == str(EstateState.HELD))
        return _estate(row) if row else None

    def estate_about(self, subject_id: str) -> Estate | None:
        """The one that a subject came from."""
        row = self.one(EstateRow, col(EstateRow.subject_id) == subject_id)
        return _estate(row) if row else None

    def estates_in(self, states: Collection[EstateState], limit: int) -> Sequence[Estate]:
        """Estates in some states, oldest first."""
        which = select(EstateRow).where(col(EstateRow.state).in_(sorted(states)))
        return self._estates(which.order_by(col(EstateRow.claimed_at)).limit(limit))

    def estates_due(self, now: datetime, limit: int) -> Sequence[Estate]:
        """Held ones whose date has come."""
        due = (col(EstateRow.state) == str(EstateState.HELD), col(EstateRow.until) <= now)
        return self._estates(select(EstateRow).where(*due).order_by(col(EstateRow.until)).limit(limit))

    def _estates(self, statement: Any) -> Sequence[Estate]:
        with self.database.reading() as session:
            return [_estate(row) for row in session.exec(statement, execution_options=FRESH)]

    def move_estate(self, estate: Estate, *, before: EstateState) -> bool:
        """Write the new state; the condition stands in the statement, so of two who move it one does."""
        this = (col(EstateRow.id) == estate.id, col(EstateRow.state) == str(before))
        values = {"state": str(estate.state), "subject_id": estate.subject_id}
        return self.change(update(EstateRow).where(*this).values(**values)) == 1

    def silence(self, subject_id: str) -> None:
        """Take a subject away from its account."""
        self.change(update(SubjectRow).where(col(SubjectRow.id) == subject_id).values(account_id=None))

    def add_dispute(self, dispute: Dispute) -> None:
        """Insert."""
        row = EstateDisputeRow(
            id=dispute.id, estate_id=dispute.estate_id, by=dispute.by, reason=dispute.reason, at=dispute.at
        )
        self.insert(row)

    def disputes(self, estate_id: str) -> Sequence[Dispute]:
        """What was said against an estate, oldest first."""
        about = select(EstateDisputeRow).where(col(EstateDisputeRow.estate_id) == estate_id)
        with self.database.reading() as session:
            rows = session.exec(about.order_by(col(EstateDisputeRow.at)), execution_options=FRESH)
            return [Dispute(row.id, row.estate_id, row.by, row.reason, row.at) for row in rows]


class SqlFamilies(AgeRows, GuardianRows, EstateRows):
    """`FamilyStore` on SQLite or PostgreSQL."""


def _link(row: GuardianRow) -> GuardianLink:
    return GuardianLink(
        row.id, row.guardian, row.ward, row.asked_by, GuardianState(row.state), row.asked_at, row.settled_at
    )


def _estate(row: EstateRow) -> Estate:
    return Estate(
        id=row.id,
        account_id=row.account_id,
        handle=row.handle,
        display_name=row.display_name,
        died_on=row.died_on,
        until=row.until,
        state=EstateState(row.state),
        claimed_at=row.claimed_at,
        subject_id=row.subject_id,
    )

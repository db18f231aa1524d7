"""Queries about bars, reports, the lockdown and uses."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Insert, delete, func, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, SQLModel, col, select

from consent_registry.domain import Bar, GrantUse, Lockdown, PersonReport, ReportReason
from consent_registry.store.rows import FRESH, Rows
from consent_registry.tables import BarRow, GrantUseRow, LockdownRow, PersonReportRow, RequesterRow, SubjectRow

_SWITCH = 1


class SafetyRows(Rows):
    """`SafetyStore`."""

    def add_bar(self, bar: Bar) -> bool:
        """Insert where there is none."""
        if self.barred(bar.subject_id, bar.account_id):
            return False
        self.insert(BarRow(subject_id=bar.subject_id, account_id=bar.account_id, at=bar.at))
        return True

    def drop_bar(self, subject_id: str, account_id: str) -> bool:
        """Delete one."""
        return self.change(delete(BarRow).where(*_pair(subject_id, account_id))) == 1

    def drop_bars(self, subject_id: str) -> None:
        """Delete whom a subject barred. Who barred them goes on doing so."""
        self.change(delete(BarRow).where(col(BarRow.subject_id) == subject_id))

    def bars(self, subject_id: str) -> Sequence[Bar]:
        """Whom a subject barred."""
        statement = select(BarRow).where(BarRow.subject_id == subject_id).order_by(col(BarRow.at), BarRow.account_id)
        with self.database.reading() as session:
            rows = session.exec(statement, execution_options=FRESH)
            return [Bar(row.subject_id, row.account_id, row.at) for row in rows]

    def barred(self, subject_id: str, account_id: str) -> bool:
        """Whether there is a bar."""
        return self.one(BarRow, *_pair(subject_id, account_id)) is not None

    def set_pause(self, subject_id: str, at: datetime | None) -> None:
        """Write a pause."""
        self.change(update(SubjectRow).where(col(SubjectRow.id) == subject_id).values(paused_at=at))

    def set_daily_uses(self, subject_id: str, uses: int | None) -> None:
        """Write a cap."""
        self.change(update(SubjectRow).where(col(SubjectRow.id) == subject_id).values(daily_uses=uses))

    def lockdown(self) -> Lockdown:
        """The switch."""
        row = self.one(LockdownRow, col(LockdownRow.id) == _SWITCH)
        return _lockdown(row) if row else Lockdown()

    def lockdown_held(self, *, to_change: bool) -> Lockdown:
        """The switch, locked: shared by those who go by it, alone for who changes it."""
        switch = select(LockdownRow).where(LockdownRow.id == _SWITCH).with_for_update(read=not to_change)
        with self.database.transaction() as session:
            row = session.exec(switch, execution_options=FRESH).first()
            if row is None:  # a row that is not there cannot be held
                self._insert_new(LockdownRow, {"id": _SWITCH, "is_on": False, "reason": "", "set_by": ""})
                row = session.exec(switch, execution_options=FRESH).one()
            return _lockdown(row)

    def set_lockdown(self, lockdown: Lockdown) -> None:
        """Write the switch."""
        values = {"is_on": lockdown.on, "reason": lockdown.reason, "set_by": lockdown.by, "at": lockdown.at}
        self.change(update(LockdownRow).where(col(LockdownRow.id) == _SWITCH).values(**values))

    def add_use(self, use: GrantUse) -> None:
        """Insert where there is none."""
        values = {
            "use_id": use.use_id,
            "grant_id": use.grant_id,
            "subject_id": use.subject_id,
            "account_id": use.account_id,
            "at": use.at,
        }
        self._insert_new(GrantUseRow, values)

    def uses_by(self, subject_id: str, account_id: str, since: datetime) -> Mapping[str, int]:
        """Counted by grant."""
        statement = (
            select(GrantUseRow.grant_id, func.count())
            .where(
                col(GrantUseRow.subject_id) == subject_id,
                col(GrantUseRow.account_id) == account_id,
                col(GrantUseRow.at) > since,
            )
            .group_by(col(GrantUseRow.grant_id))
        )
        with self.database.reading() as session:
            return dict(session.exec(statement).all())

    def uses_of(self, subject_id: str, since: datetime) -> int:
        """Releases, counted once each."""
        return self._releases(col(GrantUseRow.subject_id) == subject_id, col(GrantUseRow.at) > since)

    def uses_made(self, account_id: str, since: datetime) -> int:
        """Releases, counted once each."""
        return self._releases(col(GrantUseRow.account_id) == account_id, col(GrantUseRow.at) > since)

    def hold_requester(self, account_id: str) -> None:
        """Lock the requester's row."""
        row = select(RequesterRow).where(RequesterRow.account_id == account_id).with_for_update()
        with self.database.transaction() as session:
            if session.exec(row).first() is None:
                self._insert_new(RequesterRow, {"account_id": account_id})
                session.exec(row).one()

    def add_report(self, report: PersonReport) -> None:
        """Insert."""
        row = PersonReportRow(
            id=report.id,
            reporter=report.reporter,
            reported=report.reported,
            reason=str(report.reason),
            text=report.text,
            case_id=report.case_id,
            at=report.at,
        )
        self.insert(row)

    def report(self, report_id: str) -> PersonReport | None:
        """By id."""
        row = self.one(PersonReportRow, col(PersonReportRow.id) == report_id)
        return _report(row) if row else None

    def reports(self, *, closed: bool, after: str | None, limit: int) -> Sequence[PersonReport]:
        """One page."""
        when = col(PersonReportRow.closed_at) if closed else col(PersonReportRow.at)
        statement = select(PersonReportRow).where(
            col(PersonReportRow.closed_at).is_not(None) if closed else col(PersonReportRow.closed_at).is_(None)
        )
        last = self.one(PersonReportRow, col(PersonReportRow.id) == after) if after else None
        if last is not None:
            passed = last.closed_at if closed else last.at
            tie = (when == passed) & (col(PersonReportRow.id) > last.id)
            statement = statement.where((when < passed if closed else when > passed) | tie)
        ordered = statement.order_by(when.desc() if closed else when, col(PersonReportRow.id)).limit(limit)
        with self.database.reading() as session:
            return [_report(row) for row in session.exec(ordered, execution_options=FRESH)]

    def reports_by(self, account_id: str, since: datetime) -> int:
        """Counted."""
        statement = select(func.count()).where(
            col(PersonReportRow.reporter) == account_id, col(PersonReportRow.at) > since
        )
        with self.database.reading() as session:
            return session.exec(statement).one()

    def close_report(self, report_id: str, by: str, at: datetime, note: str) -> bool:
        """Write a decision where there is none."""
        still_open = (col(PersonReportRow.id) == report_id, col(PersonReportRow.closed_at).is_(None))
        decided = update(PersonReportRow).where(*still_open).values(closed_at=at, closed_by=by, note=note)
        return self.change(decided) == 1

    def _releases(self, *conditions: Any) -> int:
        statement = select(func.count(func.distinct(col(GrantUseRow.use_id)))).where(*conditions)
        with self.database.reading() as session:
            return session.exec(statement).one()

    def _insert_new(self, table: type[SQLModel], values: Mapping[str, Any]) -> None:
        """Insert a row unless its key is there; two who do so at once wait for each other, and one row stands."""
        with self.database.transaction() as session:
            self.change(_insert(session, table).values(**values).on_conflict_do_nothing())


def _insert(session: Session, table: type[SQLModel]) -> Any:
    rows = SQLModel.metadata.tables[str(table.__tablename__)]
    postgres = session.get_bind().dialect.name == "postgresql"
    made: Insert = postgresql.insert(rows) if postgres else sqlite.insert(rows)
    return made


def _pair(subject_id: str, account_id: str) -> tuple[Any, Any]:
    return col(BarRow.subject_id) == subject_id, col(BarRow.account_id) == account_id


def _lockdown(row: LockdownRow) -> Lockdown:
    return Lockdown(row.is_on, row.reason, row.set_by, row.at)


def _report(row: PersonReportRow) -> PersonReport:
    return PersonReport(
        id=row.id,
        reporter=row.reporter,
        reported=row.reported,
        reason=ReportReason(row.reason),
        text=row.text,
        case_id=row.case_id,
        at=row.at,
        closed_at=row.closed_at,
        closed_by=row.closed_by,
        note=row.note,
    )

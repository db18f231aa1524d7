"""The queries of imports."""

import json
from collections.abc import Collection, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func
from sqlmodel import col, or_, select

from copyright_optout.domain import Concern, Concerning, Declaration
from copyright_optout.domain.imports import (
    READING,
    WORKING,
    ClaimImport,
    Counts,
    ImportState,
    LineOutcome,
    LineReport,
    LineTrouble,
)
from copyright_optout.domain.reasons import ImportFault
from copyright_optout.store.rows import proof_kept, proof_of
from copyright_optout.tables import OptOutImportReportRow, OptOutImportRow
from trust_kernel.db import Database
from trust_kernel.errors import NotFound

_READING = sorted(READING)
_WORKING = sorted(WORKING)


class DatabaseImports:
    """Imports as rows."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, made: ClaimImport) -> None:
        """Keep a new one."""
        with self._database.transaction() as session:
            session.add(OptOutImportRow(**_values(made)))
            session.flush()

    def get(self, import_id: str, *, lock: bool = False) -> ClaimImport | None:
        """One of them, locked until the transaction ends if asked."""
        with self._database.reading() as session:
            row = session.get(OptOutImportRow, import_id, with_for_update=lock or None, populate_existing=True)
            return _import(row) if row else None

    def put(self, changed: ClaimImport) -> None:
        """Keep a changed one."""
        with self._database.transaction() as session:
            row = session.get(OptOutImportRow, changed.id)
            if row is None:
                raise NotFound("there is no such import", code=ImportFault.UNKNOWN)
            row.sqlmodel_update(_values(changed))
            session.add(row)
            session.flush()

    def page(
        self, organisation_ids: Collection[str] | None, *, after: str | None = None, limit: int = 100
    ) -> Sequence[ClaimImport]:
        """Those of these organisations, or of all, newest first."""
        statement = select(OptOutImportRow).order_by(col(OptOutImportRow.id).desc()).limit(limit)
        if organisation_ids is not None:
            statement = statement.where(col(OptOutImportRow.organisation_id).in_(organisation_ids))
        if after is not None:
            statement = statement.where(OptOutImportRow.id < after)
        with self._database.reading() as session:
            return [_import(row) for row in session.exec(statement)]

    def unfinished(self, organisation_id: str) -> int:
        """How many of an organisation's files are still to be read."""
        statement = (
            select(func.count())
            .select_from(OptOutImportRow)
            .where(OptOutImportRow.organisation_id == organisation_id, col(OptOutImportRow.state).in_(_READING))
        )
        with self._database.reading() as session:
            return int(session.exec(statement).one())

    def due(self, at: datetime) -> str | None:
        """The id of the oldest one that a worker should take up."""
        held = col(OptOutImportRow.held_until)
        statement = (
            select(OptOutImportRow.id)
            .where(col(OptOutImportRow.state).in_(_WORKING), or_(held.is_(None), held <= at))
            .order_by(col(OptOutImportRow.changed_at), col(OptOutImportRow.id))
            .limit(1)
        )
        with self._database.reading() as session:
            return session.exec(statement).first()

    def add_report(self, import_id: str, number: int, reports: Sequence[LineReport]) -> None:
        """Keep what became of a batch of lines."""
        lines = json.dumps([_line_kept(report) for report in reports], separators=(",", ":"))
        with self._database.transaction() as session:
            wanting = sum(report.is_wanting for report in reports)
            session.add(OptOutImportReportRow(import_id=import_id, number=number, lines=lines, wanting=wanting))
            session.flush()

    def report(self, import_id: str, number: int) -> Sequence[LineReport]:
        """What became of a batch of lines; nothing where there is no such batch."""
        with self._database.reading() as session:
            row = session.get(OptOutImportReportRow, (import_id, number))
            return [_line(kept) for kept in json.loads(row.lines)] if row else []

    def wanting(self, import_id: str, limit: int) -> Sequence[LineReport]:
        """The first lines that somebody has to look at."""
        statement = (
            select(OptOutImportReportRow.number)
            .where(OptOutImportReportRow.import_id == import_id, OptOutImportReportRow.wanting > 0)
            .order_by(col(OptOutImportReportRow.number))
            .limit(limit)
        )
        found: list[LineReport] = []
        with self._database.reading() as session:
            for number in session.exec(statement).all():
                found += (line for line in self.report(import_id, number) if line.is_wanting)
                if len(found) >= limit:
                    break
        return found[:limit]

    def with_needless_files(self, limit: int) -> Sequence[ClaimImport]:
        """Those that are over, and whose files were not dropped yet."""
        statement = (
            select(OptOutImportRow)
            .where(col(OptOutImportRow.state).not_in(_READING), OptOutImportRow.digest != "")
            .limit(limit)
        )
        with self._database.reading() as session:
            return [_import(row) for row in session.exec(statement)]

    def drop_older(self, at: datetime, limit: int) -> int:
        """Forget imports, with their reports, on which nothing happened since a moment."""
        statement = (
            select(OptOutImportRow.id)
            .where(col(OptOutImportRow.state).not_in(_WORKING), col(OptOutImportRow.changed_at) < at)
            .limit(limit)
        )
        with self._database.transaction() as session:
            old = list(session.exec(statement))
            if old:
                session.execute(delete(OptOutImportReportRow).where(col(OptOutImportReportRow.import_id).in_(old)))
                session.execute(delete(OptOutImportRow).where(col(OptOutImportRow.id).in_(old)))
        return len(old)


def _values(made: ClaimImport) -> dict[str, Any]:
    return {
        "id": made.id,
        "organisation_id": made.organisation_id,
        "by": made.by,
        "state": made.state.value,
        "submit": made.submit,
        "kind": made.kind,
        "proof": proof_kept(made.proof),
        "declared": sorted(made.declared),
        "digest": made.digest,
        "size": made.size,
        "read": made.read,
        "lines": made.lines,
        "last_line": made.last_line,
        "batches": made.batches,
        "counts": asdict(made.counts),
        "failure": asdict(made.failure) if made.failure else None,
        "activated": made.activated,
        "left": made.left,
        "reached": made.reached,
        "activated_by": made.activated_by,
        "created_at": made.created_at,
        "changed_at": made.changed_at,
        "held_until": made.held_until,
        "ended_at": made.ended_at,
        "tries": made.tries,
    }


def _import(row: OptOutImportRow) -> ClaimImport:
    return ClaimImport(
        id=row.id,
        organisation_id=row.organisation_id,
        by=row.by,
        submit=row.submit,
        state=ImportState(row.state),
        digest=row.digest,
        size=row.size,
        created_at=row.created_at,
        changed_at=row.changed_at,
        proof=proof_of(row.proof),
        declared=frozenset(map(Declaration, row.declared)),
        kind=row.kind,
        read=row.read,
        lines=row.lines,
        last_line=row.last_line,
        batches=row.batches,
        counts=Counts(**row.counts),
        failure=LineTrouble(**row.failure) if row.failure else None,
        activated=row.activated,
        left=row.left,
        reached=row.reached,
        activated_by=row.activated_by,
        held_until=row.held_until,
        ended_at=row.ended_at,
        tries=row.tries,
    )


def _line_kept(report: LineReport) -> list[Any]:
    trouble = report.trouble
    return [
        report.line,
        report.outcome.value,
        report.title,
        report.reference,
        report.claim_id,
        [trouble.code, trouble.detail, trouble.field, trouble.limit] if trouble else None,
        [[one.concern.value, one.name, one.about] for one in report.concerns],
    ]


def _line(kept: list[Any]) -> LineReport:
    line, outcome, title, reference, claim_id, trouble, concerns = kept
    return LineReport(
        line=line,
        outcome=LineOutcome(outcome),
        title=title,
        reference=reference,
        claim_id=claim_id,
        trouble=LineTrouble(*trouble) if trouble else None,
        concerns=tuple(Concerning(Concern(concern), name, about) for concern, name, about in concerns),
    )

"""Queries about receipts and the keys that sign them."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import or_, update
from sqlalchemy.exc import IntegrityError
from sqlmodel import col, select

from consent_registry.domain import ConsentEvent, Grant, Receipt
from consent_registry.store.grants import grant_of
from consent_registry.store.rows import FRESH, Rows
from consent_registry.tables import GrantRow, ReceiptKeyRow, ReceiptRow, StolenReceiptKeyRow
from trust_kernel.errors import Conflict


class ReceiptRows(Rows):
    """`ReceiptStore`."""

    def add_receipt(self, receipt: Receipt) -> None:
        """Insert."""
        row = ReceiptRow(
            id=receipt.id,
            grant_id=receipt.grant_id,
            version=receipt.version,
            compact=receipt.compact,
            issued_at=receipt.issued_at,
        )
        self.insert(row)

    def receipt(self, grant_id: str, version: int | None) -> Receipt | None:
        """That of one version, or the newest."""
        statement = select(ReceiptRow).where(col(ReceiptRow.grant_id) == grant_id)
        if version is not None:
            statement = statement.where(col(ReceiptRow.version) == version)
        newest = statement.order_by(col(ReceiptRow.version).desc()).limit(1)
        with self.database.reading() as session:
            row = session.exec(newest, execution_options=FRESH).first()
        return _receipt(row) if row else None

    def receipts_of_grant(self, grant_id: str) -> Sequence[Receipt]:
        """All of one grant, oldest first."""
        statement = select(ReceiptRow).where(col(ReceiptRow.grant_id) == grant_id).order_by(col(ReceiptRow.version))
        with self.database.reading() as session:
            return [_receipt(row) for row in session.exec(statement, execution_options=FRESH)]

    def receipts(self, subject_id: str) -> Sequence[Receipt]:
        """All of a subject's grants, newest first."""
        statement = (
            select(ReceiptRow)
            .join(GrantRow, col(GrantRow.id) == col(ReceiptRow.grant_id))
            .where(col(GrantRow.subject_id) == subject_id)
            .order_by(col(ReceiptRow.issued_at).desc(), col(ReceiptRow.id).desc())
        )
        with self.database.reading() as session:
            return [_receipt(row) for row in session.exec(statement, execution_options=FRESH)]

    def receipt_named(self, receipt_id: str) -> Receipt | None:
        """By id."""
        row = self.one(ReceiptRow, col(ReceiptRow.id) == receipt_id)
        return _receipt(row) if row else None

    def ended_silently(self, now: datetime, limit: int) -> Sequence[Grant]:
        """Grants over by time or count whose version is still the first: every later state raises it."""
        spent = col(GrantRow.uses) >= col(GrantRow.max_uses)
        statement = (
            select(GrantRow)
            .where(col(GrantRow.version) == 1, col(GrantRow.revoked_at).is_(None))
            .where(or_(col(GrantRow.expires_at) <= now, spent))
            .order_by(col(GrantRow.expires_at), col(GrantRow.id))
            .limit(limit)
        )
        with self.database.reading() as session:
            return [grant_of(row) for row in session.exec(statement, execution_options=FRESH)]

    def reach(self, grant_id: str, version: int) -> None:
        """Write a version."""
        self.change(update(GrantRow).where(col(GrantRow.id) == grant_id).values(version=version))


class DatabaseReceiptKeys(Rows):
    """`ReceiptKeyNumbers`."""

    def taken(self) -> Mapping[int, datetime]:
        """Each number and since when."""
        with self.database.reading() as session:
            rows = session.exec(select(ReceiptKeyRow).order_by(col(ReceiptKeyRow.number))).all()
            return {row.number: row.since for row in rows}

    def take(self, number: int, at: datetime) -> None:
        """Insert a number; the primary key decides a race."""
        try:
            self.insert(ReceiptKeyRow(number=number, since=at))
        except IntegrityError as error:
            raise Conflict("the key was rotated just now", code=ConsentEvent.RECEIPT_KEY_ROTATED) from error

    def stolen(self) -> Mapping[int, datetime]:
        """Each stolen key's number and since when."""
        with self.database.reading() as session:
            return {row.number: row.since for row in session.exec(select(StolenReceiptKeyRow)).all()}

    def mark_stolen(self, number: int, since: datetime) -> None:
        """Insert, or put an earlier moment in the place of a later one."""
        with self.database.transaction() as session:
            row = session.get(StolenReceiptKeyRow, number, with_for_update=True)
            if row is None:
                self._first_told(number, since)
            elif since < row.since:
                row.since = since
                session.add(row)

    def _first_told(self, number: int, since: datetime) -> None:
        try:
            self.insert(StolenReceiptKeyRow(number=number, since=since))
        except IntegrityError as error:
            raise Conflict("the theft was told just now", code=ConsentEvent.RECEIPT_KEY_STOLEN) from error


def _receipt(row: ReceiptRow) -> Receipt:
    return Receipt(row.id, row.grant_id, row.version, row.compact, row.issued_at)

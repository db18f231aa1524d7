"""The only queries of the marks."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy.exc import IntegrityError
from sqlmodel import col, select

from trust_kernel.clock import aware
from trust_kernel.db import Database
from trust_kernel.errors import Conflict
from watermark.domain.marks import WatermarkReason
from watermark.tables import MarkKeyRow


class DatabaseKeyNumbers:
    """A `KeyNumbers`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def taken(self) -> Mapping[int, datetime]:
        """Each number and since when."""
        with self._database.reading() as session:
            rows = session.exec(select(MarkKeyRow).order_by(col(MarkKeyRow.number))).all()
            return {row.number: aware(row.since) for row in rows}

    def take(self, number: int, at: datetime) -> None:
        """Insert a number; the primary key decides a race."""
        try:
            with self._database.transaction() as session:
                session.add(MarkKeyRow(number=number, since=at))
                session.flush()
        except IntegrityError as error:
            raise Conflict("the keys were rotated just now", code=WatermarkReason.ROTATED) from error

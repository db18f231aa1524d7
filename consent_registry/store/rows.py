"""What every store here does.

Reads always take what the database says now (`populate_existing`): a row that this session saw before it got the lock
may have been changed by whoever held the lock.
"""

from typing import Any, TypeVar

from sqlalchemy import CursorResult
from sqlmodel import SQLModel, select

from trust_kernel.db import Database

Row = TypeVar("Row", bound=SQLModel)
FRESH = {"populate_existing": True}


class Rows:
    """One database."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def one(self, table: type[Row], *conditions: Any) -> Row | None:
        """The first row that fits, as the database has it now."""
        with self.database.reading() as session:
            return session.exec(select(table).where(*conditions), execution_options=FRESH).first()

    def insert(self, row: SQLModel) -> None:
        """Add a row, and have the database say at once whether it fits."""
        with self.database.transaction() as session:
            session.add(row)
            session.flush()

    def change(self, statement: Any) -> int:
        """Run a statement; gives how many rows it changed."""
        with self.database.transaction() as session:
            result: CursorResult[Any] = session.execute(  # type: ignore[assignment] # DML gives a CursorResult
                statement, execution_options={"synchronize_session": False}
            )
            return result.rowcount

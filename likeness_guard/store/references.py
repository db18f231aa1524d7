"""Kept reference media, and searches that are due, in SQL."""

from collections.abc import Sequence

from sqlalchemy import delete
from sqlmodel import col, select

from likeness_guard.domain import Gallery, Modality
from likeness_guard.ports import PendingSearch, Reference
from likeness_guard.tables import LikenessReferenceRow, LikenessSearchRow
from trust_kernel.clock import Clock
from trust_kernel.db import Database
from trust_kernel.ids import new_id


class DatabaseReferences:
    """Reference media in SQL."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def keep(self, owner: str, gallery: Gallery, modality: Modality, sealed: bytes, look: str = "") -> str:
        """Keep sealed media; gives its id."""
        row = LikenessReferenceRow(
            id=new_id("ref"),
            owner=owner,
            gallery=gallery,
            modality=modality,
            sealed=sealed,
            look=look,
            at=self._clock.now(),
        )
        with self._database.transaction() as session:
            session.add(row)
        return row.id

    def of_owner(self, owner: str, modality: Modality) -> Sequence[Reference]:
        """What is kept of an owner, oldest first."""
        statement = (
            select(LikenessReferenceRow)
            .where(LikenessReferenceRow.owner == owner, LikenessReferenceRow.modality == modality.value)
            .order_by(col(LikenessReferenceRow.at), col(LikenessReferenceRow.id))
        )
        with self._database.reading() as session:
            return [
                Reference(row.id, row.owner, Gallery(row.gallery), Modality(row.modality), row.sealed, row.look)
                for row in session.exec(statement)
            ]

    def drop_look(self, owner: str, look: str) -> None:
        """Delete what is kept of one look."""
        which = (col(LikenessReferenceRow.owner) == owner, col(LikenessReferenceRow.look) == look)
        with self._database.transaction() as session:
            session.exec(delete(LikenessReferenceRow).where(*which))

    def drop(self, owner: str) -> None:
        """Delete all that is kept of an owner."""
        with self._database.transaction() as session:
            session.exec(delete(LikenessReferenceRow).where(col(LikenessReferenceRow.owner) == owner))


class DatabaseSearches:
    """Searches in SQL."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def ask(self, owner: str, cause: str) -> None:
        """Note a search."""
        with self._database.transaction() as session:
            session.add(LikenessSearchRow(id=new_id("lks"), owner=owner, cause=cause, at=self._clock.now()))

    def due(self, limit: int) -> Sequence[PendingSearch]:
        """The oldest ones."""
        statement = select(LikenessSearchRow).order_by(col(LikenessSearchRow.at), col(LikenessSearchRow.id))
        with self._database.reading() as session:
            return [PendingSearch(row.id, row.owner, row.cause) for row in session.exec(statement.limit(limit))]

    def done(self, search_id: str) -> bool:
        """Strike one off."""
        with self._database.transaction() as session:
            done = session.exec(delete(LikenessSearchRow).where(col(LikenessSearchRow.id) == search_id))
            return bool(done.rowcount)

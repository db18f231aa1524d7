"""Whoever leaves is gone from every table, those included that were added since; and what is left is found."""

import itertools
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import (
    JSON,
    Column,
    ForeignKey,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    TypeDecorator,
    insert,
    select,
)
from sqlmodel import col

from placet.wiring.leaving import STAY, rules_for
from placet.wiring.tables import metadata
from tests.factories.databases import postgres, sqlite
from trust_kernel.db import Database
from trust_kernel.erasing import Identity, Rules, erase, rewrite
from trust_kernel.residue import Trace, search_files, search_tables
from trust_kernel.web.tables import AccountRow

SUBJECT, ACCOUNT, EMAIL, HANDLE = "subj_01LEAVER", "acct_01LEAVER", "leaver@example.org", "leaver_1"
STAND_IN = "gone_1"
ALL = frozenset({SUBJECT, ACCOUNT, EMAIL})
WORDS = (SUBJECT, ACCOUNT, EMAIL, HANDLE)
SEALED = rules_for(STAND_IN).sealed
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
_counter = itertools.count(1)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    metadata()
    with sqlite(tmp_path) as made:
        yield made


def python_type(column: Column[Any]) -> type:
    decorated = column.type.impl_instance if isinstance(column.type, TypeDecorator) else column.type
    kind: type = decorated.python_type
    return kind


def neutral(column: Column[Any]) -> Any:
    """Something that fits and is nobody's."""
    kind = python_type(column)
    values: dict[type, Any] = {
        int: next(_counter),
        float: 0.5,
        bool: False,
        bytes: b"\x00",
        dict: {},
        datetime: datetime(2026, 3, 1, tzinfo=UTC),
        date: date(2026, 3, 1),
    }
    return values.get(kind, f"other_{next(_counter)}")


def is_text(column: Column[Any]) -> bool:
    return python_type(column) is str


def planted(table: Table, column: Column[Any], identity: str) -> dict[str, Any]:
    """A row with somebody in one column."""
    row = {each.name: neutral(each) for each in table.columns}
    key = column.primary_key or column.unique or column.foreign_keys
    if not is_text(column):
        row[column.name] = {"by": HANDLE, "of": [identity, {"text": f"with @{HANDLE}, and {identity}"}], identity: 1}
    else:
        row[column.name] = identity if key else f"{identity} and @{HANDLE}"
    return row


def plant_everywhere(database: Database, tables: MetaData) -> int:
    """In every text and document column of every table but the public record; gives how many rows."""
    count, whose = 0, itertools.cycle(sorted(ALL))
    with database.engine.connect() as connection:
        connection.exec_driver_sql("COMMIT")
        connection.exec_driver_sql("PRAGMA foreign_keys=OFF")
        connection.exec_driver_sql("BEGIN")
        for table in tables.sorted_tables:
            for column in table.columns:
                if table.name in SEALED or not (is_text(column) or isinstance(column.type, JSON)):
                    continue
                connection.execute(
                    insert(table).values(
                        **planted(table, column, SUBJECT if (table.name, column.name) in STAY else next(whose))
                    )
                )
                count += 1
        connection.commit()
        connection.exec_driver_sql("PRAGMA foreign_keys=ON")
    return count


def left(traces: tuple[Trace, ...]) -> dict[str, int]:
    return {trace.place: trace.found for trace in traces if trace.found}


def leave(database: Database, ids: frozenset[str] = ALL, tables: MetaData | None = None) -> None:
    with database.transaction() as session:
        erase(session, tables or metadata(), Identity(ids, HANDLE, STAND_IN), rules_for(STAND_IN))


def test_nobody_who_leaves_with_their_account_is_left_in_any_column_of_any_table(database: Database) -> None:
    assert plant_everywhere(database, metadata()) > 200
    before = left(search_tables(database, WORDS, {}))
    assert len({place.split(".")[0] for place in before}) >= len(metadata().tables) - len(SEALED) - 10
    leave(database)
    found = search_tables(database, WORDS, STAY)
    assert left(found) == {}
    kept = {trace.place for trace in found if trace.kept}
    assert kept == {f"{table}.{column}" for table, column in STAY}, "the bare id stays in the places that are named"


def test_an_account_that_stays_is_left_alone(database: Database) -> None:
    plant_everywhere(database, metadata())
    leave(database, frozenset({SUBJECT}))
    found = search_tables(database, (SUBJECT,), STAY)
    assert left(found) == {}
    assert left(search_tables(database, (ACCOUNT,), {}))["accounts.id"] == 1


def test_whose_address_holds_the_name_of_somebody_who_leaves_keeps_it(database: Database) -> None:
    now = datetime(2026, 3, 1, tzinfo=UTC)
    theirs = {"mia": f"mia@{HANDLE}.example", "jo": f"jo{EMAIL}", "long": f"{EMAIL}.example"}
    with database.transaction() as session:
        for name, email in theirs.items():
            session.add(
                AccountRow(id=f"acct_{name}", email=email, name=name, password_hash="", roles=[], created_at=now)
            )
    words = f"write to {theirs['jo']} or mia@{HANDLE}.example"
    assert Identity(ALL, HANDLE, STAND_IN).cleaned(f"{words}, not {EMAIL}, nor @{HANDLE}.") == (
        f"{words}, not {STAND_IN}, nor @{STAND_IN}."
    )
    leave(database)
    with database.reading() as session:
        assert set(session.execute(select(col(AccountRow.email))).scalars()) == set(theirs.values())


def test_family_goes_with_the_account_and_with_it_what_staff_vouched_for(database: Database) -> None:
    rows: dict[str, list[dict[str, object]]] = {
        "ages": [{"account_id": ACCOUNT, "birth_year": 1980, "source": "stated", "by": ACCOUNT, "at": NOON}],
        "guardians": [
            {"id": f"guard_{ward}", "guardian": guardian, "ward": ward, "asked_by": ward, "state": "verified"}
            | {"asked_at": NOON, "settled_at": NOON}
            for guardian, ward in ((ACCOUNT, "acct_kid"), ("acct_mum", "acct_other"))
        ],
        "estates": [
            {
                "id": f"estate_{who}",
                "account_id": who,
                "handle": "elvis",
                "display_name": "Elvis",
                "died_on": NOON.date(),
            }
            | {"until": NOON, "state": "claimed", "claimed_at": NOON}
            for who in (ACCOUNT, "acct_other")
        ],
        "estate_disputes": [
            {"id": f"disp_{who}", "estate_id": "estate_acct_other", "by": who, "reason": "he is mine", "at": NOON}
            for who in (ACCOUNT, "acct_sister")
        ],
        "attestations": [
            {"about": about, "matter": "guardian", "proof": "passport", "first_by": "acct_one", "first_at": NOON}
            for about in ("guard_acct_kid", "guard_acct_other", f"estate_{ACCOUNT}", "estate_acct_other")
        ],
    }
    tables = metadata().tables
    with database.transaction() as session:
        for name, some in rows.items():
            session.execute(insert(tables[name]), some)
    leave(database)
    kept = {
        "guardians": ["guard_acct_other"],
        "estates": ["estate_acct_other"],
        "estate_disputes": ["disp_acct_sister"],
    }
    with database.reading() as session:
        for name, ids in kept.items():
            assert list(session.execute(select(tables[name].c.id)).scalars()) == ids
        about = session.execute(select(tables["attestations"].c.about)).scalars()
        assert sorted(about) == ["estate_acct_other", "guard_acct_other"]
        assert session.execute(select(tables["ages"])).all() == []


def test_every_rule_names_a_table_and_column_that_there_is() -> None:
    rules = rules_for(STAND_IN)
    for name, column in {*rules.drop, *rules.rewrite, *rules.blank, *rules.stay}:
        assert column in metadata().tables[name].columns, (name, column)
    for (name, _), changes in rules.blank.items():
        assert set(changes) <= set(metadata().tables[name].columns.keys())
    assert rules.sealed <= set(metadata().tables)


def a_new_table() -> tuple[MetaData, Table]:
    """Two tables that no rule knows of."""
    tables = MetaData()
    parent = Table(
        "brand_new", tables, Column("id", String, primary_key=True), Column("subject_id", String, unique=True)
    )
    Table(
        "brand_new_parts",
        tables,
        Column("id", String, primary_key=True),
        Column("whole", String, ForeignKey("brand_new.id")),
        Column("about", JSON),
        Column("said_by", String),
    )
    return tables, parent


def test_a_table_that_is_added_tomorrow_is_covered_today(database: Database) -> None:
    tables, parent = a_new_table()
    tables.create_all(database.engine)
    with database.transaction() as session:
        session.execute(insert(parent).values(id="new_1", subject_id=SUBJECT))
        parts = tables.tables["brand_new_parts"]
        session.execute(insert(parts).values(id="part_1", whole="new_1", about={}, said_by="acct_other"))
        session.execute(insert(parts).values(id="part_2", whole=None, about={"who": HANDLE}, said_by=ACCOUNT))
    with database.transaction() as session:
        erase(session, tables, Identity(ALL, HANDLE, STAND_IN), Rules())
    with database.reading() as session:
        rows = session.execute(select(parts.c.id, parts.c.about, parts.c.said_by)).all()
    assert rows == [("part_2", {"who": STAND_IN}, STAND_IN)]
    assert left(search_tables(database, WORDS, STAY)) == {}


def test_what_others_wrote_keeps_its_words() -> None:
    identity = Identity(frozenset({SUBJECT}), "ada", STAND_IN)
    assert identity.cleaned("Canada and @adam with @ADA") == f"Canada and @adam with @{STAND_IN}"
    assert identity.cleaned({"handle": "ada", "colour": "ada"}) == {"handle": STAND_IN, "colour": "ada"}


def test_residue_is_found_in_columns_blobs_and_tables_that_the_code_does_not_know(database: Database) -> None:
    stray = MetaData()
    Table("stray", stray, Column("id", String, primary_key=True), Column("data", LargeBinary), Column("note", String))
    stray.create_all(database.engine)
    with database.transaction() as session:
        rows = [
            {"id": "1", "data": b"\x00" + SUBJECT.encode(), "note": ""},
            {"id": "2", "data": b"", "note": "Zoë Leaver"},
        ]
        session.execute(insert(stray.tables["stray"]), rows)
    assert left(search_tables(database, (SUBJECT, "zoë leaver"), STAY)) == {"stray.data": 1, "stray.note": 1}


def strays(database: Database, notes: list[str]) -> None:
    stray = MetaData()
    columns = [Column("note", String), Column("about", JSON), Column("data", LargeBinary)]
    Table("stray", stray, Column("id", Integer, primary_key=True), *columns)
    stray.create_all(database.engine)
    rows = [{"note": note, "about": {"said": note}, "data": note.encode()} for note in notes]
    with database.transaction() as session:
        session.execute(insert(stray.tables["stray"]), rows)


OTHERS = ["@anna waves", "a @ann_2 and @ANNA", "mia@ann.example", "@ann9", "joann"]
THEIRS = ["@ann", "with @Ann, @anna too", "Hi\n@ann waves", "(@ann)", "@ann's", "\u2028@ann."]


def test_a_handle_is_not_found_in_a_longer_one_and_is_found_wherever_it_ends(database: Database) -> None:
    strays(database, [*OTHERS, *THEIRS])
    found = left(search_tables(database, ("@ann",), {}))
    assert {place: found[place] for place in ("stray.note", "stray.about")} == {
        "stray.note": len(THEIRS),
        "stray.about": len(THEIRS),
    }
    both = left(search_tables(database, ("@ann", "waves"), {}))
    assert both["stray.note"] == len(THEIRS) + 1, "a row with another word counts, and once"
    assert left(search_tables(database, ("@anna",), {}))["stray.note"] == 3


def test_a_handle_in_bytes_is_told_from_a_longer_one_by_the_next_byte(database: Database, tmp_path: Path) -> None:
    strays(database, ["@anna waves", "@ann_b", "by @ann", "by @ann."])
    assert left(search_tables(database, ("@ann",), {}))["stray.data"] == 2
    (tmp_path / "log").write_bytes(b"@annab \x00@annab_2\x00 @annabel @annab!@annab")
    assert {one.place: one.found for one in search_files(tmp_path, ("@annab",))}["log"] == 3


@pytest.mark.postgres
def test_a_handle_is_told_from_a_longer_one_on_a_server_too() -> None:
    with postgres() as database:
        strays(database, [*OTHERS, *THEIRS])
        found = left(search_tables(database, ("@ann",), {}))
        assert (found["stray.note"], found["stray.about"]) == (len(THEIRS), len(THEIRS))


@pytest.mark.postgres
def test_a_server_is_erased_from_and_searched_alike() -> None:
    metadata()
    with postgres() as database:
        with database.transaction() as session:
            sealed = insert(metadata().tables["data_keys"])
            session.execute(sealed.values(key_id="other", wrapped=b"\x00" + EMAIL.encode()))
            session.execute(insert(metadata().tables["follows"]).values(follower=ACCOUNT, followed="x", at=NOON))
        assert left(search_tables(database, WORDS, STAY)) == {"data_keys.wrapped": 1, "follows.follower": 1}
        leave(database)
        assert left(search_tables(database, WORDS, STAY)) == {"data_keys.wrapped": 1}


def test_residue_is_found_in_the_bytes_of_files_and_in_their_names(tmp_path: Path) -> None:
    (tmp_path / "media").mkdir()
    (tmp_path / "models").mkdir()
    (tmp_path / "media" / "blob").write_bytes(b"x" * 5000 + EMAIL.encode() + b"y" + EMAIL.encode())
    (tmp_path / "media" / f"{SUBJECT}.bin").write_bytes(b"1")
    (tmp_path / "models" / "weights").write_bytes(EMAIL.encode())
    (tmp_path / "empty").write_bytes(b"")
    found = search_files(tmp_path, (EMAIL, SUBJECT, "abc"), passed_over=("models",))
    assert {trace.place: trace.found for trace in found} == {
        "empty": 0,
        "media/blob": 2,
        f"media/{SUBJECT}.bin": 1,
    }


def test_a_deleted_row_is_not_in_the_bytes_of_the_database_once_it_is_scrubbed(tmp_path: Path) -> None:
    with sqlite(tmp_path) as database:
        plant_everywhere(database, metadata())
        assert any(trace.found for trace in search_files(tmp_path, (EMAIL,)))
        leave(database)
        assert rewrite(database)
        database.scrub()
        assert [trace for trace in search_files(tmp_path, (EMAIL, ACCOUNT)) if trace.found] == []

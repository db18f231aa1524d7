"""Looking for what an erasure left: in every column of every table, and in the bytes of every file.

Nothing is taken on trust here: tables come from the schema of the database itself, so one that the code does not know
is searched too, and files are read as bytes, so what SQLite keeps in free pages or its log counts.

A word that begins with @ is a handle, and is not found in a longer one: @ann is not in @anna, nor in mia@ann.example.
"""

import mmap
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import (
    Column,
    Connection,
    LargeBinary,
    MetaData,
    Table,
    Text,
    case,
    cast,
    false,
    func,
    not_,
    or_,
    select,
)

from trust_kernel.db import Database
from trust_kernel.erasing import AFTER, BEFORE, written

SHORTEST = 6
"""Bytes of a word that is looked for in raw bytes; shorter ones are there by chance."""
_IN_HANDLES = frozenset(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_")


@dataclass(frozen=True, slots=True)
class Trace:
    """Somewhere that was searched.

    Attributes:
        place: ``table.column`` or a file's path.
        found: rows, or occurrences, with any of the words that may not be there.
        kept: rows with a word that may be there for good.
        why: why it may.
    """

    place: str
    found: int
    kept: int = 0
    why: str = ""


def search_tables(database: Database, words: Sequence[str], stay: Mapping[tuple[str, str], str]) -> tuple[Trace, ...]:
    """How many rows of each column hold a word.

    Args:
        database: whose own schema is read.
        words: what is looked for, in any case of letters.
        stay: (table, column), and why the words may be there.
    """
    schema = MetaData()
    found: list[Trace] = []
    with database.reading_committed() as session:
        connection = session.connection()
        schema.reflect(connection)
        for table in schema.sorted_tables:
            counts = _counted(database, connection, table, words)
            found += [_trace(count, table, column, stay) for count, column in zip(counts, table.columns, strict=True)]
    return tuple(found)


def _trace(count: int, table: Table, column: Column[Any], stay: Mapping[tuple[str, str], str]) -> Trace:
    why = stay.get((table.name, column.name), "")
    return Trace(f"{table.name}.{column.name}", 0 if why else count, count if why else 0, why)


def _counted(database: Database, connection: Connection, table: Table, words: Sequence[str]) -> list[int]:
    """How many rows hold a word, by column: one statement a table, and a second look where a handle may be another."""
    handles = [word for word in words if word.startswith("@")]
    others = [form for word in words if word not in handles for form in written(word)]
    sure = {column: _holds(database, column, others) for column in table.columns}
    perhaps = {column: _holds(database, column, handles) & not_(sure[column]) for column in table.columns}
    asked = [func.count(case((which[column], 1))) for column in table.columns for which in (sure, perhaps)]
    counts = connection.execute(select(*asked).select_from(table)).one()
    found: list[int] = []
    for place, column in enumerate(table.columns):
        certain, possible = counts[2 * place : 2 * place + 2]
        if possible:
            read = column if isinstance(column.type, LargeBinary) else cast(column, Text)
            values = connection.execute(select(read).where(perhaps[column])).scalars()
            certain += sum(_has_handle(value, handles) for value in values)
        found.append(certain)
    return found


def _has_handle(value: str | bytes, handles: Sequence[str]) -> bool:
    if isinstance(value, bytes):
        return any(True for handle in handles for _ in _places(value, handle.encode()))
    return any(_whole(handle).search(value) for handle in handles)


def _whole(handle: str) -> re.Pattern[str]:
    """A handle as erasing knows it; in JSON the letter before it may end an escape, such as a line break's."""
    begins = rf"(?:{BEFORE}|(?<=\\[bfnrt])|(?<=\\u[0-9a-f]{{4}}))"
    return re.compile(rf"{begins}{re.escape(handle)}{AFTER}", re.IGNORECASE)


def _holds(database: Database, column: Column[Any], forms: Sequence[str]) -> Any:
    if not isinstance(column.type, LargeBinary):
        return or_(false(), *(cast(column, Text).icontains(form, autoescape=True) for form in forms))
    if database.is_sqlite:
        return or_(false(), *(func.instr(column, form.encode()) > 0 for form in forms))
    # With its schema it is a function of two arguments; without, SQL has a syntax of its own for it.
    return or_(false(), *(func.pg_catalog.position(column, form.encode()) > 0 for form in forms))


def search_files(root: Path, words: Sequence[str], passed_over: Iterable[str] = ()) -> tuple[Trace, ...]:
    """How often each file under a folder holds a word, and whether its own path does.

    Args:
        root: every file below it is read.
        words: shorter ones than `SHORTEST` bytes are passed over. A handle that another letter follows at once is taken
            for a longer one, as bytes do not show where a value ends; `search_tables` sees every value by itself.
        passed_over: names of folders right below the root that hold nobody's data.
    """
    needles = [word.encode() for word in words if len(word.encode()) >= SHORTEST]
    skipped = frozenset(passed_over)
    return tuple(
        Trace(str(path.relative_to(root)), _occurrences(path, needles) + sum(word in path.name for word in words))
        for path in sorted(root.rglob("*"))
        if path.is_file() and path.relative_to(root).parts[0] not in skipped
    )


def _occurrences(path: Path, needles: Sequence[bytes]) -> int:
    if not path.stat().st_size:
        return 0
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        return sum(1 for needle in needles for _ in _places(content, needle))


def _places(content: mmap.mmap | bytes, needle: bytes) -> Iterator[int]:
    at = content.find(needle)
    while at >= 0:
        end = at + len(needle)
        if not (needle.startswith(b"@") and end < len(content) and content[end] in _IN_HANDLES):
            yield at
        at = content.find(needle, at + 1)

"""Taking an identity out of every table, whatever tables there are.

A rule is needed only for what is special. Without one, a row that is found by an identity (its key, a part of it, or a
reference to another row) goes, with all that refers to it; anywhere else in a text or JSON document the identity is
replaced by a stand-in. So a table that is added tomorrow is covered before anybody thinks of it. `trust_kernel.residue`
looks whether anything is left.
"""

import json
import re
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import (
    JSON,
    Column,
    ColumnElement,
    MetaData,
    String,
    Table,
    TypeDecorator,
    UniqueConstraint,
    cast,
    delete,
    or_,
    select,
)
from sqlalchemy import update as updating
from sqlalchemy.types import TypeEngine
from sqlmodel import Session

from trust_kernel.db import Database

BEFORE, AFTER = r"(?<![\w.+%-])", r"(?!\w|\.\w)"
"""What must stand around a handle, its @ included: no letter of an address or of a longer handle."""

HANDLE_KEYS = frozenset({"handle", "handles", "by", "who", "whom", "maker", "requester"})
"""Members of JSON documents that hold a bare handle; elsewhere a word that reads the same may mean anything."""

_AT_ONCE = 500
_PATIENCE_MS = 2_000
"""How long rewriting waits for others; a chore tries again."""


@dataclass(frozen=True, slots=True)
class Identity:
    """Who is to be taken out.

    Attributes:
        ids: what stands for them alone, wherever it is written.
        handle: what prompts call them, without @; empty where it is not known.
        stand_in: written in the place of either.
    """

    ids: frozenset[str]
    handle: str
    stand_in: str

    def needles(self) -> tuple[str, ...]:
        """What a column that has to be read holds."""
        return (*sorted(self.ids), *([self.handle] if self.handle else []))

    def cleaned(self, value: Any, member: str = "") -> Any:
        """A value without them; the value itself where they are not in it."""
        if isinstance(value, str):
            return self._text(value, member)
        if isinstance(value, list):
            return [self.cleaned(inner, member) for inner in value]
        if isinstance(value, dict):
            return {self._text(name, ""): self.cleaned(inner, name) for name, inner in value.items()}
        return value

    def _text(self, text: str, member: str) -> str:
        for identity in self.ids:
            # An address may stand at the end of somebody else's: ann@example.org in joann@example.org.
            address = rf"{BEFORE}{re.escape(identity)}(?![\w-]|\.\w)"
            text = (
                re.sub(address, self.stand_in, text, flags=re.IGNORECASE)
                if "@" in identity
                else text.replace(identity, self.stand_in)
            )
        if not self.handle:
            return text
        if member in HANDLE_KEYS and text == self.handle:
            return self.stand_in
        # Nor is every @ a handle's: somebody called "mail" is not in ann@mail.example.
        handle = rf"{BEFORE}@{re.escape(self.handle)}{AFTER}"
        return re.sub(handle, f"@{self.stand_in}", text, flags=re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Rules:
    """What is special.

    Attributes:
        drop: (table, column): rows with an identity there go, though the column is no key.
        rewrite: (table, column): a key column where the identity is replaced, and the row stays.
        blank: by (table, column), how further columns of a row with an identity there are changed.
        stay: (table, column), and why the identity may stand there for good.
        sealed: tables that are never changed; what they may hold is decided where they are written.
    """

    drop: frozenset[tuple[str, str]] = frozenset()
    rewrite: frozenset[tuple[str, str]] = frozenset()
    blank: Mapping[tuple[str, str], Mapping[str, Callable[[Any], Any]]] = field(default_factory=dict)
    stay: Mapping[tuple[str, str], str] = field(default_factory=dict)
    sealed: frozenset[str] = frozenset()


def erase(session: Session, tables: MetaData, identity: Identity, rules: Rules) -> None:
    """Take an identity out, in the caller's transaction.

    Args:
        session: of that transaction.
        tables: every table.
        identity: who.
        rules: what is special.
    """
    ordered = [table for table in reversed(tables.sorted_tables) if table.name not in rules.sealed]
    for (name, key), changes in rules.blank.items():
        _blank(session, tables.tables[name], key, identity, changes)
    known = identity.ids | _related(session, ordered, identity.ids, rules)
    for table in ordered:
        for column in found_by(table, rules):
            for some in _in_parts(known):
                _drop(session, tables, table, column.in_(some))
    for table in ordered:
        _clean(session, table, identity, rules)


def rewrite(database: Database) -> bool:
    """Have a SQLite file written anew, which leaves nothing but its rows; False where somebody else is using it.

    `secure_delete` overwrites what is deleted, but a page that was rebalanced keeps stale bytes of rows that moved: a
    word of deleted rows stood 71 times in 2 MB after 22,500 changes, and not once in the file written anew. A server's
    dead rows are the work of its own VACUUM.
    """
    if not database.is_sqlite:
        return True
    connection = database.engine.raw_connection()
    try:
        cursor = connection.cursor()
        (patience,) = cursor.execute("PRAGMA busy_timeout").fetchone()
        cursor.execute(f"PRAGMA busy_timeout={_PATIENCE_MS}")
        done = False
        with suppress(sqlite3.OperationalError):
            cursor.execute("VACUUM")
            done = True
        cursor.execute(f"PRAGMA busy_timeout={patience}")
        cursor.close()
        return done
    finally:
        connection.close()


def _related(session: Session, ordered: Iterable[Table], ids: frozenset[str], rules: Rules) -> frozenset[str]:
    """Ids of rows that will go: other tables may refer to them without saying so in the schema."""
    found: set[str] = set()
    for table in ordered:
        keys = list(found_by(table, rules))
        if keys and [column.name for column in table.primary_key.columns] == ["id"]:
            found.update(session.execute(select(table.c.id).where(or_(*(key.in_(ids) for key in keys)))).scalars())
    return frozenset(identity for identity in found if isinstance(identity, str))


def _in_parts(ids: frozenset[str]) -> Iterator[list[str]]:
    ordered = sorted(ids)
    return (ordered[at : at + _AT_ONCE] for at in range(0, len(ordered), _AT_ONCE))


def found_by(table: Table, rules: Rules) -> Iterator[Column[Any]]:
    """Columns of a table by which a row belongs to somebody."""
    for column in table.columns:
        place = (table.name, column.name)
        if place in rules.stay or place in rules.rewrite or not _kind(column, String):
            continue
        if place in rules.drop or _is_key(table, column):
            yield column


def _kind(column: Column[Any], kind: type[TypeEngine[Any]]) -> bool:
    """Whether a column is of a kind, or decorates it."""
    decorated = column.type.impl if isinstance(column.type, TypeDecorator) else column.type
    return isinstance(decorated, kind)


def _is_key(table: Table, column: Column[Any]) -> bool:
    unique = any(
        column.name in constraint.columns
        for constraint in table.constraints
        if isinstance(constraint, UniqueConstraint)
    )
    return bool(column.primary_key or column.unique or column.foreign_keys or unique)


def _drop(session: Session, tables: MetaData, table: Table, which: ColumnElement[bool]) -> None:
    """Delete rows, those that refer to them first."""
    for child in tables.sorted_tables:
        for key in child.foreign_keys:
            if key.column.table is table and child is not table:
                _drop(session, tables, child, key.parent.in_(select(key.column).where(which)))
    session.execute(delete(table).where(which))


def _blank(
    session: Session, table: Table, column: str, identity: Identity, changes: Mapping[str, Callable[[Any], Any]]
) -> None:
    which = table.c[column].in_(identity.ids)
    for row in session.execute(select(table).where(which)).mappings().all():
        values = {name: change(row[name]) for name, change in changes.items()}
        session.execute(updating(table).where(_this(table, row)).values(**values))


def _clean(session: Session, table: Table, identity: Identity, rules: Rules) -> None:
    columns = [column for column in table.columns if _may_change(table, column, rules)]
    if not columns:
        return
    holds = or_(*(_holds(column, needle) for column in columns for needle in identity.needles()))
    for row in session.execute(select(table).where(holds)).mappings().all():
        values = {column.name: identity.cleaned(row[column.name]) for column in columns}
        changed = {name: value for name, value in values.items() if value != row[name]}
        if changed:
            session.execute(updating(table).where(_this(table, row)).values(**changed))


def _may_change(table: Table, column: Column[Any], rules: Rules) -> bool:
    place = (table.name, column.name)
    if place in rules.stay or not (_kind(column, String) or _kind(column, JSON)):
        return False
    # These are whole values, and what rows are found by; `_drop` and `rewrite` are for them.
    return place in rules.rewrite or not (column.primary_key or column.foreign_keys or column.unique)


def _this(table: Table, row: Mapping[Any, Any]) -> ColumnElement[bool]:
    same: Sequence[ColumnElement[bool]] = [column == row[column.name] for column in table.primary_key.columns]
    condition = same[0]
    for further in same[1:]:
        condition &= further
    return condition


def _holds(column: Column[Any], text: str) -> ColumnElement[bool]:
    return or_(*(cast(column, String).icontains(form, autoescape=True) for form in written(text)))


def written(text: str) -> Iterable[str]:
    """A text as columns hold it: as it is, and as JSON writes what is not ASCII."""
    return {text, json.dumps(text)[1:-1]}

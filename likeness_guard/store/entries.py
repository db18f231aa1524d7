"""Blocklist entries in SQL, and the numbered log of their changes."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from sqlalchemy import Select, delete, func, insert, or_, tuple_, update
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select

from likeness_guard.domain.people import (
    Alias,
    Category,
    Entry,
    EntryChange,
    EntryEvent,
    EntryQuery,
    LiftedBy,
    LiftProposal,
)
from likeness_guard.errors import BlocklistFault
from likeness_guard.ports.entries import NameFeed
from likeness_guard.store.counters import next_number
from likeness_guard.tables import BlocklistChangeRow, BlocklistEntryRow, LikenessCounterRow
from trust_kernel.clock import Clock, aware
from trust_kernel.db import Database
from trust_kernel.errors import Conflict
from trust_kernel.names.plain import fold_name

_ENTRIES = "entries"
_IDS_AT_ONCE = 500
_ROWS_AT_ONCE = 2000


class DatabaseEntryStore:
    """Blocklist entries in SQL.

    Args:
        database: where.
        clock: when.
    """

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    @contextmanager
    def together(self) -> Iterator[None]:
        """Everything inside commits together; joins an open transaction."""
        with self._database.transaction():
            yield

    def put(self, changed: Sequence[tuple[Entry, EntryChange]], *, new: bool) -> None:
        """Keep entries that are new, or changed, with a line of history each."""
        if not changed:
            return
        rows = [_values(entry) for entry, _ in changed]
        with self._database.transaction() as session:
            try:
                with session.begin_nested():
                    session.execute(insert(BlocklistEntryRow) if new else update(BlocklistEntryRow), rows)
            except IntegrityError as error:
                raise Conflict(
                    "another entry has this external id",
                    code=BlocklistFault.EXTERNAL_ID_TAKEN,
                    field="external_id",
                ) from error
            session.expire_all()
            _log(session, [change for _, change in changed])

    def remove_entry(self, change: EntryChange) -> bool:
        """Delete an entry, keeping the last line of its history."""
        with self._database.transaction() as session:
            done = session.exec(delete(BlocklistEntryRow).where(col(BlocklistEntryRow.id) == change.entry_id))
            if not done.rowcount:
                return False
            _log(session, [change])
            return True

    def entry(self, entry_id: str, *, lock: bool = False) -> Entry | None:
        """One entry."""
        with self._database.reading() as session:
            row = session.get(BlocklistEntryRow, entry_id, with_for_update=lock or None, populate_existing=lock)
            return _entry(row) if row else None

    def standing(self, entry_ids: Iterable[str], now: datetime) -> Mapping[str, Entry]:
        """Those of the given entries that block something now."""
        return {entry.id: entry for entry in self.several(entry_ids).values() if entry.stands(now)}

    def several(self, entry_ids: Iterable[str]) -> Mapping[str, Entry]:
        """Entries by their ids."""
        with self._database.reading() as session:
            rows = _rows_in(session, col(BlocklistEntryRow.id), set(entry_ids), lock=False)
            return {entry.id: entry for entry in map(_entry, rows)}

    def by_external(self, external_ids: Iterable[str], *, lock: bool = False) -> Mapping[str, Entry]:
        """Entries by their external ids."""
        with self._database.reading() as session:
            rows = _rows_in(session, col(BlocklistEntryRow.external_id), set(external_ids) - {""}, lock=lock)
            return {entry.external_id: entry for entry in map(_entry, rows)}

    def page(self, query: EntryQuery) -> Sequence[Entry]:
        """Entries by name, as many as the query's limit."""
        statement = _ordered(_filtered(select(BlocklistEntryRow), query)).limit(query.limit)
        with self._database.reading() as session:
            return [_entry(row) for row in session.scalars(statement)]

    def count(self) -> int:
        """How many entries there are."""
        with self._database.reading() as session:
            return int(session.exec(select(func.count()).select_from(BlocklistEntryRow)).one())

    def entries(self) -> Sequence[Entry]:
        """Every entry, by name."""
        with self._database.reading() as session:
            return [_entry(row) for row in session.scalars(_ordered(select(BlocklistEntryRow)))]

    def history(self, entry_id: str, limit: int) -> Sequence[EntryChange]:
        """What happened to an entry, newest first."""
        statement = (
            select(BlocklistChangeRow)
            .where(BlocklistChangeRow.entry_id == entry_id)
            .order_by(col(BlocklistChangeRow.number).desc())
            .limit(limit)
        )
        with self._database.reading() as session:
            return [_change(row) for row in session.exec(statement)]

    def entries_version(self) -> int:
        """Number of the newest committed change."""
        with self._database.reading_committed() as session:
            row = session.get(LikenessCounterRow, _ENTRIES)
            return row.value if row else 0

    def fence(self) -> int:
        """Number of the newest change, which stays the newest until the caller's transaction ends."""
        with self._database.transaction() as session:
            counter = session.get(LikenessCounterRow, _ENTRIES, with_for_update={"read": True}, populate_existing=True)
            return counter.value if counter else 0  # before the first entry there is no row to hold

    def changed_since(self, number: int, limit: int) -> NameFeed:
        """Names changed by committed changes after a number, oldest first; from 0, all names and no limit.

        On a connection of its own, as every cache reads: an open transaction may yet be undone.
        """
        with self._database.reading_committed() as session:
            if number == 0:
                counter = session.get(LikenessCounterRow, _ENTRIES)
                return NameFeed(counter.value if counter else 0, dict(_all_names(session)))
            changes = session.execute(
                select(BlocklistChangeRow.number, BlocklistChangeRow.entry_id)
                .where(col(BlocklistChangeRow.number) > number)
                .order_by(col(BlocklistChangeRow.number))
                .limit(limit)
            ).all()
            ids = {entry_id for _, entry_id in changes}
            kept = {row.id: row for row in _rows_in(session, col(BlocklistEntryRow.id), ids, lock=False)}
            names = {entry_id: _entry(kept[entry_id]).names if entry_id in kept else None for entry_id in ids}
            return NameFeed(int(changes[-1][0]) if changes else number, names)

    def folded_names(self, fragments: Sequence[str] | None = None) -> Iterator[tuple[str, str]]:
        """Entry ids with their folded names, one a line; only those that hold some fragment if any are given."""
        column = col(BlocklistEntryRow.names_folded)
        statement = select(BlocklistEntryRow.id, BlocklistEntryRow.names_folded)
        if fragments is not None:
            statement = statement.where(or_(*(column.contains(fragment, autoescape=True) for fragment in fragments)))
        with self._database.reading() as session:
            for row in session.execute(statement.execution_options(yield_per=_ROWS_AT_ONCE)):
                yield row[0], row[1]


def _log(session: Session, changes: Sequence[EntryChange]) -> None:
    """Number changes in order of commit: the counter's row stays locked until then."""
    first = next_number(session, _ENTRIES)
    counter = session.get_one(LikenessCounterRow, _ENTRIES)
    counter.value = first + len(changes) - 1
    session.add(counter)
    session.flush()
    rows = [
        {
            "number": number,
            "entry_id": change.entry_id,
            "version": change.version,
            "event": change.event.value,
            "by": change.by,
            "at": change.at,
            "name": change.name,
            "changes": {name: list(pair) for name, pair in change.changes.items()},
            "reason": change.reason,
        }
        for number, change in enumerate(changes, first)
    ]
    session.execute(insert(BlocklistChangeRow), rows)


def _filtered(statement: Select[Any], query: EntryQuery) -> Select[Any]:
    row = BlocklistEntryRow
    if query.text:
        # Apart, so that the names are read in the order in which they lie, not in that of the page.
        named = select(row.id).where(col(row.names_folded).contains(fold_name(query.text), autoescape=True))
        statement = statement.where(col(row.id).in_(named))
    if query.category is not None:
        statement = statement.where(col(row.category) == query.category.value)
    if query.standing_at is not None:
        starts, ends = col(row.starts_at), col(row.ends_at)
        statement = statement.where(or_(starts.is_(None), starts <= query.standing_at))
        statement = statement.where(or_(ends.is_(None), ends > query.standing_at))
    if query.after is not None:
        statement = statement.where(tuple_(col(row.name), col(row.id)) > query.after)
    return statement


def _ordered(statement: Select[Any]) -> Select[Any]:
    return statement.order_by(col(BlocklistEntryRow.name), col(BlocklistEntryRow.id))


def _rows_in(session: Session, column: Any, values: set[str], *, lock: bool) -> list[BlocklistEntryRow]:
    wanted = sorted(values)
    found: list[BlocklistEntryRow] = []
    for at in range(0, len(wanted), _IDS_AT_ONCE):
        statement = select(BlocklistEntryRow).where(column.in_(wanted[at : at + _IDS_AT_ONCE]))
        statement = statement.order_by(col(BlocklistEntryRow.id))
        if lock:
            statement = statement.with_for_update().execution_options(populate_existing=True)
        found += session.exec(statement).all()
    return found


def _all_names(session: Session) -> Iterator[tuple[str, tuple[str, ...]]]:
    statement = select(BlocklistEntryRow.id, BlocklistEntryRow.name, BlocklistEntryRow.aliases)
    for entry_id, name, aliases in session.execute(statement.execution_options(yield_per=_ROWS_AT_ONCE)):
        yield entry_id, tuple(dict.fromkeys((name, *(alias for alias, _ in aliases))))


def _values(entry: Entry) -> dict[str, object]:
    return {
        "id": entry.id,
        "name": entry.name,
        "aliases": [[alias.name, alias.language] for alias in entry.aliases],
        "names_folded": "\n".join(dict.fromkeys(fold_name(name) for name in entry.names)),
        "category": entry.category.value,
        "lifted_by": entry.lifted_by.value,
        "starts_at": entry.starts_at,
        "ends_at": entry.ends_at,
        "source": entry.source,
        "external_id": entry.external_id or None,
        "note": entry.note,
        "media": list(entry.media),
        "has_face": entry.has_face,
        "has_voice": entry.has_voice,
        "salt": entry.salt,
        "created_by": entry.created_by,
        "at": entry.created_at,
        "updated_at": entry.updated_at,
        "version": entry.version,
        "proposal": _proposed(entry.proposal),
    }


def _entry(row: BlocklistEntryRow) -> Entry:
    return Entry(
        id=row.id,
        name=row.name,
        aliases=tuple(Alias(name, language) for name, language in row.aliases),
        category=Category(row.category),
        has_face=row.has_face,
        has_voice=row.has_voice,
        lifted_by=LiftedBy(row.lifted_by),
        created_by=row.created_by,
        created_at=aware(row.at),
        updated_at=aware(row.updated_at),
        salt=row.salt,
        starts_at=aware(row.starts_at) if row.starts_at else None,
        ends_at=aware(row.ends_at) if row.ends_at else None,
        source=row.source,
        external_id=row.external_id or "",
        note=row.note,
        version=row.version,
        media=tuple(row.media),
        proposal=_proposal(row.proposal),
    )


def _proposed(proposal: LiftProposal | None) -> dict[str, str] | None:
    if proposal is None:
        return None
    word = proposal.word_of.value if proposal.word_of else ""
    at = proposal.at.isoformat()
    return {"by": proposal.by, "reason": proposal.reason, "at": at, "word_of": word, "proof": proposal.proof}


def _proposal(kept: Mapping[str, str] | None) -> LiftProposal | None:
    if not kept:
        return None
    word = LiftedBy(kept["word_of"]) if kept["word_of"] else None
    return LiftProposal(kept["by"], kept["reason"], datetime.fromisoformat(kept["at"]), word, kept["proof"])


def _change(row: BlocklistChangeRow) -> EntryChange:
    return EntryChange(
        entry_id=row.entry_id,
        version=row.version,
        event=EntryEvent(row.event),
        by=row.by,
        at=aware(row.at),
        name=row.name,
        changes={name: (before, after) for name, (before, after) in row.changes.items()},
        reason=row.reason,
    )

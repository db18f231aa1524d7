"""The guard's queries."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager

from sqlalchemy import delete, func
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select

from likeness_guard.domain import Entry, Gallery, Modality
from likeness_guard.ports import Change, StoredTemplate
from likeness_guard.tables import BlocklistEntryRow, LikenessCounterRow, LikenessTemplateRow
from trust_kernel.clock import Clock
from trust_kernel.db import Database
from trust_kernel.errors import Broken

_TEMPLATES = "templates"
_ENTRIES = "entries"


class DatabaseTemplateStore:
    """Templates and blocklist entries in SQL.

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

    def add_template(self, owner: str, gallery: Gallery, modality: Modality, pack: str, sealed: bytes) -> int:
        """Keep a sealed template; gives its generation."""
        with self._database.transaction() as session:
            generation = _next(session, _TEMPLATES)
            session.add(
                LikenessTemplateRow(
                    generation=generation,
                    owner=owner,
                    gallery=gallery.value,
                    modality=modality.value,
                    pack=pack,
                    sealed=sealed,
                    at=self._clock.now(),
                )
            )
        return generation

    def drop_templates(self, owner: str) -> int:
        """Delete every template of an owner; what is left says only that a generation is gone."""
        statement = select(LikenessTemplateRow).where(
            LikenessTemplateRow.owner == owner, ~col(LikenessTemplateRow.removed)
        )
        with self._database.transaction() as session:
            rows = session.exec(statement.with_for_update()).all()
            for row in rows:
                session.add(
                    LikenessTemplateRow(
                        generation=_next(session, _TEMPLATES),
                        owner="",
                        gallery=row.gallery,
                        modality=row.modality,
                        pack=row.pack,
                        removed=True,
                        removes=row.generation,
                        at=self._clock.now(),
                    )
                )
                session.delete(row)
        return len(rows)

    def changes_since(self, generation: int, limit: int) -> Sequence[Change]:
        """Committed changes, oldest first.

        Reads on a connection of its own: inside the caller's open transaction, its uncommitted rows would advance the
        index past rows that other processes commit under the same generations should it roll back.
        """
        statement = (
            select(LikenessTemplateRow)
            .where(col(LikenessTemplateRow.generation) > generation)
            .order_by(col(LikenessTemplateRow.generation))
            .limit(limit)
        )
        with self._database.reading_committed() as session:
            return [Change(row.generation, _stored(row), row.removes) for row in session.exec(statement)]

    def latest_generation(self) -> int:
        """The newest committed generation."""
        with self._database.reading_committed() as session:
            row = session.get(LikenessCounterRow, _TEMPLATES)
            return row.value if row else 0

    def templates(self, generations: Iterable[int]) -> Mapping[int, StoredTemplate]:
        """Those that still stand."""
        statement = select(LikenessTemplateRow).where(col(LikenessTemplateRow.generation).in_(list(generations)))
        with self._database.reading() as session:
            found = (_stored(row) for row in session.exec(statement))
            return {template.generation: template for template in found if template is not None}

    def owners(self, gallery: Gallery, modality: Modality) -> int:
        """How many people a gallery holds."""
        statement = select(func.count(func.distinct(LikenessTemplateRow.owner))).where(
            LikenessTemplateRow.gallery == gallery.value,
            LikenessTemplateRow.modality == modality.value,
            ~col(LikenessTemplateRow.removed),
        )
        with self._database.reading() as session:
            return int(session.exec(statement).one())

    def packs(self) -> Mapping[str, int]:
        """Standing templates by model version."""
        statement = (
            select(LikenessTemplateRow.pack, func.count())
            .where(~col(LikenessTemplateRow.removed))
            .group_by(LikenessTemplateRow.pack)
        )
        with self._database.reading() as session:
            return {str(pack): int(count) for pack, count in session.exec(statement)}

    def add_entry(self, entry: Entry) -> None:
        """Keep a blocklist entry."""
        with self._database.transaction() as session:
            _next(session, _ENTRIES)
            session.add(
                BlocklistEntryRow(
                    id=entry.id,
                    name=entry.name,
                    aliases=list(entry.aliases),
                    category=entry.category,
                    has_face=entry.has_face,
                    has_voice=entry.has_voice,
                    at=self._clock.now(),
                )
            )

    def remove_entry(self, entry_id: str) -> bool:
        """Delete an entry."""
        with self._database.transaction() as session:
            done = session.exec(delete(BlocklistEntryRow).where(col(BlocklistEntryRow.id) == entry_id))
            if not done.rowcount:
                return False
            _next(session, _ENTRIES)
            return True

    def entries(self) -> Sequence[Entry]:
        """Every entry, by name."""
        statement = select(BlocklistEntryRow).order_by(col(BlocklistEntryRow.name), col(BlocklistEntryRow.id))
        with self._database.reading() as session:
            return [_entry(row) for row in session.exec(statement)]

    def entry(self, entry_id: str) -> Entry | None:
        """One entry."""
        with self._database.reading() as session:
            row = session.get(BlocklistEntryRow, entry_id)
            return _entry(row) if row else None

    def entries_version(self) -> int:
        """Grows with every change of the entries."""
        with self._database.reading() as session:
            row = session.get(LikenessCounterRow, _ENTRIES)
            return row.value if row else 0


def _next(session: Session, name: str) -> int:
    """The next number of a counter; its row stays locked until commit."""
    row = session.get(LikenessCounterRow, name, with_for_update=True, populate_existing=True)
    if row is None:
        try:
            with session.begin_nested():
                session.add(LikenessCounterRow(name=name, value=0))
        except IntegrityError:  # somebody else made it in this moment
            session.expire_all()
        row = session.get(LikenessCounterRow, name, with_for_update=True, populate_existing=True)
    if row is None:
        raise Broken("a counter row vanished", code="likeness:store:broken")
    row.value += 1
    session.add(row)
    session.flush()
    return row.value


def _stored(row: LikenessTemplateRow) -> StoredTemplate | None:
    if row.removed or row.sealed is None:
        return None
    return StoredTemplate(row.generation, row.owner, Gallery(row.gallery), Modality(row.modality), row.pack, row.sealed)


def _entry(row: BlocklistEntryRow) -> Entry:
    return Entry(row.id, row.name, tuple(row.aliases), row.category, row.has_face, row.has_voice)

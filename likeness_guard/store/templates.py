"""Sealed templates in SQL: the truth that every index is a cache of."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from sqlalchemy import and_, func
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from likeness_guard.domain import Gallery, Modality
from likeness_guard.ports import Change, NewTemplate, StoredTemplate
from likeness_guard.store.counters import next_number
from likeness_guard.tables import LikenessCounterRow, LikenessOutputRow, LikenessTemplateRow
from trust_kernel.clock import Clock
from trust_kernel.db import Database

_IDS_AT_ONCE = 500


class DatabaseTemplateStore:
    """One log of templates in SQL.

    Args:
        database: where.
        clock: when.
        table: `LikenessTemplateRow` for people, `LikenessOutputRow` for what was made.
    """

    def __init__(
        self,
        database: Database,
        clock: Clock,
        table: type[LikenessTemplateRow] | type[LikenessOutputRow] = LikenessTemplateRow,
    ) -> None:
        self._database = database
        self._clock = clock
        self._table: type[LikenessTemplateRow] = table  # type: ignore[assignment]  # the same columns
        self._counter = "templates" if table is LikenessTemplateRow else "outputs"

    @contextmanager
    def together(self) -> Iterator[None]:
        """Everything inside commits together; joins an open transaction."""
        with self._database.transaction():
            yield

    def add_templates(self, templates: Sequence[NewTemplate]) -> list[int]:
        """Keep sealed templates; gives their generations."""
        with self._database.transaction() as session:
            numbers = [next_number(session, self._counter) for _ in templates]
            for generation, new in zip(numbers, templates, strict=True):
                session.add(
                    self._table(
                        generation=generation,
                        owner=new.owner,
                        key_id=new.key_id,
                        gallery=new.gallery.value,
                        modality=new.modality.value,
                        pack=new.pack,
                        sealed=new.sealed,
                        look=new.look,
                        at=self._clock.now(),
                    )
                )
        return numbers

    def drop_templates(self, owner: str) -> int:
        """Delete every template of an owner; what is left says only that a generation is gone."""
        return len(self._drop(col(self._table.owner) == owner))

    def drop_look(self, owner: str, look: str) -> int:
        """Delete the templates of one look of an owner."""
        return len(self._drop(and_(col(self._table.owner) == owner, col(self._table.look) == look)))

    def drop_generations(self, generations: Sequence[int]) -> frozenset[int]:
        """Delete some templates; gives those that nobody else deleted first."""
        starts = range(0, len(generations), _IDS_AT_ONCE)
        parts = (generations[at : at + _IDS_AT_ONCE] for at in starts)
        return frozenset(one for part in parts for one in self._drop(col(self._table.generation).in_(part)))

    def drop_sealed_by(self, key_id: str) -> int:
        """Delete every template that is sealed under a key."""
        return len(self._drop(col(self._table.key_id) == key_id))

    def drop_pack(self, pack: str) -> int:
        """Delete every template that a model version made."""
        return len(self._drop(col(self._table.pack) == pack))

    def _drop(self, which: Any) -> list[int]:
        table = self._table
        statement = select(table).where(which, ~col(table.removed)).order_by(col(table.generation))
        with self._database.transaction() as session:
            rows = session.exec(statement.with_for_update()).all()
            for row in rows:
                session.add(self._tombstone(session, row))
                session.delete(row)
        return [row.generation for row in rows]

    def _tombstone(self, session: Session, row: LikenessTemplateRow) -> LikenessTemplateRow:
        return self._table(
            generation=next_number(session, self._counter),
            owner="",
            key_id="",
            gallery=row.gallery,
            modality=row.modality,
            pack=row.pack,
            removed=True,
            removes=row.generation,
            at=self._clock.now(),
        )

    def changes_since(self, generation: int, limit: int) -> Sequence[Change]:
        """Committed changes, oldest first.

        Reads on a connection of its own: inside the caller's open transaction, its uncommitted rows would advance the
        index past rows that other processes commit under the same generations should it roll back.
        """
        table = self._table
        statement = select(table).where(col(table.generation) > generation).order_by(col(table.generation)).limit(limit)
        with self._database.reading_committed() as session:
            return [Change(row.generation, _stored(row), row.removes) for row in session.exec(statement)]

    def latest_generation(self) -> int:
        """The newest committed generation."""
        with self._database.reading_committed() as session:
            row = session.get(LikenessCounterRow, self._counter)
            return row.value if row else 0

    def templates(self, generations: Iterable[int]) -> Mapping[int, StoredTemplate]:
        """Those that still stand."""
        wanted = list(generations)
        found: dict[int, StoredTemplate] = {}
        with self._database.reading() as session:
            for at in range(0, len(wanted), _IDS_AT_ONCE):
                part = wanted[at : at + _IDS_AT_ONCE]
                rows = session.exec(select(self._table).where(col(self._table.generation).in_(part)))
                found |= {stored.generation: stored for stored in map(_stored, rows) if stored is not None}
        return found

    def of_owner(self, owner: str) -> Sequence[StoredTemplate]:
        """Every standing template of an owner."""
        table = self._table
        statement = select(table).where(table.owner == owner, ~col(table.removed)).order_by(col(table.generation))
        with self._database.reading() as session:
            return [stored for stored in map(_stored, session.exec(statement)) if stored is not None]

    def owners(self, gallery: Gallery, modality: Modality) -> int:
        """How many people a gallery holds."""
        table = self._table
        statement = select(func.count(func.distinct(table.owner))).where(
            table.gallery == gallery.value, table.modality == modality.value, ~col(table.removed)
        )
        with self._database.reading() as session:
            return int(session.exec(statement).one())

    def packs(self) -> Mapping[str, int]:
        """Standing templates by model version."""
        table = self._table
        statement = select(table.pack, func.count()).where(~col(table.removed)).group_by(table.pack)
        with self._database.reading() as session:
            return {str(pack): int(count) for pack, count in session.exec(statement)}

    def known_alone(self, modality: Modality, pack: str) -> frozenset[str]:
        """Versions of templates whose owners have none by the named model."""
        statement = select(self._table.pack).where(self._is_left_behind(modality, pack)).distinct()
        with self._database.reading() as session:
            return frozenset(session.exec(statement))

    def _is_left_behind(self, modality: Modality, pack: str) -> Any:
        table, newer = self._table, aliased(self._table)
        renewed = select(newer.generation).where(
            newer.owner == table.owner, newer.modality == modality.value, newer.pack == pack, ~col(newer.removed)
        )
        return and_(
            col(table.modality) == modality.value, col(table.pack) != pack, ~col(table.removed), ~renewed.exists()
        )

    def left_behind(self, modality: Modality, pack: str, limit: int) -> Sequence[StoredTemplate]:
        """The oldest template of each owner who has none by the named model."""
        oldest = func.min(self._table.generation)
        which = self._is_left_behind(modality, pack)
        statement = select(oldest).where(which).group_by(col(self._table.owner)).order_by(oldest).limit(limit)
        with self._database.reading() as session:
            return sorted(self.templates(session.exec(statement)).values(), key=lambda row: row.generation)


def _stored(row: LikenessTemplateRow) -> StoredTemplate | None:
    if row.removed or row.sealed is None:
        return None
    return StoredTemplate(
        row.generation,
        row.owner,
        row.key_id,
        Gallery(row.gallery),
        Modality(row.modality),
        row.pack,
        row.sealed,
        row.look,
    )

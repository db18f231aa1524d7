"""Exact inner-product search in PostgreSQL with its extension `vector` (extra `postgres`), shared by many processes."""

import importlib.util
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Engine, create_engine
from sqlalchemy.exc import SQLAlchemyError

from likeness_guard.adapters.late_batches import HighWater
from likeness_guard.adapters.template_batches import CheckedBatch, best_of, checked, nobody, probes
from likeness_guard.ports import IndexBatch, IndexName, Vectors
from trust_kernel.errors import Broken, Unavailable

_LOCK = 0x706C6163
"""Advisory lock while tables are made: CREATE ... IF NOT EXISTS alone fails where two do it at once."""
_COPY_HEAD = b"PGCOPY\n\xff\r\n\x00" + bytes(8)
_COPY_TAIL = b"\xff\xff"

_SHARED_TABLES = """
CREATE EXTENSION IF NOT EXISTS vector;
CREATE TABLE IF NOT EXISTS likeness_index_state (
    slug text PRIMARY KEY, dimensions integer NOT NULL, generation bigint NOT NULL, held bigint NOT NULL);
CREATE TABLE IF NOT EXISTS likeness_index_removed (
    slug text, key bigint, generation bigint NOT NULL, PRIMARY KEY (slug, key));
"""
# PLAIN: a vector of 512 numbers would else be kept outside its row, and every look at it would be two.
_OWN_TABLE = """
CREATE TABLE IF NOT EXISTS {table} (key bigint PRIMARY KEY, vector vector({dimensions}) NOT NULL);
ALTER TABLE {table} ALTER COLUMN vector SET STORAGE PLAIN;
"""
_PUT = """
WITH put AS (
    INSERT INTO {table} AS held (key, vector) SELECT key, vector FROM {incoming}
    ON CONFLICT (key) DO UPDATE SET vector = excluded.vector WHERE held.vector <> excluded.vector AND NOT %s
    RETURNING (xmax = 0) AS fresh)
SELECT count(*) FILTER (WHERE fresh) FROM put
"""
# `inner_product` and not its operator: no approximate index that somebody adds can ever answer this.
_SEARCH = """
WITH probe AS MATERIALIZED (SELECT n, v::vector({dimensions}) AS v FROM unnest(%s::text[]) WITH ORDINALITY AS t (v, n))
SELECT state.generation, probe.n, found.key, found.score
FROM likeness_index_state AS state CROSS JOIN probe LEFT JOIN LATERAL (
    SELECT key, inner_product(vector, probe.v) AS score FROM {table} ORDER BY score DESC, key LIMIT %s
) AS found ON true
WHERE state.slug = %s
"""


class PgvectorIndex:
    """One table of keys and vectors, read through at every search: exact, and as slow as that.

    Its tables are made at first use. What was removed is remembered, key and generation only, so that another process's
    older batch that comes late cannot bring it back.

    Args:
        database: SQLAlchemy URL ``postgresql+psycopg://...``, or an engine for one. An engine's pool must have
            connections to spare while its users hold transactions.
        name: which vectors are held.
        dimensions: length of the vectors.

    Raises:
        Unavailable: ``model:extra:missing``.
    """

    def __init__(self, database: str | Engine, name: IndexName, dimensions: int) -> None:
        if importlib.util.find_spec("psycopg") is None:
            raise Unavailable("install the extra: postgres", code="model:extra:missing")
        self.name = name
        self._engine = _engine_of(database) if isinstance(database, str) else database
        self._dimensions = dimensions
        self._slug = name.slug
        self._made = False
        self._making = threading.Lock()
        self._water = HighWater()

    @property
    def generation(self) -> int:
        """The newest change that the table holds; 0 when new."""
        return self._state()[0]

    def apply(self, batch: IndexBatch) -> None:
        """Take changes in, in one transaction; see `TemplateIndex.apply`."""
        sound = checked(batch, self._dimensions)
        before = self._water.seen
        with self._transaction() as cursor:
            cursor.execute(
                "SELECT generation FROM likeness_index_state WHERE slug = %s FOR UPDATE",  # one writer at a time
                (self._slug,),
            )
            generation = self._water.note(_first(cursor.fetchone()), before)
            late = sound.generation < generation
            deleted = self._remove(cursor, sound)
            added = self._put(cursor, sound, late=late) if len(sound.keys) else 0
            cursor.execute(
                "UPDATE likeness_index_state SET generation = greatest(generation, %s), held = held + %s"
                " WHERE slug = %s",
                (sound.generation, added - deleted, self._slug),
            )
        self._water.note(max(generation, sound.generation), before)

    def search(self, vectors: Vectors, k: int) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """Keys and cosines, both (n, k), best first; see `TemplateIndex.search`.

        Raises:
            InvalidInput: ``likeness:template:malformed``, a vector is not finite or of another length.
            Unavailable: the server does not answer, or lost what it held.
        """
        asked = probes(vectors, self._dimensions)
        if not len(asked) or k < 1:
            return nobody(len(asked), k)
        before = self._water.seen
        with self._transaction() as cursor:
            cursor.execute("SET LOCAL jit = off")  # compiling takes longer than the search
            texts = ["[" + ",".join(f"{number:.9g}" for number in row) + "]" for row in asked.tolist()]
            cursor.execute(self._sql(_SEARCH), (texts, k, self._slug))
            rows = cursor.fetchall()
            self._water.note(_first(rows[0] if rows else None), before)
        return _table_of([row[1:] for row in rows if row[2] is not None], len(asked), k)

    def __len__(self) -> int:
        """How many vectors are held, as the writers counted."""
        return self._state()[1]

    def _remove(self, cursor: Any, batch: CheckedBatch) -> int:
        removed = np.setdiff1d(batch.removed, batch.keys).tolist()
        if not removed:
            return 0
        cursor.execute(
            "INSERT INTO likeness_index_removed AS old (slug, key, generation)"
            " SELECT %s, unnest(%s::bigint[]), %s"
            " ON CONFLICT (slug, key) DO UPDATE SET generation = greatest(old.generation, excluded.generation)",
            (self._slug, removed, batch.generation),
        )
        cursor.execute(self._sql("DELETE FROM {table} WHERE key = ANY(%s)"), (removed,))
        return int(cursor.rowcount)

    def _put(self, cursor: Any, batch: CheckedBatch, *, late: bool) -> int:
        cursor.execute(
            self._sql(
                "CREATE TEMPORARY TABLE IF NOT EXISTS {incoming} (key bigint, vector vector({dimensions}))"
                " ON COMMIT DELETE ROWS"
            )
        )
        with cursor.copy(self._sql("COPY {incoming} (key, vector) FROM STDIN (FORMAT binary)")) as copy:
            copy.write(_copied(batch.keys, batch.vectors))
        if late:
            cursor.execute(
                self._sql(
                    "DELETE FROM {incoming} AS new USING likeness_index_removed AS gone"
                    " WHERE gone.slug = %s AND gone.key = new.key AND gone.generation > %s"
                ),
                (self._slug, batch.generation),
            )
        cursor.execute(self._sql(_PUT), (late,))  # what a newer batch put there stays
        return int(cursor.fetchone()[0])

    def _state(self) -> tuple[int, int]:
        before = self._water.seen
        with self._transaction() as cursor:
            cursor.execute("SELECT generation, held FROM likeness_index_state WHERE slug = %s", (self._slug,))
            row = cursor.fetchone()
            return self._water.note(_first(row), before), int(row[1])

    @contextmanager
    def _transaction(self) -> Iterator[Any]:
        import psycopg

        try:
            if not self._made:
                self._make()
            with self._connected() as cursor:
                yield cursor
        except (SQLAlchemyError, psycopg.Error) as error:
            raise Unavailable("the shared index does not answer", code="likeness:index:unavailable") from error

    @contextmanager
    def _connected(self) -> Iterator[Any]:
        pooled = self._engine.raw_connection()
        try:
            connection: Any = pooled.driver_connection
            with connection.transaction(), connection.cursor() as cursor:
                yield cursor
        finally:
            pooled.close()

    def _make(self) -> None:
        with self._making, self._connected() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", (_LOCK,))
            cursor.execute("SELECT to_regclass('likeness_index_state') IS NULL")
            if cursor.fetchone()[0]:
                cursor.execute(_SHARED_TABLES)
            cursor.execute("SELECT to_regclass(%s) IS NULL", (f"likeness_index_{self._slug}",))
            if cursor.fetchone()[0]:
                cursor.execute(self._sql(_OWN_TABLE))
            cursor.execute(
                "INSERT INTO likeness_index_state VALUES (%s, %s, 0, 0) ON CONFLICT (slug) DO NOTHING",
                (self._slug, self._dimensions),
            )
            cursor.execute("SELECT dimensions FROM likeness_index_state WHERE slug = %s", (self._slug,))
            dimensions = cursor.fetchone()[0]
            if dimensions != self._dimensions:
                raise Broken(
                    f"the shared index holds {dimensions} numbers a vector, not {self._dimensions}",
                    code="likeness:index:foreign",
                )
        self._made = True

    def _sql(self, text: str) -> Any:
        from psycopg import sql

        # Only {names} are filled in: `text` is always one of this module's own.
        return sql.SQL(text).format(
            table=sql.Identifier(f"likeness_index_{self._slug}"),
            incoming=sql.Identifier(f"likeness_incoming_{self._dimensions}"),
            dimensions=sql.Literal(self._dimensions),
        )


def _first(row: Sequence[Any] | None) -> int | None:
    return None if row is None else int(row[0])


def _engine_of(url: str) -> Engine:
    return create_engine(url, pool_pre_ping=True, pool_size=4, max_overflow=12, hide_parameters=True)


def _copied(keys: NDArray[np.int64], vectors: Vectors) -> bytes:
    """Rows in COPY's binary format: two fields, each its length and bytes in network order.

    A vector is two 16-bit numbers, how many and 0, and float32 numbers (pgvector's `vector_recv`).
    """
    count = vectors.shape[1]
    layout = [("n", ">i2"), ("l1", ">i4"), ("key", ">i8"), ("l2", ">i4"), ("d", ">i2"), ("z", ">i2")]
    rows = np.zeros(len(keys), np.dtype([*layout, ("v", ">f4", (count,))]))
    rows["n"], rows["l1"], rows["l2"], rows["d"] = 2, 8, 4 + 4 * count, count
    rows["key"], rows["v"] = keys, vectors
    return _COPY_HEAD + rows.tobytes() + _COPY_TAIL


def _table_of(
    rows: Sequence[tuple[int, int, float]], count: int, k: int
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Rows (number of the probe from 1, key, score), at most k a probe, as keys and scores (count, k)."""
    keys, scores = nobody(count, k)
    scores[:] = -np.inf
    filled = [0] * count
    for number, key, score in rows:
        place = filled[number - 1]
        keys[number - 1, place], scores[number - 1, place] = key, score
        filled[number - 1] += 1
    return best_of(keys, scores, k)

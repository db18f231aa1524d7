"""Exact inner-product search in Milvus (extra `milvus`), shared by many processes; a file is milvus-lite."""

import importlib.util
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray

from likeness_guard.adapters.late_batches import HighWater
from likeness_guard.adapters.template_batches import best_of, checked, nobody, probes
from likeness_guard.ports import IndexBatch, IndexName, Vectors
from trust_kernel.errors import Broken, Unavailable

_STRONG = "Strong"
"""Every search sees every change acknowledged before it."""
_MOST = 16_384
"""Milvus gives no more rows a query than this."""
_PIECE = 4_000_000
"""Bytes of vectors sent or asked about at once."""
_KEYS = 4_000
"""Keys named in one expression."""
_LOOKS = 20
_BETWEEN = 0.1
"""Seconds between two looks for a collection that another process is making."""
_PAUSES = (0.01, 0.05, 0.1, 0.2, 0.4)
"""Seconds between looks at a generation that seems to have fallen."""


class MilvusIndex:
    """A collection of keys and vectors with index FLAT, which looks at every row, and one of marks beside it.

    Milvus has no transactions. A mark of each removal (key and generation, no vector) is written before the deletion,
    and looked for after every late addition, so that another process's older batch cannot bring back what was removed;
    the generation is a row of its own for each batch, the highest counts.

    Args:
        client: gives the pymilvus ``MilvusClient``; called once, at first use.
        name: which vectors are held.
        dimensions: length of the vectors.
        timeout: seconds that a call may take.

    Raises:
        Unavailable: ``model:extra:missing``.
    """

    def __init__(self, client: Callable[[], Any], name: IndexName, dimensions: int, *, timeout: float = 30.0) -> None:
        if importlib.util.find_spec("pymilvus") is None:
            raise Unavailable("install the extra: milvus", code="model:extra:missing")
        self.name = name
        self._connect = client
        self._dimensions = dimensions
        self._timeout = timeout
        self._rows = f"likeness_index_{name.slug}"
        self._marks = f"likeness_marks_{name.slug}"
        self._client: Any = None
        self._opening = threading.Lock()
        self._water = HighWater()

    @property
    def generation(self) -> int:
        """The newest change that the collection holds; 0 when new."""
        with self._calls() as client:
            return self._generation(client)

    def apply(self, batch: IndexBatch) -> None:
        """Take changes in; see `TemplateIndex.apply`. What an outage cut short is made whole by applying it again."""
        sound = checked(batch, self._dimensions)
        removed = np.setdiff1d(sound.removed, sound.keys)
        with self._calls() as client:
            late = sound.generation < self._generation(client)
            self._put_marks(client, removed, sound.generation)
            self._delete(client, removed)
            keys, vectors = sound.keys, sound.vectors
            if late:
                fit = ~np.isin(keys, self._gone(client, keys, sound.generation))
                fit &= ~np.isin(keys, self._held(client, keys))  # what a newer batch put there stays
                keys, vectors = keys[fit], vectors[fit]
            for piece in self._pieces(len(keys)):
                rows = zip(keys[piece].tolist(), vectors[piece], strict=True)
                data = [{"key": key, "vector": vector} for key, vector in rows]
                client.upsert(self._rows, data, timeout=self._timeout)
            if len(keys):  # a newer removal may have come between our look and our upsert
                self._delete(client, self._gone(client, keys, sound.generation))
            self._advance(client, sound.generation)

    def search(self, vectors: Vectors, k: int) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """Keys and cosines, both (n, k), best first; see `TemplateIndex.search`.

        Raises:
            InvalidInput: ``likeness:template:malformed``, a vector is not finite or of another length.
            Unavailable: the server does not answer, lost what it held, or is asked for more rows than it gives.
        """
        asked = probes(vectors, self._dimensions)
        with self._calls() as client:
            self._generation(client)
            if not len(asked) or k < 1:
                return nobody(len(asked), k)
            if k > _MOST and self._count(client) > _MOST:
                raise Unavailable(
                    f"Milvus gives no more than {_MOST} rows a query",
                    code="likeness:index:unavailable",
                    limit=str(_MOST),
                )
            hits: list[Sequence[Any]] = []
            for piece in self._pieces(len(asked)):
                hits += client.search(
                    self._rows,
                    data=list(asked[piece]),
                    limit=min(k, _MOST),
                    search_params={"metric_type": "IP"},
                    consistency_level=_STRONG,
                    timeout=self._timeout,
                )
        keys, scores = nobody(len(asked), k)
        scores[:] = -np.inf
        for row, found in enumerate(hits):
            keys[row, : len(found)] = [hit["key"] for hit in found]
            scores[row, : len(found)] = [hit["distance"] for hit in found]
        return best_of(keys, scores, k)

    def __len__(self) -> int:
        """How many vectors are held."""
        with self._calls() as client:
            return self._count(client)

    def _count(self, client: Any) -> int:
        rows = client.query(
            self._rows, filter="", output_fields=["count(*)"], consistency_level=_STRONG, timeout=self._timeout
        )
        return int(rows[0]["count(*)"])

    # Marks: a removal is its key and generation; a generation is the row whose key is -1 - generation.

    def _generation(self, client: Any) -> int:
        before = self._water.seen
        for pause in _PAUSES:
            rows = self._query(client, self._marks, "key < 0")
            found = max((-1 - int(row["key"]) for row in rows), default=0)
            if found >= before:
                break
            # No snapshot: a look between a new mark and the end of the one before can miss both. Loss is there to stay.
            time.sleep(pause)
        return self._water.note(found, before)

    def _advance(self, client: Any, generation: int) -> None:
        self._put_marks(client, np.asarray([-1 - generation], np.int64), generation)
        old = [int(row["key"]) for row in self._query(client, self._marks, "key < 0")]
        passed = sorted(old)[1:]  # the lowest key is the newest generation
        if passed:
            client.delete(self._marks, ids=passed, timeout=self._timeout)
        self._water.note(-1 - min(old), 0)

    def _put_marks(self, client: Any, keys: NDArray[np.int64], generation: int) -> None:
        for start in range(0, len(keys), _KEYS):
            some = keys[start : start + _KEYS].tolist()
            data = [{"key": key, "generation": generation, "nothing": [0.0, 0.0]} for key in some]
            client.upsert(self._marks, data, timeout=self._timeout)

    def _gone(self, client: Any, keys: NDArray[np.int64], generation: int) -> NDArray[np.int64]:
        return self._among(client, self._marks, keys, f" and generation > {generation}")

    def _held(self, client: Any, keys: NDArray[np.int64]) -> NDArray[np.int64]:
        return self._among(client, self._rows, keys, "")

    def _among(self, client: Any, collection: str, keys: NDArray[np.int64], further: str) -> NDArray[np.int64]:
        found: list[int] = []
        for start in range(0, len(keys), _KEYS):
            some = keys[start : start + _KEYS].tolist()
            found += [int(row["key"]) for row in self._query(client, collection, f"key in {some}{further}")]
        return np.asarray(found, np.int64)

    def _query(self, client: Any, collection: str, which: str) -> Sequence[Any]:
        rows: Sequence[Any] = client.query(
            collection, filter=which, output_fields=["key"], consistency_level=_STRONG, timeout=self._timeout
        )
        return rows

    def _delete(self, client: Any, keys: NDArray[np.int64]) -> None:
        for start in range(0, len(keys), _KEYS):
            client.delete(self._rows, ids=keys[start : start + _KEYS].tolist(), timeout=self._timeout)

    def _pieces(self, count: int) -> Iterator[slice]:
        step = max(1, _PIECE // (4 * self._dimensions))
        return (slice(start, start + step) for start in range(0, count, step))

    @contextmanager
    def _calls(self) -> Iterator[Any]:
        from grpc import RpcError
        from pymilvus.exceptions import MilvusException

        try:
            yield self._opened()
        except (MilvusException, RpcError, ConnectionError, TimeoutError) as error:
            raise Unavailable("the shared index does not answer", code="likeness:index:unavailable") from error

    def _opened(self) -> Any:
        with self._opening:
            if self._client is None:
                client = self._connect()
                self._make(client, self._marks, 2, "nothing")
                self._make(client, self._rows, self._dimensions, "vector")
                self._client = client
            return self._client

    def _make(self, client: Any, collection: str, dimensions: int, field: str) -> None:
        from pymilvus import DataType
        from pymilvus.exceptions import MilvusException

        if not client.has_collection(collection, timeout=self._timeout):
            schema = client.create_schema(auto_id=False, enable_dynamic_field=False)
            schema.add_field("key", DataType.INT64, is_primary=True)
            schema.add_field(field, DataType.FLOAT_VECTOR, dim=dimensions)
            if field != "vector":
                schema.add_field("generation", DataType.INT64)
            index = client.prepare_index_params()
            index.add_index(field, index_type="FLAT", metric_type="IP")
            try:
                client.create_collection(
                    collection, schema=schema, index_params=index, consistency_level=_STRONG, timeout=self._timeout
                )
            except MilvusException:
                if not self._appears(client, collection):  # else another process was first
                    raise
        self._check(client, collection, dimensions, field)
        client.load_collection(collection, timeout=self._timeout)

    def _appears(self, client: Any, collection: str) -> bool:
        for _ in range(_LOOKS):
            if client.has_collection(collection, timeout=self._timeout):
                return True
            time.sleep(_BETWEEN)
        return False

    def _check(self, client: Any, collection: str, dimensions: int, field: str) -> None:
        described = client.describe_collection(collection, timeout=self._timeout)
        sizes = [one["params"].get("dim") for one in described["fields"] if one["name"] == field]
        if [int(size or 0) for size in sizes] != [dimensions]:
            raise Broken("the shared index holds vectors of another length", code="likeness:index:foreign")


def milvus_client(uri: str, token: str = "", timeout: float = 10.0) -> Callable[[], Any]:
    """A maker of clients for `MilvusIndex`.

    Args:
        uri: ``http://host:19530`` or ``https://...``; a path that ends in ``.db`` is milvus-lite, for one process.
        token: ``user:password`` or an API key; empty for none.
        timeout: seconds to wait for the connection.
    """

    def connect() -> Any:
        from pymilvus import MilvusClient

        return MilvusClient(uri=uri, token=token, timeout=timeout)

    return connect

"""The indexes that `benchmarks.search` measures, ours and others, in one shape."""

import argparse
import importlib.util
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import create_engine, text

from likeness_guard.adapters.faiss_index import FaissIndex
from likeness_guard.adapters.milvus_index import MilvusIndex, milvus_client
from likeness_guard.adapters.pgvector_index import PgvectorIndex
from likeness_guard.domain import Gallery, Modality
from likeness_guard.ports import IndexBatch, IndexName, TemplateIndex, Vectors

NAME = IndexName(Gallery.CAMEO, Modality.FACE, "benchmark")
Answers = tuple[NDArray[np.int64], NDArray[np.float32]]
_NO_KEYS = np.zeros(0, np.int64)
_RERANKED = 64


class Contender(Protocol):
    """What is measured."""

    name: str
    batch: int
    """Vectors added at a time."""

    def add(self, keys: NDArray[np.int64], vectors: Vectors) -> None:
        """Hold vectors under new keys."""
        ...

    def search(self, vectors: Vectors, k: int) -> Answers:
        """Keys and cosines, best first."""
        ...

    def remove(self, key: int) -> bool:
        """Let go of one; False where that cannot be done."""
        ...

    def memory_bytes(self) -> float:
        """Bytes that it holds, in memory or on disk."""
        ...

    def close(self) -> None:
        """Let go of everything."""
        ...


class Ours:
    """One of the product's indexes."""

    def __init__(self, name: str, index: TemplateIndex, dimensions: int, batch: int, size: Callable[[], float]) -> None:
        self.name = name
        self.batch = batch
        self._index = index
        self._dimensions = dimensions
        self._generation = 0
        self.memory_bytes = size

    def add(self, keys: NDArray[np.int64], vectors: Vectors) -> None:
        """As the template book does."""
        self._generation += 1
        self._index.apply(IndexBatch(keys, vectors, _NO_KEYS, self._generation))

    def search(self, vectors: Vectors, k: int) -> Answers:
        """As the template book does."""
        return self._index.search(vectors, k)

    def remove(self, key: int) -> bool:
        """As the template book does."""
        self._generation += 1
        nothing = np.zeros((0, self._dimensions), np.float32)
        self._index.apply(IndexBatch(_NO_KEYS, nothing, np.asarray([key]), self._generation))
        return True

    def close(self) -> None:
        """Nothing: it is dropped with its server."""


class Numpy:
    """A matrix product and a partial sort."""

    name = "numpy"
    batch = 50_000

    def __init__(self, size: int, dimensions: int) -> None:
        self._rows = np.empty((size, dimensions), np.float32)
        self._count = 0

    def add(self, keys: NDArray[np.int64], vectors: Vectors) -> None:
        """Copy."""
        self._rows[self._count : self._count + len(keys)] = vectors
        self._count += len(keys)

    def search(self, vectors: Vectors, k: int) -> Answers:
        """Look at every row, few probes at a time so that the products fit into memory."""
        found = [self._some(vectors[start : start + 16], k) for start in range(0, len(vectors), 16)]
        return np.concatenate([keys for keys, _ in found]), np.concatenate([scores for _, scores in found])

    def _some(self, vectors: Vectors, k: int) -> Answers:
        cosines = vectors @ self._rows[: self._count].T
        near = np.argpartition(-cosines, k, axis=1)[:, :k]
        scores = np.take_along_axis(cosines, near, axis=1)
        order = np.argsort(-scores, axis=1)
        return np.take_along_axis(near, order, axis=1), np.take_along_axis(scores, order, axis=1)

    def remove(self, key: int) -> bool:
        """Overwrite."""
        self._rows[key] = 0
        return True

    def memory_bytes(self) -> float:
        """The matrix."""
        return float(self._rows.nbytes)

    def close(self) -> None:
        """Forget the matrix."""
        self._rows = self._rows[:0].copy()


class RaBitQ:
    """faiss's one-bit codes, scanned; the best 64 looked at again in half precision."""

    name = f"faiss RaBitQ + {_RERANKED} again"

    def __init__(self, size: int, dimensions: int) -> None:
        import faiss

        faiss.omp_set_num_threads(1)
        self.batch = size
        self._index: Any = faiss.IndexRaBitQ(dimensions, faiss.METRIC_INNER_PRODUCT)
        self._index.qb = 4
        self._rows = np.zeros((0, dimensions), np.float16)

    def add(self, keys: NDArray[np.int64], vectors: Vectors) -> None:
        """Train on the first that come."""
        if not self._index.is_trained:
            self._index.train(vectors)
        self._index.add(vectors)
        self._rows = np.concatenate([self._rows, vectors.astype(np.float16)])
        assert len(self._rows) > keys[-1]

    def search(self, vectors: Vectors, k: int) -> Answers:
        """Scan, and look again."""
        places = self._index.search(vectors, _RERANKED)[1]
        scores = np.einsum("nkd,nd->nk", self._rows[places].astype(np.float32), vectors)
        order = np.argsort(-scores, axis=1)[:, :k]
        return np.take_along_axis(places, order, axis=1), np.take_along_axis(scores, order, axis=1)

    def remove(self, key: int) -> bool:  # noqa: ARG002 - its rows would all move by one; not measured here
        """Not here."""
        return False

    def memory_bytes(self) -> float:
        """Codes and rows."""
        return float(self._index.ntotal * self._index.code_size + self._rows.nbytes)

    def close(self) -> None:
        """Forget the rows."""
        self._index.reset()
        self._rows = self._rows[:0].copy()


class Hnswlib:
    """hnswlib, M 16, ef 200 in building and 256 in searching."""

    name = "hnswlib, ef 256"
    batch = 50_000

    def __init__(self, size: int, dimensions: int) -> None:
        import hnswlib

        self._index: Any = hnswlib.Index(space="ip", dim=dimensions)
        self._index.init_index(max_elements=size, ef_construction=200, M=16)
        self._index.set_ef(256)

    def add(self, keys: NDArray[np.int64], vectors: Vectors) -> None:
        """Link into the graph, on every processor."""
        self._index.add_items(vectors, keys)

    def search(self, vectors: Vectors, k: int) -> Answers:
        """Walk the graph."""
        keys, distances = self._index.knn_query(vectors, k=k, num_threads=1)
        return keys.astype(np.int64), np.asarray(1 - distances, np.float32)

    def remove(self, key: int) -> bool:
        """Only marked; its numbers stay."""
        self._index.mark_deleted(key)
        return True

    def memory_bytes(self) -> float:
        """Its size as a file."""
        return float(self._index.index_file_size())

    def close(self) -> None:
        """Forget the graph."""
        self._index = None


def contenders(chosen: argparse.Namespace, size: int, folder: Path, stack: ExitStack) -> list[Callable[[], Contender]]:
    """Makers of those that can run here and were asked for."""
    d: int = chosen.dimensions
    makers: dict[str, Callable[[], Contender]] = {"faiss": lambda: _ours_faiss(d)}
    if chosen.postgres:
        makers["pgvector"] = lambda: _ours_pgvector(d, stack)
    if size <= chosen.milvus_most and importlib.util.find_spec("milvus_lite"):
        makers["milvus"] = lambda: _ours_milvus(d, folder)
    if size * d <= 256_000_000:
        makers["numpy"] = lambda: Numpy(size, d)
        makers["rabitq"] = lambda: RaBitQ(size, d)
    if size <= chosen.hnsw_most and importlib.util.find_spec("hnswlib"):
        makers["hnswlib"] = lambda: Hnswlib(size, d)
    wanted = [name for name in chosen.only.split(",") if name]
    return [make for name, make in makers.items() if not wanted or name in wanted]


def _ours_faiss(dimensions: int) -> Contender:
    index = FaissIndex(NAME, dimensions)
    return Ours("placet, faiss", index, dimensions, 1_000, lambda: index.memory_bytes)


def _ours_pgvector(dimensions: int, stack: ExitStack) -> Contender:
    from tests.factories.servers import empty_postgres

    engine = create_engine(stack.enter_context(empty_postgres()))
    stack.callback(engine.dispose)

    def size() -> float:
        with engine.connect() as connection:
            table = f"likeness_index_{NAME.slug}"
            return float(connection.execute(text(f"SELECT pg_total_relation_size('{table}')")).scalar_one())

    return Ours("placet, pgvector", PgvectorIndex(engine, NAME, dimensions), dimensions, 1_000, size)


def _ours_milvus(dimensions: int, folder: Path) -> Contender:
    path = folder / "milvus.db"
    index = MilvusIndex(milvus_client(str(path)), NAME, dimensions)

    def size() -> float:
        return float(sum(file.stat().st_size for file in path.rglob("*") if file.is_file()))

    return Ours("placet, milvus-lite", index, dimensions, 1_000, size)

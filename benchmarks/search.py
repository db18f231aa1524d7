"""How fast, how large and how exact the template indexes are, beside numpy, hnswlib and RaBitQ in the same run.

    python -m benchmarks.search [--sizes 10000,100000,1000000] [--dimensions 128] [--postgres] [--json OUT]
    python -m benchmarks.search --vectors samples.npz   (an array "v" (n, d) of real unit vectors, all against all)

The vectors are drawn like faces of the embedded model: cosine of two strangers 0.84 in the mean, their differences in
some 31 of the dimensions (measured on LFW; `--even` spreads them evenly instead, as benchmarks of indexes mostly do,
which flatters coarse codes). Half of the probes are mated, with a cosine of 0.93 to 0.97; half are strangers. All is
compared with a look at every vector. hnswlib runs where it is installed; pgvector with --postgres, on the packaged
server; Milvus as milvus-lite, up to --milvus-most vectors.
"""

import argparse
import statistics
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.measure import machine
from benchmarks.search_peers import Contender, contenders
from benchmarks.table import Row, save, show
from likeness_guard.adapters.faiss_index import FaissIndex
from likeness_guard.domain import Gallery, Modality
from likeness_guard.ports import IndexBatch, IndexName, Vectors

K = 8
"""What the template book asks for."""
_CHUNK = 50_000
_BATCH = 1_000
_STRANGERS = 0.84
_SPECTRUM = 15.5
"""Variances fall as exp(-i / 15.5): half the number of dimensions that count (participation ratio 31)."""
_NO_KEYS = np.zeros(0, np.int64)


@dataclass(frozen=True, slots=True)
class Drawn:
    """A gallery that is drawn anew, always the same, each time that somebody walks through it."""

    size: int
    dimensions: int
    even: bool
    seed: int = 1

    def chunks(self) -> Iterator[tuple[NDArray[np.int64], Vectors]]:
        """Keys and unit vectors, 50,000 at a time."""
        for number, start in enumerate(range(0, self.size, _CHUNK)):
            count = min(_CHUNK, self.size - start)
            yield np.arange(start, start + count), self.people(count, number)

    def people(self, count: int, number: int) -> Vectors:
        """Unit vectors of people whom no other number draws."""
        draw = np.random.default_rng((self.seed, number))
        rows = draw.standard_normal((count, self.dimensions), np.float32)
        if not self.even:
            rows = rows @ self._shape() + self._middle()
        return _unit(rows)

    def _shape(self) -> NDArray[np.float32]:
        variances = np.exp(-np.arange(self.dimensions) / _SPECTRUM)
        turned = np.linalg.qr(np.random.default_rng(7).standard_normal((self.dimensions, self.dimensions)))[0]
        spread = np.sqrt((1 - _STRANGERS) * variances / variances.sum())
        return np.asarray(spread[:, None] * turned, np.float32)

    def _middle(self) -> NDArray[np.float32]:
        middle = np.random.default_rng(8).standard_normal(self.dimensions)
        return np.asarray(np.sqrt(_STRANGERS) * middle / np.linalg.norm(middle), np.float32)

    def mates(self, keys: NDArray[np.int64]) -> Vectors:
        """Other samples of the people of some keys, with a cosine of 0.93 to 0.97 to the ones held."""
        found = np.empty((len(keys), self.dimensions), np.float32)
        for held, vectors in self.chunks():
            here = (keys >= held[0]) & (keys <= held[-1])
            found[here] = vectors[keys[here] - held[0]]
        aside = self.people(len(keys), 1_000_001)
        aside = _unit(aside - found * (aside * found).sum(axis=1, keepdims=True))
        cosines = np.random.default_rng(9).uniform(0.93, 0.97, (len(keys), 1)).astype(np.float32)
        return _unit(cosines * found + np.sqrt(1 - cosines**2) * aside)


def _unit(rows: NDArray[Any]) -> Vectors:
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), np.float32)


@dataclass(frozen=True, slots=True)
class Probes:
    """What is looked for, and what a look at every vector finds.

    Attributes:
        vectors: float32 (n, d); the first half mated.
        keys: int64 (n, K), truly best first.
        scores: float32 (n, K), their cosines.
    """

    vectors: Vectors
    keys: NDArray[np.int64]
    scores: NDArray[np.float32]

    @property
    def mated(self) -> int:
        """How many are mated."""
        return len(self.vectors) // 2


def probes_of(gallery: Drawn, count: int) -> Probes:
    """Probes with their truth."""
    wanted = np.random.default_rng(3).choice(gallery.size, count // 2, replace=False)
    vectors = np.concatenate([gallery.mates(wanted), gallery.people(count - count // 2, 1_000_002)])
    keys, scores = np.full((count, K), -1, np.int64), np.full((count, K), -1.0, np.float32)
    for held, rows in gallery.chunks():
        cosines = vectors @ rows.T
        near = np.argpartition(-cosines, K, axis=1)[:, :K]
        keys = np.concatenate([keys, held[near]], axis=1)
        scores = np.concatenate([scores, np.take_along_axis(cosines, near, axis=1)], axis=1)
        order = np.argsort(-scores, axis=1)[:, :K]
        keys, scores = np.take_along_axis(keys, order, axis=1), np.take_along_axis(scores, order, axis=1)
    return Probes(vectors, keys, scores)


def measured(contender: Contender, gallery: Drawn, probes: Probes) -> Row:
    """Fill a contender, ask it, take away from it."""
    pieces: list[float] = []
    for keys, vectors in gallery.chunks():
        for start in range(0, len(keys), contender.batch):
            piece = slice(start, start + contender.batch)
            began = time.perf_counter()
            contender.add(keys[piece], vectors[piece])
            pieces.append(time.perf_counter() - began)
    singles, spent, answers = [], [], []
    contender.search(probes.vectors[:2], K)
    for vector in probes.vectors:
        began, used = time.perf_counter(), time.process_time()
        answers.append(contender.search(vector[None], K))
        singles.append((time.perf_counter() - began) * 1000)
        spent.append((time.process_time() - used) * 1000)
    began = time.perf_counter()
    contender.search(probes.vectors, K)
    together = time.perf_counter() - began
    keys = np.concatenate([found for found, _ in answers])
    scores = np.concatenate([found for _, found in answers])
    memory = contender.memory_bytes() / 1e6
    return {
        "index": contender.name,
        "p50 ms": statistics.median(singles),
        "p99 ms": float(np.quantile(singles, 0.99)),
        "cpu ms": statistics.median(spent),
        "queries/s": len(probes.vectors) / together,
        **exactness(keys, scores, probes),
        "MB": memory,
        "add us": sum(pieces) * 1e6 / gallery.size,
        "longest add ms": max(pieces) * 1000,
        "remove ms": _removing(contender, gallery.size),
    }


def exactness(keys: NDArray[np.int64], scores: NDArray[np.float32], probes: Probes) -> dict[str, float]:
    """How answers compare with the truth.

    A best score that is too low is a person who may be missed: its largest shortfall says by how much.
    """
    same = keys[:, 0] == probes.keys[:, 0]
    shortfall = np.maximum(probes.scores[:, 0] - scores[:, 0], 0)
    return {
        "mated @1": float(same[: probes.mated].mean()),
        "strangers @1": float(same[probes.mated :].mean()),
        "best too low by": float(shortfall.max()),
    }


def _removing(contender: Contender, size: int) -> float:
    keys = np.random.default_rng(11).choice(size, 20, replace=False)
    taken = []
    for key in keys:
        began = time.perf_counter()
        if not contender.remove(int(key)):
            return float("nan")
        taken.append((time.perf_counter() - began) * 1000)
    return statistics.median(taken)


def checked_on(path: Path, room: int) -> Row:
    """Every real vector against all others, by the index in this process and by numpy."""
    vectors = np.asarray(np.load(path)["v"], np.float32)
    index = FaissIndex(IndexName(Gallery.CAMEO, Modality.FACE, path.stem), vectors.shape[1], room=room)
    index.apply(IndexBatch(np.arange(len(vectors)), vectors, _NO_KEYS, 1))
    cosines = vectors @ vectors.T
    np.fill_diagonal(cosines, -2)
    keys, scores = index.search(vectors, 2)
    other = np.where(keys[:, 0] == np.arange(len(vectors)), 1, 0)
    rows = np.arange(len(vectors))
    told = cosines[rows, keys[rows, other]]  # of two equally alike either may come first
    return {
        "vectors": path.stem,
        "count": len(vectors),
        "dimensions": vectors.shape[1],
        "recall @1": float((told >= cosines.max(axis=1) - 1e-5).mean()),
        "score differs by": float(np.abs(scores[rows, other] - cosines.max(axis=1)).max()),
    }


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", default="10000,100000,1000000", help="vectors held")
    parser.add_argument("--dimensions", type=int, default=128)
    parser.add_argument("--probes", type=int, default=200)
    parser.add_argument("--even", action="store_true", help="spread vectors evenly over all directions")
    parser.add_argument("--only", default="", help="names of indexes, with commas; empty for all")
    parser.add_argument("--postgres", action="store_true", help="start the packaged server for pgvector")
    parser.add_argument("--milvus-most", type=int, default=10_000)
    parser.add_argument("--hnsw-most", type=int, default=1_000_000)
    parser.add_argument("--vectors", type=Path, nargs="*", default=[], help="npz files of real vectors to check on")
    parser.add_argument("--quick", action="store_true", help="3,000 vectors, 40 probes")
    parser.add_argument("--json", type=Path, help="where the figures go")
    chosen = parser.parse_args(arguments)
    if chosen.quick:
        chosen.sizes, chosen.probes = "3000", 40
    document: dict[str, Any] = {"machine": machine(), "dimensions": chosen.dimensions, "even": chosen.even, "sizes": {}}
    if chosen.vectors:
        document["real"] = [checked_on(path, room) for path in chosen.vectors for room in (128, 1 << 17)]
        show("real vectors: the index against numpy, in small parts and in one", document["real"])
    for size in [int(text) for text in chosen.sizes.split(",") if text]:
        gallery = Drawn(size, chosen.dimensions, chosen.even)
        probes = probes_of(gallery, chosen.probes)
        rows: list[Row] = []
        with tempfile.TemporaryDirectory(prefix="placet-bench-") as folder, ExitStack() as stack:
            for make in contenders(chosen, size, Path(folder), stack):
                contender = make()
                rows.append(measured(contender, gallery, probes))
                show(f"{contender.name}, {size:,} vectors", rows[-1:])
                contender.close()
        show(f"{size:,} vectors of {chosen.dimensions} numbers, the {K} best", rows)
        document["sizes"][str(size)] = rows
    save(chosen.json, document)


if __name__ == "__main__":
    main()

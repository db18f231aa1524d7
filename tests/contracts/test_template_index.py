"""What every template index promises: the one in this process, pgvector, Milvus, and the fake that they are held to."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from numpy.typing import NDArray
from sqlalchemy import create_engine, text

from likeness_guard.adapters.faiss_index import FaissIndex
from likeness_guard.adapters.milvus_index import MilvusIndex, milvus_client
from likeness_guard.adapters.pgvector_index import PgvectorIndex
from likeness_guard.domain import Gallery, Modality
from likeness_guard.ports import IndexBatch, IndexName, TemplateIndex, Vectors
from tests.factories.servers import empty_postgres
from tests.fakes.template_index import ListIndex
from trust_kernel.errors import InvalidInput

DIMENSIONS = 16
NAME = IndexName(Gallery.BLOCKLIST, Modality.FACE, "face-1")
NO_KEYS = np.zeros(0, np.int64)
TOLERANCE = 2e-5

Opens = Callable[[], TemplateIndex]
"""Gives a handle on one and the same index: the only one there is, or a further one on what processes share."""


def units(*seeds: int, dimensions: int = DIMENSIONS) -> Vectors:
    rows = np.stack([np.random.default_rng(seed).normal(size=dimensions) for seed in seeds])
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), np.float32)


def adding(*keys: int, generation: int = 1, seeds: tuple[int, ...] = ()) -> IndexBatch:
    """Each key with the vector of its seed, which is the key itself unless told."""
    return IndexBatch(np.asarray(keys, np.int64), units(*(seeds or keys)), NO_KEYS, generation)


def removing(*keys: int, generation: int) -> IndexBatch:
    return IndexBatch(NO_KEYS, np.zeros((0, DIMENSIONS), np.float32), np.asarray(keys, np.int64), generation)


def found(index: TemplateIndex, seed: int, k: int = 1) -> list[int]:
    return [int(key) for key in index.search(units(seed), k)[0][0]]


class TemplateIndexContract:
    """The contract; a subclass says which index."""

    @pytest.fixture
    def opens(self) -> Opens | Iterator[Opens]:
        raise NotImplementedError

    @pytest.fixture
    def index(self, opens: Opens) -> TemplateIndex:
        return opens()

    def test_an_empty_index_answers_nobody(self, index: TemplateIndex) -> None:
        keys, scores = index.search(units(1), 3)
        assert keys.tolist() == [[-1, -1, -1]]
        assert scores.tolist() == [[-1.0, -1.0, -1.0]]
        assert (keys.dtype.name, scores.dtype.name) == ("int64", "float32")
        assert (len(index), index.generation) == (0, 0)

    def test_a_vector_is_found_as_itself_with_cosine_one(self, index: TemplateIndex) -> None:
        index.apply(adding(*range(20)))
        keys, scores = index.search(units(7, 3), 2)
        assert keys[:, 0].tolist() == [7, 3]
        assert scores[:, 0] == pytest.approx([1.0, 1.0], abs=TOLERANCE)
        assert (scores[:, 0] > scores[:, 1]).all()

    def test_keys_may_be_any_number_of_63_bits(self, index: TemplateIndex) -> None:
        index.apply(adding(0, 2**63 - 1, seeds=(1, 2)))
        assert (found(index, 1), found(index, 2)) == ([0], [2**63 - 1])

    def test_a_removed_vector_is_never_found(self, index: TemplateIndex) -> None:
        index.apply(adding(1, 2, 3))
        index.apply(removing(1, 3, generation=2))
        assert found(index, 1, 3) == [2, -1, -1]
        assert len(index) == 1

    def test_removing_what_is_not_held_changes_nothing(self, index: TemplateIndex) -> None:
        index.apply(adding(1))
        index.apply(removing(99, 2**62, generation=2))
        assert (found(index, 1), len(index), index.generation) == ([1], 1, 2)

    def test_a_key_that_comes_again_has_its_newest_vector_only(self, index: TemplateIndex) -> None:
        index.apply(adding(1))
        index.apply(adding(1, generation=2, seeds=(2,)))
        keys, scores = index.search(units(2, 1), 2)
        assert keys.tolist() == [[1, -1], [1, -1]]
        assert scores[0, 0] == pytest.approx(1.0, abs=TOLERANCE)
        assert scores[1, 0] == pytest.approx(float(units(1)[0] @ units(2)[0]), abs=TOLERANCE)
        assert len(index) == 1

    def test_a_key_that_comes_twice_in_a_batch_has_its_last_vector(self, index: TemplateIndex) -> None:
        index.apply(adding(1, 2, 1, seeds=(5, 6, 7)))
        assert index.search(units(7), 1)[1][0, 0] == pytest.approx(1.0, abs=TOLERANCE)
        assert len(index) == 2

    def test_a_key_both_removed_and_new_is_held(self, index: TemplateIndex) -> None:
        index.apply(adding(1))
        index.apply(IndexBatch(np.asarray([1]), units(2), np.asarray([1]), 2))
        assert index.search(units(2), 2)[0].tolist() == [[1, -1]]

    def test_a_batch_applied_again_changes_nothing(self, index: TemplateIndex) -> None:
        for _ in range(3):
            index.apply(adding(1, 2, 3, generation=4))
            index.apply(removing(2, generation=5))
        assert sorted(found(index, 1, 5)) == [-1, -1, -1, 1, 3]
        assert (len(index), index.generation) == (2, 5)

    def test_a_batch_without_changes_carries_its_generation(self, index: TemplateIndex) -> None:
        index.apply(removing(generation=7))
        assert (len(index), index.generation) == (0, 7)

    def test_an_older_batch_that_comes_late_is_held_and_the_generation_stays(self, index: TemplateIndex) -> None:
        index.apply(adding(9, generation=9))
        index.apply(adding(3, generation=3))
        assert (found(index, 3), found(index, 9), index.generation) == ([3], [9], 9)

    def test_a_late_batch_brings_nothing_back_that_was_removed_since(self, index: TemplateIndex) -> None:
        index.apply(adding(1, 2, generation=2))
        index.apply(removing(1, 4, generation=5))
        index.apply(adding(1, 2, 3, 4, generation=4))
        assert sorted(found(index, 1, 4)) == [-1, -1, 2, 3]
        assert len(index) == 2

    def test_a_late_batch_replaces_nothing_that_is_newer(self, index: TemplateIndex) -> None:
        index.apply(adding(1, generation=5, seeds=(50,)))
        index.apply(adding(1, generation=4, seeds=(40,)))
        assert index.search(units(50), 1)[1][0, 0] == pytest.approx(1.0, abs=TOLERANCE)

    def test_a_removed_key_may_come_back_in_a_newer_batch(self, index: TemplateIndex) -> None:
        index.apply(adding(1, generation=1))
        index.apply(removing(1, generation=2))
        index.apply(adding(1, generation=3))
        assert (found(index, 1), len(index)) == ([1], 1)

    @pytest.mark.parametrize(
        "vector",
        [
            np.full((1, DIMENSIONS), np.nan),
            np.full((1, DIMENSIONS), np.inf),
            np.eye(1, DIMENSIONS) * 1.1,
            np.zeros((1, DIMENSIONS)),
            np.eye(1, DIMENSIONS - 1),
            np.eye(2, DIMENSIONS),
            np.eye(1, DIMENSIONS)[0],
        ],
        ids=["not a number", "infinite", "too long", "nothing", "too few numbers", "more rows than keys", "no row"],
    )
    def test_what_is_no_unit_vector_of_its_length_is_refused_with_its_whole_batch(
        self, index: TemplateIndex, vector: NDArray[np.float64]
    ) -> None:
        index.apply(adding(1))
        with pytest.raises(InvalidInput) as refused:
            index.apply(IndexBatch(np.asarray([2]), vector.astype(np.float32), np.asarray([1]), 2))
        assert refused.value.code == "likeness:template:malformed"
        assert (found(index, 1, 2), index.generation) == ([1, -1], 1)

    def test_a_negative_key_is_refused(self, index: TemplateIndex) -> None:
        with pytest.raises(InvalidInput):
            index.apply(adding(-1, seeds=(1,)))

    @pytest.mark.parametrize("width", [DIMENSIONS - 1, DIMENSIONS + 1])
    def test_nothing_is_looked_for_that_is_of_another_length(self, index: TemplateIndex, width: int) -> None:
        index.apply(adding(1))
        with pytest.raises(InvalidInput):
            index.search(np.eye(1, width, dtype=np.float32), 1)

    def test_nothing_is_looked_for_that_is_not_finite(self, index: TemplateIndex) -> None:
        index.apply(adding(1))
        with pytest.raises(InvalidInput):
            index.search(np.full((1, DIMENSIONS), np.nan, np.float32), 1)

    def test_looking_for_nothing_finds_nothing(self, index: TemplateIndex) -> None:
        index.apply(adding(1))
        keys, scores = index.search(np.zeros((0, DIMENSIONS), np.float32), 4)
        assert keys.shape == scores.shape == (0, 4)

    def test_equals_come_in_order_of_their_keys(self, index: TemplateIndex) -> None:
        index.apply(adding(5, 3, 9, 1, seeds=(7, 7, 7, 8)))
        assert found(index, 7, 4) == [3, 5, 9, 1]

    def test_a_batch_of_searches_answers_as_each_alone(self, index: TemplateIndex) -> None:
        index.apply(adding(*range(60)))
        asked = units(*range(50, 75))
        keys, scores = index.search(asked, 7)
        for row, vector in enumerate(asked):
            alone_keys, alone_scores = index.search(vector[None], 7)
            assert alone_keys[0].tolist() == keys[row].tolist()
            assert alone_scores[0] == pytest.approx(scores[row], abs=1e-6)

    def test_it_answers_like_a_look_at_every_vector_whatever_was_added_and_removed(self, index: TemplateIndex) -> None:
        draw, fake = np.random.default_rng(5), ListIndex(NAME, DIMENSIONS)
        for generation in range(1, 25):
            keys = draw.choice(200, draw.integers(0, 25), replace=False)
            vectors = units(*draw.integers(1 << 30, size=len(keys))) if len(keys) else np.zeros((0, DIMENSIONS))
            batch = IndexBatch(keys, np.asarray(vectors, np.float32), draw.choice(200, 9), generation)
            index.apply(batch)
            fake.apply(batch)
        asked = units(*range(900, 910))
        for k in (1, 8, 250):
            keys, scores = index.search(asked, k)
            wanted_keys, wanted = fake.search(asked, k)
            assert scores == pytest.approx(wanted, abs=TOLERANCE)
            assert keys[:, 0].tolist() == wanted_keys[:, 0].tolist()
            if k > len(fake):
                assert np.sort(keys).tolist() == np.sort(wanted_keys).tolist()
        assert (len(index), index.generation) == (len(fake), 24)

    def test_searches_during_changes_miss_nobody_who_stands_and_find_nobody_who_left(
        self, index: TemplateIndex
    ) -> None:
        index.apply(adding(1, 2, 3))
        gone = 0
        stop = threading.Event()

        def look() -> list[str]:
            wrong = []
            while not stop.is_set():
                left = gone
                keys = index.search(units(1, 2, 3), 30)[0]
                if keys[:, 0].tolist() != [1, 2, 3]:
                    wrong.append(f"missed {keys[:, 0]}")
                if any(100 <= key < 100 + left for key in keys.ravel().tolist()):
                    wrong.append(f"found what left: {keys}")
            return wrong

        with ThreadPoolExecutor(3) as pool:
            looking = [pool.submit(look) for _ in range(2)]
            for number in range(25):
                index.apply(adding(100 + number, 500 + number, generation=2 * number + 2))
                index.apply(removing(100 + number, generation=2 * number + 3))
                gone = number + 1
            stop.set()
            assert [each.result() for each in looking] == [[], []]
        assert len(index) == 28


class SharedIndexContract(TemplateIndexContract):
    """What is promised of an index that several processes share."""

    def test_every_handle_sees_what_any_of_them_did(self, opens: Opens) -> None:
        mine, theirs = opens(), opens()
        mine.apply(adding(1, 2, generation=2))
        assert (found(theirs, 1), theirs.generation, len(theirs)) == ([1], 2, 2)
        theirs.apply(removing(1, generation=3))
        assert (found(mine, 1), mine.generation, len(mine)) == ([2], 3, 1)

    def test_a_new_handle_goes_on_where_the_others_are(self, opens: Opens) -> None:
        opens().apply(adding(1, generation=6))
        later = opens()
        assert (later.generation, len(later), found(later, 1)) == (6, 1, [1])

    def test_the_same_batch_from_all_sides_at_once_is_held_once(self, opens: Opens) -> None:
        handles = [opens() for _ in range(4)]
        batches = [adding(*range(30), generation=1), removing(*range(0, 30, 3), generation=2)]
        ready = threading.Barrier(len(handles))

        def take_in(index: TemplateIndex) -> None:
            ready.wait()
            for batch in batches:
                index.apply(batch)

        with ThreadPoolExecutor(len(handles)) as pool:
            list(pool.map(take_in, handles))
        held = {key for key in found(handles[0], 1, 40) if key >= 0}
        assert held == {key for key in range(30) if key % 3}
        assert [(len(index), index.generation) for index in handles] == [(20, 2)] * 4

    def test_one_who_lags_brings_nothing_back(self, opens: Opens) -> None:
        ahead, behind = opens(), opens()
        ahead.apply(adding(1, 2, generation=2))
        ahead.apply(removing(1, generation=3))
        behind.apply(adding(1, 2, generation=2))
        assert found(behind, 1, 2) == [2, -1]
        assert behind.generation == 3


class TestListIndex(TemplateIndexContract):
    @pytest.fixture
    def opens(self) -> Opens:
        index = ListIndex(NAME, DIMENSIONS)
        return lambda: index


class TestFaissIndex(TemplateIndexContract):
    @pytest.fixture
    def opens(self) -> Opens:
        index = FaissIndex(NAME, DIMENSIONS)
        return lambda: index


class TestFaissIndexInManyParts(TemplateIndexContract):
    """The same with parts so small that every test seals some."""

    @pytest.fixture
    def opens(self) -> Opens:
        index = FaissIndex(NAME, DIMENSIONS, room=4)
        return lambda: index


@pytest.mark.postgres
class TestPgvectorIndex(SharedIndexContract):
    @pytest.fixture(scope="class")
    def server(self) -> Iterator[str]:
        with empty_postgres() as url:
            yield url

    @pytest.fixture
    def url(self, server: str) -> Iterator[str]:
        yield server
        engine = create_engine(server)
        with engine.begin() as connection:
            connection.execute(text("DROP SCHEMA public CASCADE"))
            connection.execute(text("CREATE SCHEMA public"))
        engine.dispose()

    @pytest.fixture
    def opens(self, url: str) -> Iterator[Opens]:
        engines = []

        def opened() -> TemplateIndex:
            engines.append(create_engine(url))
            return PgvectorIndex(engines[-1], NAME, DIMENSIONS)

        yield opened
        for engine in engines:
            engine.dispose()


class TestMilvusIndex(SharedIndexContract):
    @pytest.fixture(scope="class")
    def server(self, tmp_path_factory: pytest.TempPathFactory) -> str:
        pytest.importorskip("pymilvus", reason="the milvus extra is not installed")
        pytest.importorskip("milvus_lite", reason="milvus-lite is not installed")
        return str(tmp_path_factory.mktemp("milvus") / "milvus.db")

    @pytest.fixture
    def path(self, server: str) -> Iterator[str]:
        client = milvus_client(server)()  # milvus-lite starts with its first client, which takes a second
        yield server
        for collection in client.list_collections():  # making one takes half a second, so they stay
            client.delete(collection, filter="key >= 0 or key < 0")

    @pytest.fixture
    def opens(self, path: str) -> Opens:
        return lambda: MilvusIndex(milvus_client(path), NAME, DIMENSIONS)

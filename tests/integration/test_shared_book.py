"""Several processes over one database and one shared index: found by all at once, forgotten by all at once."""

import functools
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from likeness_guard.adapters.milvus_index import MilvusIndex, milvus_client
from likeness_guard.adapters.pgvector_index import PgvectorIndex
from likeness_guard.api import Gallery, LikenessGuard, Modality, NewEntry
from likeness_guard.ports import IndexBatch, IndexMaker, IndexName, TemplateIndex, Vectors
from tests.factories.databases import postgres
from tests.fakes.likeness import ColourEmbedder, SquareDetector, fake_guard, image, picture_of
from trust_kernel.db import Database

pytestmark = pytest.mark.postgres

Process = Callable[[], LikenessGuard]
NAME = IndexName(Gallery.BLOCKLIST, Modality.FACE, "colour-1")


@pytest.fixture
def database() -> Iterator[Database]:
    with postgres() as database:
        yield database


@pytest.fixture(params=["pgvector", "milvus"])
def opens(request: pytest.FixtureRequest, database: Database, tmp_path: Path) -> IndexMaker:
    if request.param == "pgvector":
        return lambda name, dimensions: PgvectorIndex(database.url, name, dimensions)
    client = functools.cache(milvus_client(str(tmp_path / "milvus.db")))
    return lambda name, dimensions: MilvusIndex(client, name, dimensions)


@pytest.fixture
def process(database: Database, opens: IndexMaker, tmp_path: Path) -> Process:
    """Each call is another process, with nothing in memory."""
    return lambda: fake_guard(database, tmp_path / "root.key", make_index=opens)


def seen(guard: LikenessGuard, number: int) -> str | None:
    (sighting,) = guard.examine(image(picture_of(number))).sightings
    return sighting.about


def test_an_entry_added_in_one_process_is_found_by_the_next_request_in_another(process: Process) -> None:
    one, other = process(), process()
    assert seen(other, 5) is None
    entry = one.add_entry(NewEntry("Ada Example", faces=[picture_of(5)]))
    assert seen(other, 5) == entry
    assert seen(process(), 5) == entry


def test_somebody_forgotten_in_one_process_is_found_in_none(process: Process, opens: IndexMaker) -> None:
    one, other = process(), process()
    one.enrol("subj_a", [picture_of(5)], [])
    one.enrol("subj_b", [picture_of(9)], [])
    assert seen(other, 5) == "subj_a"
    one.forget("subj_a")
    assert seen(other, 5) is None
    assert seen(other, 9) == "subj_b"
    assert len(opens(IndexName(Gallery.CAMEO, Modality.FACE, "colour-1"), ColourEmbedder.dimensions)) == 1


def test_a_new_process_goes_on_where_the_index_stands(
    process: Process, opens: IndexMaker, database: Database, tmp_path: Path
) -> None:
    first = process()
    for number in range(1, 12):
        first.add_entry(NewEntry(f"Person {number}", faces=[picture_of(number)]))
    seen(first, 5)
    taken: list[int] = []

    class Watched:
        """An index that tells how much is put into it."""

        def __init__(self, inner: TemplateIndex) -> None:
            self.inner = inner

        @property
        def generation(self) -> int:
            return self.inner.generation

        def apply(self, batch: IndexBatch) -> None:
            taken.extend(batch.keys.tolist())
            self.inner.apply(batch)

        def search(self, vectors: Vectors, k: int) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
            return self.inner.search(vectors, k)

        def __len__(self) -> int:
            return len(self.inner)

    later = fake_guard(
        database, tmp_path / "root.key", make_index=lambda name, dimensions: Watched(opens(name, dimensions))
    )
    assert seen(later, 5) is not None
    assert taken == []


def test_a_shared_index_holds_no_vector_as_the_model_gave_it(process: Process, opens: IndexMaker) -> None:
    guard = process()
    guard.add_entry(NewEntry("Ada Example", faces=[picture_of(5)]))
    seen(guard, 5)
    picture = picture_of(5)
    ((face,),) = SquareDetector().detect([picture])
    plain = ColourEmbedder().embed([(picture, face)])
    _, scores = opens(NAME, ColourEmbedder.dimensions).search(plain, 1)
    assert scores[0, 0] < 0.8

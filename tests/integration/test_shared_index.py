"""Indexes that processes share: what goes wrong between them, around them and under them."""

import importlib.util
import multiprocessing
from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import create_engine, text

from likeness_guard.adapters.milvus_index import MilvusIndex, milvus_client
from likeness_guard.adapters.pgvector_index import PgvectorIndex
from likeness_guard.domain import Gallery, Modality
from likeness_guard.ports import IndexName, TemplateIndex
from tests.contracts.test_template_index import DIMENSIONS, NAME, adding, found, removing, units
from tests.factories.servers import empty_postgres
from trust_kernel.errors import Broken, Unavailable

OTHER_NAME = IndexName(Gallery.CAMEO, Modality.FACE, "face-1")
PROCESSES = 3

Opens = Callable[[IndexName, int], TemplateIndex]


@pytest.fixture
def url() -> Iterator[str]:
    with empty_postgres() as url:
        yield url


@pytest.fixture(scope="module")
def milvus_file(tmp_path_factory: pytest.TempPathFactory) -> str:
    pytest.importorskip("pymilvus", reason="the milvus extra is not installed")
    pytest.importorskip("milvus_lite", reason="milvus-lite is not installed")
    return str(tmp_path_factory.mktemp("milvus") / "milvus.db")


@pytest.fixture
def path(milvus_file: str) -> Iterator[str]:
    client = milvus_client(milvus_file)()
    yield milvus_file
    for collection in client.list_collections():
        client.drop_collection(collection)


@pytest.fixture(params=[pytest.param("pgvector", marks=pytest.mark.postgres), "milvus"])
def opens(request: pytest.FixtureRequest) -> Opens:
    """Opens an index by its name and dimensions."""
    if request.param == "pgvector":
        url: str = request.getfixturevalue("url")
        return lambda name, dimensions: PgvectorIndex(url, name, dimensions)
    path: str = request.getfixturevalue("path")
    return lambda name, dimensions: MilvusIndex(milvus_client(path), name, dimensions)


def execute(url: str, *statements: str) -> None:
    engine = create_engine(url)
    with engine.begin() as connection:
        for statement in statements:
            connection.execute(text(statement))
    engine.dispose()


def test_names_do_not_mix(opens: Opens) -> None:
    opens(NAME, DIMENSIONS).apply(adding(1, generation=3))
    other = opens(OTHER_NAME, DIMENSIONS)
    assert (found(other, 1), other.generation, len(other)) == ([-1], 0, 0)


def test_another_length_under_the_same_name_is_refused(opens: Opens) -> None:
    opens(NAME, DIMENSIONS).apply(adding(1))
    with pytest.raises(Broken) as refused:
        len(opens(NAME, 8))
    assert refused.value.code == "likeness:index:foreign"


@pytest.mark.postgres
@pytest.mark.parametrize(
    ("harm", "code"),
    [
        ("UPDATE likeness_index_state SET generation = 0", "likeness:index:stale"),
        ("DELETE FROM likeness_index_state", "likeness:index:stale"),
        (f"DROP TABLE likeness_index_{NAME.slug}", "likeness:index:unavailable"),
    ],
)
def test_a_table_that_lost_what_it_held_does_not_answer(url: str, harm: str, code: str) -> None:
    index = PgvectorIndex(url, NAME, DIMENSIONS)
    index.apply(adding(1, generation=5))
    execute(url, harm)
    with pytest.raises(Unavailable) as lost:
        index.search(units(1), 1)
    assert lost.value.code == code


@pytest.mark.parametrize("collection", [f"likeness_index_{NAME.slug}", f"likeness_marks_{NAME.slug}"])
def test_a_collection_that_lost_what_it_held_does_not_answer(path: str, collection: str) -> None:
    index = MilvusIndex(milvus_client(path), NAME, DIMENSIONS)
    index.apply(adding(1, generation=5))
    milvus_client(path)().drop_collection(collection)
    with pytest.raises(Unavailable):
        index.search(units(1), 1)


@pytest.mark.postgres
def test_an_approximate_index_that_somebody_adds_is_not_asked(url: str) -> None:
    index, table = PgvectorIndex(url, NAME, DIMENSIONS), f"likeness_index_{NAME.slug}"
    index.apply(adding(*range(300)))
    execute(url, f"CREATE INDEX ON {table} USING ivfflat (vector vector_ip_ops) WITH (lists = 100)", f"ANALYZE {table}")
    asked = units(*range(1000, 1040))
    assert index.search(asked, 1)[0][:, 0].tolist() == (asked @ units(*range(300)).T).argmax(axis=1).tolist()


@pytest.mark.postgres
def test_tables_keep_keys_vectors_and_generations_and_nothing_else(url: str) -> None:
    PgvectorIndex(url, NAME, DIMENSIONS).apply(adding(1))
    engine = create_engine(url)
    with engine.connect() as connection:
        columns = connection.execute(
            text("SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'public'")
        )
        assert {tuple(row) for row in columns} == {
            *((f"likeness_index_{NAME.slug}", column) for column in ("key", "vector")),
            *(("likeness_index_removed", column) for column in ("slug", "key", "generation")),
            *(("likeness_index_state", column) for column in ("slug", "dimensions", "generation", "held")),
        }
    engine.dispose()


def test_collections_keep_keys_vectors_and_generations_and_nothing_else(path: str) -> None:
    MilvusIndex(milvus_client(path), NAME, DIMENSIONS).apply(adding(1))
    client = milvus_client(path)()
    kept = {
        collection: {field["name"] for field in client.describe_collection(collection)["fields"]}
        for collection in client.list_collections()
    }
    assert kept == {
        f"likeness_index_{NAME.slug}": {"key", "vector"},
        f"likeness_marks_{NAME.slug}": {"key", "generation", "nothing"},
    }


def test_old_generations_are_cleared_away(path: str) -> None:
    index = MilvusIndex(milvus_client(path), NAME, DIMENSIONS)
    for generation in range(1, 6):
        index.apply(adding(generation, generation=generation))
    marks = milvus_client(path)().query(f"likeness_marks_{NAME.slug}", filter="key < 0", output_fields=["key"])
    assert [row["key"] for row in marks] == [-6]


@pytest.mark.parametrize(
    "index",
    [
        PgvectorIndex("postgresql+psycopg://nobody@127.0.0.1:1/nothing", NAME, DIMENSIONS),
        MilvusIndex(milvus_client("http://127.0.0.1:1", timeout=0.5), NAME, DIMENSIONS),
    ],
    ids=["pgvector", "milvus"],
)
def test_no_server_is_an_outage(index: TemplateIndex) -> None:
    for ask in (lambda: index.search(units(1), 1), lambda: index.apply(adding(1)), lambda: index.generation):
        with pytest.raises(Unavailable) as out:
            ask()
        assert out.value.code == "likeness:index:unavailable"


def _take_in(url: str, start: int) -> None:
    """One process's way through the log, from another place than the others': all of it, in order."""
    index = PgvectorIndex(url, NAME, DIMENSIONS)
    for generation in range(start, 31):
        if generation % 5:
            index.apply(adding(generation, generation=generation))
        else:
            index.apply(removing(generation - 2, generation=generation))


@pytest.mark.postgres
def test_processes_that_take_in_the_same_log_at_once_end_with_one_truth(url: str) -> None:
    context = multiprocessing.get_context("spawn")
    processes = [context.Process(target=_take_in, args=(url, 1)) for _ in range(PROCESSES)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)
    assert [process.exitcode for process in processes] == [0] * PROCESSES
    index = PgvectorIndex(url, NAME, DIMENSIONS)
    standing = {n for n in range(1, 31) if n % 5} - {n - 2 for n in range(5, 31, 5)}
    assert {key for key in found(index, 1, 40) if key >= 0} == standing
    assert (len(index), index.generation) == (len(standing), 30)


@pytest.mark.parametrize(
    ("module", "make"),
    [
        ("psycopg", lambda: PgvectorIndex("postgresql+psycopg://x/y", NAME, DIMENSIONS)),
        ("pymilvus", lambda: MilvusIndex(milvus_client("x.db"), NAME, DIMENSIONS)),
    ],
)
def test_a_missing_extra_is_named(
    module: str, make: Callable[[], TemplateIndex], monkeypatch: pytest.MonkeyPatch
) -> None:
    real = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == module else real(name))
    with pytest.raises(Unavailable) as missing:
        make()
    assert missing.value.code == "model:extra:missing"

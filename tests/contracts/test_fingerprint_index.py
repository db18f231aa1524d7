"""What every index of fingerprints does."""

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from copyright_optout.adapters.bit_matrix import BitMatrix
from copyright_optout.adapters.hash_shelf import HashShelf, Near, look_at_all
from copyright_optout.adapters.hash_shelves import HashShelves
from copyright_optout.domain import ClaimChange
from copyright_optout.ports import FingerprintIndex, Hashes
from tests.fakes.optout import SlowIndex

ZEROS = "0" * 64
ONE_BIT = "0" * 63 + "1"
ONES = "f" * 64


def as_query(*bits: str) -> Hashes:
    words = [[int(each[start : start + 16], 16) for start in range(0, 64, 16)] for each in bits]
    return np.array(words, dtype=np.uint64).reshape(-1, 4)


def active(claim_id: str, *bits: str, generation: int = 1) -> ClaimChange:
    return ClaimChange(claim_id, generation, active=True, fingerprints=bits)


class FingerprintIndexContract:
    @pytest.fixture
    def index(self) -> FingerprintIndex:
        raise NotImplementedError

    def test_an_empty_index_finds_nothing(self, index: FingerprintIndex) -> None:
        assert len(index) == 0
        assert not index.search(as_query(ZEROS), 256)

    def test_distances_are_counted_in_bits_and_the_limit_is_included(self, index: FingerprintIndex) -> None:
        index.apply([active("near", ONE_BIT), active("far", ONES)])
        assert [(hit.claim_id, hit.distance) for hit in index.search(as_query(ZEROS), 1)] == [("near", 1)]
        assert not index.search(as_query(ZEROS), 0)

    def test_each_query_is_told_apart(self, index: FingerprintIndex) -> None:
        index.apply([active("a", ZEROS), active("b", ONES)])
        found = {(hit.query, hit.claim_id) for hit in index.search(as_query(ONES, ZEROS), 10)}
        assert found == {(0, "b"), (1, "a")}

    def test_the_nearest_hash_of_a_claim_counts(self, index: FingerprintIndex) -> None:
        index.apply([active("a", ONES, ONE_BIT, ZEROS)])
        assert [hit.distance for hit in index.search(as_query(ZEROS), 40)] == [0]

    def test_a_withdrawn_claim_is_never_found(self, index: FingerprintIndex) -> None:
        index.apply([active("a", ZEROS), active("b", ZEROS)])
        index.apply([ClaimChange("a", 2, active=False)])
        assert {hit.claim_id for hit in index.search(as_query(ZEROS), 31)} == {"b"}

    def test_a_changed_claim_is_found_by_its_new_pictures_alone(self, index: FingerprintIndex) -> None:
        index.apply([active("a", ZEROS)])
        index.apply([active("a", ONES, generation=2)])
        assert not index.search(as_query(ZEROS), 31)
        assert index.search(as_query(ONES), 31)


class TestSlowIndex(FingerprintIndexContract):
    @pytest.fixture
    def index(self) -> FingerprintIndex:
        return SlowIndex()


class TestBitMatrix(FingerprintIndexContract):
    @pytest.fixture
    def index(self) -> FingerprintIndex:
        return BitMatrix()


class TestHashShelves(FingerprintIndexContract):
    @pytest.fixture
    def index(self) -> FingerprintIndex:
        return HashShelves()


class TestHashShelvesOfTables(FingerprintIndexContract):
    """Nothing stays fresh: every claim is searched by tables, and shelves are put together all the time."""

    @pytest.fixture
    def index(self, tmp_path: Path) -> FingerprintIndex:
        return HashShelves(tmp_path, fresh=0)


_HASHES = st.integers(min_value=0, max_value=(1 << 256) - 1).map(lambda value: f"{value:064x}")
Found = list[tuple[int, str, int]]


def found(index: FingerprintIndex, query: Hashes, within: int) -> Found:
    return sorted((hit.query, hit.claim_id, hit.distance) for hit in index.search(query, within))


@given(st.lists(_HASHES, min_size=1, max_size=6), st.lists(_HASHES, min_size=1, max_size=4), st.integers(0, 256))
def test_the_matrix_agrees_with_counting_by_hand(held: list[str], asked: list[str], within: int) -> None:
    changes = [active(f"claim{number}", bits) for number, bits in enumerate(held)]
    matrix, slow = BitMatrix(), SlowIndex()
    matrix.apply(changes)
    slow.apply(changes)
    query = as_query(*asked)
    assert found(matrix, query, within) == found(slow, query, within)


def pairs_of(parts: Iterable[Near]) -> set[tuple[int, int]]:
    return {pair for query, row, _ in parts for pair in zip(query.tolist(), row.tolist(), strict=True)}


def near(bits: str, count: int, seed: int) -> str:
    """A hash with so many of its bits turned over."""
    turned = np.random.default_rng(seed).choice(256, count, replace=False)
    return f"{int(bits, 16) ^ sum(1 << int(place) for place in turned):064x}"


_BASES = tuple(np.random.default_rng(1).bytes(32).hex() for _ in range(3))
_NEAR = st.builds(near, st.sampled_from(_BASES), st.integers(0, 64), st.integers(0, 99))
_STEP = st.lists(st.tuples(st.integers(0, 7), st.lists(_NEAR, max_size=4)), min_size=1, max_size=4)


@given(steps=st.lists(_STEP, min_size=1, max_size=6), within=st.integers(0, 70), fresh=st.integers(0, 6))
def test_shelves_answer_as_a_look_at_every_hash_after_each_addition_and_removal(
    steps: list[list[tuple[int, list[str]]]], within: int, fresh: int
) -> None:
    shelves, slow = HashShelves(fresh=fresh), SlowIndex()
    query = as_query(*_BASES)
    for step in steps:
        changes = [
            ClaimChange(f"claim{number}", 1, active=bool(bits), fingerprints=tuple(bits)) for number, bits in step
        ]
        shelves.apply(changes)
        slow.apply(changes)
        assert found(shelves, query, within) == found(slow, query, within)
        assert len(shelves) == len(slow)
    shelves.settle()
    assert found(shelves, query, within) == found(slow, query, within)


@given(st.integers(0, 63), st.integers(0, 1 << 32))
def test_the_tables_find_every_pair_whatever_bits_differ(within: int, seed: int) -> None:
    dice = np.random.default_rng(seed)
    held = dice.integers(0, 1 << 64, (3000, 4), dtype=np.uint64)
    rows = dice.integers(0, len(held), 24)
    # A third differs in bits anywhere, a third in few parts alone, a third evenly in all parts: the hardest to find.
    flips = [dice.choice(256, within, replace=False) for _ in range(8)]
    flips += [dice.choice(64, within, replace=False) for _ in range(8)]
    flips += [np.arange(within) * 16 % 256 + np.arange(within) * 16 // 256 for _ in range(8)]
    queries = held[rows].copy()
    for query, places in zip(queries, flips, strict=True):
        for place in places.tolist():
            query[place // 64] ^= np.uint64(1 << place % 64)
    pairs = pairs_of(HashShelf(held).near(queries, within))
    assert pairs == pairs_of(look_at_all(queries, held, within))
    assert {(number, int(row)) for number, row in enumerate(rows)} <= pairs


def test_a_claim_that_is_changed_while_shelves_are_put_together_is_found_as_it_is_now() -> None:
    shelves = HashShelves(fresh=0)
    for number in range(40):
        shelves.apply([active(f"claim{number}", near(ZEROS, 3, number))])
        shelves.apply([active("moving", near(ONES, number % 5, number))])
        assert [hit.claim_id for hit in shelves.search(as_query(ONES), 5)] == ["moving"]
    shelves.settle()
    assert [hit.claim_id for hit in shelves.search(as_query(ONES), 5)] == ["moving"]
    assert len(shelves) == 41


def test_room_of_what_was_removed_is_given_back() -> None:
    shelves = HashShelves(fresh=0)
    shelves.apply([active(f"claim{number}", near(ZEROS, 3, number)) for number in range(4000)])
    before = shelves.memory_bytes
    shelves.apply([ClaimChange(f"claim{number}", 2, active=False) for number in range(2000)])
    shelves.settle()
    assert len(shelves) == 2000
    assert shelves.memory_bytes < before - 2000 * 100


def test_mapped_tables_leave_no_files(tmp_path: Path) -> None:
    folder = tmp_path / "shelves"
    shelves = HashShelves(folder, fresh=0)
    shelves.apply([active("a", ZEROS, ONES)])
    assert list(folder.iterdir()) == []
    assert len(shelves.search(as_query(ONES), 0)) == 1

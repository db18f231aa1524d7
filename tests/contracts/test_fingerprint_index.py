"""What every index of fingerprints does."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from copyright_optout.adapters.bit_matrix import BitMatrix
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


_HASHES = st.integers(min_value=0, max_value=(1 << 256) - 1).map(lambda value: f"{value:064x}")


@given(st.lists(_HASHES, min_size=1, max_size=6), st.lists(_HASHES, min_size=1, max_size=4), st.integers(0, 256))
def test_the_matrix_agrees_with_counting_by_hand(held: list[str], asked: list[str], within: int) -> None:
    changes = [active(f"claim{number}", bits) for number, bits in enumerate(held)]
    matrix, slow = BitMatrix(), SlowIndex()
    matrix.apply(changes)
    slow.apply(changes)
    query = as_query(*asked)
    key = [(hit.query, hit.claim_id, hit.distance) for hit in matrix.search(query, within)]
    assert sorted(key) == sorted((hit.query, hit.claim_id, hit.distance) for hit in slow.search(query, within))

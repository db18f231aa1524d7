"""What every template index promises."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from likeness_guard.adapters.faiss_index import FaissIndex
from likeness_guard.ports import TemplateIndex
from tests.fakes.likeness import ListIndex

DIMENSIONS = 16


def unit(seed: int) -> NDArray[np.float32]:
    vector = np.random.default_rng(seed).normal(size=DIMENSIONS)
    return np.asarray(vector / np.linalg.norm(vector), np.float32)


class TemplateIndexContract:
    def make(self) -> TemplateIndex:
        raise NotImplementedError

    def test_an_empty_index_answers_nobody(self) -> None:
        keys, scores = self.make().search(unit(1)[None], 3)
        assert keys.tolist() == [[-1, -1, -1]]
        assert scores.shape == (1, 3)

    def test_a_vector_is_found_as_itself_with_cosine_one(self) -> None:
        index = self.make()
        for key in range(20):
            index.add(key, unit(key))
        keys, scores = index.search(np.stack([unit(7), unit(3)]), 2)
        assert keys[:, 0].tolist() == [7, 3]
        assert scores[:, 0] == pytest.approx([1.0, 1.0], abs=1e-5)
        assert (scores[:, 0] > scores[:, 1]).all()

    def test_keys_may_be_any_positive_63_bit_number(self) -> None:
        index = self.make()
        index.add(2**63 - 1, unit(1))
        assert index.search(unit(1)[None], 1)[0].tolist() == [[2**63 - 1]]

    def test_a_removed_vector_is_never_found(self) -> None:
        index = self.make()
        index.add(1, unit(1))
        index.add(2, unit(2))
        index.remove(1)
        assert index.search(unit(1)[None], 2)[0].tolist() == [[2, -1]]
        assert len(index) == 1

    def test_removing_what_is_not_held_changes_nothing(self) -> None:
        index = self.make()
        index.add(1, unit(1))
        index.remove(99)
        assert len(index) == 1

    def test_adding_a_key_again_replaces_its_vector(self) -> None:
        index = self.make()
        index.add(1, unit(1))
        index.add(1, unit(2))
        assert len(index) == 1
        assert index.search(unit(2)[None], 1)[1][0, 0] == pytest.approx(1.0, abs=1e-5)


class TestFaissIndex(TemplateIndexContract):
    def make(self) -> TemplateIndex:
        return FaissIndex(DIMENSIONS)


class TestListIndex(TemplateIndexContract):
    def make(self) -> TemplateIndex:
        return ListIndex(DIMENSIONS)


@pytest.mark.parametrize("make", [FaissIndex, ListIndex])
@settings(max_examples=25, deadline=None)
@given(steps=st.lists(st.tuples(st.booleans(), st.integers(0, 9)), max_size=30))
def test_only_what_was_added_and_not_removed_is_found(
    make: Callable[[int], TemplateIndex], steps: list[tuple[bool, int]]
) -> None:
    index, held = make(DIMENSIONS), set()
    for add, key in steps:
        if add:
            index.add(key, unit(key))
            held.add(key)
        else:
            index.remove(key)
            held.discard(key)
    found = set(index.search(unit(0)[None], 10)[0][0].tolist()) - {-1}
    assert found == held

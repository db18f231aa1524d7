"""What two videos share, both ways."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from copyright_optout.domain import NOTHING_SHARED, Footage, Glimpse, overlap

Hashes = NDArray[np.uint64]
WITHIN = 31


def hashes(*seeds: int) -> Hashes:
    rows = [np.random.default_rng(seed).integers(0, 1 << 64, 4, dtype=np.uint64) for seed in seeds]
    return np.array(rows, np.uint64).reshape(-1, 4)


def flipped(row: Hashes, bits: int) -> Hashes:
    changed = row.copy()
    for bit in range(bits):
        changed[..., bit // 64] ^= np.uint64(1 << bit % 64)
    return changed


def film(*seeds: int) -> Footage:
    return Footage(hashes(*seeds), np.arange(len(seeds), dtype=np.float64))


def query(*seeds: int, weight: int = 1) -> list[Glimpse]:
    return [Glimpse(float(second), hashes(seed), weight) for second, seed in enumerate(seeds)]


def test_shares_are_of_the_query_and_of_the_work() -> None:
    found = overlap(query(1, 2, 90, 91), film(1, 2, 3, 4, 5, 6, 7, 8), WITHIN)
    assert (found.query_share, found.work_share, found.pictures) == (0.5, 0.25, 2)
    assert [(one.second, one.work_second, one.distance) for one in found.moments] == [(0, 0, 0), (1, 1, 0)]


@pytest.mark.parametrize(("bits", "shared"), [(31, 1), (32, 0)])
def test_a_frame_is_anothers_up_to_the_limit_and_no_further(bits: int, shared: int) -> None:
    found = overlap([Glimpse(0.0, flipped(hashes(1), bits))], film(1), WITHIN)
    assert len(found.moments) == shared
    assert found == NOTHING_SHARED or found.moments[0].distance == bits


def test_a_scene_counts_for_as_many_frames_as_it_stands() -> None:
    mixed = [Glimpse(0.0, hashes(1), 9), Glimpse(9.0, hashes(90), 1)]
    assert overlap(mixed, film(1, 2), WITHIN).query_share == pytest.approx(0.9)


def test_a_picture_that_stands_still_is_one_picture_however_often_it_is_in_the_work() -> None:
    found = overlap(query(1, 1, 1, 1), film(1, 1, 1, 1, 1, 7), WITHIN)
    assert found.pictures == 1
    assert found.work_share == pytest.approx(5 / 6)


def test_parts_of_a_frame_are_no_frames_of_their_own() -> None:
    work = Footage(hashes(1, 11, 12, 2, 21, 22), np.array([0.0, 0.0, 0.0, 1.0, 1.0, 1.0]))
    found = overlap([Glimpse(5.0, hashes(11, 12))], work, WITHIN)
    assert (found.work_share, found.pictures) == (0.5, 1)
    assert found.moments[0].work_second == 0.0


def test_any_view_of_a_frame_may_be_the_near_one_and_the_nearest_is_told() -> None:
    seen = Glimpse(3.0, np.concatenate([hashes(50), flipped(hashes(2), 5), flipped(hashes(1), 20)]))
    (moment,) = overlap([seen], film(1, 2), WITHIN).moments
    assert (moment.work_second, moment.distance) == (1.0, 5)


@pytest.mark.parametrize(
    ("asked", "work", "is_match"),
    [
        ((1, 2, 3, 4, 90), (1, 2, 3, 4), True),  # 4 of 5 frames, 0.8
        ((1, 2, 90), (1, 2, 3, 4), False),  # 2 of 3 and 2 of 4, two pictures
        ((1, 90, 91, 92), (1,), True),  # all of the work
        ((1, 2, 3, *range(90, 99)), tuple(range(1, 40)), True),  # three pictures taken
        ((1, 2, *range(90, 99)), tuple(range(1, 40)), False),
    ],
)
def test_a_match_needs_most_of_either_or_several_pictures(
    asked: tuple[int, ...], work: tuple[int, ...], *, is_match: bool
) -> None:
    assert overlap(query(*asked), film(*work), WITHIN).is_match(0.8, 3) is is_match


@given(st.lists(st.integers(0, 9), max_size=8), st.lists(st.integers(0, 9), max_size=8))
def test_shares_are_what_counting_gives(asked: list[int], work: list[int]) -> None:
    found = overlap(query(*asked), film(*work), WITHIN)
    both = set(asked) & set(work)
    assert found.query_share == (sum(one in both for one in asked) / len(asked) if both else 0)
    assert found.work_share == (sum(one in both for one in work) / len(work) if both else 0)
    assert found.pictures == len(both)
    assert [moment.second for moment in found.moments] == [n for n, one in enumerate(asked) if one in both]

"""The accuracy benchmark's own arithmetic."""

import numpy as np
import pytest

from benchmarks.intervals import Pairs, figures
from benchmarks.likeness import gallery_size, plain, searches
from likeness_guard.service.calibrating import Samples, equal_error, pair_scores


def people(count: int, each: int, spread: float) -> Samples:
    rng = np.random.default_rng(1)
    vectors = np.repeat(rng.normal(size=(count, 16)), each, axis=0) + spread * rng.normal(size=(count * each, 16))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return Samples(vectors.astype(np.float32), np.repeat(np.arange(count), each), np.arange(count * each))


BLURRED = people(60, 2, 0.7)
CLEAR = people(60, 4, 0.05)


def test_every_pair_is_counted_once() -> None:
    pairs = Pairs.of(CLEAR, CLEAR)
    assert len(pairs.scores) == 240 * 239 / 2
    assert pairs.same.sum() == 60 * 6


def test_the_equal_error_is_the_same_as_the_calibrations() -> None:
    found = figures(Pairs.of(BLURRED, BLURRED).figures, 60, rounds=20)["eer"]
    assert found.value == pytest.approx(equal_error(pair_scores(BLURRED, BLURRED)), abs=0.01)
    assert found.low < found.value < found.high


def test_people_who_were_not_drawn_do_not_count() -> None:
    pairs = Pairs.of(CLEAR, CLEAR)
    counts = np.ones(60)
    counts[0] = 0
    false, true = pairs.rates(counts)
    without = pairs.first != 0
    without &= pairs.second != 0
    assert np.all(np.diff(true)[~without[1:]] == 0)
    assert (false[-1], true[-1]) == (1, 1)


def test_people_who_are_plainly_apart_are_all_found() -> None:
    found = searches(CLEAR, 25, plain)
    assert figures(found.figures, 60, rounds=5)["tpir_fpir1"].value == 1
    assert found.unmated.max() < found.mated.min()


def test_enrolling_several_samples_finds_more_people() -> None:
    blurred = people(60, 4, 0.8)
    one, three = (
        figures(searches(blurred, 25, plain, enrol=number).figures, 60, rounds=5)["tpir_fpir1"].value
        for number in (1, 3)
    )
    assert three > one + 0.1


def test_people_with_one_sample_are_never_mates() -> None:
    alone = people(60, 1, 0.1)
    found = searches(Samples(alone.vectors, alone.people, alone.sources), 25, plain)
    assert found.mated.size == 0
    assert found.unmated.size == 60 * 35


@pytest.mark.parametrize(("count", "wanted", "size"), [(591, 266, 266), (107, 55, 55), (20, 266, 10), (5000, 266, 266)])
def test_galleries_leave_about_half_of_few_people_outside(count: int, wanted: int, size: int) -> None:
    assert gallery_size(people(count, 1, 0.1), wanted) == size

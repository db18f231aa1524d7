"""Which windows are one speaker's: the clustering alone."""

import time

import numpy as np
import pytest
from numpy.typing import NDArray

from likeness_guard.ports import Speech
from likeness_guard.service.speakers import covered, purity_of, runs_of, speakers_of, turns_of

STEP, WIDTH = 0.77, 1.6


def spans(count: int) -> NDArray[np.float64]:
    starts = np.arange(count) * STEP
    return np.stack([starts, starts + WIDTH], axis=1)


def people(owners: NDArray[np.int64], spread: float = 0.5, seed: int = 1) -> NDArray[np.float32]:
    """Unit vectors around one random direction a person."""
    rng = np.random.default_rng(seed)
    middles = rng.normal(size=(int(owners.max()) + 1, 64))
    middles /= np.linalg.norm(middles, axis=1, keepdims=True)
    rows = middles[owners] + spread * rng.normal(size=(len(owners), 64)) / 8
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), np.float32)


def test_windows_of_two_people_part_in_any_order() -> None:
    owners = np.asarray([0, 0, 1, 1, 0, 1, 0, 1, 1])
    groups = speakers_of(people(owners), spans(9), 0.5)
    assert sorted(groups) == [[0, 1, 4, 6], [2, 3, 5, 7, 8]]


def test_every_window_is_in_exactly_one_group() -> None:
    groups = speakers_of(people(np.arange(40) % 7, spread=1.5), spans(40), 0.6)
    assert sorted(number for group in groups for number in group) == list(range(40))


def test_an_hour_is_grouped_in_seconds_and_people_are_the_same_in_every_chunk() -> None:
    owners = np.arange(4_700) // 5 % 4
    began = time.process_time()
    groups = speakers_of(people(owners), spans(4_700), 0.5)
    assert time.process_time() - began < 20
    assert len(groups) == 4
    assert all(len({int(owners[number]) for number in group}) == 1 for group in groups)


def test_an_hour_of_nobody_twice_stays_bounded() -> None:
    vectors = people(np.arange(1_200), spread=0.1)
    began = time.process_time()
    assert len(speakers_of(vectors, spans(1_200), 0.9)) == 1_200
    assert time.process_time() - began < 20


def test_one_window_is_one_speaker() -> None:
    assert speakers_of(people(np.asarray([0])), np.asarray([[0.0, 0.4]]), 0.6) == [[0]]


def test_overlapping_windows_are_counted_once() -> None:
    assert covered(np.asarray([[0.0, 1.6], [0.8, 2.4], [5.0, 6.0]])) == pytest.approx(3.4)
    assert covered(np.asarray([[0.0, 4.0], [1.0, 2.0], [3.0, 5.0]])) == pytest.approx(5.0)


def test_a_change_of_speaker_lies_between_their_windows() -> None:
    first, second = runs_of([[0, 1], [2, 3]], spans(4), 4.0)
    assert first[0][0] == 0
    assert first[0][1] == second[0][0] == pytest.approx(1.95, abs=0.1)
    assert second[0][1] == pytest.approx(4.0)


def test_runs_of_joined_speech_are_put_back_where_they_were_said() -> None:
    stretches = [Speech(1.0, 2.0, 1.0), Speech(5.0, 7.0, 1.0)]
    assert turns_of(((0.5, 2.0),), stretches) == ((1.5, 2.0), (5.0, 6.0))


def test_a_short_pause_does_not_end_a_turn_but_another_speaker_does() -> None:
    stretches = [Speech(0.0, 1.0, 1.0), Speech(1.4, 2.4, 1.0)]
    assert turns_of(((0.0, 2.0),), stretches) == ((0.0, 2.4),)
    parted = turns_of(((0.0, 0.8), (1.1, 2.0)), stretches)
    assert np.asarray(parted) == pytest.approx(np.asarray([[0.0, 0.8], [1.5, 2.4]]))


def test_a_window_astride_a_change_weighs_little() -> None:
    inside, astride = purity_of([0, 1], np.asarray([[0.0, 1.6], [1.2, 2.8]]), ((0.0, 2.0),))
    assert inside == 1
    assert astride == pytest.approx(0.05)


def test_a_window_that_sounds_like_both_its_neighbours_is_no_third_speaker() -> None:
    vectors = people(np.asarray([0, 0, 0, 1, 1, 1]), spread=0.2)
    blend = vectors[2] + vectors[3]
    heard = np.insert(vectors, 3, blend / np.linalg.norm(blend), axis=0)
    groups = speakers_of(heard, spans(7), 0.85)
    assert len(groups) == 2
    assert sorted(number for group in groups for number in group) == list(range(7))


def test_a_window_that_sounds_like_neither_neighbour_is_a_third_speaker() -> None:
    assert len(speakers_of(people(np.asarray([0, 0, 0, 2, 1, 1, 1])), spans(7), 0.5)) == 3

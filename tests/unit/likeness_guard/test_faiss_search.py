"""The index in this process: exact however close the vectors lie, and clean after itself."""

import threading
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from likeness_guard.adapters.faiss_index import FaissIndex
from likeness_guard.adapters.faiss_segments import SealedPart
from likeness_guard.domain import Gallery, Modality
from likeness_guard.ports import IndexBatch, IndexName, Vectors

NAME = IndexName(Gallery.CAMEO, Modality.FACE, "face-1")
NO_KEYS = np.zeros(0, np.int64)
ROUNDING = 3e-5


def crowd(seed: int, count: int, dimensions: int = 32, spread: float = 1.0) -> Vectors:
    """Unit vectors around one direction; the smaller the spread, the closer to each other."""
    draw = np.random.default_rng(seed)
    rows = np.eye(1, dimensions) + spread * draw.normal(size=(count, dimensions)) / np.sqrt(dimensions)
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), np.float32)


def holding(vectors: Vectors, room: int) -> FaissIndex:
    index = FaissIndex(NAME, vectors.shape[1], room=room)
    index.apply(IndexBatch(np.arange(len(vectors)), vectors, NO_KEYS, 1))
    return index


def without(index: FaissIndex, *keys: int, generation: int = 2) -> None:
    nothing = np.zeros((0, 32), np.float32)
    index.apply(IndexBatch(NO_KEYS, nothing, np.asarray(keys, np.int64), generation))


def best_scores(vectors: Vectors, probes: Vectors, k: int) -> NDArray[np.float64]:
    cosines = probes.astype(np.float64) @ vectors.astype(np.float64).T
    return -np.sort(-cosines, axis=1)[:, :k]


@settings(max_examples=30)
@given(
    seed=st.integers(0, 2**32),
    spread=st.sampled_from([1e-3, 0.02, 0.3, 1.0, 30.0]),
    k=st.sampled_from([1, 3, 40]),
    room=st.sampled_from([64, 700]),
)
def test_no_vector_is_ever_missed_however_close_they_lie(seed: int, spread: float, k: int, room: int) -> None:
    vectors, probes = crowd(seed, 1500, spread=spread), crowd(seed + 1, 6, spread=spread)
    keys, scores = holding(vectors, room).search(probes, k)
    assert scores == pytest.approx(best_scores(vectors, probes, k), abs=ROUNDING)
    told = np.take_along_axis(probes @ vectors.T, keys, axis=1)
    assert told == pytest.approx(scores, abs=ROUNDING)


def test_a_scan_that_cannot_tell_looks_deeper() -> None:
    vectors, probes = crowd(1, 4000, spread=1e-3), crowd(2, 4, spread=1e-3)
    part = SealedPart(np.arange(4000), vectors)
    shallow = part.best(probes, 1, 8)
    assert (shallow.ceiling > shallow.scores.max(axis=1)).any()
    assert (part.best(probes, 1, 4000).ceiling == -np.inf).all()


@settings(max_examples=20)
@given(seed=st.integers(0, 2**32), apart=st.sampled_from([1e-3, 3e-3]), k=st.sampled_from([1, 5]))
def test_near_twins_are_told_apart(seed: int, apart: float, k: int) -> None:
    twins = np.repeat(crowd(seed, 100), 15, axis=0)
    moved = twins + np.random.default_rng(seed).normal(size=twins.shape) * apart
    vectors = np.asarray(moved / np.linalg.norm(moved, axis=1, keepdims=True), np.float32)
    probes = crowd(seed + 1, 20)
    scores = holding(vectors, 750).search(probes, k)[1]
    assert scores == pytest.approx(best_scores(vectors, probes, k), abs=ROUNDING)


def test_the_bound_holds_for_a_probe_along_what_a_scan_leaves_out() -> None:
    part = SealedPart(np.arange(2000), crowd(11, 2000))
    lows = part._low[np.abs(part._low.astype(int)).max(axis=1) == 127]  # the scan takes these probes as they are
    assert len(lows) > 20
    assert_within_bound(part, np.asarray(lows / np.linalg.norm(lows, axis=1, keepdims=True), np.float32))


def test_the_bound_holds_for_a_probe_that_the_scan_rounds_against_a_row() -> None:
    part = SealedPart(np.arange(2000), crowd(12, 2000, spread=30.0))
    rounded_away = 0.49 * np.sign(part._high[:50].astype(np.float64) - 128)
    rounded_away[:, 0] = 127
    assert_within_bound(
        part, np.asarray(rounded_away / np.linalg.norm(rounded_away, axis=1, keepdims=True), np.float32)
    )


def assert_within_bound(part: SealedPart, probes: Vectors) -> None:
    guesses, places, slack = part._scanned(probes, len(part))
    rows = part._unpacked(np.arange(len(part)))
    exact = np.take_along_axis(probes.astype(np.float64) @ rows.astype(np.float64).T, places, axis=1)
    assert (np.abs(guesses - exact) <= slack[:, None]).all()


def test_places_of_removed_rows_are_never_answers() -> None:
    few, many = np.asarray([0.9, 0.436, 0.0]), np.asarray([-0.5, 0.0, 0.866])
    rows = np.concatenate([np.tile(few, (50, 1)), np.tile(many, (950, 1))])
    rows = np.pad(rows, ((0, 0), (0, 29))) + np.random.default_rng(13).normal(size=(1000, 32)) * 1e-3
    part = SealedPart(np.arange(1000), np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), np.float32))
    part.remove(np.arange(100, 150))  # an empty place counts as the part's middle, closer than any of the many
    best = part.best(np.eye(1, 32, dtype=np.float32), 60, 200)
    assert set(range(50)) <= set(best.keys[0].tolist())
    assert not set(range(100, 150)) & set(best.keys[0].tolist())
    assert (best.scores[0][best.keys[0] >= 50] < -0.45).all()


@settings(max_examples=20)
@given(seed=st.integers(0, 2**32), spread=st.sampled_from([0.02, 1.0]), depth=st.sampled_from([4, 32, 200]))
def test_the_ceiling_of_a_scan_holds_for_every_row_that_it_left_out(seed: int, spread: float, depth: int) -> None:
    vectors, probes = crowd(seed, 1000, spread=spread), crowd(seed + 1, 5, spread=3.0)
    best = SealedPart(np.arange(1000), vectors).best(probes, depth, depth)
    for row, cosines in enumerate(probes.astype(np.float64) @ vectors.astype(np.float64).T):
        left_out = np.setdiff1d(np.arange(1000), best.keys[row])
        known = best.scores[row][best.keys[row] >= 0].min()
        assert cosines[left_out].max() <= max(float(best.ceiling[row]), float(known)) + ROUNDING


def test_removed_numbers_are_overwritten_in_memory() -> None:
    vectors = crowd(3, 1000)
    part = SealedPart(np.arange(1000), vectors)
    part.remove(np.asarray([10, 20, 5000]))
    assert len(part) == 998
    assert part.holds(np.asarray([9, 10, 20, 5000])).tolist() == [True, False, False, False]
    for place in (10, 20):
        assert set(part._high[place].tolist()) == {128}
        assert set(part._low[place].tolist()) == {0}


def test_many_removals_give_memory_back_and_lose_nobody() -> None:
    vectors = crowd(4, 2000)
    index = holding(vectors, 500)
    before = index.memory_bytes
    gone = [key for key in range(2000) if key % 10]
    without(index, *gone)
    assert len(index) == 200
    assert index.memory_bytes < before / 5
    kept = vectors[::10]
    keys, scores = index.search(kept, 1)
    assert keys[:, 0].tolist() == list(range(0, 2000, 10))
    assert scores[:, 0] == pytest.approx(np.ones(200), abs=ROUNDING)
    without(index, *range(2000), generation=3)
    assert len(index) == 0
    assert index.search(kept, 3)[0].max() == -1


def test_two_bytes_a_number_are_held_once_a_part_is_full() -> None:
    index = holding(crowd(5, 4000, dimensions=128), 1000)
    assert index.memory_bytes == pytest.approx(3000 * (2 * 128 + 9) + 1000 * (4 * 128 + 8))


def test_a_vector_that_is_all_one_can_be_sealed() -> None:
    vectors = np.repeat(crowd(6, 1), 300, axis=0)
    keys, scores = holding(vectors, 100).search(vectors[:1], 2)
    assert len(set(keys[0].tolist())) == 2
    assert scores[0] == pytest.approx([1.0, 1.0], abs=ROUNDING)


def test_searches_go_on_while_a_part_is_sealed(monkeypatch: pytest.MonkeyPatch) -> None:
    index, answered = holding(crowd(7, 900), 1000), threading.Event()

    class SlowPart(SealedPart):
        def __init__(self, keys: NDArray[np.int64], vectors: Vectors) -> None:
            assert answered.wait(20), "no search was answered while sealing"
            super().__init__(keys, vectors)

    monkeypatch.setattr("likeness_guard.adapters.faiss_index.SealedPart", SlowPart)
    batch = IndexBatch(np.arange(1000, 1200), crowd(8, 200), NO_KEYS, 2)
    applying = threading.Thread(target=index.apply, args=(batch,))
    applying.start()
    time.sleep(0.05)
    assert index.search(crowd(7, 900)[:1], 1)[0].tolist() == [[0]]
    answered.set()
    applying.join(20)
    assert (len(index), index.generation) == (1100, 2)


def test_a_replaced_vector_is_never_missing_between_the_old_and_the_new() -> None:
    vectors = crowd(9, 300)
    index, stop = holding(vectors, 64), threading.Event()
    missed: list[int] = []

    def look() -> None:
        while not stop.is_set():
            if index.search(vectors[5:6], 300)[0].max(initial=-1) < 0 or 5 not in index.search(vectors[5:6], 300)[0]:
                missed.append(1)

    looking = threading.Thread(target=look)
    looking.start()
    for generation in range(2, 80):
        index.apply(IndexBatch(np.asarray([5]), vectors[generation : generation + 1], NO_KEYS, generation))
    stop.set()
    looking.join(20)
    assert not missed


def test_a_part_that_was_looked_at_whole_is_never_taken_for_a_doubtful_one() -> None:
    draw = np.random.default_rng(0)
    towards = np.eye(64)[0]

    def around(middle: NDArray[np.float64], count: int) -> NDArray[np.float32]:
        rows = middle + draw.normal(0, 0.05, (count, 64))
        return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), np.float32)

    index = FaissIndex(IndexName(Gallery.BLOCKLIST, Modality.FACE, "p"), 64, room=1024)
    none, nothing = np.zeros(0, np.int64), np.zeros((0, 64), np.float32)
    first = np.concatenate([around(towards, 240), around(-towards, 784)])
    index.apply(IndexBatch(np.arange(1, 1025), first, none, 1))
    late = around(towards, 5)
    index.apply(IndexBatch(np.arange(2001, 2006), late, none, 2))
    index.apply(IndexBatch(none, nothing, np.arange(1, 241), 3))
    for k in (1, 5, 6, 10, 50):
        keys, scores = index.search(late[:1], k)
        assert keys[0, 0] == 2001
        assert len(set(keys[0].tolist())) == k
        assert scores[0, 0] == pytest.approx(1.0, abs=1e-4)

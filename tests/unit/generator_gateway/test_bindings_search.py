"""Search over fingerprints: what is alike is found, what is not never is."""

import hashlib
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from copyright_optout.api import alike
from generator_gateway.ports.bindings import ByteCodes, Prints
from generator_gateway.service.bindings_iscc import read_code
from generator_gateway.service.bindings_search import NEAR_BITS, Kept, PrintIndex
from trust_kernel.media import sound_search
from trust_kernel.media.sound_search import KEPT_EVERY

CODE = "ISCC:K4AFPTO5TP6JDOMBXVB2Q437A4RJPELOCQE3P5YRIY6LHS6YNJ65SMA"
MIRRORED = int("5" * 64, 16)
UPSIDE_DOWN = int(("0" * 4 + "f" * 4) * 8, 16)


def frames(seed: int, count: int = 10) -> tuple[str, ...]:
    return tuple(hashlib.sha256(f"{seed}/{number}".encode()).hexdigest() for number in range(count))


def flipped(bits: str, count: int, seed: int = 0) -> str:
    """A hash with so many of its bits turned over."""
    turned = np.random.default_rng(seed).choice(256, count, replace=False)
    mask = sum(1 << int(place) for place in turned)
    return f"{int(bits, 16) ^ mask:064x}"


def heard(seed: int, positions: int = 80) -> tuple[int, ...]:
    """Sub-fingerprints that change with every kept one."""
    words = np.random.default_rng(seed).integers(1, 1 << 32, positions)
    return tuple(np.repeat(words, KEPT_EVERY).tolist())


def noisy(sound: tuple[int, ...], share: float, seed: int = 0) -> tuple[int, ...]:
    """Sub-fingerprints of which a share of bits is wrong."""
    wrong = np.random.default_rng(seed).random((len(sound), 32)) < share
    masks = (wrong.astype(np.uint64) << np.arange(32, dtype=np.uint64)).sum(axis=1)
    return tuple((np.array(sound, np.uint64) ^ masks).tolist())


def index_of(*prints: Prints) -> PrintIndex:
    index = PrintIndex()
    index.add([Kept.of(f"video_{number}", each) for number, each in enumerate(prints)])
    return index


def found(index: PrintIndex, prints: Prints) -> list[str]:
    return [one.case_id for one in index.search(prints)]


FIVE = index_of(*(Prints(pictures=frames(seed), sound=heard(seed)) for seed in range(5)))


@pytest.mark.parametrize("turn", [0, MIRRORED, UPSIDE_DOWN, MIRRORED ^ UPSIDE_DOWN])
@pytest.mark.parametrize("columns", [0, MIRRORED])
@pytest.mark.parametrize("rows", [0, UPSIDE_DOWN])
def test_bits_that_are_all_wrong_in_one_kind_of_place_are_counted_as_any_others(
    turn: int, columns: int, rows: int
) -> None:
    (first,) = frames(1, 1)
    kinds = [1 << bit for bit in range(256) if (MIRRORED >> bit & 1, UPSIDE_DOWN >> bit & 1) == (columns > 0, rows > 0)]
    near, far = (f"{int(first, 16) ^ turn ^ sum(kinds[:count]):064x}" for count in (NEAR_BITS, NEAR_BITS + 1))
    index = index_of(Prints(pictures=(near,)), Prints(pictures=(far,)))
    queries = np.frombuffer(bytes.fromhex(first), ">u8").reshape(-1, 4).astype(np.uint64)
    assert index.showing(queries) == {"video_0": (NEAR_BITS, 1)}


@given(
    seed=st.integers(0, 1 << 30),
    wrong=st.lists(st.integers(NEAR_BITS - 3, NEAR_BITS + 3), min_size=1, max_size=8),
    turn=st.sampled_from([0, MIRRORED, UPSIDE_DOWN, MIRRORED ^ UPSIDE_DOWN]),
    within=st.integers(NEAR_BITS - 2, NEAR_BITS),
)
def test_a_picture_is_shown_where_a_frame_is_within_so_many_bits_of_it_however_turned(
    seed: int, wrong: list[int], turn: int, within: int
) -> None:
    first, second = frames(seed, 2)
    shown = [f"{int(flipped(first, count, seed + place), 16) ^ turn:064x}" for place, count in enumerate(wrong)]
    index = index_of(*(Prints(pictures=(each, *frames(seed + 1, 3))) for each in shown))
    queries = np.frombuffer(bytes.fromhex(first + second), ">u8").reshape(-1, 4).astype(np.uint64)
    near = {f"video_{place}": (count, 1) for place, count in enumerate(wrong) if count <= within}
    assert index.showing(queries, within) == near


@given(seed=st.integers(0, 4), bits=st.integers(0, NEAR_BITS), noise=st.integers(0, 1000))
def test_frames_that_differ_by_no_more_than_a_re_encoding_are_found(seed: int, bits: int, noise: int) -> None:
    query = tuple(flipped(frame, bits, noise + place) for place, frame in enumerate(frames(seed)))
    assert found(FIVE, Prints(pictures=query)) == [f"video_{seed}"]


@given(seed=st.integers(0, 4), bits=st.integers(NEAR_BITS + 1, 100), noise=st.integers(0, 1000))
def test_frames_that_differ_by_more_are_not(seed: int, bits: int, noise: int) -> None:
    query = tuple(flipped(frame, bits, noise + place) for place, frame in enumerate(frames(seed)))
    assert found(FIVE, Prints(pictures=query)) == []


@given(pieces=st.lists(st.tuples(st.integers(0, 5), st.integers(0, 9)), min_size=1, max_size=15, unique=True))
def test_it_finds_exactly_what_the_rule_for_two_videos_calls_alike(pieces: list[tuple[int, int]]) -> None:
    query = tuple(frames(seed)[place] for seed, place in pieces)
    expected = {f"video_{seed}" for seed in range(5) if alike(query, frames(seed))}
    assert set(found(FIVE, Prints(pictures=query))) == expected


@pytest.mark.parametrize("turn", [MIRRORED, UPSIDE_DOWN, MIRRORED ^ UPSIDE_DOWN])
def test_a_mirrored_or_upside_down_copy_is_found(turn: int) -> None:
    query = tuple(f"{int(bits, 16) ^ turn:064x}" for bits in frames(3))
    assert found(FIVE, Prints(pictures=query)) == ["video_3"]


def test_a_release_inside_a_longer_video_is_found_by_its_own_frames() -> None:
    longer = frames(90, 30) + frames(2) + frames(91, 30)
    assert found(FIVE, Prints(pictures=longer)) == ["video_2"]


def test_a_very_long_query_is_thinned_and_still_finds() -> None:
    index = index_of(Prints(pictures=frames(1, 400)))
    assert found(index, Prints(pictures=frames(1, 400))) == ["video_0"]


def test_a_frame_that_every_release_shares_makes_none_alike() -> None:
    index = index_of(*(Prints(pictures=(*frames(seed), "0f" * 32)) for seed in range(5)))
    assert found(index, Prints(pictures=("0f" * 32, *frames(50)))) == []


def test_the_more_alike_the_more_similar() -> None:
    near = [tuple(flipped(frame, bits) for frame in frames(1)) for bits in (0, 8, 24)]
    scores = [index_of(Prints(pictures=frames(1))).search(Prints(pictures=query))[0].similarity for query in near]
    assert scores[0] == 100
    assert scores == sorted(set(scores), reverse=True)


@given(seed=st.integers(0, 4), start=st.integers(0, 150), share=st.floats(0, 0.22), noise=st.integers(0, 1000))
def test_five_seconds_of_sound_are_found_wherever_they_begin(seed: int, start: int, share: float, noise: int) -> None:
    query = noisy(heard(seed)[start : start + 156], share, noise)
    assert found(FIVE, Prints(sound=query)) == [f"video_{seed}"]


@given(seed=st.integers(100, 100_000), seconds=st.integers(1, 20))
def test_other_sound_is_never_found(seed: int, seconds: int) -> None:
    assert found(FIVE, Prints(sound=heard(seed, seconds * 8))) == []


def test_sound_that_is_too_short_to_be_sure_of_is_not_found_among_all() -> None:
    assert found(FIVE, Prints(sound=heard(1)[: 30 * KEPT_EVERY])) == []


def test_two_seconds_are_enough_where_the_release_is_named() -> None:
    alone = index_of(Prints(sound=heard(1)))
    short = Prints(sound=noisy(heard(1)[40 : 40 + 20 * KEPT_EVERY], 0.1))
    assert alone.search(short) == []
    assert [one.by for one in alone.search(short, sole=True)] == ["sound"]


def test_silence_is_like_no_silence() -> None:
    quiet = (0,) * 400
    assert found(index_of(Prints(sound=quiet)), Prints(sound=quiet)) == []


def test_silence_in_between_does_not_count_against_a_copy() -> None:
    gap = (*heard(1)[:120], *(0,) * 80, *heard(1)[200:])
    assert found(FIVE, Prints(sound=gap)) == ["video_1"]


def test_one_hum_in_many_releases_costs_a_query_made_to_meet_it_everywhere_no_more_than_it_may(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    most, tried = 2_000, []
    compared = sound_search._compared

    def counted(*arguments: Any) -> Any:
        tried.append(len(arguments[4]))
        return compared(*arguments)

    monkeypatch.setattr(sound_search, "_MOST_HITS", most)
    monkeypatch.setattr(sound_search, "_compared", counted)
    hum = (0x5A5A_1234,)
    index = index_of(*(Prints(sound=hum * 320) for _ in range(20)))
    assert found(index, Prints(sound=hum * 3000))
    assert 0 < sum(tried) <= most


def test_sound_of_a_release_inside_longer_sound_is_found() -> None:
    longer = heard(70, 200) + heard(2)[7:300] + heard(71, 200)
    assert found(FIVE, Prints(sound=longer)) == ["video_2"]


def test_the_bytes_code_finds_equal_and_nearly_equal_files_only() -> None:
    index = index_of(Prints(iscc=CODE), Prints())
    assert index.with_codes(ByteCodes()) == []
    assert index.with_codes(ByteCodes(instance=bytes(16))) == []
    (exact,) = index.search(Prints(iscc=CODE))
    assert (exact.case_id, exact.similarity, exact.by) == ("video_0", 100, "iscc")


@pytest.mark.parametrize(("wrong", "is_found"), [(24, True), (25, False), (64, False)])
def test_a_data_code_may_differ_by_what_chance_does_not_explain(wrong: int, is_found: bool) -> None:
    kept = PrintIndex()
    kept.add([Kept("video_0", b"", b"", CODE)])
    body = int.from_bytes(read_code(CODE).data, "big") ^ (1 << wrong) - 1
    assert bool(kept.with_codes(ByteCodes(data=body.to_bytes(16, "big")))) is is_found


def test_it_makes_no_difference_in_how_many_parts_releases_came() -> None:
    prints = [
        Prints(pictures=frames(n, n % 4), sound=heard(n, 10 * n % 50), iscc=CODE if n % 2 else "") for n in range(60)
    ]
    together, apart = index_of(*prints), PrintIndex()
    for number, each in enumerate(prints):
        apart.add([Kept.of(f"video_{number}", each)])
    assert len(together) == len(apart) == 60
    assert together.frames == apart.frames
    for each in prints:
        assert together.search(each) == apart.search(each)


def test_an_empty_index_finds_nothing() -> None:
    assert found(PrintIndex(), Prints(pictures=frames(1), sound=heard(1), iscc=CODE)) == []


def test_times_choose_what_belongs_to_a_stretch() -> None:
    whole = Prints(pictures=frames(1, 4), sound=heard(1), iscc=CODE, times=(0.0, 1.0, 2.0, 3.0))
    part = whole.between(1.0, 2.5)
    assert part.pictures == frames(1, 4)[1:3]
    assert part.times == (0.0, 1.0)
    assert part.sound == heard(1)[31:78]
    assert part.iscc == ""
    assert replace(whole, times=()).between(0, 9).pictures == ()

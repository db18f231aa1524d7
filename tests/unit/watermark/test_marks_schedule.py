"""The order of the patterns is secret, differs from release to release, and never stands still."""

from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from watermark.adapters.spread_spectrum.patterns import FAMILY, SIDE
from watermark.adapters.spread_spectrum.schedule import HOLD, Schedule

payloads = st.integers(0, 2**64 - 1)


@given(st.binary(max_size=40), payloads)
@settings(max_examples=30, deadline=None)
def test_the_pattern_changes_at_every_step(key: bytes, payload: int) -> None:
    schedule = Schedule(key, payload)
    order = [schedule.number(HOLD * (step + 0.5)) for step in range(600)]
    assert set(order) == set(range(FAMILY))
    assert all(one != after for one, after in pairwise(order[:512]))


@given(payloads, payloads)
@settings(max_examples=30, deadline=None)
def test_two_releases_share_neither_order_nor_place(one: int, other: int) -> None:
    first, second = Schedule(b"key", one), Schedule(b"key", other)
    same = (first.numbers == second.numbers).mean()
    assert same == 1 if one == other else same < 0.5
    assert (first.shift == second.shift) == (one == other)


@given(payloads, st.floats(-10, 1e7))
@settings(max_examples=50, deadline=None)
def test_every_moment_has_a_pattern_and_a_place(payload: int, seconds: float) -> None:
    schedule = Schedule(b"key", payload)
    assert 0 <= schedule.number(seconds) < FAMILY
    assert all(0 <= part < SIDE for part in schedule.shift)


def test_a_pattern_stays_long_enough_for_an_encoder() -> None:
    schedule = Schedule(b"key", 1)
    assert len({schedule.number(place / 30) for place in range(int(HOLD * 30))}) == 1

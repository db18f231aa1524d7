"""Identifiers: readable by prefix, sortable by time, unguessable."""

import re
import time

from trust_kernel.ids import new_id, new_release_number


def test_an_id_shows_its_prefix_its_time_and_80_random_bits() -> None:
    before = time.time_ns() // 1_000_000
    made = re.fullmatch(r"case_([0-9a-f]{11})([0-9a-f]{20})", new_id("case"))
    assert made is not None
    assert before <= int(made[1], 16) <= time.time_ns() // 1_000_000


def test_ids_sort_by_the_time_they_were_made() -> None:
    first = new_id("case")
    time.sleep(0.002)
    assert first < new_id("case")


def test_ids_do_not_repeat() -> None:
    assert len({new_id("x") for _ in range(1_000)}) == 1_000


def test_release_numbers_fit_a_signed_bigint_and_are_never_small() -> None:
    numbers = {new_release_number() for _ in range(1_000)}
    assert len(numbers) == 1_000
    assert all(1 << 62 <= number < 1 << 63 for number in numbers)
    # every other bit is drawn
    assert all(any(number >> bit & 1 for number in numbers) for bit in range(62))
    assert not all(any(number >> bit & 1 == 0 for number in numbers) for bit in (62,))

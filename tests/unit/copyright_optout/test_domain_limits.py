"""Fingerprints at the very edge of likeness."""

import random

import pytest

from copyright_optout.api import MATCH_DISTANCE, UNSURE_DISTANCE, Band, PicturedWork, alike
from tests.factories.claims import a_claim

HASH = random.Random(7).getrandbits(256)  # noqa: S311 - a picture's hash, no secret
TURNS = {
    "as it is": 0,
    "mirrored": int("5" * 64, 16),
    "upside down": int("0000ffff" * 8, 16),
    "both": int("5" * 64, 16) ^ int("0000ffff" * 8, 16),
}


def hexed(bits: int) -> str:
    return f"{bits:064x}"


def flipped(bits: int, count: int) -> int:
    """With `count` bits spread over the whole hash the other way round."""
    for place in range(count):
        bits ^= 1 << (place * 8 + place % 8)
    return bits


@pytest.mark.parametrize("turn", TURNS.values(), ids=TURNS)
def test_a_frame_is_alike_up_to_the_last_bit_allowed_whichever_way_it_is_turned(turn: int) -> None:
    other = HASH ^ turn
    assert alike([hexed(HASH)], [hexed(flipped(other, MATCH_DISTANCE))])
    assert not alike([hexed(HASH)], [hexed(flipped(other, MATCH_DISTANCE + 1))])


def test_the_distances_are_those_that_were_measured() -> None:
    assert (MATCH_DISTANCE, UNSURE_DISTANCE) == (31, 47)


def test_a_picture_scores_the_share_of_bits_that_agree() -> None:
    seen = PicturedWork(a_claim(), Band.MATCH, 64, 32, (0.0, 1.0), 100)
    assert (seen.score, seen.score_threshold) == (0.75, 0.875)

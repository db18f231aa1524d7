"""Rules of claims and of resemblance."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from copyright_optout.domain import Claim, ClaimKind, ClaimState, alike, may_move
from copyright_optout.errors import IllegalMove

NOW = datetime(2026, 11, 22, tzinfo=UTC)
CLAIM = Claim(
    "claim_1", "acct_a", ClaimKind.WORK, "Title", ("Name",), ("acct_l",), "", ClaimState.ACTIVE, 0, NOW, NOW, None
)
_STATES = st.sampled_from(ClaimState)


@given(st.lists(_STATES, min_size=1, max_size=8))
def test_nothing_comes_back_from_withdrawal_or_expiry(path: list[ClaimState]) -> None:
    state = ClaimState.SUBMITTED
    ended = False
    for after in path:
        if may_move(state, after):
            assert not ended
            state = after
        ended = ended or state in {ClaimState.WITHDRAWN, ClaimState.EXPIRED}


def test_a_claim_becomes_active_from_submission_verification_or_dispute_only() -> None:
    ways = {state for state in ClaimState if may_move(state, ClaimState.ACTIVE)}
    assert ways == {ClaimState.SUBMITTED, ClaimState.VERIFIED, ClaimState.DISPUTED}


def test_an_illegal_move_says_which() -> None:
    with pytest.raises(IllegalMove, match=r"active.*submitted"):
        CLAIM.check_move(ClaimState.SUBMITTED)


@given(_STATES)
def test_only_active_claims_stand(state: ClaimState) -> None:
    assert replace(CLAIM, state=state).stands(NOW) == (state is ClaimState.ACTIVE)


def test_expiry_is_exact() -> None:
    ending = replace(CLAIM, expires_at=NOW)
    assert ending.stands(NOW - timedelta(microseconds=1))
    assert not ending.stands(NOW)


def test_the_rights_holder_and_the_licensees_may() -> None:
    assert CLAIM.licenses("acct_a")
    assert CLAIM.licenses("acct_l")
    assert not CLAIM.licenses("acct_x")


A, B, C = "00" * 32, "ff" * 32, "0f" * 32


def test_videos_are_alike_from_four_frames_in_five() -> None:
    stored = [A, A, A, A, A]
    assert alike([A, A, A, A, B], stored)
    assert not alike([A, A, A, B, C], [A, A, A, C[::-1], C[::-1]])


def test_a_part_of_a_video_is_like_the_whole() -> None:
    whole = [f"{1 << (8 * number) | (0xFFFF << 32 * (number % 8)):064x}" for number in range(8)]
    assert alike(whole[:1], [*whole, B, C])


def test_nothing_is_like_an_empty_list() -> None:
    assert not alike([], [])
    assert not alike([A], [])
    assert not alike([], [A])


@pytest.mark.parametrize(("bits", "expected"), [(31, True), (32, False)])
def test_the_limit_is_31_bits(bits: int, expected: bool) -> None:
    assert alike([f"{(1 << bits) - 1 << 100:064x}"], [A]) is expected

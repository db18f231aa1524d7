"""Rules of claims and of resemblance."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from copyright_optout.domain import ANYTHING, Blocks, ClaimState, Depiction, Licence, Setting, alike, may_move
from copyright_optout.errors import IllegalMove
from tests.factories.claims import a_claim, terms

NOW = datetime(2026, 11, 22, tzinfo=UTC)
CLAIM = a_claim(says=replace(terms("Title", "Name"), licences=(Licence("acct_l"),)))
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


def test_a_claim_becomes_active_from_submission_verification_quarantine_or_dispute_only() -> None:
    ways = {state for state in ClaimState if may_move(state, ClaimState.ACTIVE)}
    assert ways == {ClaimState.SUBMITTED, ClaimState.VERIFIED, ClaimState.QUARANTINED, ClaimState.DISPUTED}


def test_an_illegal_move_says_which() -> None:
    with pytest.raises(IllegalMove, match=r"active.*submitted"):
        CLAIM.check_move(ClaimState.SUBMITTED)


@given(_STATES)
def test_only_active_claims_stand(state: ClaimState) -> None:
    assert replace(CLAIM, state=state).stands(NOW) == (state is ClaimState.ACTIVE)


def test_start_and_expiry_are_exact() -> None:
    instant = timedelta(microseconds=1)
    running = replace(CLAIM, terms=replace(CLAIM.terms, starts_at=NOW, expires_at=NOW + timedelta(days=1)))
    assert not running.stands(NOW - instant)
    assert running.stands(NOW)
    assert running.stands(NOW + timedelta(days=1) - instant)
    assert not running.stands(NOW + timedelta(days=1))


def test_a_licence_holds_for_its_account_its_settings_its_territories_and_its_time() -> None:
    licence = Licence("acct_l", frozenset({Setting.COMEDY}), frozenset({"IT"}), NOW)
    claim = replace(CLAIM, terms=replace(CLAIM.terms, licences=(licence,)))
    within = Depiction(frozenset({Setting.COMEDY}), frozenset({"IT"}))
    before = NOW - timedelta(microseconds=1)
    assert claim.licenses("acct_l", within, before)
    assert not claim.licenses("acct_x", within, before)
    assert not claim.licenses("acct_l", within, NOW)
    assert not claim.licenses("acct_l", replace(within, settings=frozenset({Setting.COMEDY, Setting.VIOLENT})), before)
    assert not claim.licenses("acct_l", replace(within, territories=frozenset({"IT", "FR"})), before)
    assert not claim.licenses("acct_l", replace(within, territories=frozenset()), before)


def test_a_claim_on_stated_settings_and_territories_leaves_the_others_open() -> None:
    claim = replace(CLAIM, terms=replace(CLAIM.terms, blocks=Blocks(frozenset({Setting.VIOLENT}), frozenset({"DE"}))))
    assert CLAIM.blocks(ANYTHING)
    assert not claim.blocks(ANYTHING)
    assert claim.blocks(Depiction(frozenset({Setting.VIOLENT, Setting.COMEDY})))
    assert claim.blocks(Depiction(frozenset({Setting.VIOLENT}), frozenset({"DE", "FR"})))
    assert not claim.blocks(Depiction(frozenset({Setting.VIOLENT}), frozenset({"FR"})))
    assert replace(claim, only_licensed=True).blocks(ANYTHING)


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

"""The rules of the live challenge, on numbers."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from consent_registry.domain.challenge_checks import USUAL, assess, edits, turns_of
from consent_registry.domain.challenges import Challenge, ChallengeReason, CheckFinding, Turn
from tests.fakes.challenges import heard, seen_well

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
DIGITS = (3, 1, 4, 1, 5, 9, 2, 6)
TURNS = (Turn.LEFT, Turn.UP, Turn.RIGHT)
ASKED = Challenge("chal_1", "subj_1", "en", DIGITS, TURNS, NOW, NOW + timedelta(minutes=10))


def checked(*, turns: tuple[Turn, ...] = TURNS, said: tuple[int, ...] = DIGITS, shared: int = 0, **but: Any) -> Any:
    return assess(ASKED, seen_well(*turns, **but), heard(*said), shared)


def reasons(findings: tuple[CheckFinding, ...]) -> set[ChallengeReason | None]:
    return {finding.reason for finding in findings if not finding.passed}


def test_who_does_what_is_asked_passes_every_check() -> None:
    findings = checked()
    assert all(finding.passed for finding in findings)
    assert {finding.check for finding in findings} == {
        "face", "light", "alone", "size", "same", "depth", "turns", "voice", "digits", "lips", "whole", "fresh", "new",
    }  # fmt: skip


COUNT = len(seen_well(*TURNS).times)
HALF = np.arange(COUNT) < COUNT // 2


@pytest.mark.parametrize(
    ("but", "reason"),
    [
        ({"faces": np.where(HALF, 1, 0)}, ChallengeReason.NO_FACE),
        ({"faces": np.where(HALF, 1, 2)}, ChallengeReason.SEVERAL_FACES),
        ({"widths": np.full(COUNT, 60.0)}, ChallengeReason.TOO_SMALL),
        ({"light": np.full(COUNT, 20.0)}, ChallengeReason.TOO_DARK),
        ({"sameness": 0.8}, ChallengeReason.ANOTHER_PERSON),
        ({"sameness": None}, ChallengeReason.ANOTHER_PERSON),
        ({"jumps": np.where(np.arange(COUNT) == 9, 1.4, 0.1)}, ChallengeReason.CUT),
        ({"missing": 1.5}, ChallengeReason.CUT),
        ({"depth": 0.012}, ChallengeReason.FLAT),
        ({"speech": ()}, ChallengeReason.SILENT),
        ({"mouth": np.zeros(COUNT)}, ChallengeReason.LIPS_STILL),
        ({"mouth": np.full(COUNT, np.nan)}, ChallengeReason.LIPS_STILL),
        ({"created_at": NOW - timedelta(hours=1)}, ChallengeReason.OLDER),
        ({"alive": 0.3, "alive_from": 0.8}, ChallengeReason.NOT_ALIVE),
        ({"yaw": np.zeros(COUNT)}, ChallengeReason.TURN_MISSING),
        ({"turns": (Turn.RIGHT, Turn.UP, Turn.LEFT)}, ChallengeReason.TURNS_WRONG),
        ({"turns": (Turn.LEFT, Turn.DOWN, Turn.UP, Turn.RIGHT)}, ChallengeReason.TURNS_WRONG),
        ({"said": (3, 1, 4, 2, 6, 9, 9, 6)}, ChallengeReason.DIGITS_WRONG),
        ({"said": ()}, ChallengeReason.DIGITS_WRONG),
        ({"shared": 60}, ChallengeReason.REPLAYED),
    ],
)
def test_each_fault_has_its_own_reason_and_advice(but: dict[str, Any], reason: ChallengeReason) -> None:
    findings = checked(**but)
    assert reasons(findings) == {reason}
    assert next(finding.advice for finding in findings if not finding.passed)


def test_two_digits_may_be_misheard() -> None:
    for said in (
        (3, 1, 4, 1, 5, 9),
        (3, 1, 4, 1, 5, 9, 9, 2, 6, 6),
        (3, 1, 4, 7, 5, 9, 2, 7),
        (1, 4, 1, 5, 9, 2, 6, 8),
    ):
        assert not reasons(checked(said=said))


def test_of_who_is_hardly_seen_nothing_more_is_said() -> None:
    findings = checked(faces=np.zeros(COUNT, np.intp), yaw=np.full(COUNT, np.nan), pitch=np.full(COUNT, np.nan))
    assert reasons(findings) == {ChallengeReason.NO_FACE}
    assert not {"turns", "size", "lips"} & {finding.check for finding in findings}


def test_a_recording_of_no_frames_fails_without_falling_over() -> None:
    none = np.zeros(0)
    empty = seen_well(
        times=none, faces=none.astype(int), widths=none, light=none, yaw=none, pitch=none, mouth=none, jumps=none
    )
    assert ChallengeReason.NO_FACE in reasons(assess(ASKED, empty, (), 0))


def test_clocks_may_differ_by_two_minutes_and_a_file_may_say_nothing() -> None:
    assert not reasons(checked(created_at=NOW - timedelta(seconds=100)))
    assert not reasons(checked(created_at=NOW + timedelta(minutes=2)))
    assert not reasons(checked(created_at=None))


def test_one_wrong_landmark_is_no_turn() -> None:
    seen = seen_well(*TURNS)
    yaw = seen.yaw.copy()
    yaw[10] = -40.0
    assert not reasons(assess(ASKED, replace(seen, yaw=yaw), heard(*DIGITS), 0))


def test_turns_are_found_where_they_are_farthest() -> None:
    found = turns_of(seen_well(Turn.DOWN, Turn.LEFT), USUAL.turn)
    assert [turn for turn, _ in found] == [Turn.DOWN, Turn.LEFT]
    assert [at for _, at in found] == pytest.approx([6.8, 8.8], abs=0.3)


def test_going_from_one_side_straight_to_the_other_makes_two_turns() -> None:
    seen = seen_well(Turn.LEFT, Turn.RIGHT)
    times = np.arange(0, 4, 1 / 8)
    yaw = np.interp(times, [0, 1, 1.5, 2.0, 3.5], [0, 25, 25, -25, 0])
    swung = replace(seen, times=times, yaw=yaw, pitch=np.zeros(len(times)))
    assert [turn for turn, _ in turns_of(swung, USUAL.turn)] == [Turn.LEFT, Turn.RIGHT]


def test_what_is_no_number_never_passes() -> None:
    assert ChallengeReason.TOO_SMALL in reasons(checked(widths=np.full(COUNT, np.nan)))


@given(st.lists(st.integers(0, 9), max_size=9), st.lists(st.integers(0, 9), max_size=9))
def test_edits_are_a_distance(one: list[int], other: list[int]) -> None:
    assert edits(one, other) == edits(other, one)
    assert (edits(one, other) == 0) is (one == other)
    assert abs(len(one) - len(other)) <= edits(one, other) <= max(len(one), len(other))


def test_few_of_a_million_sequences_said_at_random_pass() -> None:
    rng = np.random.default_rng(3)
    for length in (7, 8, 9):
        passing = sum(edits(said, DIGITS) <= USUAL.edits for said in rng.integers(0, 10, (20_000, length)).tolist())
        assert passing <= 6

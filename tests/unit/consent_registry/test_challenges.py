"""Challenges are given once, answered once, and keep nothing of whoever does not pass."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
from sqlmodel import select

from consent_registry.domain.challenges import DIGITS, Challenge, ChallengeReason, Turn
from consent_registry.domain.enrolments import EnrolmentState
from consent_registry.service.challenges import Outcome
from consent_registry.tables.challenges import ChallengeRow, RecordingPrintRow
from tests.factories.challenges import Booth
from tests.factories.databases import sqlite
from tests.fakes.challenges import FakeRecogniser, FakeRecording, FakeWatcher, seen_well, voice
from trust_kernel.errors import Conflict, InvalidInput, NotFound, NotPermitted
from trust_kernel.web.domain import Throttled

FILE = Path("recording.webm")


class Played(Booth):
    """A booth whose recordings are what is asked for."""

    watcher: FakeWatcher
    recogniser: FakeRecogniser

    def perform(self, challenge: Challenge, sound: int = 1, **but: object) -> None:
        self.watcher.recording = FakeRecording(seen_well(*challenge.turns, **but), sound=voice(sound))
        self.recogniser.digits = challenge.digits

    def played(self, sound: int = 1, **but: object) -> Outcome:
        challenge = self.desk.issue(self.subject_id, "en")
        self.perform(challenge, sound, **but)
        return self.desk.answer(challenge.id, FILE, keep_reference=False)

    def prints(self) -> int:
        with self.database.reading() as session:
            return len(session.exec(select(RecordingPrintRow)).all())


@pytest.fixture
def booth(tmp_path: Path) -> Iterator[Played]:
    with sqlite(tmp_path) as database:
        yield Played(database, FakeWatcher(FakeRecording(seen_well())), FakeRecogniser())


def test_a_challenge_asks_for_eight_digits_and_three_different_turns(booth: Played) -> None:
    made = [booth.desk.issue(booth.person(f"person{n}"), "en") for n in range(30)]
    assert all(len(one.digits) == DIGITS and all(0 <= digit <= 9 for digit in one.digits) for one in made)
    assert all(len(set(one.turns)) == 3 for one in made)
    assert len({one.digits for one in made}) == 30
    assert {one.turns[0] for one in made} == set(Turn)
    assert all(one.expires_at - one.issued_at == timedelta(minutes=10) for one in made)
    assert booth.desk.challenge(made[0].id) == made[0]


def test_who_passes_is_enrolled_with_the_pictures_and_the_voice(booth: Played) -> None:
    outcome = booth.played()
    assert outcome.passed
    assert outcome.enrolment is not None
    assert outcome.enrolment.state is EnrolmentState.ENROLLED
    (evidence,) = booth.enroller.enrolled
    assert evidence.subject_id == booth.subject_id
    assert len(evidence.pictures) == 1
    assert np.array_equal(evidence.voices[0], voice(1))
    assert evidence.findings == outcome.findings
    assert booth.prints() > 30


def test_nothing_is_kept_of_who_does_not_pass(booth: Played) -> None:
    outcome = booth.played(depth=0.0)
    assert not outcome.passed
    assert outcome.enrolment is None
    assert not booth.enroller.enrolled
    assert booth.prints() == 0


def test_a_challenge_is_answered_once_whatever_came_of_it(booth: Played) -> None:
    challenge = booth.desk.issue(booth.subject_id, "en")
    booth.perform(challenge, depth=0.0)
    booth.desk.answer(challenge.id, FILE, keep_reference=False)
    booth.perform(challenge)
    with pytest.raises(Conflict) as refused:
        booth.desk.answer(challenge.id, FILE, keep_reference=False)
    assert refused.value.code == ChallengeReason.USED
    assert booth.watcher.watched == 1


def test_a_challenge_is_used_up_by_a_file_that_cannot_be_read(booth: Played) -> None:
    challenge = booth.desk.issue(booth.subject_id, "en")
    booth.watcher.fault = InvalidInput("damaged")
    with pytest.raises(InvalidInput):
        booth.desk.answer(challenge.id, FILE, keep_reference=False)
    with pytest.raises(Conflict):
        booth.desk.answer(challenge.id, FILE, keep_reference=False)


def test_a_challenge_is_over_after_ten_minutes(booth: Played) -> None:
    challenge = booth.desk.issue(booth.subject_id, "en")
    booth.perform(challenge)
    booth.clock.advance(minutes=10)
    with pytest.raises(Conflict) as refused:
        booth.desk.answer(challenge.id, FILE, keep_reference=False)
    assert refused.value.code == ChallengeReason.EXPIRED
    assert booth.watcher.watched == 0


def test_a_challenge_that_nobody_was_given_is_unknown(booth: Played) -> None:
    with pytest.raises(NotFound) as refused:
        booth.desk.answer("chal_0", FILE, keep_reference=False)
    assert refused.value.code == ChallengeReason.UNKNOWN


def test_ten_challenges_an_hour_are_enough(booth: Played) -> None:
    for _ in range(10):
        booth.desk.issue(booth.subject_id, "en")
    with pytest.raises(Throttled) as refused:
        booth.desk.issue(booth.subject_id, "en")
    assert refused.value.code == ChallengeReason.TOO_MANY
    booth.desk.issue(booth.person("bruno"), "it")
    booth.clock.advance(hours=1, seconds=1)
    booth.desk.issue(booth.subject_id, "en")


def test_digits_are_asked_for_in_a_language_that_is_understood(booth: Played) -> None:
    with pytest.raises(InvalidInput) as refused:
        booth.desk.issue(booth.subject_id, "xx")
    assert (refused.value.code, refused.value.limit) == (ChallengeReason.LANGUAGE, "en, it")


def test_who_is_too_young_is_not_challenged(booth: Played) -> None:
    booth.enroller.too_young = NotPermitted("too young")
    with pytest.raises(NotPermitted):
        booth.desk.issue(booth.subject_id, "en")
    with booth.database.reading() as session:
        assert not session.exec(select(ChallengeRow)).all()


def test_a_recording_that_somebody_enrolled_with_does_not_pass_again(booth: Played) -> None:
    assert booth.played(sound=1).passed
    again = booth.played(sound=1)
    assert [finding.reason for finding in again.findings if not finding.passed] == [ChallengeReason.REPLAYED]
    assert booth.played(sound=2).passed


@pytest.mark.parametrize("state", [EnrolmentState.ENROLLED, EnrolmentState.TO_REVIEW])
def test_a_recording_of_somebody_else_does_not_pass_either(booth: Played, state: EnrolmentState) -> None:
    booth.enroller.state = state
    booth.played(sound=1)
    booth.subject_id = booth.person("bruno")
    assert not booth.played(sound=1).passed


def test_a_recording_that_did_not_enrol_anybody_is_not_remembered(booth: Played) -> None:
    booth.enroller.fault = Conflict("a review is open")
    with pytest.raises(Conflict):
        booth.played(sound=1)
    assert booth.prints() == 0


def test_prints_say_nothing_without_the_key(booth: Played) -> None:
    booth.played(sound=1)
    with booth.database.reading() as session:
        tokens = [row.token for row in session.exec(select(RecordingPrintRow)).all()]
    assert all(0 <= token < 2**63 for token in tokens)
    assert sum(token >= 2**22 for token in tokens) == len(tokens)


def test_old_challenges_are_swept_away(booth: Played) -> None:
    booth.desk.issue(booth.subject_id, "en")
    assert booth.desk.sweep() == 0
    booth.clock.advance(days=1, minutes=11)
    assert booth.desk.sweep() == 1

"""Giving live challenges, and examining the recordings that answer them."""

import hashlib
import hmac
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from consent_registry.domain.challenge_checks import USUAL, ChallengeLimits, assess
from consent_registry.domain.challenges import (
    AN_HOUR,
    DIGITS,
    LIFETIME,
    TURNS,
    Challenge,
    ChallengeReason,
    CheckFinding,
    LiveEvidence,
    SoundPrint,
    Turn,
)
from consent_registry.domain.enrolments import EnrolmentAttempt
from consent_registry.domain.sound_prints import landmarks
from consent_registry.ports.challenges import ChallengeStore, DigitRecogniser, LiveEnroller, Recording, RecordingWatcher
from consent_registry.ports.units import UnitOfWork
from trust_kernel.clock import Clock
from trust_kernel.errors import Conflict, InvalidInput, NotFound, PlacetError
from trust_kernel.ids import new_id
from trust_kernel.media.refs import SAMPLE_RATE
from trust_kernel.web.domain import Throttled

_KEEP = timedelta(days=1)
"""How long a challenge is kept after its end: long enough to say of an answer that comes late why it is refused."""

_MARGIN = 0.3
"""Seconds that are listened to before the first word and after the last."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a recording.

    Attributes:
        passed: whether every check was.
        findings: every check that was made.
        enrolment: what the enrolment became; None where the challenge was not passed.
    """

    passed: bool
    findings: tuple[CheckFinding, ...]
    enrolment: EnrolmentAttempt | None = None


@dataclass(frozen=True, slots=True)
class ChallengeParts:
    """What challenges need.

    Attributes:
        print_key: secret bytes; prints of recordings are kept under it.
    """

    unit: UnitOfWork
    store: ChallengeStore
    watcher: RecordingWatcher
    recogniser: DigitRecogniser
    enroller: LiveEnroller
    clock: Clock
    print_key: bytes
    limits: ChallengeLimits = USUAL


class ChallengeDesk:
    """Gives challenges and examines answers.

    Of a recording that does not pass nothing is kept; of one that does, prints of its sound, until the enrolment that
    it leads to ends otherwise than with a yes.
    """

    def __init__(self, parts: ChallengeParts) -> None:
        self._parts = parts

    def issue(self, subject_id: str, language: str) -> Challenge:
        """Give a subject a challenge of random digits and turns; it lasts ten minutes and is good for one answer.

        Raises:
            InvalidInput: ``consent:challenge:language_unknown``.
            NotFound, NotPermitted: no such subject, or one who may not be enrolled at their age.
            Throttled: ``consent:challenge:too_many``, ten were given within the hour.
        """
        parts = self._parts
        if language not in parts.recogniser.languages:
            known = ", ".join(parts.recogniser.languages)
            raise InvalidInput(
                "digits are not understood in this language",
                code=ChallengeReason.LANGUAGE,
                field="language",
                limit=known,
            )
        parts.enroller.check_age(subject_id)
        now = parts.clock.now()
        digits, turns = _drawn()
        challenge = Challenge(new_id("chal"), subject_id, language, digits, turns, now, now + LIFETIME)
        with parts.unit.transaction():
            if parts.store.issued_since(subject_id, now - timedelta(hours=1)) >= AN_HOUR:
                raise Throttled(
                    "these were enough challenges for now; try again in an hour",
                    code=ChallengeReason.TOO_MANY,
                    limit=f"{AN_HOUR} an hour",
                )
            parts.store.add_challenge(challenge)
        return challenge

    def challenge(self, challenge_id: str) -> Challenge:
        """By id; raises NotFound."""
        with self._parts.unit.reading():
            found = self._parts.store.challenge(challenge_id)
        if found is None:
            raise unknown_challenge()
        return found

    def answer(self, challenge_id: str, recording: Path, *, keep_reference: bool, label: str = "") -> Outcome:
        """Examine a recording; where it passes, enrol with what it shows.

        The challenge is used up first, whatever comes of it: a recording cannot be bettered against the same digits.

        Args:
            challenge_id: what it answers.
            recording: a video file with sound.
            keep_reference: whether the person wants a portrait and a voice sample kept.
            label: what the person calls this look.

        Raises:
            NotFound: ``consent:challenge:unknown``.
            Conflict: ``consent:challenge:used``, ``consent:challenge:expired``.
            InvalidInput: it is no video, damaged, too long or too large; or a fault of the enrolment.
            Unavailable: ``consent:challenge:busy``, or a model is not installed.
        """
        parts = self._parts
        challenge = self._used(challenge_id)
        watched = parts.watcher.watch(recording)
        digits = parts.recogniser.recognise(_spoken(watched), challenge.language)
        prints = self._prints(watched.sound)
        with parts.unit.reading():
            shared = parts.store.alike(prints)
        findings = assess(challenge, watched.seen, digits, shared, parts.limits)
        if not all(finding.passed for finding in findings):
            return Outcome(passed=False, findings=findings)
        evidence = LiveEvidence(
            challenge.id, challenge.subject_id, tuple(watched.pictures), (watched.sound,), parts.clock.now(), findings
        )
        with parts.unit.transaction():
            # before the enrolment, so that a copy that is sent meanwhile is known for one
            parts.store.add_prints(challenge.subject_id, challenge.id, prints)
        try:
            enrolment = parts.enroller.enrol_live(evidence, keep_reference=keep_reference, label=label)
        except PlacetError:
            parts.store.drop_recording(challenge.id)
            raise
        return Outcome(passed=True, findings=findings, enrolment=enrolment)

    def sweep(self) -> int:
        """Delete challenges that ended a day ago; gives how many."""
        return self._parts.store.drop_challenges(self._parts.clock.now() - _KEEP)

    def _used(self, challenge_id: str) -> Challenge:
        parts = self._parts
        with parts.unit.transaction():
            challenge = parts.store.challenge(challenge_id)
            if challenge is None:
                raise unknown_challenge()
            now = parts.clock.now()
            if now >= challenge.expires_at:
                raise Conflict("this challenge is over; ask for a new one", code=ChallengeReason.EXPIRED)
            if not parts.store.use(challenge_id, now):
                raise Conflict("this challenge was answered before; ask for a new one", code=ChallengeReason.USED)
        return challenge

    def _prints(self, sound: NDArray[np.float32]) -> Sequence[SoundPrint]:
        key = self._parts.print_key
        return [SoundPrint(_keyed(key, number), slot) for number, slot in landmarks(sound).tolist()]


def unknown_challenge() -> NotFound:
    """The error for a challenge that is not there, or that is somebody else's."""
    return NotFound("there is no such challenge", code=ChallengeReason.UNKNOWN)


def _drawn() -> tuple[tuple[int, ...], tuple[Turn, ...]]:
    """Digits and turns that nobody can foresee; no turn twice, so that every one ends."""
    left = list(Turn)
    turns = tuple(left.pop(secrets.randbelow(len(left))) for _ in range(TURNS))
    return tuple(secrets.randbelow(10) for _ in range(DIGITS)), turns


def _spoken(watched: Recording) -> NDArray[np.float32]:
    """The sound from the first word to the last: noise before and after only invites mishearing."""
    speech = watched.seen.speech
    if not speech:
        return np.zeros(0, np.float32)
    start, end = max(0.0, speech[0][0] - _MARGIN), speech[-1][1] + _MARGIN
    return watched.sound[round(start * SAMPLE_RATE) : round(end * SAMPLE_RATE)]


def _keyed(key: bytes, number: int) -> int:
    digest = hmac.digest(key, number.to_bytes(8, "big"), hashlib.sha256)
    return int.from_bytes(digest[:8], "big") >> 1

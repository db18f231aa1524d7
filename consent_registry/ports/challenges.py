"""What the live challenge needs of others."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from consent_registry.domain.challenges import Challenge, HeardDigit, LiveEvidence, Seen, SoundPrint
from consent_registry.domain.enrolments import EnrolmentAttempt
from consent_registry.ports.enrolments import RecordingStore


class Recording(Protocol):
    """A recording, decoded once."""

    @property
    def seen(self) -> Seen:
        """What was seen and heard."""
        ...

    @property
    def pictures(self) -> Sequence[NDArray[np.uint8]]:
        """Frames for an enrolment, uint8 RGB (h, w, 3), the frontal one first; none where no face was seen."""
        ...

    @property
    def sound(self) -> NDArray[np.float32]:
        """The sound, float32 mono at 16 kHz in [-1, 1]."""
        ...


class RecordingWatcher(Protocol):
    """Decodes a recording once, in the sandbox, and follows the head in it."""

    def watch(self, path: Path) -> Recording:
        """What a file shows.

        Raises:
            InvalidInput: it is no video, damaged, too long or too large.
            Unavailable: a model is not installed, or too many are watched at once.
        """
        ...


class DigitRecogniser(Protocol):
    """Understands spoken digits, without a network."""

    @property
    def languages(self) -> Sequence[str]:
        """Two-letter codes of the languages in which it understands them."""
        ...

    def recognise(self, sound: NDArray[np.float32], language: str) -> tuple[HeardDigit, ...]:
        """Digits in order of time; empty where none was understood.

        Args:
            sound: float32 mono at 16 kHz in [-1, 1].
            language: one of `languages`.
        """
        ...


class ChallengeStore(RecordingStore, Protocol):
    """Keeps challenges, and prints of recordings that people enrolled with."""

    def add_challenge(self, challenge: Challenge) -> None:
        """Insert one."""
        ...

    def challenge(self, challenge_id: str) -> Challenge | None:
        """By id."""
        ...

    def issued_since(self, subject_id: str, since: datetime) -> int:
        """How many a subject was given since a moment."""
        ...

    def use(self, challenge_id: str, now: datetime) -> bool:
        """Use a challenge up; False where it was used before: of two who try at once, one gets True."""
        ...

    def drop_challenges(self, before: datetime) -> int:
        """Delete challenges that ended before a moment; gives how many."""
        ...

    def add_prints(self, subject_id: str, challenge_id: str, prints: Sequence[SoundPrint]) -> None:
        """Keep the prints of a recording, by the challenge that it answered."""
        ...

    def alike(self, prints: Sequence[SoundPrint]) -> int:
        """The most prints that any one kept recording shares with these at one shift in time."""
        ...


class LiveEnroller(Protocol):
    """What a passed challenge leads to."""

    def check_age(self, subject_id: str) -> None:
        """Whether somebody may be enrolled at their age; raises NotFound, NotPermitted."""
        ...

    def enrol_live(self, evidence: LiveEvidence, *, keep_reference: bool, label: str) -> EnrolmentAttempt:
        """Screen and enrol, or send to review; gives what became of it. Raises what an enrolment raises."""
        ...

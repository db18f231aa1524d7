"""Attempts to enrol, looks and attestations, as they are kept."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Protocol

from consent_registry.domain.attestations import Attestation
from consent_registry.domain.enrolments import EnrolmentAttempt, EnrolmentState, Look


class AttestationStore(Protocol):
    """Keeps what two members of staff vouch for."""

    def put_attestation(self, attestation: Attestation) -> None:
        """Insert, or write the second half; raises Conflict where somebody else wrote that half at the same time."""
        ...

    def attestation(self, about: str) -> Attestation | None:
        """By what it is about."""
        ...


class RecordingStore(Protocol):
    """Keeps prints of recordings that people enrol with."""

    def drop_recording(self, challenge_id: str) -> None:
        """Delete the prints of the recording that answered a challenge."""
        ...


class EnrolmentStore(AttestationStore, RecordingStore, Protocol):
    """Keeps attempts, their sealed media, and looks. Every method joins the transaction that is open."""

    def add_attempt(self, attempt: EnrolmentAttempt) -> None:
        """Insert."""
        ...

    def attempt(self, attempt_id: str) -> EnrolmentAttempt | None:
        """By id."""
        ...

    def settle(self, attempt: EnrolmentAttempt, *, before: EnrolmentState) -> bool:
        """Write an attempt's new state, unless it is no longer in the one before: then False and nothing changes."""
        ...

    def attempts_of(self, subject_id: str) -> Sequence[EnrolmentAttempt]:
        """All of a subject, newest first."""
        ...

    def attempts_in(self, states: Collection[EnrolmentState], limit: int) -> Sequence[EnrolmentAttempt]:
        """Those in some states, of everybody, oldest first."""
        ...

    def attempts_due(self, now: datetime, limit: int) -> Sequence[EnrolmentAttempt]:
        """Open ones whose time is up."""
        ...

    def add_attempt_media(self, attempt_id: str, kind: str, sealed: Sequence[bytes]) -> None:
        """Keep sealed media of a kind ("picture", "recording"), in order."""
        ...

    def attempt_media(self, attempt_id: str, kind: str) -> Sequence[bytes]:
        """Sealed media of a kind, in order."""
        ...

    def drop_attempt_media(self, attempt_id: str) -> None:
        """Delete an attempt's media."""
        ...

    def drop_attempts(self, subject_id: str) -> None:
        """Delete everything about a subject here: attempts, media, attestations, looks, what they were asked."""
        ...

    def add_look(self, look: Look) -> None:
        """Insert."""
        ...

    def looks(self, subject_id: str) -> Sequence[Look]:
        """All of a subject, oldest first."""
        ...

    def drop_look(self, look_id: str) -> None:
        """Delete one."""
        ...

    def unkeep_looks(self, subject_id: str) -> None:
        """Note that no look of a subject keeps reference media."""
        ...

    def note_renewal_ask(self, subject_id: str, models: str, at: datetime) -> bool:
        """Note that somebody was asked to enrol again; False where they had been for these models."""
        ...

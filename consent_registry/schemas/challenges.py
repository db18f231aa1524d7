"""Live challenges, their answers, and what was found."""

from datetime import datetime

from pydantic import Field

from consent_registry.domain.challenges import (
    MAX_BYTES,
    MAX_SECONDS,
    Challenge,
    ChallengeReason,
    CheckFinding,
    Turn,
)
from consent_registry.domain.enrolments import EnrolmentAttempt, EnrolmentState
from consent_registry.schemas.shape import Shape
from consent_registry.service.challenges import Outcome


class NewChallenge(Shape):
    """What a challenge is asked for with."""

    language: str = Field(
        default="en", examples=["en"], description="In which the digits are said; English is understood."
    )


class ChallengeOut(Shape):
    """What to say and do before the camera."""

    id: str
    subject_id: str
    language: str
    digits: list[int]
    turns: list[Turn]
    issued_at: datetime
    expires_at: datetime
    max_seconds: float = MAX_SECONDS
    max_bytes: int = MAX_BYTES

    @classmethod
    def of(cls, challenge: Challenge) -> "ChallengeOut":
        """From the domain."""
        return cls(
            id=challenge.id,
            subject_id=challenge.subject_id,
            language=challenge.language,
            digits=list(challenge.digits),
            turns=list(challenge.turns),
            issued_at=challenge.issued_at,
            expires_at=challenge.expires_at,
        )


class CheckOut(Shape):
    """One check of a recording."""

    check: str
    passed: bool
    score: float
    threshold: float
    at: float | None = Field(description="Second of the recording where it shows.")
    reason: ChallengeReason | None
    advice: str

    @classmethod
    def of(cls, finding: CheckFinding) -> "CheckOut":
        """From the domain."""
        return cls(
            check=finding.check,
            passed=finding.passed,
            score=finding.score,
            threshold=finding.threshold,
            at=finding.at,
            reason=finding.reason,
            advice=finding.advice,
        )


class LiveEnrolmentOut(Shape):
    """What the enrolment became. Why it went to review is not said: it would tell whom the person looks like."""

    id: str
    state: EnrolmentState

    @classmethod
    def of(cls, attempt: EnrolmentAttempt) -> "LiveEnrolmentOut":
        """From the domain."""
        return cls(id=attempt.id, state=attempt.state)


class ChallengeResultOut(Shape):
    """What came of a recording. Nothing of one that did not pass is kept."""

    passed: bool
    checks: list[CheckOut]
    enrolment: LiveEnrolmentOut | None

    @classmethod
    def of(cls, outcome: Outcome) -> "ChallengeResultOut":
        """From the service."""
        attempt = outcome.enrolment
        return cls(
            passed=outcome.passed,
            checks=[CheckOut.of(finding) for finding in outcome.findings],
            enrolment=None if attempt is None else LiveEnrolmentOut.of(attempt),
        )

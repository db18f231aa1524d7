"""Attempts to enrol, and looks."""

from datetime import datetime

from pydantic import Field

from consent_registry.domain import Assurance, ConsentReason
from consent_registry.domain.attestations import Attestation, Proof
from consent_registry.domain.enrolments import MAX_STAFF_NOTE, EnrolmentAttempt, EnrolmentState, Look
from consent_registry.schemas.shape import Shape


class EnrolmentOut(Shape):
    """An attempt to enrol, to the person: whom they are like is never part of it."""

    id: str
    subject_id: str
    state: EnrolmentState
    assurance: Assurance
    label: str
    keep_reference: bool
    reason: ConsentReason | None = Field(description="Why staff look at it, or why it was refused.")
    created_at: datetime
    until: datetime = Field(description="When it lapses if nobody decides.")
    note: str

    @classmethod
    def of(cls, attempt: EnrolmentAttempt) -> "EnrolmentOut":
        """From the domain."""
        return cls(
            id=attempt.id,
            subject_id=attempt.subject_id,
            state=attempt.state,
            assurance=attempt.assurance,
            label=attempt.label,
            keep_reference=attempt.keep_reference,
            reason=attempt.reason,
            created_at=attempt.created_at,
            until=attempt.until,
            note=attempt.note,
        )


class EnrolmentList(Shape):
    """Attempts."""

    data: list[EnrolmentOut]


class AttestationOut(Shape):
    """What staff vouched for."""

    proof: Proof
    first_by: str
    first_at: datetime
    second_by: str | None
    second_at: datetime | None

    @classmethod
    def of(cls, attestation: Attestation | None) -> "AttestationOut | None":
        """From the domain."""
        if attestation is None:
            return None
        return cls(
            proof=attestation.proof,
            first_by=attestation.first_by,
            first_at=attestation.first_at,
            second_by=attestation.second_by,
            second_at=attestation.second_at,
        )


class ResemblanceOut(Shape):
    """Somebody whom the one to be enrolled is like."""

    gallery: str
    modality: str
    about: str
    sure: bool
    score: float
    name: str


class StaffEnrolmentOut(EnrolmentOut):
    """An attempt, to staff."""

    proposed_by: str
    decided_by: str | None
    vouched: AttestationOut | None
    alike: list[ResemblanceOut]

    @classmethod
    def seen(cls, attempt: EnrolmentAttempt, vouched: Attestation | None) -> "StaffEnrolmentOut":
        """From the domain."""
        alike = [
            ResemblanceOut(
                gallery=one.gallery,
                modality=one.modality,
                about=one.about,
                sure=one.sure,
                score=one.score,
                name=one.name,
            )
            for one in attempt.alike
        ]
        return cls(
            **EnrolmentOut.of(attempt).model_dump(),
            proposed_by=attempt.proposed_by,
            decided_by=attempt.decided_by,
            vouched=AttestationOut.of(vouched),
            alike=alike,
        )


class StaffEnrolmentList(Shape):
    """Attempts, to staff."""

    data: list[StaffEnrolmentOut]


class StaffNote(Shape):
    """What staff write beside a decision."""

    note: str = Field(default="", max_length=MAX_STAFF_NOTE)


class StaffDecision(StaffNote):
    """What staff decide of an attempt."""

    enrol: bool


class GuardianAnswer(Shape):
    """What a guardian says."""

    yes: bool


class LookOut(Shape):
    """One look of a person."""

    id: str
    label: str
    assurance: Assurance
    has_face: bool
    has_voice: bool
    keeps_reference: bool
    created_at: datetime
    models: list[str] = Field(description="Versions of the models that made its templates.")

    @classmethod
    def of(cls, look: Look) -> "LookOut":
        """From the domain."""
        return cls(
            id=look.id,
            label=look.label,
            assurance=look.assurance,
            has_face=look.has_face,
            has_voice=look.has_voice,
            keeps_reference=look.keeps_reference,
            created_at=look.created_at,
            models=list(look.models),
        )


class LookList(Shape):
    """All looks of a person."""

    data: list[LookOut]

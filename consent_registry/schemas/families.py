"""Ages, guardians and estates."""

from datetime import date, datetime
from typing import Literal

from pydantic import Field

from consent_registry.domain import AgeBand
from consent_registry.domain.attestations import Attestation, Proof
from consent_registry.domain.enrolments import MAX_STAFF_NOTE
from consent_registry.domain.estates import Dispute, Estate, EstateState
from consent_registry.domain.guardians import GuardianLink, GuardianState
from consent_registry.ports import AgeRecord
from consent_registry.schemas.enrolments import AttestationOut
from consent_registry.schemas.shape import Shape


class BirthYear(Shape):
    """When somebody was born."""

    birth_year: int = Field(examples=[1990])


class AgeOut(Shape):
    """How old somebody is, as far as it matters."""

    birth_year: int | None
    verified: bool
    band: AgeBand

    @classmethod
    def of(cls, record: AgeRecord | None, band: AgeBand) -> "AgeOut":
        """From what is kept."""
        if record is None:
            return cls(birth_year=None, verified=False, band=band)
        return cls(birth_year=record.birth_year, verified=record.verified, band=band)


class Vouching(Shape):
    """What a member of staff vouches by."""

    proof: Proof


class NewGuardian(Shape):
    """A question to somebody to be a guardian, or a ward."""

    account_id: str = Field(max_length=100)
    i_am: Literal["guardian", "ward"]


class GuardianOut(Shape):
    """A link between a guardian and a minor."""

    id: str
    guardian: str
    ward: str
    asked_by: str
    state: GuardianState
    asked_at: datetime
    settled_at: datetime
    subject_id: str | None = Field(default=None, description="The minor's, where they have one.")
    vouched: AttestationOut | None = None

    @classmethod
    def of(
        cls, link: GuardianLink, *, subject_id: str | None = None, vouched: Attestation | None = None
    ) -> "GuardianOut":
        """From the domain."""
        return cls(
            id=link.id,
            guardian=link.guardian,
            ward=link.ward,
            asked_by=link.asked_by,
            state=link.state,
            asked_at=link.asked_at,
            settled_at=link.settled_at,
            subject_id=subject_id,
            vouched=AttestationOut.of(vouched),
        )


class GuardianList(Shape):
    """Links."""

    data: list[GuardianOut]


class NewEstate(Shape):
    """A claim to speak for a dead person."""

    handle: str
    display_name: str
    died_on: date
    until: date | None = Field(default=None, description="The last day wanted; 70 years after the death if left out.")


class DisputeOut(Shape):
    """What somebody said against an estate."""

    id: str
    by: str
    reason: str
    at: datetime


class EstateOut(Shape):
    """Who speaks for a dead person."""

    id: str
    handle: str
    display_name: str
    died_on: date
    until: datetime
    state: EstateState
    claimed_at: datetime
    subject_id: str | None

    @classmethod
    def of(cls, estate: Estate) -> "EstateOut":
        """From the domain."""
        return cls(
            id=estate.id,
            handle=estate.handle,
            display_name=estate.display_name,
            died_on=estate.died_on,
            until=estate.until,
            state=estate.state,
            claimed_at=estate.claimed_at,
            subject_id=estate.subject_id,
        )


class EstateList(Shape):
    """What an account claimed."""

    data: list[EstateOut]


class StaffEstateOut(EstateOut):
    """An estate, to staff."""

    account_id: str
    vouched: AttestationOut | None
    disputes: list[DisputeOut]

    @classmethod
    def seen(cls, estate: Estate, vouched: Attestation | None, disputes: list[Dispute]) -> "StaffEstateOut":
        """From the domain."""
        return cls(
            **EstateOut.of(estate).model_dump(),
            account_id=estate.account_id,
            vouched=AttestationOut.of(vouched),
            disputes=[DisputeOut(id=one.id, by=one.by, reason=one.reason, at=one.at) for one in disputes],
        )


class StaffEstateList(Shape):
    """Claims and held estates."""

    data: list[StaffEstateOut]


class NewDispute(Shape):
    """What somebody says against an estate."""

    handle: str
    reason: str = Field(min_length=1, max_length=MAX_STAFF_NOTE)


class DisputeTaken(Shape):
    """A dispute that staff will look at."""

    id: str

"""What two members of staff vouch for together: that somebody is who they say, or may speak for somebody else."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from consent_registry.domain.reasons import ConsentFault
from trust_kernel.errors import Conflict, NotPermitted


class Matter(StrEnum):
    """What is vouched for."""

    ENROLMENT = "enrolment"
    GUARDIAN = "guardian"
    ESTATE = "estate"


class Proof(StrEnum):
    """What was seen: its kind alone, never its number and never a picture of it."""

    IN_PERSON = "in_person"
    """The person and the recording, seen together."""
    PASSPORT = "passport"
    IDENTITY_CARD = "identity_card"
    DRIVING_LICENCE = "driving_licence"
    RESIDENCE_PERMIT = "residence_permit"
    BIRTH_CERTIFICATE = "birth_certificate"
    COURT_ORDER = "court_order"
    DEATH_CERTIFICATE = "death_certificate"
    WILL = "will"
    REFERENCES = "references"
    """Pictures or recordings of a dead person, from a source that can be trusted."""


DOCUMENTS = frozenset({Proof.PASSPORT, Proof.IDENTITY_CARD, Proof.DRIVING_LICENCE, Proof.RESIDENCE_PERMIT})
"""Documents that say who somebody is."""


@dataclass(frozen=True, slots=True)
class Attestation:
    """What one member of staff said, and another confirmed.

    Attributes:
        about: id of the enrolment, guardian link or estate.
        first_by: account id of who said it first.
        second_by: of who confirmed; None until then.
    """

    about: str
    matter: Matter
    proof: Proof
    first_by: str
    first_at: datetime
    second_by: str | None = None
    second_at: datetime | None = None

    @property
    def complete(self) -> bool:
        """Whether two have vouched."""
        return self.second_by is not None


def first(about: str, matter: Matter, proof: Proof, *, by: str, parties: Collection[str], at: datetime) -> Attestation:
    """The first half; raises NotPermitted where whoever says it has a part in it."""
    _check_apart(by, parties)
    return Attestation(about, matter, proof, by, at)


def second(attestation: Attestation, *, by: str, parties: Collection[str], at: datetime) -> Attestation:
    """The second half.

    Raises:
        NotPermitted: by the one who said it first, or by somebody who has a part in it.
        Conflict: it is complete.
    """
    if attestation.complete:
        raise Conflict("two have vouched for this already", code=ConsentFault.ATTESTATION_COMPLETE)
    _check_apart(by, parties)
    if by == attestation.first_by:
        raise NotPermitted("somebody else has to confirm what you said", code=ConsentFault.ATTESTATION_SAME)
    return replace(attestation, second_by=by, second_at=at)


def _check_apart(by: str, parties: Collection[str]) -> None:
    if by in parties:
        raise NotPermitted("nobody vouches for themselves", code=ConsentFault.ATTESTATION_OWN)

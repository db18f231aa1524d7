"""Who has a part in an enrolment, whether they are old enough, and how sure it is."""

from consent_registry.domain import Assurance, ConsentFault, Subject
from consent_registry.domain.ages import age_at, band_of
from consent_registry.domain.attestations import DOCUMENTS, Proof
from consent_registry.domain.enrolments import needs_guardian
from consent_registry.service.families import guardians_of
from consent_registry.service.parts import RegistryParts, unknown_subject
from trust_kernel.errors import InvalidInput

ATTEST = "cameo:attest"
"""The permission of staff who vouch, and decide on what is found."""


class Parties:
    """Answers what an enrolment turns on beside the media."""

    def __init__(self, parts: RegistryParts) -> None:
        self._parts = parts

    def subject(self, subject_id: str) -> Subject:
        """By id; raises NotFound."""
        with self._parts.unit.reading():
            record = self._parts.store.subject(subject_id)
        current = record.as_of(self._parts.clock.now()) if record else None
        if current is None:
            raise unknown_subject()
        return current

    def parties(self, subject: Subject) -> frozenset[str]:
        """Accounts of the person and of their guardians: they cannot vouch for it."""
        with self._parts.unit.reading():
            now = self._parts.clock.now()
            return guardians_of(self._parts.store, subject.account_id, now) | {subject.account_id}

    def needs_guardian(self, subject: Subject) -> bool:
        """Whether a guardian has to approve; raises NotPermitted where nobody can (see the domain's rule)."""
        store = self._parts.store
        with self._parts.unit.reading():
            if store.estate_about(subject.id) is not None:
                return False  # the dead have no age
            known = store.age(subject.account_id)
            now = self._parts.clock.now()
            band = band_of(known.birth_year if known else None, now)
            age = age_at(known.birth_year, now) if known else None
            return needs_guardian(band, age, self._parts.rules, guardians_of(store, subject.account_id, now))

    def assurance(self, subject: Subject, proof: Proof) -> Assurance:
        """How sure an enrolment is that staff vouch for by this proof.

        Raises:
            InvalidInput: it does not show who somebody is.
        """
        with self._parts.unit.reading():
            dead = self._parts.store.estate_about(subject.id) is not None
        if dead and proof is Proof.REFERENCES:
            return Assurance.ESTATE
        if not dead and proof is Proof.IN_PERSON:
            return Assurance.STAFF_ATTESTED
        if not dead and proof in DOCUMENTS:
            return Assurance.DOCUMENT
        raise InvalidInput("this does not show who the person is", code=ConsentFault.ATTESTATION_PROOF, field="proof")

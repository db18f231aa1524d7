"""Speaking for a dead person: claimed by one, vouched for by two members of staff, until a date."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import date

from consent_registry.domain import ConsentEvent, ConsentFault, check_display_name, check_handle
from consent_registry.domain.ages import AgeBand
from consent_registry.domain.attestations import Attestation, Matter, Proof
from consent_registry.domain.enrolments import OPEN, EnrolmentState, check_staff_note
from consent_registry.domain.estates import Dispute, Estate, EstateState, until_of
from consent_registry.service.announcing import Announcer
from consent_registry.service.attempts import Attempts
from consent_registry.service.attestations import Attestations
from consent_registry.service.families import band_at
from consent_registry.service.granting import Granting
from consent_registry.service.parties import ATTEST
from consent_registry.service.parts import RegistryParts, changing
from consent_registry.service.people import People
from trust_kernel.errors import Conflict, InvalidInput, NotFound, NotPermitted
from trust_kernel.ids import new_id

PROOFS = frozenset({Proof.DEATH_CERTIFICATE, Proof.WILL, Proof.COURT_ORDER})
"""What shows that somebody speaks for a dead person."""


class EstateDesk:
    """Takes an estate from the claim to its end.

    The representative's account holds the dead person's subject as others hold their own, so an account that has a
    likeness of its own cannot: the rights of the two must never run together.
    """

    def __init__(self, parts: RegistryParts, people: People, granting: Granting) -> None:
        self._parts = parts
        self._people = people
        self._granting = granting
        self._announce = Announcer(parts)
        self._attestations = Attestations(parts)
        self._attempts = Attempts(parts)

    def claim(self, by: str, handle: str, display_name: str, *, died_on: date, until: date | None = None) -> Estate:
        """Say that one speaks for a dead person; two members of staff have to vouch before that means anything.

        Args:
            by: the representative's account.
            handle: what prompts will call the dead person.
            display_name: what pages will.
            died_on: the day of death.
            until: the last day wanted; None for 70 years after the death.

        Raises:
            InvalidInput: a field is malformed or out of range.
            NotPermitted: the representative is no adult, or never said in which year they were born.
            Conflict: the account has a subject or another claim.
        """
        now = self._parts.clock.now()
        ends = until_of(died_on, until, now)
        estate = Estate(
            id=new_id("estate"),
            account_id=by,
            handle=check_handle(handle),
            display_name=check_display_name(display_name),
            died_on=died_on,
            until=ends,
            state=EstateState.CLAIMED,
            claimed_at=now,
        )
        with self._parts.unit.transaction():
            self._check_adult(by)
            open_ones = [one for one in self._parts.store.estates_of(by) if one.state in _STANDING]
            if open_ones or self._parts.store.subject_of(by) is not None:
                raise Conflict("this account speaks for somebody already", code=ConsentFault.ESTATE_TAKEN)
            self._parts.store.add_estate(estate)
            self._announce.record(ConsentEvent.ESTATE_CLAIMED, by, {"estate": estate.id})
            self._announce.tell(ConsentEvent.ESTATE_CLAIMED, self._staff() - {by}, _payload(estate))
        return estate

    def attest(self, estate_id: str, proof: Proof, *, by: str) -> Estate:
        """A member of staff vouches; with the second one the representative holds the dead person's subject.

        Raises:
            InvalidInput: this proof does not show it.
            NotFound: no such estate.
            NotPermitted: by the representative, or by who vouched first; or the representative is no adult.
            Conflict: it does not wait for this, or the handle is taken.
        """
        if proof not in PROOFS:
            raise InvalidInput(
                "this does not show who speaks for the dead",
                code=ConsentFault.ATTESTATION_PROOF,
                field="proof",
                limit=", ".join(sorted(PROOFS)),
            )
        with self._parts.unit.transaction():
            estate = self._in(estate_id, EstateState.CLAIMED)
            self._check_adult(estate.account_id)  # again: staff may have checked the age since
            given = self._attestations.give(estate_id, Matter.ESTATE, proof, by=by, parties={estate.account_id})
            if not given.complete:
                return estate
            subject = self._people.register(estate.account_id, estate.handle, estate.display_name, None)
            held = self._moved(replace(estate, state=EstateState.HELD, subject_id=subject.id), EstateState.CLAIMED)
            self._announce.record(ConsentEvent.ESTATE_HELD, by, {"estate": estate.id})
            self._announce.tell(ConsentEvent.ESTATE_HELD, {estate.account_id}, _payload(held))
        return held

    def dispute(self, handle: str, reason: str, *, by: str) -> Dispute:
        """Say that a representative does not speak for a dead person; staff are told, and decide.

        Raises:
            InvalidInput: no reason, or too long a one.
            NotFound: nobody holds an estate of this handle.
        """
        written = check_staff_note(reason, "reason")
        if not written:
            raise InvalidInput("say why", code=ConsentFault.STAFF_NOTE_MALFORMED, field="reason")
        with self._parts.unit.transaction():
            estate = self._parts.store.estate_called(handle.lower())
            if estate is None:
                raise unknown_estate()
            dispute = Dispute(new_id("disp"), estate.id, by, written, self._parts.clock.now())
            self._parts.store.add_dispute(dispute)
            self._announce.record(ConsentEvent.ESTATE_DISPUTED, by, {"estate": estate.id, "dispute": dispute.id})
            payload = {**_payload(estate), "dispute_id": dispute.id}
            self._announce.tell(ConsentEvent.ESTATE_DISPUTED, self._staff(), payload)
        return dispute

    def end(self, estate_id: str, *, by: str) -> Estate:
        """Staff refuse a claim, or end an estate: grants end, and nobody speaks for the dead person any more.

        Raises:
            NotFound: no such estate.
            Conflict: it has ended.
        """
        with self._parts.unit.transaction():
            estate = self._named(estate_id)
            if estate.state is EstateState.CLAIMED:
                refused = self._moved(replace(estate, state=EstateState.REFUSED), EstateState.CLAIMED)
                self._announce.record(ConsentEvent.ESTATE_ENDED, by, {"estate": estate.id})
                self._announce.tell(ConsentEvent.ESTATE_ENDED, {estate.account_id}, _payload(refused))
                return refused
            return self._ended(estate, by)

    def expire(self, limit: int = 100) -> int:
        """End estates whose date has come; gives how many."""
        with self._parts.unit.reading():
            due = self._parts.store.estates_due(self._parts.clock.now(), limit)
        return sum(self._expired(estate.id) for estate in due)

    def _expired(self, estate_id: str) -> bool:
        with suppress(Conflict, NotFound):  # another worker was faster, or the estate is erased
            with self._parts.unit.transaction():
                self._ended(self._named(estate_id), "")
            return True
        return False

    def _ended(self, estate: Estate, by: str) -> Estate:
        if estate.state is not EstateState.HELD or estate.subject_id is None:
            raise _settled()
        record = self._parts.store.lock([estate.subject_id]).get(estate.subject_id)
        ended = self._moved(replace(estate, state=EstateState.ENDED), EstateState.HELD)
        if record is not None and record.account_id is not None:  # else the representative had them forgotten
            self._granting.revoke_all(estate.subject_id, by)
            for attempt in self._parts.store.attempts_of(estate.subject_id):  # after the releases: this is logged too
                if attempt.state in OPEN:
                    self._attempts.ended(attempt, EnrolmentState.WITHDRAWN, by, None)
            with changing(self._parts, estate.subject_id, by) as change:
                change.record(ConsentEvent.ESTATE_ENDED, {"estate": estate.id})
                change.tell(ConsentEvent.ESTATE_ENDED, frozenset({estate.account_id}), {"estate_id": estate.id})
                self._parts.store.silence(estate.subject_id)
        return ended

    def of(self, account_id: str) -> Sequence[Estate]:
        """What an account claimed, newest first."""
        with self._parts.unit.reading():
            return self._parts.store.estates_of(account_id)

    def standing(self, limit: int = 100) -> Sequence[Estate]:
        """Claims and held estates, oldest first, for staff."""
        with self._parts.unit.reading():
            return self._parts.store.estates_in(_STANDING, limit)

    def disputes(self, estate_id: str) -> Sequence[Dispute]:
        """What was said against an estate, oldest first."""
        with self._parts.unit.reading():
            return self._parts.store.disputes(estate_id)

    def vouched(self, estate_id: str) -> Attestation | None:
        """What staff said of an estate."""
        return self._attestations.about(estate_id)

    def _check_adult(self, account_id: str) -> None:
        band = band_at(self._parts.store, account_id, self._parts.clock.now())
        if band is AgeBand.UNKNOWN:
            raise NotPermitted("the representative has to say a year of birth first", code=ConsentFault.AGE_UNSTATED)
        if band is not AgeBand.ADULT:
            raise NotPermitted("only an adult speaks for a dead person", code=ConsentFault.ESTATE_MINOR)

    def _staff(self) -> frozenset[str]:
        return frozenset(self._parts.staff.who_may(ATTEST))

    def _in(self, estate_id: str, state: EstateState) -> Estate:
        estate = self._named(estate_id)
        if estate.state is not state:
            raise _settled()
        return estate

    def _named(self, estate_id: str) -> Estate:
        with self._parts.unit.reading():
            found = self._parts.store.estate(estate_id)
        if found is None:
            raise unknown_estate()
        return found

    def _moved(self, estate: Estate, before: EstateState) -> Estate:
        if not self._parts.store.move_estate(estate, before=before):
            raise _settled()
        return estate


_STANDING = frozenset({EstateState.CLAIMED, EstateState.HELD})


def unknown_estate() -> NotFound:
    """The error for an estate that is not there, or that the caller may not know of."""
    return NotFound("there is no such estate", code=ConsentFault.ESTATE_UNKNOWN)


def _settled() -> Conflict:
    return Conflict("this estate does not wait for that", code=ConsentFault.ESTATE_SETTLED)


def _payload(estate: Estate) -> dict[str, str | int | bool | None]:
    return {"estate_id": estate.id, "handle": estate.handle, "state": str(estate.state)}

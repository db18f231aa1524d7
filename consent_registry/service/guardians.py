"""Linking minors and guardians, and letting go of them at 18."""

from collections.abc import Sequence

from consent_registry.domain import ConsentEvent, ConsentFault, check_account_id
from consent_registry.domain.ages import adults_born_by
from consent_registry.domain.attestations import DOCUMENTS, Attestation, Matter, Proof
from consent_registry.domain.guardians import STANDING, GuardianLink, GuardianState, check_link
from consent_registry.service.announcing import Announcer
from consent_registry.service.attestations import Attestations
from consent_registry.service.families import band_at
from consent_registry.service.parties import ATTEST
from consent_registry.service.parts import RegistryParts
from trust_kernel.errors import Conflict, InvalidInput, NotFound
from trust_kernel.ids import new_id

PROOFS = DOCUMENTS | {Proof.BIRTH_CERTIFICATE, Proof.COURT_ORDER}
"""What shows that somebody looks after somebody."""


class GuardianDesk:
    """Takes a link from the question to its end."""

    def __init__(self, parts: RegistryParts) -> None:
        self._parts = parts
        self._announce = Announcer(parts)
        self._attestations = Attestations(parts)

    def ask(self, by: str, other: str, *, as_guardian: bool) -> GuardianLink:
        """Ask somebody to be one's guardian, or one's ward.

        Raises:
            NotPermitted: one is no adult, or the other not 13 to 17, as far as they have said.
            Conflict: the two are linked, or one has asked.
        """
        guardian, ward = (by, other) if as_guardian else (other, by)
        check_account_id(other, "account_id")
        store, now = self._parts.store, self._parts.clock.now()
        with self._parts.unit.transaction():
            check_link(band_at(store, guardian, now), band_at(store, ward, now))
            if any(one.guardian == guardian and one.state in STANDING for one in store.guardians_about(ward)):
                raise Conflict("these two are linked, or one has asked", code=ConsentFault.GUARDIAN_EXISTS)
            link = GuardianLink(new_id("guard"), guardian, ward, by, GuardianState.ASKED, now, now)
            store.add_guardian(link)
            self._announce.record(ConsentEvent.GUARDIAN_ASKED, by, {"link": link.id})
            self._announce.tell(ConsentEvent.GUARDIAN_ASKED, {other}, _payload(link))
        return link

    def accept(self, link_id: str, *, by: str) -> GuardianLink:
        """The one who was asked says yes; staff are told that it is to be vouched for.

        Raises:
            NotFound: no such link, or it is not the caller's to accept.
            Conflict: it is past that.
        """
        with self._parts.unit.transaction():
            link = self.mine(link_id, by)
            if by != link.other:
                raise unknown_link()
            moved = self._moved(link, GuardianState.ASKED, GuardianState.ACCEPTED)
            self._announce.record(ConsentEvent.GUARDIAN_ACCEPTED, by, {"link": link.id})
            told = (link.parties | frozenset(self._parts.staff.who_may(ATTEST))) - {by}
            self._announce.tell(ConsentEvent.GUARDIAN_ACCEPTED, told, _payload(moved))
        return moved

    def attest(self, link_id: str, proof: Proof, *, by: str) -> GuardianLink:
        """A member of staff vouches for an accepted link; with the second one it is verified.

        Raises:
            InvalidInput: this proof does not show it.
            NotFound: no such link.
            NotPermitted: by a party, or by who vouched first.
            Conflict: it does not wait for this, or the two are no longer of these ages.
        """
        if proof not in PROOFS:
            raise InvalidInput(
                "this does not show a guardian",
                code=ConsentFault.ATTESTATION_PROOF,
                field="proof",
                limit=", ".join(sorted(PROOFS)),
            )
        store = self._parts.store
        with self._parts.unit.transaction():
            link = self._named(link_id)
            now = self._parts.clock.now()
            check_link(band_at(store, link.guardian, now), band_at(store, link.ward, now))
            if link.state is not GuardianState.ACCEPTED:
                raise _settled()
            given = self._attestations.give(link_id, Matter.GUARDIAN, proof, by=by, parties=link.parties)
            if not given.complete:
                return link
            moved = self._moved(link, GuardianState.ACCEPTED, GuardianState.VERIFIED)
            self._announce.record(ConsentEvent.GUARDIAN_VERIFIED, by, {"link": link.id})
            self._announce.tell(ConsentEvent.GUARDIAN_VERIFIED, link.parties, _payload(moved))
        return moved

    def end(self, link_id: str, *, by: str, staff: bool = False) -> GuardianLink:
        """Either side, or staff, end a link. What the guardian granted stays, and the minor's other guardian, if any.

        Raises:
            NotFound: no such link, or it is not the caller's.
            Conflict: it has ended.
        """
        with self._parts.unit.transaction():
            link = self._named(link_id) if staff else self.mine(link_id, by)
            if link.state not in STANDING:
                raise _settled()
            moved = self._moved(link, link.state, GuardianState.ENDED)
            self._announce.record(ConsentEvent.GUARDIAN_ENDED, by, {"link": link.id})
            self._announce.tell(ConsentEvent.GUARDIAN_ENDED, link.parties, _payload(moved))
        return moved

    def of_age(self, limit: int = 100) -> int:
        """End the links of those who are 18 for sure, and tell them what still stands; gives how many."""
        with self._parts.unit.reading():
            due = self._parts.store.guardians_grown(adults_born_by(self._parts.clock.now()), limit)
        return sum(self._grown(link) for link in due)

    def _grown(self, link: GuardianLink) -> bool:
        store, now = self._parts.store, self._parts.clock.now()
        with self._parts.unit.transaction():
            if not store.move_guardian(link.id, link.state, GuardianState.ENDED, now):
                return False
            subject = store.subject_of(link.ward)
            grants = store.grants(subject.id) if subject else ()
            standing = sum(one.revoked_at is None and one.expires_at > now for one in grants)
            self._announce.record(ConsentEvent.GUARDIAN_OF_AGE, "", {"link": link.id})
            payload: dict[str, str | int | bool | None] = {"link_id": link.id, "grants_standing": standing}
            self._announce.tell(ConsentEvent.GUARDIAN_OF_AGE, link.parties, payload)
        return True

    def about(self, account_id: str) -> Sequence[GuardianLink]:
        """All links of an account, newest first."""
        with self._parts.unit.reading():
            return self._parts.store.guardians_about(account_id)

    def waiting(self, limit: int = 100) -> Sequence[GuardianLink]:
        """Links that staff have to vouch for, oldest first."""
        with self._parts.unit.reading():
            return self._parts.store.guardians_in({GuardianState.ACCEPTED}, limit)

    def vouched(self, link_id: str) -> Attestation | None:
        """What staff said of a link."""
        return self._attestations.about(link_id)

    def subject_of_ward(self, link: GuardianLink) -> str | None:
        """Id of the minor's subject, where they have one."""
        with self._parts.unit.reading():
            record = self._parts.store.subject_of(link.ward)
        return record.id if record else None

    def mine(self, link_id: str, account_id: str) -> GuardianLink:
        """A link that an account is a party of; raises NotFound."""
        link = self._named(link_id)
        if account_id not in link.parties:
            raise unknown_link()
        return link

    def _named(self, link_id: str) -> GuardianLink:
        with self._parts.unit.reading():
            found = self._parts.store.guardian(link_id)
        if found is None:
            raise unknown_link()
        return found

    def _moved(self, link: GuardianLink, before: GuardianState, after: GuardianState) -> GuardianLink:
        if not self._parts.store.move_guardian(link.id, before, after, self._parts.clock.now()):
            raise _settled()
        return self._named(link.id)


def unknown_link() -> NotFound:
    """The error for a link that is not there, or that the caller may not know of."""
    return NotFound("there is no such guardian", code=ConsentFault.GUARDIAN_UNKNOWN)


def _settled() -> Conflict:
    return Conflict("this link does not wait for that", code=ConsentFault.GUARDIAN_SETTLED)


def _payload(link: GuardianLink) -> dict[str, str | int | bool | None]:
    return {"link_id": link.id, "guardian": link.guardian, "ward": link.ward, "state": str(link.state)}

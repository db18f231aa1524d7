"""Two members of staff vouch for something, each on their own."""

from collections.abc import Collection

from consent_registry.domain import ConsentEvent
from consent_registry.domain.attestations import Attestation, Matter, Proof, first, second
from consent_registry.service.announcing import Announcer
from consent_registry.service.parts import RegistryParts


class Attestations:
    """Keeps who vouched for what."""

    def __init__(self, parts: RegistryParts) -> None:
        self._parts = parts
        self._announce = Announcer(parts)

    def about(self, about: str) -> Attestation | None:
        """What was said of something."""
        with self._parts.unit.reading():
            return self._parts.store.attestation(about)

    def give(self, about: str, matter: Matter, proof: Proof, *, by: str, parties: Collection[str]) -> Attestation:
        """The first half, or the second where another member of staff gave the first; joins an open transaction.

        Args:
            about: id of the enrolment, guardian link or estate.
            matter: what that is.
            proof: what was seen.
            by: account id of the member of staff.
            parties: accounts that have a part in it, and cannot vouch for it.

        Raises:
            NotPermitted: by a party, or by who gave the first half.
            Conflict: two have vouched already.
        """
        now = self._parts.clock.now()
        with self._parts.unit.transaction():
            standing = self._parts.store.attestation(about)
            if standing is None:
                given = first(about, matter, proof, by=by, parties=parties, at=now)
            else:
                given = second(standing, by=by, parties=parties, at=now)
            self._parts.store.put_attestation(given)
            body = {"about": about, "matter": str(matter), "proof": str(proof), "half": 2 if given.complete else 1}
            self._announce.record(ConsentEvent.ATTESTATION_GIVEN, by, body)
        return given

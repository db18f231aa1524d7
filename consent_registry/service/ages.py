"""How old people are: what they say, and what staff have checked."""

from consent_registry.domain import ConsentEvent, ConsentFault, check_account_id, check_birth_year
from consent_registry.domain.ages import AgeBand, band_of
from consent_registry.ports import AgeRecord
from consent_registry.service.announcing import Announcer
from consent_registry.service.parts import RegistryParts
from trust_kernel.errors import Conflict, NotPermitted


class AgeBook:
    """Birth years of accounts. What staff checked outranks what somebody says of themselves."""

    def __init__(self, parts: RegistryParts) -> None:
        self._parts = parts
        self._announce = Announcer(parts)

    def of(self, account_id: str) -> AgeRecord | None:
        """What is known of an account's person."""
        with self._parts.unit.reading():
            return self._parts.store.age(account_id)

    def band(self, account_id: str) -> AgeBand:
        """The band today."""
        known = self.of(account_id)
        return band_of(known.birth_year if known else None, self._parts.clock.now())

    def state(self, account_id: str, birth_year: int) -> AgeRecord:
        """Say in which year one was born. Once said, it can only be corrected to a later year, or by staff.

        Raises:
            InvalidInput: no living person was born in it.
            Conflict: ``consent:age:verified``, staff checked another year, or it would make the person older.
        """
        now = self._parts.clock.now()
        check_birth_year(birth_year, now)
        with self._parts.unit.transaction():
            known = self._parts.store.age(account_id)
            if known is not None and known.birth_year == birth_year:
                return known
            if known is not None and (known.verified or birth_year < known.birth_year):
                raise Conflict(
                    "only staff who have seen proof can change this",
                    code=ConsentFault.AGE_VERIFIED,
                    field="birth_year",
                )
            stated = AgeRecord(account_id, birth_year, verified=False, by=account_id, at=now)
            self._parts.store.put_age(stated)
        return stated

    def verify(self, account_id: str, birth_year: int, *, by: str) -> AgeRecord:
        """Write down a birth year that a member of staff has seen proof of.

        Raises:
            InvalidInput: no living person was born in it.
            NotPermitted: it is the member of staff's own.
        """
        now = self._parts.clock.now()
        check_account_id(account_id, "account_id")
        check_birth_year(birth_year, now)
        if account_id == by:
            raise NotPermitted("nobody vouches for themselves", code=ConsentFault.ATTESTATION_OWN)
        checked = AgeRecord(account_id, birth_year, verified=True, by=by, at=now)
        with self._parts.unit.transaction():
            self._parts.store.put_age(checked)
            about = self._parts.pseudonym(account_id)
            self._announce.record(ConsentEvent.AGE_CHECKED, by, {"account": about})
            self._announce.tell(ConsentEvent.AGE_CHECKED, {account_id}, {"birth_year": birth_year})
        return checked

"""Who may speak for whom, and in which band of age somebody is."""

from dataclasses import replace
from datetime import datetime

from consent_registry.domain import ConsentFault, GrantTerms, Subject
from consent_registry.domain.ages import AgeBand, band_of
from consent_registry.domain.guardians import GuardianState
from consent_registry.ports import FamilyStore, UnitOfWork
from trust_kernel.clock import Clock
from trust_kernel.errors import NotPermitted


def band_at(store: FamilyStore, account_id: str, now: datetime) -> AgeBand:
    """The band of an account's person at a moment."""
    known = store.age(account_id)
    return band_of(known.birth_year if known else None, now)


def guardians_of(store: FamilyStore, account_id: str, now: datetime) -> frozenset[str]:
    """Accounts of the verified guardians of somebody who is 13 to 17; of anybody else there are none."""
    links = [link for link in store.guardians_about(account_id) if link.ward == account_id]
    verified = frozenset(link.guardian for link in links if link.state is GuardianState.VERIFIED)
    return verified if verified and band_at(store, account_id, now) is AgeBand.TEEN else frozenset()


def wards_of(store: FamilyStore, account_id: str, now: datetime) -> frozenset[str]:
    """Accounts of those between 13 and 17 whose verified guardian an account is."""
    links = [link for link in store.guardians_about(account_id) if link.guardian == account_id]
    return frozenset(
        link.ward
        for link in links
        if link.state is GuardianState.VERIFIED and band_at(store, link.ward, now) is AgeBand.TEEN
    )


class StatedAges:
    """`Ages`: as stated, or as staff checked."""

    def __init__(self, unit: UnitOfWork, store: FamilyStore, clock: Clock) -> None:
        self._unit = unit
        self._store = store
        self._clock = clock

    def band_of(self, account_id: str) -> AgeBand:
        """The band today; unknown where nobody ever said a birth year."""
        with self._unit.reading():
            return band_at(self._store, account_id, self._clock.now())


def check_giver(store: FamilyStore, subject: Subject, actor: str, now: datetime) -> None:
    """Whether somebody can give a consent of this person's: they themselves, and for a minor a guardian alone.

    Raises:
        NotPermitted: ``consent:grant:by_other``, or ``consent:minor:alone``.
    """
    if actor in guardians_of(store, subject.account_id, now):
        return
    if actor != subject.account_id:
        raise NotPermitted("only the person themselves can consent", code=ConsentFault.GRANT_BY_OTHER)
    if subject.minor:
        raise NotPermitted("a guardian has to give this consent", code=ConsentFault.MINOR_ALONE)


def within_estate(store: FamilyStore, subject_id: str, terms: GrantTerms) -> GrantTerms:
    """The terms, ended no later than the estate that speaks for a dead person; those of the living as they are."""
    estate = store.estate_about(subject_id)
    if estate is None or terms.expires_at is None or terms.expires_at <= estate.until:
        return terms
    return replace(terms, expires_at=estate.until)

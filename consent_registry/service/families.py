"""Who may speak for whom, and in which band of age somebody is."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Protocol

from consent_registry.domain import ConsentFault, GrantTerms, Subject
from consent_registry.domain.ages import AgeBand, band_of
from consent_registry.domain.guardians import GuardianState
from consent_registry.ports import FamilyStore, PeopleStore, UnitOfWork
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


class Households(FamilyStore, PeopleStore, Protocol):
    """Who looks after whom, and what they are called."""


def heard_by(store: Households, account_id: str, now: datetime) -> Mapping[str, str]:
    """Who is told what an account is told: the account, and a minor's verified guardians.

    Returns:
        By account, for whom it hears: "" for itself, and for a guardian the minor's handle, or their account's id where
        they have none.
    """
    guardians = guardians_of(store, account_id, now)
    minor = store.subject_of(account_id) if guardians else None
    return {account_id: ""} | dict.fromkeys(guardians, (minor.handle if minor else None) or account_id)


class FamilyHearers:
    """Who hears what somebody is told, for those who tell people and have no registry."""

    def __init__(self, unit: UnitOfWork, store: Households, clock: Clock) -> None:
        self._unit = unit
        self._store = store
        self._clock = clock

    def heard_by(self, account_id: str) -> Mapping[str, str]:
        """The account, and a minor's verified guardians, at this moment. See `heard_by`."""
        with self._unit.reading():
            return heard_by(self._store, account_id, self._clock.now())


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


def check_giver(
    store: FamilyStore, subject: Subject, actor: str, now: datetime, *, what: str = "give this consent"
) -> None:
    """Whether somebody can give a consent of this person's: they themselves, and for a minor a guardian alone.

    Args:
        store: knows the guardians.
        subject: whose consent.
        actor: account of whoever gives it.
        now: the moment.
        what: what a guardian has to do, to be told to a minor.

    Raises:
        NotPermitted: ``consent:grant:by_other``, or ``consent:minor:alone``.
    """
    if actor in guardians_of(store, subject.account_id, now):
        return
    if actor != subject.account_id:
        raise NotPermitted("only the person themselves can consent", code=ConsentFault.GRANT_BY_OTHER)
    if subject.minor:
        raise NotPermitted(f"a guardian has to {what}", code=ConsentFault.MINOR_ALONE)


def within_estate(store: FamilyStore, subject_id: str, terms: GrantTerms) -> GrantTerms:
    """The terms, ended no later than the estate that speaks for a dead person; those of the living as they are."""
    estate = store.estate_about(subject_id)
    if estate is None or terms.expires_at is None or terms.expires_at <= estate.until:
        return terms
    return replace(terms, expires_at=estate.until)

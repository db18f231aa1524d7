"""Telling accounts what becomes of claims."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from copyright_optout.domain import Claim, ClaimState, Concern, Concerning, OptOutEvent, Organisation, Role
from copyright_optout.ports import OrganisationStore, Outbox, Staff

DECIDES = "optout:activate"
"""Permission of the staff who decide on claims and notices."""
NOBODY: Mapping[str, Sequence[Concerning]] = MappingProxyType({})


class ClaimNotices:
    """Tells members of organisations, people whose names are claimed, and staff; in the caller's transaction.

    Args:
        organisations: who acts for whom.
        staff: who decides.
        outbox: takes what is told.
    """

    def __init__(self, organisations: OrganisationStore, staff: Staff, outbox: Outbox) -> None:
        self._organisations = organisations
        self._staff = staff
        self._outbox = outbox

    def moved(self, claim: Claim, *, actor: str) -> None:
        """Tell every member of its organisation where a claim stands now, but the one who moved it."""
        facts = {"claim_id": claim.id, "title": claim.terms.title}
        for member in self._organisations.members(claim.organisation_id):
            if member.account_id != actor:
                self._outbox.emit(f"optout:claim:{claim.state}", member.account_id, facts)

    def named(
        self,
        claims: Sequence[Claim],
        concerns: Mapping[str, Sequence[Concerning]],
        known: Mapping[str, Sequence[Concerning]] = NOBODY,
    ) -> None:
        """Tell people that a claim that was handed in is about their own name: they can object to it.

        Args:
            claims: which; nobody is told of drafts.
            concerns: what is to be known of them, by claim id.
            known: what was noted before: whom that names was told then.
        """
        for claim in claims:
            told = set(known.get(claim.id, ()))
            for one in concerns.get(claim.id, ()) if claim.state is not ClaimState.DRAFT else ():
                if one.concern is Concern.PERSON and one not in told:
                    self._outbox.emit(OptOutEvent.PERSON_NAMED, one.about, {"claim_id": claim.id, "name": one.name})

    def objected(self, claim: Claim) -> None:
        """Tell staff that somebody objects to a claim on their name."""
        for account_id in sorted(self._staff.who_may(DECIDES)):
            self._outbox.emit(
                OptOutEvent.PERSON_OBJECTED, account_id, {"claim_id": claim.id, "title": claim.terms.title}
            )

    def flooded(self, claim: Claim, share: str) -> None:
        """Tell staff that a claim would stop, or has stopped, too much."""
        facts = {"claim_id": claim.id, "title": claim.terms.title, "percent": share}
        for account_id in sorted(self._staff.who_may(DECIDES)):
            self._outbox.emit(OptOutEvent.CLAIM_FLOODED, account_id, facts)

    def invited(self, organisation: Organisation, account_id: str, role: Role) -> None:
        """Tell somebody that they may act for an organisation if they want to."""
        facts = {"organisation_id": organisation.id, "title": organisation.name, "role": role.value}
        self._outbox.emit(OptOutEvent.ORGANISATION_INVITED, account_id, facts)

    def ownerless(self, organisation: Organisation) -> None:
        """Tell staff that nobody owns an organisation any more: they can name somebody."""
        facts = {"organisation_id": organisation.id, "name": organisation.name}
        for account_id in sorted(self._staff.who_may(DECIDES)):
            self._outbox.emit(OptOutEvent.ORGANISATION_OWNERLESS, account_id, facts)

"""What staff should know of a claim before it stops anything."""

from collections.abc import Iterable, Mapping, Sequence

from copyright_optout.domain import Claim, ClaimState, Concern, Concerning, OptOutFault
from copyright_optout.ports import ClaimStore, OrganisationStore, People
from trust_kernel.errors import NotPermitted
from trust_kernel.names.english import is_common
from trust_kernel.names.plain import fold_name

LOOKED_FOR = frozenset({Concern.COMMON_WORD, Concern.PERSON, Concern.DUPLICATE})
"""What is found by looking at names; other concerns stay as they were noted."""


class Concerns:
    """Looks at the names of claims, many at once.

    Args:
        store: other claims.
        organisations: who acts for whom; somebody's own name is theirs to claim.
        people: who is registered here.
    """

    def __init__(self, store: ClaimStore, organisations: OrganisationStore, people: People) -> None:
        self._store = store
        self._organisations = organisations
        self._people = people

    def of(self, claims: Sequence[Claim]) -> dict[str, tuple[Concerning, ...]]:
        """What is to be known of each, by claim id; those with nothing are left out."""
        folded = {fold_name(name) for claim in claims for name in claim.terms.aliases}
        taken, people = self._store.called(folded), self._people.called(folded)
        found = {claim.id: tuple(self._about(claim, taken, people)) for claim in claims}
        return {claim_id: concerns for claim_id, concerns in found.items() if concerns}

    def again(self, claim: Claim) -> tuple[Concerning, ...]:
        """What is to be known of a claim now, with what was noted of it beside its names; keeps it as such."""
        known = self._store.concerns([claim.id]).get(claim.id, ())
        found = (*self.of([claim]).get(claim.id, ()), *(one for one in known if one.concern not in LOOKED_FOR))
        if tuple(known) != found:
            self._store.set_concerns(claim.id, found)
        return found

    def check_disinterested(self, actor: str, organisation_id: str) -> None:
        """Whoever acts for an organisation decides nothing about its claims; raises NotPermitted."""
        if any(one.account_id == actor for one in self._organisations.members(organisation_id)):
            raise NotPermitted("somebody else of staff has to decide on it", code=OptOutFault.OWN_CLAIM)

    def name_of(self, account_id: str, claim: Claim) -> str | None:
        """The first name of a claim that is an account's own; None where none is."""
        people = self._people.called(map(fold_name, claim.terms.aliases))
        return next((name for name in claim.terms.aliases if account_id in people.get(fold_name(name), ())), None)

    def _about(
        self, claim: Claim, taken: Mapping[str, Sequence[Claim]], people: Mapping[str, frozenset[str]]
    ) -> Iterable[Concerning]:
        for name in claim.terms.aliases:
            folded = fold_name(name)
            if " " not in folded and is_common(folded):
                yield Concerning(Concern.COMMON_WORD, name)
            for account_id in self._somebody_elses(claim, people.get(folded, frozenset())):
                yield Concerning(Concern.PERSON, name, account_id)
            other = next((one for one in taken.get(folded, ()) if _rivals(one, claim)), None)
            if other is not None:
                yield Concerning(Concern.DUPLICATE, name, other.id)

    def _somebody_elses(self, claim: Claim, accounts: frozenset[str]) -> Sequence[str]:
        """Those of some accounts that do not act for the claim's organisation."""
        if not accounts:
            return ()
        return sorted(accounts - {one.account_id for one in self._organisations.members(claim.organisation_id)})


def _rivals(other: Claim, claim: Claim) -> bool:
    """Whether another organisation claims the same in earnest; a draft is nobody's business yet."""
    return other.organisation_id != claim.organisation_id and other.state is not ClaimState.DRAFT

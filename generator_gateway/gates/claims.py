"""Whether what somebody claims may nevertheless be made: under a licence, or because the claim leaves it open."""

from collections.abc import Mapping

from copyright_optout.api import Claim, Depiction, OptOutIndex, OptOutReason, Told
from generator_gateway.service.depicting import ReadsWords, depiction_of
from generator_gateway.service.disclosing import facts_of
from generator_gateway.stages import Request
from trust_kernel.decisions import Outcome


class ClaimedWorks:
    """Answers for the gates that find claimed works.

    Args:
        optouts: the claims.
        words: reads in which settings somebody asks for something.
    """

    def __init__(self, optouts: OptOutIndex, words: ReadsWords) -> None:
        self._optouts = optouts
        self._words = words

    def depiction(self, request: Request) -> Depiction:
        """What a request would show: as declared, and as its words say."""
        return depiction_of(request, self._words)

    def outcome(self, request: Request, claim: Claim, found: Outcome, reason: str) -> tuple[Outcome, str]:
        """What it means for a request that something claimed was found in it, and the reason code.

        A code that says what was found is kept from whoever asked where the claim lets nothing be told.
        """
        permitted = self._optouts.permits(claim, request.account_id, self.depiction(request))
        if permitted is not None:
            return Outcome.CONSENTED, permitted.value
        veiled = found is Outcome.MATCH and claim.terms.told is Told.NOTHING
        return found, OptOutReason.PROTECTED.value if veiled else reason

    def stops(self, request: Request, claim: Claim) -> bool:
        """Whether a claim stands against a request now."""
        permitted = self._optouts.permits(claim, request.account_id, self.depiction(request))
        return permitted is None and self._optouts.stands(claim)

    def facts(self, claim: Claim) -> Mapping[str, str | int | bool]:
        """What a finding says of a claim: for policy its kind, for whoever asked what they may know."""
        return {"category": claim.terms.kind.value, **facts_of(self._optouts.told(claim))}

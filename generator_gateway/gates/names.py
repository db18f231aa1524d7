"""Names in the prompt: public figures, opted-out characters and works."""

from copyright_optout.api import SURE_NAME, NamedWork, OptOutIndex
from generator_gateway.errors import GatewayReason
from generator_gateway.gates.claims import ClaimedWorks
from generator_gateway.gates.panel import clear
from generator_gateway.ports import CaseView, GateReport
from likeness_guard.api import LikenessGuard, LikenessReason, NamedPerson
from trust_kernel.decisions import Evidence, Finding, Outcome, Stage

PERSON_NAMED = 0.80
"""Score from which a person is meant: a misspelt public figure is refused, not queued. Scale: trust_kernel.names."""


class NamesGate:
    """Reads the prompt for people and works that object to being generated."""

    name = "prompt:names"

    def __init__(self, likeness: LikenessGuard, optouts: OptOutIndex, claimed: ClaimedWorks) -> None:
        self._likeness = likeness
        self._optouts = optouts
        self._claimed = claimed

    def look(self, view: CaseView) -> GateReport:
        """One finding for each name, or one that all is clear.

        What was made is not asked about its prompt a second time: a person may have lifted that doubt already.
        """
        if view.stage is Stage.OUTPUT:
            return GateReport((clear(self, view, GatewayReason.GATE_CLEAR, "prompt"),))
        prompt = view.request.prompt
        findings = [self._person(view, hit) for hit in self._likeness.named(prompt)]
        findings.extend(self._work(view, hit) for hit in self._optouts.named(prompt))
        return GateReport(tuple(findings) or (clear(self, view, GatewayReason.GATE_CLEAR, "prompt"),))

    def _person(self, view: CaseView, hit: NamedPerson) -> Finding:
        sure = hit.score >= PERSON_NAMED
        return Finding(
            gate=self.name,
            stage=view.stage,
            outcome=Outcome.MATCH if sure else Outcome.UNSURE,
            reason=LikenessReason.NAME_BLOCKLISTED if sure else LikenessReason.NAME_UNSURE,
            evidence=Evidence("prompt", span=hit.span, note=", ".join(hit.transformations)),
            score=hit.score,
            threshold=PERSON_NAMED,
            about=hit.entry_id,
            facts={"gallery": "blocklist"},
        )

    def _work(self, view: CaseView, hit: NamedWork) -> Finding:
        found = Outcome.MATCH if hit.score >= SURE_NAME else Outcome.UNSURE
        outcome, reason = self._claimed.outcome(view.request, hit.claim, found, hit.reason)
        return Finding(
            gate=self.name,
            stage=view.stage,
            outcome=outcome,
            reason=reason,
            evidence=Evidence("prompt", span=hit.span, note=", ".join(hit.transformations)),
            score=hit.score,
            threshold=SURE_NAME,
            about=hit.claim.id,
            facts=self._claimed.facts(hit.claim),
        )

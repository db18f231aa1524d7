"""Names in the prompt: public figures, opted-out characters and works."""

from copyright_optout.api import SURE_NAME, NamedWork, OptOutIndex
from generator_gateway.errors import GatewayReason
from generator_gateway.gates.claims import ClaimedWorks
from generator_gateway.gates.panel import clear
from generator_gateway.ports import CaseView, GateReport
from generator_gateway.service.newcomers import abouts
from generator_gateway.service.people_findings import NAMES_GATE, of_name
from generator_gateway.service.telling import Decided
from likeness_guard.api import LikenessGuard, NamedPerson
from trust_kernel.decisions import Evidence, Finding, Outcome, Stage

MOST_NAMED = 100
"""People and works of one prompt that policy is asked about; a person looks at a prompt that names more."""


class NamesGate:
    """Reads the prompt for people and works that object to being generated."""

    name = NAMES_GATE

    def __init__(self, likeness: LikenessGuard, optouts: OptOutIndex, claimed: ClaimedWorks, decided: Decided) -> None:
        self._likeness = likeness
        self._optouts = optouts
        self._claimed = claimed
        self._decided = decided

    def look(self, view: CaseView) -> GateReport:
        """One finding for everybody and everything named, the surest place, or one that all is clear.

        At the second look only what the first one did not know: names that were claimed or blocked meanwhile. What it
        did know a person may have lifted.
        """
        prompt = view.request.prompt
        people = {hit.entry_id: hit for hit in sorted(self._likeness.named(prompt), key=_score)}
        works = {hit.claim.id: hit for hit in sorted(self._optouts.named(prompt), key=_score)}
        named: list[NamedPerson | NamedWork] = [*people.values(), *works.values()]
        surest = sorted(named, key=_score, reverse=True)
        findings = [
            self._person(view, hit) if isinstance(hit, NamedPerson) else self._work(view, hit)
            for hit in surest[:MOST_NAMED]
        ]
        if len(surest) > MOST_NAMED:
            findings.append(_many(view))
        if findings and view.stage is Stage.OUTPUT:
            known = self._known(view)
            findings = [one for one in findings if one.about is not None and one.about not in known]
        return GateReport(tuple(findings) or (clear(self, view, GatewayReason.GATE_CLEAR, "prompt"),))

    def _known(self, view: CaseView) -> frozenset[str]:
        decided = self._decided.decisions(view.request.case_id)
        return abouts(*(decision for decision in decided if decision.stage is Stage.REQUEST))

    def _person(self, view: CaseView, hit: NamedPerson) -> Finding:
        evidence = Evidence("prompt", span=hit.span, note=", ".join(hit.transformations))
        return of_name(hit.entry_id, hit.score, evidence, view.stage)

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


def _score(hit: NamedPerson | NamedWork) -> float:
    return hit.score


def _many(view: CaseView) -> Finding:
    return Finding(
        gate=NAMES_GATE,
        stage=view.stage,
        outcome=Outcome.UNSURE,
        reason=GatewayReason.NAMES_MANY,
        evidence=Evidence("prompt"),
    )

"""Remixes inherit: the parent must still stand, and everybody in it must agree again."""

from consent_registry.api import ConsentRegistry
from generator_gateway.errors import GatewayReason
from generator_gateway.gates.consents import ask, assurance_of, joined
from generator_gateway.gates.panel import clear
from generator_gateway.ports import MAX_LINEAGE, Ancestor, Ancestry, CaseView, GateReport, Releases
from generator_gateway.service.lineage import worst_of
from generator_gateway.stages import Consent
from trust_kernel.decisions import Evidence, Finding, Outcome, Stage


class RemixGate:
    """Looks at every ancestor of a remix. An original has none."""

    name = "remix:lineage"

    def __init__(self, registry: ConsentRegistry, releases: Releases) -> None:
        self._registry = registry
        self._releases = releases

    def look(self, view: CaseView) -> GateReport:
        """One finding for each ancestor that does not stand and for each person in them."""
        if view.request.remix_of is None or view.stage is Stage.OUTPUT:
            return GateReport((clear(self, view, GatewayReason.REMIX_CLEAR),))
        ancestry = self._releases.ancestry(view.request.case_id)
        ancestors = ancestry.ancestors
        if len(ancestors) > MAX_LINEAGE:
            return GateReport((self._refusal(view, GatewayReason.REMIX_TOO_DEEP, ancestors[0].case_id),))
        findings = [finding for ancestor in ancestors if (finding := self._standing(view, ancestor))]
        consents: list[Consent] = []
        for subject_id, modalities in _people(ancestry).items():
            assurance = assurance_of(self._registry, subject_id)
            for modality, reply in ask(self._registry, view, subject_id, modalities).items():
                evidence = Evidence("remix", note=modality)
                facts = {**reply.facts, "assurance": assurance}
                findings.append(
                    Finding(self.name, view.stage, reply.outcome, reply.reason, evidence, about=subject_id, facts=facts)
                )
                if reply.consent:
                    consents.append(reply.consent)
        return GateReport(tuple(findings) or (clear(self, view, GatewayReason.REMIX_CLEAR),), joined(consents))

    def _standing(self, view: CaseView, ancestor: Ancestor) -> Finding | None:
        if ancestor.stands:
            return None
        if ancestor.status is None:
            return self._refusal(view, GatewayReason.REMIX_PARENT_UNKNOWN, ancestor.case_id)
        return self._refusal(view, worst_of([ancestor.status]), ancestor.case_id)

    def _refusal(self, view: CaseView, reason: GatewayReason, ancestor: str) -> Finding:
        return Finding(self.name, view.stage, Outcome.MATCH, reason, Evidence("remix"), about=ancestor)


def _people(ancestry: Ancestry) -> dict[str, list[str]]:
    """Whose likeness any ancestor uses, and what of it, in the order in which they are met."""
    people: dict[str, list[str]] = {}
    for subject_id, modality in ancestry.people:
        people.setdefault(subject_id, []).append(modality)
    return people

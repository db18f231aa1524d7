"""Remixes inherit: the parent must still stand, and everybody in it must agree again."""

from consent_registry.api import ConsentRegistry
from generator_gateway.errors import GatewayReason
from generator_gateway.gates.consents import ask, joined
from generator_gateway.gates.panel import clear
from generator_gateway.ports import MAX_LINEAGE, Cases, CaseView, GateReport, Releases
from generator_gateway.stages import Consent
from trust_kernel.decisions import Evidence, Finding, Outcome, Stage


class RemixGate:
    """Looks at every ancestor of a remix. An original has none."""

    name = "remix:lineage"

    def __init__(self, registry: ConsentRegistry, cases: Cases, releases: Releases) -> None:
        self._registry = registry
        self._cases = cases
        self._releases = releases

    def look(self, view: CaseView) -> GateReport:
        """One finding for each ancestor that does not stand and for each person in them."""
        if view.request.remix_of is None or view.stage is Stage.OUTPUT:
            return GateReport((clear(self, view, GatewayReason.REMIX_CLEAR),))
        ancestors = self._cases.lineage(view.request.case_id)
        if len(ancestors) > MAX_LINEAGE:
            return GateReport((self._refusal(view, GatewayReason.REMIX_TOO_DEEP, ancestors[0]),))
        findings = [finding for ancestor in ancestors if (finding := self._standing(view, ancestor))]
        consents: list[Consent] = []
        for subject_id, modality in self._people(ancestors):
            reply = ask(self._registry, view, subject_id, modality)
            outcome = Outcome.CONSENTED if reply.consent else Outcome.MATCH
            evidence = Evidence("remix", note=modality)
            findings.append(Finding(self.name, view.stage, outcome, reply.reason, evidence, about=subject_id))
            if reply.consent:
                consents.append(reply.consent)
        return GateReport(tuple(findings) or (clear(self, view, GatewayReason.REMIX_CLEAR),), joined(consents))

    def _standing(self, view: CaseView, ancestor: str) -> Finding | None:
        release = self._releases.find(ancestor)
        if release is not None and release.status == "released":
            return None
        reason = GatewayReason.REMIX_PARENT_UNKNOWN if release is None else GatewayReason.REMIX_PARENT_WITHDRAWN
        return self._refusal(view, reason, ancestor)

    def _refusal(self, view: CaseView, reason: GatewayReason, ancestor: str) -> Finding:
        return Finding(self.name, view.stage, Outcome.MATCH, reason, Evidence("remix"), about=ancestor)

    def _people(self, ancestors: tuple[str, ...]) -> list[tuple[str, str]]:
        people: dict[tuple[str, str], None] = {}
        for ancestor in ancestors:
            release = self._releases.find(ancestor)
            for owner in release.owners if release else ():
                if owner.subject_id is not None:
                    people.update({(owner.subject_id, modality): None for modality in owner.modalities})
        return list(people)

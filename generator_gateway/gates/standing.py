"""Whether the consents that a case was admitted under still stand, now that it is made."""

from consent_registry.api import ConsentRegistry, ConsentSnapshot, Modality, Using
from generator_gateway.errors import GatewayReason
from generator_gateway.gates.panel import clear
from generator_gateway.ports import CaseView, GateReport
from generator_gateway.service.uses import use_of
from trust_kernel.decisions import Evidence, Finding, Outcome, Stage


class StandingGate:
    """Stops what was made under a consent that has ended, before it is marked and signed in vain.

    Release asks again, under lock; this says nothing that counts there.
    """

    name = "consent:standing"

    def __init__(self, registry: ConsentRegistry) -> None:
        self._registry = registry

    def look(self, view: CaseView) -> GateReport:
        """One finding for each person whose consent has ended, or one that there is none."""
        if view.stage is not Stage.OUTPUT:
            return GateReport((clear(self, view, GatewayReason.GATE_CLEAR),))
        snapshots = [
            ConsentSnapshot(one.subject_id, one.epoch, one.grant_id, frozenset(map(Modality, one.modalities)))
            for one in view.consents
        ]
        request = view.request
        using = Using(request.account_id, request.case_id, view.at, use_of(request))
        findings = tuple(
            Finding(self.name, view.stage, Outcome.MATCH, reason, Evidence("output"), about=subject_id)
            for subject_id, reason in self._registry.still(snapshots, using).items()
        )
        return GateReport(findings or (clear(self, view, GatewayReason.GATE_CLEAR),))

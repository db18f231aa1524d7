"""Opted-out characters and works, by picture."""

from copyright_optout.api import Band, OptOutIndex
from generator_gateway.errors import GatewayReason
from generator_gateway.gates.panel import clear
from generator_gateway.ports import CaseView, GateReport
from trust_kernel.decisions import Evidence, Finding, Outcome


class WorksGate:
    """Compares pictures and frames with the fingerprints of opted-out works."""

    name = "optout:pictures"

    def __init__(self, optouts: OptOutIndex) -> None:
        self._optouts = optouts

    def look(self, view: CaseView) -> GateReport:
        """One finding for each work recognised in each medium, or one that there is none."""
        findings: list[Finding] = []
        for source, medium in view.looks:
            for work in self._optouts.pictured(medium):
                outcome = Outcome.MATCH if work.band is Band.MATCH else Outcome.UNSURE
                if self._optouts.licensed(work.claim_id, view.request.account_id):
                    outcome = Outcome.CONSENTED
                findings.append(
                    Finding(
                        gate=self.name,
                        stage=view.stage,
                        outcome=outcome,
                        reason=work.reason,
                        evidence=Evidence(source, seconds=work.seconds),
                        score=work.score,
                        threshold=work.score_threshold,
                        about=work.claim_id,
                    )
                )
        return GateReport(tuple(findings) or (clear(self, view, GatewayReason.GATE_CLEAR),))

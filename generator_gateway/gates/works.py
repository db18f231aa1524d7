"""Opted-out characters and works: by what is seen and heard of them, and by what looks like them."""

from copyright_optout.api import Band, HeardWork, LookAlike, OptOutIndex, PicturedWork
from generator_gateway.errors import GatewayReason
from generator_gateway.gates.claims import ClaimedWorks
from generator_gateway.gates.panel import clear
from generator_gateway.ports import CaseView, GateReport
from trust_kernel.decisions import Evidence, Finding, Outcome
from trust_kernel.media.refs import Look


class WorksGate:
    """Compares pictures, videos and sounds with the fingerprints of opted-out works."""

    name = "optout:pictures"

    def __init__(self, optouts: OptOutIndex, claimed: ClaimedWorks) -> None:
        self._optouts = optouts
        self._claimed = claimed

    def look(self, view: CaseView) -> GateReport:
        """One finding for each work recognised in each medium, or one that there is none."""
        findings: list[Finding] = []
        for source, medium in view.looks:
            for work in self._recognised(medium):
                found = Outcome.MATCH if work.band is Band.MATCH else Outcome.UNSURE
                outcome, reason = self._claimed.outcome(view.request, work.claim, found, work.reason)
                findings.append(
                    Finding(
                        gate=self.name,
                        stage=view.stage,
                        outcome=outcome,
                        reason=reason,
                        evidence=Evidence(source, seconds=work.seconds),
                        score=work.score,
                        threshold=work.score_threshold,
                        about=work.claim.id,
                        facts=self._claimed.facts(work.claim),
                    )
                )
        told = tuple(findings) or (clear(self, view, GatewayReason.GATE_CLEAR),)
        return GateReport(told, made_with=self._optouts.made_with)

    def _recognised(self, medium: Look) -> tuple[PicturedWork | HeardWork | LookAlike, ...]:
        optouts = self._optouts
        return *optouts.pictured(medium), *optouts.heard(medium), *optouts.resembled(medium)

"""Grants whose subject sees what was made before anybody gets it."""

from consent_registry.api import ApprovalDesk, ConsentReason, Mode
from generator_gateway.errors import GatewayReason
from generator_gateway.gates.panel import clear
from generator_gateway.ports import CaseView, GateReport, Journal
from generator_gateway.stages import Consent, Draft
from trust_kernel.decisions import Evidence, Finding, Outcome, Stage

_WAITING = ConsentReason.PREVIEW_WAITING


class PreviewsGate:
    """What was made goes no further until everybody who wanted to see it first said yes to it."""

    name = "consent:preview"

    def __init__(self, approvals: ApprovalDesk, journal: Journal) -> None:
        self._approvals = approvals
        self._journal = journal

    def look(self, view: CaseView) -> GateReport:
        """One finding for each grant with a preview, or one that there is none."""
        findings = tuple(self._findings(view)) if view.stage is Stage.OUTPUT else ()
        return GateReport(findings or (clear(self, view, GatewayReason.GATE_CLEAR),))

    def _findings(self, view: CaseView) -> list[Finding]:
        granted = [
            (consent, consent.grant_id)
            for consent in view.consents
            if consent.grant_id is not None and self._approvals.previews(consent.grant_id)
        ]
        draft = self._journal.earned(view.request.case_id, Draft) if granted else None
        shown = draft.media.digest if draft else ""
        return [self._finding(view, consent, grant_id, shown) for consent, grant_id in granted]

    def _finding(self, view: CaseView, consent: Consent, grant_id: str, shown: str) -> Finding:
        against = self._approvals.preview_of(view.request.case_id, consent.subject_id, grant_id, shown)
        waits = Outcome.AWAITING if against is _WAITING else Outcome.MATCH
        return Finding(
            gate=self.name,
            stage=view.stage,
            outcome=Outcome.CONSENTED if against is None else waits,
            reason=against or ConsentReason.GRANT_ACTIVE,
            evidence=Evidence("output"),
            about=consent.subject_id,
            facts={"grant": grant_id, "mode": str(Mode.PREVIEW)},
        )

"""Cameos that a request names, by @handle in the prompt or by id."""

from collections.abc import Iterator

from consent_registry.api import ConsentReason, ConsentRegistry
from generator_gateway.errors import GatewayReason
from generator_gateway.gates.consents import ask, joined
from generator_gateway.gates.panel import clear
from generator_gateway.ports import CaseView, GateReport
from generator_gateway.stages import Consent
from trust_kernel.decisions import Evidence, Finding, Outcome
from trust_kernel.errors import NotFound

MODALITIES = ("face", "voice")


class CameosGate:
    """Everybody named must have said placet to this requester."""

    name = "consent:cameo"

    def __init__(self, registry: ConsentRegistry) -> None:
        self._registry = registry

    def look(self, view: CaseView) -> GateReport:
        """One finding for each cameo named, or one that nobody is."""
        findings: list[Finding] = []
        consents: list[Consent] = []
        for subject_id, evidence in self._named(view):
            if subject_id is None:
                reason: str = ConsentReason.CAMEO_UNKNOWN
                findings.append(Finding(self.name, view.stage, Outcome.MATCH, reason, evidence))
                continue
            replies = [ask(self._registry, view, subject_id, modality) for modality in MODALITIES]
            granted = [reply.consent for reply in replies if reply.consent is not None]
            outcome = Outcome.CONSENTED if granted else Outcome.MATCH
            # Where neither face nor voice is granted, the refusal about the face is the one told.
            reason = next((reply.reason for reply in replies if reply.consent), replies[0].reason)
            findings.append(Finding(self.name, view.stage, outcome, reason, evidence, about=subject_id))
            consents.extend(granted)
        if not findings:
            findings.append(clear(self, view, GatewayReason.GATE_CLEAR, "prompt"))
        return GateReport(tuple(findings), joined(consents))

    def _named(self, view: CaseView) -> Iterator[tuple[str | None, Evidence]]:
        seen: set[str] = set()
        for mention in self._registry.handles_in(view.request.prompt):
            if mention.subject_id is None or mention.subject_id not in seen:
                yield mention.subject_id, Evidence("prompt", span=mention.span)
            if mention.subject_id is not None:
                seen.add(mention.subject_id)
        for character in view.request.characters:
            if character in seen:
                continue
            seen.add(character)
            try:
                yield self._registry.subject(character).id, Evidence("characters")
            except NotFound:
                yield None, Evidence("characters")

"""Cameos that a request names, by @handle in the prompt or by id."""

from collections.abc import Iterator

from consent_registry.api import ConsentReason, ConsentRegistry
from generator_gateway.errors import GatewayReason
from generator_gateway.gates.consents import Reply, ask, assurance_of, joined
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
            replies = tuple(ask(self._registry, view, subject_id, MODALITIES).values())
            assurance = assurance_of(self._registry, subject_id)
            for reply in _telling(replies):
                facts = {**reply.facts, "assurance": assurance}
                findings.append(
                    Finding(self.name, view.stage, reply.outcome, reply.reason, evidence, about=subject_id, facts=facts)
                )
            consents.extend(reply.consent for reply in replies if reply.consent is not None)
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


def _telling(replies: tuple[Reply, ...]) -> tuple[Reply, ...]:
    """The replies that a case turns on: each grant whose subject is yet to be asked, else one that speaks for all.

    What of somebody is granted may be used, face or voice; where neither is, the refusal about the face is told.
    """
    awaited = {reply.waits_for: reply for reply in replies if reply.waits_for is not None}
    granted = next((reply for reply in replies if reply.consent is not None), replies[0])
    return tuple(awaited.values()) or (granted,)

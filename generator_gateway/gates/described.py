"""Opted-out works that a prompt describes without naming them. Somebody looks; nothing is refused for it."""

from typing import Protocol

from copyright_optout.api import DescribedWork
from generator_gateway.errors import GatewayReason
from generator_gateway.gates.claims import ClaimedWorks
from generator_gateway.gates.panel import clear
from generator_gateway.ports import CaseView, GateReport
from trust_kernel.decisions import Evidence, Finding, Outcome, Stage


class Describes(Protocol):
    """Compares a prompt with descriptions; `copyright_optout.api.DescriptionIndex` does."""

    @property
    def version(self) -> str:
        """Which model compares; empty where none does."""
        ...

    def described(self, text: str) -> tuple[DescribedWork, ...]:
        """Claims that a text may describe, the likeliest first."""
        ...


class DescribedGate:
    """Compares the prompt with the descriptions of claims.

    Args:
        descriptions: compares.
        claimed: who may have what is claimed.
    """

    name = "prompt:descriptions"

    def __init__(self, descriptions: Describes, claimed: ClaimedWorks) -> None:
        self._descriptions = descriptions
        self._claimed = claimed

    def look(self, view: CaseView) -> GateReport:
        """One finding for each claim that the prompt may describe, or one that there is none.

        What was made is not asked about its prompt a second time: a person may have lifted that doubt already.
        """
        version = self._descriptions.version
        if view.stage is Stage.OUTPUT or not version:
            return GateReport((clear(self, view, GatewayReason.GATE_CLEAR, "prompt"),))
        works = self._descriptions.described(view.request.prompt)
        findings = tuple(self._finding(view, work) for work in works)
        found = findings or (clear(self, view, GatewayReason.GATE_CLEAR, "prompt"),)
        return GateReport(found, made_with={"optout:descriptions": version})

    def _finding(self, view: CaseView, work: DescribedWork) -> Finding:
        prompt = view.request.prompt
        outcome, reason = self._claimed.outcome(view.request, work.claim, Outcome.UNSURE, work.reason)
        return Finding(
            gate=self.name,
            stage=view.stage,
            outcome=outcome,
            reason=reason,
            # The claim's own words are the rights holder's to tell, not ours.
            evidence=Evidence("prompt", span=(0, len(prompt)), note="means much the same as a description"),
            score=round(work.score, 3),
            threshold=work.threshold,
            about=work.claim.id,
            facts=self._claimed.facts(work.claim),
        )

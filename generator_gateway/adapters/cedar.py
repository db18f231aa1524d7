"""Policy by Cedar (https://www.cedarpolicy.com) through cedarpy: a finding goes in, a ruling comes out."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Any, Protocol

from consent_registry.api import AgeBand, Context, WordHit
from generator_gateway.errors import GatewayReason
from generator_gateway.ports import CaseView, GateReport, MarkRuling
from trust_kernel.decisions import Decision, Finding, Overturn, Ruling, Verdict
from trust_kernel.errors import InvalidInput
from trust_kernel.ids import new_id

GENERATE = "generate"
UNATTENDED = "generate_unattended"
UNMARKED = "omit_visible_mark"
STRONGER = "strengthen_visible_mark"
_DEFAULT_MESSAGE = "No rule allows this."
_SCALE = 1000
"""Cedar's whole numbers carry scores as thousandths."""


def default_policy() -> str:
    """The policy text that ships in the package."""
    return files("generator_gateway.policies").joinpath("default.cedar").read_text("utf-8")


def policy_schema() -> str:
    """The schema that every policy must fit."""
    return files("generator_gateway.policies").joinpath("schema.cedarschema").read_text("utf-8")


@dataclass(frozen=True, slots=True)
class _Answer:
    allowed: bool
    policies: tuple[str, ...]
    failed: bool = False


class Consents(Protocol):
    """What the registry tells policies; `ConsentRegistry` is one."""

    def age_of(self, account_id: str) -> AgeBand:
        """In which band whoever asks is."""
        ...

    def read(self, words: str) -> tuple[WordHit, ...]:
        """Contexts and changes of appearance that words name."""
        ...


class CedarPolicy:
    """The active policy, parsed and checked against the schema once.

    Args:
        text: Cedar policies; each carries ``@id``.
        consents: knows how old people are and reads contexts in words; None, and nobody ever said how old they are,
            and only declared contexts count.

    Raises:
        InvalidInput: the text does not parse, does not fit the schema, or has a policy without ``@id`` or with an
            ``@appeal`` that is none of `Overturn`.
    """

    def __init__(self, text: str, consents: Consents | None = None) -> None:
        import cedarpy

        self._cedar = cedarpy
        self._consents = consents
        checked = cedarpy.validate_policies(text, policy_schema())
        if not checked.validation_passed:
            problems = "; ".join(str(error) for error in checked.errors)
            raise InvalidInput(f"the policy does not fit the schema: {problems}", field="policy")
        policies = json.loads(cedarpy.policies_to_json_str(text))["staticPolicies"]
        self._annotations = _annotations(policies)
        self._actions = {name: _actions_of(body) for name, body in policies.items()}
        self._policies = cedarpy.PolicySet.from_str(text)
        self.version = hashlib.sha256(text.encode()).hexdigest()

    def decide(self, view: CaseView, report: GateReport) -> Decision:
        """Rule on every finding; the worst ruling is the verdict, and no finding at all is a denial."""
        answers = self._ask(view, report.findings)
        rulings = tuple(
            self._ruling(finding, *answers[index * 2 : index * 2 + 2]) for index, finding in enumerate(report.findings)
        )
        return Decision(new_id("dec"), view.stage, rulings, self.version, dict(report.made_with))

    def visible_mark(self, view: CaseView) -> MarkRuling:
        """Standard, unless a policy permits more or less; where both are permitted, the stronger wins.

        Only a policy that names the action counts: one that permits everything did not mean this.
        """
        stronger, unmarked = (self._answer(result) for result in self._ask_of_video(view))
        if stronger.failed or unmarked.failed:
            return MarkRuling()
        for answer, action, visibility in ((stronger, STRONGER, "strong"), (unmarked, UNMARKED, "off")):
            naming = [name for name in answer.policies if answer.allowed and action in self._actions[name]]
            if naming:
                return MarkRuling(visibility, self._annotations[min(naming)]["id"])
        return MarkRuling()

    def _ask_of_video(self, view: CaseView) -> Sequence[Any]:
        asked = view.request
        video = {
            "uid": {"type": "Video", "id": asked.case_id},
            "attrs": {
                "seconds": asked.seconds,
                "width": asked.width,
                "height": asked.height,
                "people": len({consent.subject_id for consent in view.consents}),
                "references": len(asked.references),
            },
            "parents": [],
        }
        context = self._context(view)
        requests = [
            {
                "principal": {"type": "Account", "id": asked.account_id},
                "action": {"type": "Action", "id": action},
                "resource": {"type": "Video", "id": asked.case_id},
                "context": context,
            }
            for action in (STRONGER, UNMARKED)
        ]
        answers: Sequence[Any] = self._cedar.is_authorized_batch(requests, self._policies, [video, self._account(view)])
        return answers

    def _ask(self, view: CaseView, findings: Sequence[Finding]) -> list[_Answer]:
        context = self._context(view)
        requests = [
            {
                "principal": {"type": "Account", "id": view.request.account_id},
                "action": {"type": "Action", "id": action},
                "resource": {"type": "Finding", "id": str(index)},
                "context": context,
            }
            for index in range(len(findings))
            for action in (GENERATE, UNATTENDED)
        ]
        if not requests:
            return []
        entities = [self._account(view), *(_entity(index, finding) for index, finding in enumerate(findings))]
        return [self._answer(result) for result in self._cedar.is_authorized_batch(requests, self._policies, entities)]

    def _account(self, view: CaseView) -> dict[str, Any]:
        account_id = view.request.account_id
        age = self._consents.age_of(account_id) if self._consents else AgeBand.UNKNOWN
        return {"uid": {"type": "Account", "id": account_id}, "attrs": {"age": str(age)}, "parents": []}

    def _context(self, view: CaseView) -> dict[str, Any]:
        request = view.request
        hits = self._consents.read(request.prompt) if self._consents else ()
        read = {str(hit.names) for hit in hits if isinstance(hit.names, Context)}
        return {
            "purpose": request.purpose,
            "remix": request.remix_of is not None,
            "territories": sorted(request.territories),
            "languages": sorted(request.languages),
            "contexts": sorted(read | set(request.contexts)),
        }

    def _answer(self, result: Any) -> _Answer:
        # A policy that fails to evaluate is left out by Cedar; a forbid left out would let things through.
        if result.diagnostics.errors:
            return _Answer(allowed=False, policies=(), failed=True)
        return _Answer(result.allowed, tuple(result.diagnostics.reasons))

    def _ruling(self, finding: Finding, generate: _Answer, unattended: _Answer) -> Ruling:
        if generate.allowed and unattended.allowed:
            return self._said(finding, Verdict.ALLOW, generate)
        if generate.allowed:
            return self._said(finding, Verdict.HOLD, unattended)
        return self._said(finding, Verdict.DENY, generate)

    def _said(self, finding: Finding, verdict: Verdict, answer: _Answer) -> Ruling:
        if not answer.policies:
            reason = finding.reason if verdict is Verdict.HOLD else GatewayReason.POLICY_DEFAULT
            # What no rule allows, no appeal does; what only nobody may let pass unseen, somebody who looks may.
            overturn = Overturn.ONE if verdict is Verdict.HOLD else Overturn.NEVER
            return Ruling(finding, verdict, "default-deny", reason, _DEFAULT_MESSAGE, overturn)
        notes = self._annotations[min(answer.policies)]
        # Where several rules stop it, the hardest of them counts.
        overturn = max((_overturn(self._annotations[name]) for name in answer.policies), key=list(Overturn).index)
        reason = notes.get("reason", finding.reason)
        return Ruling(finding, verdict, notes["id"], reason, notes.get("message", ""), overturn)


def _entity(index: int, finding: Finding) -> dict[str, Any]:
    return {
        "uid": {"type": "Finding", "id": str(index)},
        "attrs": {
            "gate": finding.gate,
            "stage": str(finding.stage),
            "outcome": str(finding.outcome),
            "area": finding.reason.split(":", 1)[0],
            "gallery": str(finding.facts.get("gallery", "")),
            "reason": str(finding.reason),
            "about": finding.about or "",
            "category": str(finding.facts.get("category", "")),
            "scored": finding.score is not None,
            "score": round((finding.score or 0.0) * _SCALE),
            "threshold": round((finding.threshold or 0.0) * _SCALE),
            "probability": int(finding.facts.get("probability", 0)),
            "false_positives": int(finding.facts.get("false_positives", 0)),
            "claimed": bool(finding.facts.get("claimed", False)),
            "assurance": str(finding.facts.get("assurance", "")),
        },
        "parents": [],
    }


def _actions_of(body: Mapping[str, Any]) -> frozenset[str]:
    """The actions that a policy names; none where it is for all."""
    action = body["action"]
    named = action.get("entities") or ([action["entity"]] if "entity" in action else [])
    return frozenset(str(entity["id"]) for entity in named)


def _annotations(policies: Mapping[str, Mapping[str, Any]]) -> Mapping[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {name: body.get("annotations", {}) for name, body in policies.items()}
    unnamed = [name for name, notes in found.items() if "id" not in notes]
    if unnamed:
        raise InvalidInput(f"every policy carries @id; {len(unnamed)} do not", field="policy")
    for notes in found.values():
        _overturn(notes)
    return found


def _overturn(notes: Mapping[str, str]) -> Overturn:
    """How many people it takes to overturn what a policy says; one where it does not say."""
    said = notes.get("appeal", Overturn.ONE.value)
    if said not in set(Overturn):
        raise InvalidInput(
            f"@appeal of {notes['id']} is {said[:20]!r}", field="policy", limit=", ".join(map(str, Overturn))
        )
    return Overturn(said)

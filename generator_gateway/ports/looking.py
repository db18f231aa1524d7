"""Gates, the panel that runs them, and the policy that rules on what they find."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from generator_gateway.stages import (
    Consent,
    Request,
)
from trust_kernel.decisions import Decision, Finding, Stage
from trust_kernel.media.refs import Look


@dataclass(frozen=True, slots=True)
class CaseView:
    """What a gate is shown: the request, and every medium that belongs to this look, decoded once.

    Attributes:
        looks: pairs of source ("output" or a reference's id) and look.
        consents: consents that already stand, for the output look.
        at: the moment that consent is asked for.
    """

    stage: Stage
    request: Request
    at: datetime
    looks: tuple[tuple[str, Look], ...] = ()
    consents: tuple[Consent, ...] = ()


@dataclass(frozen=True, slots=True)
class GateReport:
    """What one gate says.

    Attributes:
        findings: at least one.
        consents: consents that the gate relied on.
        made_with: versions of models and indexes.
        seen: subject ids recognised in the media.
    """

    findings: tuple[Finding, ...]
    consents: tuple[Consent, ...] = ()
    made_with: Mapping[str, str] = field(default_factory=dict)
    seen: tuple[str, ...] = ()


class Gate(Protocol):
    """Looks at one aspect of a case."""

    @property
    def name(self) -> str:
        """Stands in findings."""
        ...

    def look(self, view: CaseView) -> GateReport:
        """Say what is there. Whatever this raises becomes a hold."""
        ...


class Panel(Protocol):
    """All gates."""

    def look(self, view: CaseView) -> GateReport:
        """Every gate's findings together; none short-circuits."""
        ...


@dataclass(frozen=True, slots=True)
class MarkRuling:
    """What policy says of the visible mark.

    Attributes:
        visibility: "standard", "strong" or "off".
        policy: ``@id`` of the policy that says so; empty where none does.
    """

    visibility: str = "standard"
    policy: str = ""


class Policy(Protocol):
    """Rules on findings."""

    def decide(self, view: CaseView, report: GateReport) -> Decision:
        """One ruling for each finding, by the active policy."""
        ...

    def visible_mark(self, view: CaseView) -> MarkRuling:
        """How plainly the visible mark shows on what passed; standard where no policy says otherwise."""
        ...

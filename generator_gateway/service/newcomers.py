"""Names that came under protection after a case was looked at for the last time, and before it went out.

Between the second look and the release lie marking and signing: seconds, or a day where no time-stamp is to be had.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from generator_gateway.ports import CaseView, GateReport, Policy
from generator_gateway.service.telling import Decided
from generator_gateway.stages import Admitted
from trust_kernel.clock import Clock
from trust_kernel.decisions import Decision, Stage, Verdict


class LooksAtNames(Protocol):
    """The gate that reads prompts."""

    def look(self, view: CaseView) -> GateReport:
        """What the prompt names; of the second look, what the first one did not know."""
        ...


class Fence(Protocol):
    """Knows the number of the last change of what is protected."""

    def fence(self) -> int:
        """That number, which stays the last until the caller's transaction ends."""
        ...


@dataclass(frozen=True, slots=True)
class LastLook:
    """What a case's prompt names that no look knew yet.

    Attributes:
        at: numbers of the changes that it minds.
        refusal: reason code of what policy denies; None where it denies nothing.
    """

    at: tuple[int, ...]
    refusal: str | None


class Newcomers:
    """Looks for the last time before a release, and once more under lock where something changed since.

    Args:
        names: reads the prompt.
        fences: of everything that the gate reads names from.
        decided: what the looks found.
        policy: says what it means.
    """

    def __init__(
        self, names: LooksAtNames, fences: Sequence[Fence], decided: Decided, policy: Policy, clock: Clock
    ) -> None:
        self._names = names
        self._fences = fences
        self._decided = decided
        self._policy = policy
        self._clock = clock

    def look(self, admitted: Admitted) -> LastLook:
        """Before the release's transaction: a long prompt takes its time, and nobody should wait for it."""
        return LastLook(self._at(), self._refusal(admitted))

    def refusal(self, admitted: Admitted, last: LastLook) -> str | None:
        """In the release's transaction, behind its locks and before the ledger's: why the case may not go out.

        A claim or block that takes effect from here on waits until the release is committed, so that the search for
        what was released before finds it.
        """
        return last.refusal if self._at() == last.at else self._refusal(admitted)

    def _at(self) -> tuple[int, ...]:
        return tuple(one.fence() for one in self._fences)

    def _refusal(self, admitted: Admitted) -> str | None:
        """The code of what no look knew yet and policy denies; a mere doubt lets it go."""
        request = admitted.opened.request
        view = CaseView(Stage.OUTPUT, request, self._clock.now(), (), admitted.consents)
        known = abouts(*self._decided.decisions(request.case_id))
        new = tuple(one for one in self._names.look(view).findings if one.about is not None and one.about not in known)
        if not new:
            return None
        decision = self._policy.decide(view, GateReport(new))
        return decision.reasons[0] if decision.verdict is Verdict.DENY else None


def abouts(*decisions: Decision) -> frozenset[str]:
    """Whom and what decisions are about."""
    found = (ruling.finding.about for decision in decisions for ruling in decision.rulings)
    return frozenset(about for about in found if about is not None)

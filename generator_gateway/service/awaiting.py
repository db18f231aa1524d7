"""Cases that wait for somebody's own yes: whom they wait for, and how they go on."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Protocol

from consent_registry.api import ApprovalDesk, AskedUse, Awaited, Mode, Wanted
from generator_gateway.ports import CaseSummary, Queue
from generator_gateway.ports.halting import CaseConsents
from generator_gateway.stages import Consent, Request
from trust_kernel.decisions import Decision, Finding, Outcome, Verdict

UNANSWERED = "awaits-answer"
"""Stands in a ruling's policy where a policy would have let through what somebody is yet to answer."""
_NAMED = frozenset({"prompt", "characters"})
"""Where a finding's person was named by the one who asks, who may then be told who it is."""
_OPEN = frozenset({"queued", "in_progress", "held"})


class WaitingCases(Protocol):
    """The case rows, as far as people are asked about them."""

    def these(self, case_ids: Collection[str]) -> Mapping[str, CaseSummary]:
        """Cases by id, as they are now; those that are not there are left out."""
        ...

    def resume(self, case_id: str) -> bool:
        """Have an open or held case judged again; False where it ended."""
        ...


class CaseUses:
    """The registry's `AskedUses`: what people are asked about are cases."""

    def __init__(self, cases: WaitingCases, queue: Queue) -> None:
        self._cases = cases
        self._queue = queue

    def told(self, use_ids: Collection[str]) -> Mapping[str, AskedUse]:
        """What is asked for, by id."""
        return {case_id: _told(case) for case_id, case in self._cases.these(use_ids).items()}

    def resume(self, use_id: str) -> None:
        """Have a case judged again, whoever works on it now."""
        self._cases.resume(use_id)

    def wake(self, use_id: str) -> None:
        """Put it on the queue."""
        self._queue.enqueue(use_id)


class Awaiting:
    """Puts the questions that a decision leaves open.

    Args:
        approvals: the registry's desk.
        consents: keeps which consents a case waits for, so that their end finds it.
    """

    def __init__(self, approvals: ApprovalDesk, consents: CaseConsents) -> None:
        self._approvals = approvals
        self._consents = consents

    def keep(self, request: Request, consents: Collection[Consent]) -> None:
        """Remember which consents a case that is held goes by: their end has it judged again, not left lying."""
        self._consents.note(request.case_id, request.account_id, {(one.subject_id, one.grant_id) for one in consents})

    def ask(self, request: Request, decision: Decision, shown: str = "") -> str:
        """Ask everybody whose answer alone is missing, in the caller's transaction.

        Nobody is asked about what a reviewer has yet to look at, nor about what is refused anyhow.

        Args:
            request: what is asked for.
            decision: as it is kept.
            shown: digest of what was made; empty before anything was.

        Returns:
            What the one who asks is told of whom it waits for; empty where it waits for nobody.
        """
        wanted = awaited(decision, shown)
        if not wanted:
            return ""
        self._consents.note(request.case_id, request.account_id, {(one.subject_id, one.grant_id) for one in wanted})
        waiting = self._approvals.await_answers(request.case_id, request.account_id, wanted)
        return told(waiting, _named(decision))


def held_for_answers(decision: Decision) -> Decision:
    """The decision with a hold wherever somebody is yet to answer: no policy can say yes for a person."""
    rulings = tuple(
        replace(ruling, verdict=Verdict.HOLD, policy=UNANSWERED, reason=ruling.finding.reason)
        if ruling.verdict is Verdict.ALLOW and ruling.finding.outcome is Outcome.AWAITING
        else ruling
        for ruling in decision.rulings
    )
    return replace(decision, rulings=rulings)


def awaited(decision: Decision, shown: str = "") -> tuple[Wanted, ...]:
    """Whose answers a decision waits for; nobody's unless their answers are all that is missing."""
    if not waits_alone(decision):
        return ()
    findings = [ruling.finding for ruling in decision.rulings if ruling.verdict is Verdict.HOLD]
    return tuple(dict.fromkeys(_wanted(finding, shown) for finding in findings))


def waits_alone(decision: Decision) -> bool:
    """Whether a case is held, and for nothing but people's own answers."""
    holding = [ruling for ruling in decision.rulings if ruling.verdict is Verdict.HOLD]
    answers = all(ruling.finding.outcome is Outcome.AWAITING for ruling in holding)
    return decision.verdict is Verdict.HOLD and answers


def shows(decision: Decision) -> bool:
    """Whether somebody has to be shown what was made before they can answer."""
    return any(wanted.mode is Mode.PREVIEW for wanted in awaited(decision))


def told(waiting: Collection[Awaited], named: Collection[str]) -> str:
    """Whom a case waits for and until when, in words; people whom the request did not name are only counted."""
    if not waiting:
        return ""
    handles = {one.subject_id: f"@{one.handle}" for one in waiting}
    known = sorted({handle for subject, handle in handles.items() if subject in named})
    others = len(handles) - len(known)
    people = [
        *known,
        *([f"{others} {'more ' if known else ''}{'person' if others == 1 else 'people'}"] if others else []),
    ]
    until = min(one.until for one in waiting)
    return f"It waits for {' and '.join(people)} until {until:%Y-%m-%d %H:%M} UTC."


def _named(decision: Decision) -> frozenset[str]:
    findings = [ruling.finding for ruling in decision.rulings]
    return frozenset(finding.about for finding in findings if finding.about and finding.evidence.source in _NAMED)


def _wanted(finding: Finding, shown: str) -> Wanted:
    mode = Mode(str(finding.facts["mode"]))
    return Wanted(finding.about or "", str(finding.facts["grant"]), mode, shown if mode is Mode.PREVIEW else "")


def _told(case: CaseSummary) -> AskedUse:
    request = case.request
    return AskedUse(
        use_id=case.id,
        account_id=case.account_id,
        prompt=request.prompt,
        purpose=str(request.purpose),
        territories=tuple(sorted(getattr(request, "territories", ()))),
        languages=tuple(sorted(getattr(request, "languages", ()))),
        contexts=tuple(sorted(str(context) for context in getattr(request, "contexts", ()))),
        references=tuple(reference.id for reference in request.references),
        remix_of=request.remix_of,
        open=case.status in _OPEN and case.deleted_at is None,
        released=case.status == "completed",
    )

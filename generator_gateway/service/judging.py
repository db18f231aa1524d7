"""The two looks: at what is asked for, and at what was made. Findings go to policy; policy decides."""

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from generator_gateway.ports import Cases, CaseView, GateReport, Journal, Panel, Policy
from generator_gateway.service.appealing import liftable, may_be_appealed
from generator_gateway.service.awaiting import Awaiting, held_for_answers, shows
from generator_gateway.service.disclosing import disclosed
from generator_gateway.stages import Admitted, Draft, Opened, Passed, Previewed, Stopped
from trust_kernel.clock import Clock
from trust_kernel.db import Database
from trust_kernel.decisions import Decision, Stage, Verdict, approved_by_review, lifted_on_appeal
from trust_kernel.media.blobs import Blobs
from trust_kernel.media.refs import Look, MediaLimits


class Decodes(Protocol):
    """Decodes a medium in the sandbox."""

    def look(self, path: Path, limits: MediaLimits) -> Look:
        """One decoding; raises InvalidInput with the reason where it can't be had."""
        ...


class Fingerprints(Protocol):
    """Makes the fingerprints that a recovered watermark is checked against."""

    def fingerprints(self, look: Look) -> tuple[str, ...]:
        """Perceptual hashes of sampled frames, hex."""
        ...


class MakesPreviews(Protocol):
    """Makes what somebody in a draft is shown of it."""

    def make(self, draft: Draft) -> Previewed:
        """Mark it and keep it with the case; once."""
        ...


@dataclass(frozen=True, slots=True)
class Bench:
    """What both looks need."""

    database: Database
    clock: Clock
    journal: Journal
    cases: Cases
    panel: Panel
    policy: Policy
    decoder: Decodes
    blobs: Blobs
    awaiting: Awaiting


class RequestJudge:
    """The pipeline's `request_gates`.

    Args:
        limits: what a reference may be.
    """

    def __init__(self, bench: Bench, limits: MediaLimits) -> None:
        self._bench = bench
        self._limits = limits

    def judge(self, opened: Opened) -> Admitted | Stopped:
        """Decode every reference once, run every gate, ask policy."""
        bench = self._bench
        earned = bench.journal.earned(opened.case_id, Admitted)
        if earned is not None:
            return earned
        view = CaseView(Stage.REQUEST, opened.request, bench.clock.now(), self._looks(opened))
        report = bench.panel.look(view)
        decision = _reviewed(bench, opened.case_id, bench.policy.decide(view, report))
        with bench.database.transaction():
            bench.cases.save_decision(opened.case_id, decision)
            if decision.verdict is not Verdict.ALLOW:
                bench.awaiting.keep(opened.request, report.consents)
                return _stopped(opened.case_id, decision, bench.awaiting.ask(opened.request, decision))
            return bench.journal.earn(opened.case_id, Admitted(opened, decision.id, report.consents))

    def _looks(self, opened: Opened) -> tuple[tuple[str, Look], ...]:
        looks: list[tuple[str, Look]] = []
        for reference in opened.request.references:
            with self._bench.blobs.open_path(reference.media.digest) as path:
                looks.append((reference.id, self._bench.decoder.look(path, self._limits)))
        return tuple(looks)


class OutputJudge:
    """The pipeline's `output_gates`.

    Args:
        limits: what a draft may be.
        previews: marks a draft for those who want to see it first.
    """

    def __init__(self, bench: Bench, limits: MediaLimits, fingerprints: Fingerprints, previews: MakesPreviews) -> None:
        self._bench = bench
        self._limits = limits
        self._fingerprints = fingerprints
        self._previews = previews

    def judge(self, draft: Draft) -> Passed | Stopped:
        """Decode the draft once, run every gate on it, ask policy."""
        bench = self._bench
        earned = bench.journal.earned(draft.case_id, Passed)
        if earned is not None:
            return earned
        with bench.blobs.open_path(draft.media.digest) as path:
            look = bench.decoder.look(path, self._limits)
        admitted = draft.admitted
        looks = (("output", look),)
        view = CaseView(Stage.OUTPUT, admitted.opened.request, bench.clock.now(), looks, admitted.consents)
        report = bench.panel.look(view)
        decision = _reviewed(bench, draft.case_id, bench.policy.decide(view, report), draft.media.digest)
        if shows(decision):
            self._previews.make(draft)
        with bench.database.transaction():
            bench.cases.save_decision(draft.case_id, decision)
            if decision.verdict is not Verdict.ALLOW:
                asked = bench.awaiting.ask(admitted.opened.request, decision, draft.media.digest)
                return _stopped(draft.case_id, decision, asked)
            prints = self._fingerprints.fingerprints(look)
            shown = bench.policy.visible_mark(view)
            passed = Passed(draft, decision.id, report.seen, prints, shown.visibility, shown.policy, _sensed(report))
            return bench.journal.earn(draft.case_id, passed)


def _sensed(report: GateReport) -> tuple[tuple[str, str], ...]:
    """What of the people whom the scan recognised it recognised."""
    pairs = (
        (finding.about, str(finding.facts["modality"]))
        for finding in report.findings
        if finding.about in report.seen and "modality" in finding.facts
    )
    return tuple(sorted({(about, modality) for about, modality in pairs if about is not None}))


def _reviewed(bench: Bench, case_id: str, decision: Decision, draft: str = "") -> Decision:
    decision = held_for_answers(decision)
    lifted = bench.cases.approved(case_id, decision.stage)
    decision = approved_by_review(decision, lifted) if lifted else decision
    overturned = bench.cases.overturned(case_id, decision.stage, draft)
    return lifted_on_appeal(decision, overturned, liftable) if overturned else decision


def _stopped(case_id: str, decision: Decision, asked: str = "") -> Stopped:
    deciding = [ruling for ruling in decision.rulings if ruling.verdict is decision.verdict]
    rules = (ruling.message for ruling in deciding)
    claims = (disclosed(ruling.finding) for ruling in deciding if ruling.verdict is Verdict.DENY)
    said = dict.fromkeys([*rules, *claims, asked])
    message = " ".join(part for part in said if part)
    return Stopped(
        case_id,
        decision.verdict,
        decision.reasons,
        message or _SILENT,
        decision.id,
        appealable=may_be_appealed(decision.rulings),
    )


_SILENT = "No check answered, so nothing can be allowed."

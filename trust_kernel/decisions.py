"""Findings, rulings, verdicts: the pure core of every decision.

A gate states what it found; policy rules on each finding; a decision is the worst ruling. No finding at all is a
denial, because a gate that ran always says something, if only that all is clear.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum


class Verdict(StrEnum):
    """What happens to a request."""

    ALLOW = "allow"
    HOLD = "hold"
    DENY = "deny"

    @property
    def severity(self) -> int:
        """0 for allow, 1 for hold, 2 for deny."""
        return _SEVERITY[self]


_SEVERITY = {Verdict.ALLOW: 0, Verdict.HOLD: 1, Verdict.DENY: 2}


class Outcome(StrEnum):
    """What a gate saw, before any policy."""

    CLEAR = "clear"
    """Looked, and found nothing that anybody objects to."""
    CONSENTED = "consented"
    """Found somebody, who said placet."""
    MATCH = "match"
    """Found somebody or something that did not."""
    AWAITING = "awaiting"
    """Found somebody who is yet to answer; nobody else can answer for them."""
    UNSURE = "unsure"
    """Between the two thresholds: a person must look."""
    UNAVAILABLE = "unavailable"
    """Could not look."""


SURELY_ABOUT = frozenset({Outcome.MATCH, Outcome.CONSENTED, Outcome.AWAITING})
"""Outcomes of findings that are surely about a person; a doubtful likeness may be somebody else's, whom it is no
business of."""


class Overturn(StrEnum):
    """How many people it takes to overturn a ruling on appeal."""

    ONE = "one"
    TWO = "two"
    NEVER = "never"


class Stage(StrEnum):
    """Which of the two looks a finding belongs to."""

    REQUEST = "request"
    OUTPUT = "output"


@dataclass(frozen=True, slots=True)
class Evidence:
    """Where it was found. Points at things, never holds them.

    Attributes:
        source: "prompt", "output", or the reference's id.
        span: characters [start, end) of the prompt as sent.
        seconds: [start, end) in the medium's own time.
        box: x, y, width, height as shares of the picture, each in [0, 1].
        note: a few words for a reviewer, without personal data.
    """

    source: str
    span: tuple[int, int] | None = None
    seconds: tuple[float, float] | None = None
    box: tuple[float, float, float, float] | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    """One gate's answer about one thing.

    Attributes:
        gate: name of the gate, "likeness:face" for example.
        stage: request or output.
        outcome: what it saw.
        reason: reason code, ``area:thing:what``.
        score: similarity or probability, higher is more alike; None where there is none.
        threshold: the score from which this gate says match.
        about: id of the subject, blocklist entry, claim or case concerned.
        evidence: where.
        facts: what policy may also ask about: strings, whole numbers and truth values only.
    """

    gate: str
    stage: Stage
    outcome: Outcome
    reason: str
    evidence: Evidence
    score: float | None = None
    threshold: float | None = None
    about: str | None = None
    facts: Mapping[str, str | int | bool] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Ruling:
    """What policy says of one finding, with the policy that said it.

    Attributes:
        policy: ``@id`` of the deciding policy, or "default-deny".
        reason: ``@reason`` of that policy, else the finding's own.
        message: ``@message`` for the person who asked.
        overturn: ``@appeal`` of that policy: how many people it takes to overturn it.
    """

    finding: Finding
    verdict: Verdict
    policy: str
    reason: str
    message: str
    overturn: Overturn = Overturn.ONE


@dataclass(frozen=True, slots=True)
class Decision:
    """All rulings on one look at one case, and what they were made with.

    Attributes:
        policy_version: digest of the policy text.
        made_with: versions of models, indexes and thresholds, by name.
    """

    id: str
    stage: Stage
    rulings: tuple[Ruling, ...]
    policy_version: str
    made_with: Mapping[str, str]

    @property
    def verdict(self) -> Verdict:
        """The worst ruling; a denial where nothing was found at all."""
        return worst(ruling.verdict for ruling in self.rulings)

    @property
    def reasons(self) -> tuple[str, ...]:
        """Reason codes of every ruling that stops the case, worst first, each once."""
        stopping = [ruling for ruling in self.rulings if ruling.verdict is not Verdict.ALLOW]
        stopping.sort(key=lambda ruling: -ruling.verdict.severity)
        return tuple(dict.fromkeys(ruling.reason for ruling in stopping)) or self._silence

    @property
    def _silence(self) -> tuple[str, ...]:
        return () if self.rulings else (NO_FINDINGS,)


NO_FINDINGS = "gate:panel:silent"
"""Reason code of a denial because no gate said anything."""


def worst(verdicts: Iterable[Verdict]) -> Verdict:
    """The most severe of some verdicts; DENY where there are none (fail closed)."""
    return max(verdicts, key=lambda verdict: verdict.severity, default=Verdict.DENY)


def approved_by_review(decision: Decision, reasons: frozenset[str]) -> Decision:
    """The decision as it stands after a reviewer lifted holds with these reason codes.

    Denials stay, and so do holds that wait for somebody's own yes.
    """
    lifted = tuple(
        replace(ruling, verdict=Verdict.ALLOW, policy=REVIEWED)
        if ruling.verdict is Verdict.HOLD
        and ruling.reason in reasons
        and ruling.finding.outcome is not Outcome.AWAITING
        else ruling
        for ruling in decision.rulings
    )
    return replace(decision, rulings=lifted)


@dataclass(frozen=True, slots=True)
class Lift:
    """One reason, about one thing, that was lifted from what stopped something.

    Attributes:
        about: as in the finding; empty where that is about nothing.
    """

    reason: str
    about: str = ""


def lift_of(ruling: Ruling) -> Lift:
    """What has to be lifted for a ruling to stop nothing."""
    return Lift(ruling.reason, ruling.finding.about or "")


def lifted_on_appeal(decision: Decision, lifts: Collection[Lift], may: Callable[[Ruling], bool]) -> Decision:
    """The decision as it stands after an appeal lifted these, denials too; whatever is about anything else stays.

    Args:
        decision: as policy, and reviewers, have it.
        lifts: what was lifted.
        may: whether a ruling can be lifted at all.
    """
    rulings = tuple(
        replace(ruling, verdict=Verdict.ALLOW, policy=APPEALED)
        if ruling.verdict is not Verdict.ALLOW and lift_of(ruling) in lifts and may(ruling)
        else ruling
        for ruling in decision.rulings
    )
    return replace(decision, rulings=rulings)


REVIEWED = "human-review"
"""Stands in a ruling's policy where a person lifted a hold."""
APPEALED = "appeal"
"""Stands in a ruling's policy where an appeal lifted it."""

"""What can be overturned on appeal, and by how many: the pure rules.

What a person in a video has to say yes to is never overturned, whatever policy says. A match with a claim or with the
blocklist can be, and so can what a reviewer could have let pass.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime

from generator_gateway.errors import GatewayReason
from generator_gateway.ports.appeals import Choice
from generator_gateway.ports.takedowns import TakedownCause
from trust_kernel.decisions import Finding, Lift, Outcome, Overturn, Ruling, Verdict, lift_of

_CONSENT = "consent"
_CLAIMS = "optout"
_BLOCKED = "blocklist"
_UNCERTAIN = frozenset({Outcome.UNSURE, Outcome.UNAVAILABLE})
_COUNTERED = frozenset({"optout:notice:dmca", "optout:notice:no_fakes"})
"""Notices under laws that set dates for counter-notices: nothing comes back around those."""
_HARD = "optout:notice:"
_PEOPLE = {Overturn.ONE: 1, Overturn.TWO: 2, Overturn.NEVER: 0}


def liftable(ruling: Ruling) -> bool:
    """Whether an appeal can lift a ruling."""
    finding = ruling.finding
    if ruling.overturn is Overturn.NEVER or _is_a_persons(finding) or _area(ruling.reason) == _CONSENT:
        return False
    if ruling.verdict is not Verdict.DENY:
        return ruling.verdict is Verdict.HOLD
    concerns_a_work = _area(finding.reason) == _CLAIMS or finding.facts.get("gallery") == _BLOCKED
    return concerns_a_work or finding.outcome in _UNCERTAIN


def may_be_appealed(rulings: Iterable[Ruling]) -> bool:
    """Whether an appeal can lift anything of what stopped a case."""
    return any(map(liftable, rulings))


def choices(rulings: Iterable[Ruling]) -> tuple[Choice, ...]:
    """What stopped a case, each once, with how many people it takes to lift it; the hardest where several differ."""
    found: dict[Lift, Choice] = {}
    for ruling in rulings:
        if ruling.verdict is Verdict.ALLOW:
            continue
        choice = Choice(lift_of(ruling), ruling.verdict, _PEOPLE[ruling.overturn] if liftable(ruling) else 0)
        known = found.get(choice.lift, choice)
        found[choice.lift] = max(known, choice, key=lambda one: (one.people == 0, one.people))
    return tuple(found.values())


def people_for(cause: TakedownCause) -> int:
    """How many people it takes to let out what a batch took down; 0 where no appeal does."""
    if cause.reason in _COUNTERED:
        return 0
    return 2 if cause.reason.startswith(_HARD) or cause.reason == GatewayReason.TAKEN_DOWN_FOR_PERSON else 1


def claims_in(rulings: Iterable[Ruling]) -> dict[str, tuple[str, ...]]:
    """What is about something claimed, by what it is about: the reason codes that stopped the case with it."""
    found: dict[str, Sequence[str]] = {}
    for ruling in rulings:
        about = ruling.finding.about
        if ruling.verdict is not Verdict.ALLOW and about and _area(ruling.finding.reason) == _CLAIMS:
            found[about] = [*found.get(about, ()), str(ruling.reason)]
    return {about: tuple(dict.fromkeys(reasons)) for about, reasons in found.items()}


def offer(case_id: str, until: datetime) -> dict[str, str]:
    """What a notice says of how to appeal: ``appeal``, a path, and ``until``."""
    return {"appeal": appeal_path(case_id), "until": until.isoformat()}


def appeal_path(case_id: str) -> str:
    """Where somebody appeals."""
    return f"/v1/videos/{case_id}/appeal"


def _is_a_persons(finding: Finding) -> bool:
    """Whether only a person in it can say yes to what was found."""
    return finding.outcome is Outcome.AWAITING or _area(finding.reason) == _CONSENT


def _area(code: str) -> str:
    return str(code).split(":", 1)[0]

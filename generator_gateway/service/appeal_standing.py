"""Which decision stands against a case and could be appealed against: of a whole page of cases in a few statements."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from generator_gateway.errors import GatewayReason
from generator_gateway.ports import CaseShelf, CaseSummary, Releases, ReleaseState
from generator_gateway.ports.appeals import Appeal, AppealKind, AppealShelf, AppealState, TakenDown
from generator_gateway.ports.takedowns import Batch, BatchState
from generator_gateway.service.appealing import may_be_appealed, people_for
from trust_kernel.decisions import Decision, Ruling, Verdict

_WON = frozenset({AppealState.OVERTURNED, AppealState.LICENSED})


@dataclass(frozen=True, slots=True)
class Standing:
    """A decision that stands against a case.

    Attributes:
        decision_id: of a decision, of the review that declined it, or of the batch that took it down.
        until: when it can be appealed against no more.
        decision: what the case was refused by; None where it was taken down.
        batch: what took it down; None where it was refused.
        answered: appealed against already, whatever came of it.
    """

    kind: AppealKind
    decision_id: str
    until: datetime
    decision: Decision | None = None
    batch: Batch | None = None
    answered: bool = False

    @property
    def can_be_won(self) -> bool:
        """Whether an appeal could lift anything."""
        return is_winnable(self.batch, refusing(self.decision) if self.decision else ())


class Standings:
    """Looks up what stands against cases.

    Args:
        cases: their rows and decisions.
        releases: what came of them.
        appeals: what was appealed against.
        takedowns: what took them down.
        keep: how long after its end a case can be appealed about.
    """

    def __init__(
        self, cases: CaseShelf, releases: Releases, appeals: AppealShelf, takedowns: TakenDown, keep: timedelta
    ) -> None:
        self._cases = cases
        self._releases = releases
        self._appeals = appeals
        self._takedowns = takedowns
        self._keep = keep

    def of(self, cases: Sequence[CaseSummary]) -> Mapping[str, Standing]:
        """What stands against each now, by case; those against which nobody decided anything are left out."""
        states = {one.case_id: one.status for one in self._releases.these([case.id for case in cases])}
        down = [case for case in cases if states.get(case.id) == ReleaseState.TAKEN_DOWN]
        refused = [case for case in cases if case.id not in states and _is_refused(case)]
        appeals = self._appeals.of_cases([case.id for case in (*down, *refused)])
        found = {**self._taken_down(down, appeals), **self._refusals(refused, appeals)}
        return {case.id: found[case.id] for case in cases if case.id in found}

    def open_to(self, account_id: str, cases: Sequence[CaseSummary], now: datetime) -> Mapping[str, Standing]:
        """Of these what an account can appeal against now."""
        theirs = [case for case in cases if case.account_id == account_id]
        return {
            case_id: one
            for case_id, one in self.of(theirs).items()
            if one.can_be_won and now < one.until and not one.answered
        }

    def _taken_down(
        self, cases: Sequence[CaseSummary], appeals: Mapping[str, Sequence[Appeal]]
    ) -> Mapping[str, Standing]:
        batches = self._takedowns.of_cases([case.id for case in cases]) if cases else {}
        found: dict[str, Standing] = {}
        for case in cases:
            known = appeals.get(case.id, ())
            won = {one.decision_id for one in known if one.state in _WON}
            holding = [one for one in holding_down(batches.get(case.id, ())) if one.id not in won]
            # Of several that hold it down, one that an appeal can do something about.
            batch = next(iter(sorted(holding, key=lambda one: people_for(one.cause) == 0)), None)
            if batch is not None:
                found[case.id] = Standing(
                    AppealKind.TAKEN_DOWN,
                    batch.id,
                    batch.undo_until or batch.opened_at,
                    batch=batch,
                    answered=_is_among(batch.id, known),
                )
        return found

    def _refusals(
        self, cases: Sequence[CaseSummary], appeals: Mapping[str, Sequence[Appeal]]
    ) -> Mapping[str, Standing]:
        ids = [case.id for case in cases]
        decisions = self._cases.last_decisions(ids) if ids else {}
        declined = self._appeals.last_declines(ids) if ids else {}
        found: dict[str, Standing] = {}
        for case in cases:
            last, review = decisions.get(case.id), declined.get(case.id)
            if last is None or case.completed_at is None:
                continue
            until, known = case.completed_at + self._keep, appeals.get(case.id, ())
            if case.error_code == GatewayReason.REVIEW_DENIED and review is not None:
                kind, against = AppealKind.DECLINED, review
            elif last.verdict is Verdict.DENY and case.reasons == last.reasons:
                kind, against = AppealKind.REFUSED, last.id
            else:
                continue  # the machine failed, or a person said no at the door
            found[case.id] = Standing(kind, against, until, last, answered=_is_among(against, known))
        return found


def is_winnable(batch: Batch | None, rulings: Sequence[Ruling]) -> bool:
    """Whether an appeal against a batch, or against these rulings, could lift anything."""
    return people_for(batch.cause) > 0 if batch is not None else may_be_appealed(rulings)


def refusing(decision: Decision) -> tuple[Ruling, ...]:
    """What of a decision stood in the way."""
    return tuple(ruling for ruling in decision.rulings if ruling.verdict is not Verdict.ALLOW)


def holding_down(batches: Sequence[Batch]) -> list[Batch]:
    """Those that hold something down now."""
    return [batch for batch in batches if batch.state is BatchState.TAKEN_DOWN]


def _is_refused(case: CaseSummary) -> bool:
    return case.status == "failed" and case.completed_at is not None and case.deleted_at is None


def _is_among(decision_id: str, appeals: Sequence[Appeal]) -> bool:
    return any(one.decision_id == decision_id for one in appeals)

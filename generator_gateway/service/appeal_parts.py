"""What the desks of appeals share: their parts, what is on record and told, and which decision an appeal is against."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from generator_gateway.errors import AppealEvent, AppealFault
from generator_gateway.ports import CaseShelf, CaseSummary, Journal, Notices, Queue, Record, Releases, ReleaseState
from generator_gateway.ports.appeals import (
    Appeal,
    AppealKind,
    AppealShelf,
    AppealState,
    ClaimHolders,
    Contested,
    ForgetsStages,
    People,
    Reopens,
    Staff,
    TakenDown,
    Voice,
)
from generator_gateway.ports.takedowns import Batch
from generator_gateway.service.appeal_standing import Standing, Standings, holding_down, is_winnable, refusing
from generator_gateway.service.takedown_search import SYSTEM
from generator_gateway.stages import Draft
from trust_kernel.clock import Clock
from trust_kernel.db import Database
from trust_kernel.decisions import Stage
from trust_kernel.errors import Conflict, NotFound

LEADS = "account:write"
"""Permission of the administrators, who are told of appeals that nobody answered in time."""


@dataclass(frozen=True, slots=True)
class AppealParts:
    """What the desks are made of.

    Attributes:
        reopens: sends refused cases back.
        stages: what a case earned, so that it is earned again.
        see: a case that an account may see; raises NotFound for any other.
        keep: how long after its end a case can be appealed about.
        answer: how long staff have.
    """

    database: Database
    clock: Clock
    appeals: AppealShelf
    cases: CaseShelf
    reopens: Reopens
    journal: Journal
    stages: ForgetsStages
    releases: Releases
    takedowns: TakenDown
    claims: ClaimHolders
    people: People
    staff: Staff
    record: Record
    notices: Notices
    queue: Queue
    see: Callable[[str, str], CaseSummary]
    keep: timedelta
    answer: timedelta


class AppealSteps:
    """What every step of an appeal does besides: the ledger, and the notices."""

    def __init__(self, parts: AppealParts) -> None:
        self._parts = parts
        self.holders = HolderNotices(parts.claims, parts.notices)

    def locked(self, appeal_id: str) -> Appeal:
        """An open one, locked; raises NotFound, and Conflict where it is not open any more."""
        appeal = there(self._parts.appeals.get(appeal_id, lock=True))
        if appeal.state is not AppealState.OPEN:
            raise Conflict(f"this appeal is {appeal.state}", code=AppealFault.CLOSED)
        return appeal

    def record(self, kind: AppealEvent, appeal: Appeal, **more: str) -> None:
        """Put a step on the ledger."""
        said = {"appeal": appeal.id, "case": appeal.case_id, "decision": appeal.decision_id}
        self._parts.record.append(kind, {**said, **more})

    def tell(self, kind: AppealEvent, appeal: Appeal) -> None:
        """Tell whoever appealed."""
        self._parts.notices.emit(kind, appeal.account_id, {"video_id": appeal.case_id, "appeal_id": appeal.id})

    def close(self, appeal: Appeal) -> None:
        """Keep how an appeal ended, and tell the rights holders concerned; the ledger has it already."""
        self._parts.appeals.replace(appeal)
        self.holders.tell(AppealEvent.CLAIM_SETTLED, appeal, self._parts.appeals.voices(appeal.id))


class HolderNotices:
    """Tells rights holders of appeals; nothing of whoever appealed."""

    def __init__(self, claims: ClaimHolders, notices: Notices) -> None:
        self._claims = claims
        self._notices = notices

    def tell(self, kind: AppealEvent, appeal: Appeal, voices: Sequence[Voice]) -> None:
        """Tell the members of every organisation concerned."""
        known = self._claims.claims([voice.claim_id for voice in voices])
        for voice in voices:
            payload = {
                "appeal_id": appeal.id,
                "claim_id": voice.claim_id,
                "title": known[voice.claim_id].title if voice.claim_id in known else "",
                "until": appeal.due_at.isoformat(),
                "state": appeal.state.value,
            }
            for account_id in sorted(self._claims.members(voice.organisation_id)):
                self._notices.emit(kind, account_id, payload)


class Contesting:
    """Finds the decision about a case that can be appealed against."""

    def __init__(self, parts: AppealParts) -> None:
        self._parts = parts
        self._standings = Standings(parts.cases, parts.releases, parts.appeals, parts.takedowns, parts.keep)

    def of(self, case: CaseSummary) -> Contested | None:
        """The decision that stands against a case now; None where nobody decided anything."""
        return self._whole(case, self._standings.of([case]).get(case.id))

    def against(self, appeal: Appeal, case: CaseSummary) -> Contested | None:
        """What an appeal is against, if that still stands."""
        if appeal.kind is AppealKind.TAKEN_DOWN:
            release = self._parts.releases.find(case.id)
            if release is None or release.status != ReleaseState.TAKEN_DOWN:
                return None
            batch = next((one for one in self._batches(case.id) if one.id == appeal.decision_id), None)
            return self._takedown(case.id, batch) if batch else None
        found = self.of(case)
        return found if found is not None and found.decision_id == appeal.decision_id else None

    def room(self, account_id: str, case: CaseSummary) -> Contested | None:
        """What an account can appeal against now; None where it cannot, or has done so."""
        open_to_them = self._standings.open_to(account_id, [case], self._parts.clock.now())
        return self._whole(case, open_to_them.get(case.id))

    def rooms(self, account_id: str, cases: Sequence[CaseSummary]) -> Mapping[str, datetime]:
        """Until when an account can appeal, by case; those about which it cannot are left out."""
        found = self._standings.open_to(account_id, cases, self._parts.clock.now())
        return {case_id: standing.until for case_id, standing in found.items()}

    def _whole(self, case: CaseSummary, standing: Standing | None) -> Contested | None:
        if standing is None:
            return None
        if standing.batch is not None:
            return self._takedown(case.id, standing.batch)
        decision = standing.decision
        if decision is None:
            return None
        draft = self._parts.journal.earned(case.id, Draft) if decision.stage is Stage.OUTPUT else None
        return Contested(
            standing.kind,
            standing.decision_id,
            decision.stage,
            standing.until,
            refusing(decision),
            frozenset(account for _, account in self._parts.appeals.decliners(case.id)),
            frozenset(ruling.finding.about for ruling in decision.rulings if ruling.finding.about),
            draft.media.digest if draft else "",
        )

    def _batches(self, case_id: str) -> list[Batch]:
        return holding_down(self._parts.takedowns.of_cases([case_id]).get(case_id, ()))

    def _takedown(self, case_id: str, batch: Batch) -> Contested:
        draft = self._parts.journal.earned(case_id, Draft)
        until = batch.undo_until or batch.opened_at
        return Contested(
            AppealKind.TAKEN_DOWN,
            batch.id,
            Stage.OUTPUT,
            until,
            barred=frozenset({batch.opened_by, batch.confirmed_by, self._parts.takedowns.giver(batch) or ""})
            - {"", SYSTEM},
            about=frozenset({batch.cause.about}) - {""},
            draft=draft.media.digest if draft else "",
            batch=batch,
        )


def can_be_won(contested: Contested) -> bool:
    """Whether an appeal could lift anything."""
    return is_winnable(contested.batch, contested.rulings)


def check_winnable(contested: Contested) -> None:
    """Raises Conflict where no appeal could lift anything: what would do instead."""
    if can_be_won(contested):
        return
    if contested.batch is not None:
        raise Conflict(
            "a law sets dates for this one: answer the notice with a counter-notice",
            code=AppealFault.COUNTER,
            limit=f"/v1/legal-notices/{contested.batch.cause.about}/counter",
        )
    raise Conflict(
        "only the people in it, or whoever speaks for them, can change this: ask them", code=AppealFault.PERSONS
    )


def there(appeal: Appeal | None) -> Appeal:
    """An appeal that is there; raises NotFound."""
    if appeal is None:
        raise NotFound("there is no such appeal", code=AppealFault.UNKNOWN)
    return appeal

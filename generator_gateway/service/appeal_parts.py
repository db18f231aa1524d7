"""What the desks of appeals share: their parts, what is on record and told, and which decision an appeal is against."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from generator_gateway.errors import AppealEvent, AppealFault, GatewayReason
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
from generator_gateway.ports.takedowns import Batch, BatchState
from generator_gateway.service.appealing import may_be_appealed, people_for
from generator_gateway.stages import Draft
from trust_kernel.clock import Clock
from trust_kernel.db import Database
from trust_kernel.decisions import Decision, Stage, Verdict
from trust_kernel.errors import Conflict, NotFound

LEADS = "account:write"
"""Permission of the administrators, who are told of appeals that nobody answered in time."""
SYSTEM = "system"
_WON = frozenset({AppealState.OVERTURNED, AppealState.LICENSED})


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

    def of(self, case: CaseSummary) -> Contested | None:
        """The decision that stands against a case now; None where nobody decided anything."""
        release = self._parts.releases.find(case.id)
        if release is None:
            return self._refusal(case)
        if release.status != ReleaseState.TAKEN_DOWN:
            return None
        won = {one.decision_id for one in self._parts.appeals.of_case(case.id) if one.state in _WON}
        batches = [one for one in self._batches(case.id) if one.id not in won]
        return self._takedown(case.id, batches[0]) if batches else None

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
        if account_id != case.account_id:
            return None
        found = self.of(case)
        if found is None or not can_be_won(found) or self._parts.clock.now() >= found.until:
            return None
        known = {one.decision_id for one in self._parts.appeals.of_case(case.id)}
        return None if found.decision_id in known else found

    def _refusal(self, case: CaseSummary) -> Contested | None:
        if case.status != "failed" or case.completed_at is None or case.deleted_at is not None:
            return None
        decisions = self._parts.cases.decisions(case.id)
        declined = self._parts.appeals.decliners(case.id)
        until, barred = case.completed_at + self._parts.keep, frozenset(account for _, account in declined)
        if not decisions:
            return None
        last = decisions[-1]
        if case.error_code == GatewayReason.REVIEW_DENIED and declined:
            return self._contested(AppealKind.DECLINED, declined[0][0], case.id, last, until, barred)
        if last.verdict is Verdict.DENY and case.reasons == last.reasons:
            return self._contested(AppealKind.REFUSED, last.id, case.id, last, until, barred)
        return None  # the machine failed, or a person said no at the door

    def _contested(
        self,
        kind: AppealKind,
        decision_id: str,
        case_id: str,
        decision: Decision,
        until: datetime,
        barred: frozenset[str],
    ) -> Contested:
        draft = self._parts.journal.earned(case_id, Draft) if decision.stage is Stage.OUTPUT else None
        return Contested(
            kind,
            decision_id,
            decision.stage,
            until,
            tuple(ruling for ruling in decision.rulings if ruling.verdict is not Verdict.ALLOW),
            barred,
            frozenset(ruling.finding.about for ruling in decision.rulings if ruling.finding.about),
            draft.media.digest if draft else "",
        )

    def _batches(self, case_id: str) -> list[Batch]:
        return [batch for batch in self._parts.takedowns.of_case(case_id) if batch.state is BatchState.TAKEN_DOWN]

    def _takedown(self, case_id: str, batch: Batch) -> Contested:
        draft = self._parts.journal.earned(case_id, Draft)
        until = batch.undo_until or batch.opened_at
        return Contested(
            AppealKind.TAKEN_DOWN,
            batch.id,
            Stage.OUTPUT,
            until,
            barred=frozenset({batch.opened_by, batch.confirmed_by}) - {"", SYSTEM},
            about=frozenset({batch.cause.about}) - {""},
            draft=draft.media.digest if draft else "",
            batch=batch,
        )


def can_be_won(contested: Contested) -> bool:
    """Whether an appeal could lift anything."""
    if contested.batch is not None:
        return people_for(contested.batch.cause) > 0
    return may_be_appealed(contested.rulings)


def there(appeal: Appeal | None) -> Appeal:
    """An appeal that is there; raises NotFound."""
    if appeal is None:
        raise NotFound("there is no such appeal", code=AppealFault.UNKNOWN)
    return appeal

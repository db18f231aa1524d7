"""Appeals, as whoever files them sees them; and what time does to them."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from generator_gateway.errors import AppealEvent, AppealFault
from generator_gateway.ports import CaseSummary
from generator_gateway.ports.appeals import (
    LONGEST_EVIDENCE,
    LONGEST_REFERENCE,
    LONGEST_STATEMENT,
    Appeal,
    AppealState,
    Contested,
    Said,
    Voice,
)
from generator_gateway.service.appeal_parts import LEADS, AppealParts, AppealSteps, Contesting, check_winnable, there
from generator_gateway.service.appeal_settling import Settling
from generator_gateway.service.appealing import claims_in
from trust_kernel.errors import Conflict, InvalidInput, NotFound, NotPermitted
from trust_kernel.ids import new_id

_GRACE = timedelta(days=7)
"""How long a batch that is appealed about can be undone at least, counted anew as long as the appeal is open."""
_SWEEP = 20
"""Open appeals that one sweep looks at; the next one goes on where it ended."""
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class OwnAppeals:
    """What somebody sees who appealed, or may.

    Attributes:
        room: what they can appeal against now; None where they cannot.
        appeals: newest first.
    """

    case: CaseSummary
    room: Contested | None
    appeals: Sequence[Appeal]


class AppealDesk:
    """Where people appeal."""

    def __init__(self, parts: AppealParts) -> None:
        self._parts = parts
        self._steps = AppealSteps(parts)
        self._contesting = Contesting(parts)
        self._settling = Settling(parts)
        self._swept = ""

    def room(self, account_id: str, case: CaseSummary) -> Contested | None:
        """What an account can appeal against now; None where it cannot, or has done so."""
        return self._contesting.room(account_id, case)

    def rooms(self, account_id: str, cases: Sequence[CaseSummary]) -> Mapping[str, datetime]:
        """Until when an account can appeal, by case; those about which it cannot are left out."""
        return self._contesting.rooms(account_id, cases)

    def those_of(self, account_id: str, cases: Sequence[CaseSummary]) -> Mapping[str, Sequence[Appeal]]:
        """The appeals of an account about a page of cases, newest first, by case; cases without are left out."""
        found = self._parts.appeals.of_cases([case.id for case in cases])
        theirs = {case: [one for one in some if one.account_id == account_id] for case, some in found.items()}
        return {case: some for case, some in theirs.items() if some}

    def own(self, account_id: str, case_id: str) -> OwnAppeals:
        """What somebody can appeal against, and has; raises NotFound where the video is not theirs to see."""
        case = self._parts.see(account_id, case_id)
        appeals = [one for one in self._parts.appeals.of_case(case_id) if one.account_id == account_id]
        return OwnAppeals(case, self.room(account_id, case), appeals)

    def file(self, account_id: str, case_id: str, said: Said) -> Appeal:
        """Appeal against the decision that stands against one's video.

        Raises:
            NotFound: the video is not theirs to see.
            NotPermitted: they did not ask for it.
            InvalidInput: they say nothing, or too much.
            Conflict: nothing was decided, it is too late, only people in it can say yes, or they appealed before.
        """
        parts, said = self._parts, _checked(said)
        case = parts.see(account_id, case_id)
        if case.account_id != account_id:
            raise NotPermitted("only whoever asked for it can appeal", code=AppealFault.MAKER)
        contested = self._to_contest(case)
        now = parts.clock.now()
        with parts.database.transaction():
            appeal = Appeal(
                id=new_id("appeal"),
                case_id=case_id,
                kind=contested.kind,
                decision_id=contested.decision_id,
                stage=contested.stage,
                account_id=account_id,
                said=said,
                state=AppealState.OPEN,
                filed_at=now,
                due_at=now + parts.answer,
                draft=contested.draft,
            )
            if contested.batch is not None:
                # Before the log's head is locked, as with every step of a batch.
                parts.takedowns.keep(contested.batch.id, appeal.due_at + _GRACE)
            self._steps.record(AppealEvent.FILED, appeal)
            voices = self._voices(appeal, contested)
            parts.appeals.add(appeal, voices)
            self._steps.holders.tell(AppealEvent.CLAIM_CONCERNED, appeal, voices)
        return appeal

    def withdraw(self, account_id: str, case_id: str) -> Appeal:
        """Take one's open appeal back, for good; raises NotFound where there is none."""
        parts = self._parts
        own = self.own(account_id, case_id).appeals
        known = next((one for one in own if one.state is AppealState.OPEN), None)
        with parts.database.transaction():
            appeal = self._steps.locked(there(known).id)
            self._steps.record(AppealEvent.WITHDRAWN, appeal)
            done = replace(appeal, state=AppealState.WITHDRAWN, decided_at=parts.clock.now())
            self._steps.close(done)
        return done

    # --- time

    def sweep(self) -> int:
        """Put what is late before the administrators, and settle what settled itself; gives how many were late."""
        late = self._parts.appeals.late(self._parts.clock.now(), _SWEEP)
        for appeal_id in late:
            self._escalate(appeal_id)
        waiting = self._parts.appeals.open_ones(self._swept, _SWEEP)
        self._swept = waiting[-1] if len(waiting) == _SWEEP else ""
        for appeal_id in waiting:
            try:
                self._look_again(appeal_id)
            except (Conflict, NotFound) as error:
                _log.info("appeal %s was settled by somebody else meanwhile: %s", appeal_id, error.code)
        return len(late)

    def _escalate(self, appeal_id: str) -> None:
        parts = self._parts
        with parts.database.transaction():
            appeal = there(parts.appeals.get(appeal_id, lock=True))
            if appeal.state is not AppealState.OPEN or appeal.escalated_at is not None:
                return  # decided, or told by another worker, while this one waited for the row
            self._steps.record(AppealEvent.ESCALATED, appeal)
            parts.appeals.replace(replace(appeal, escalated_at=parts.clock.now()))
            for account_id in sorted({*parts.staff.who_may(LEADS), appeal.account_id}):
                payload = {"video_id": appeal.case_id, "appeal_id": appeal.id, "until": appeal.due_at.isoformat()}
                parts.notices.emit(AppealEvent.ESCALATED, account_id, payload)

    def _look_again(self, appeal_id: str) -> None:
        """Close what nothing is left to decide about, let go on what nothing stands against, keep batches undoable."""
        parts, now = self._parts, self._parts.clock.now()
        appeal = there(parts.appeals.get(appeal_id))
        contested = self._settling.contested(appeal)
        if contested is None:
            self._settling.lapse(appeal_id)
            return
        if self._settling.is_free(appeal, contested):
            self._settling.go_on(appeal_id)
            return
        batch = contested.batch
        if batch is not None and contested.until < now + _GRACE / 2:
            parts.takedowns.keep(batch.id, now + _GRACE)

    # --- what they share

    def _to_contest(self, case: CaseSummary) -> Contested:
        contested = self._contesting.of(case)
        if contested is None:
            raise Conflict("nothing was decided about it that you could appeal against", code=AppealFault.NOTHING)
        check_winnable(contested)
        if self._parts.clock.now() >= contested.until:
            raise Conflict(f"you had until {contested.until:%Y-%m-%d %H:%M} UTC to appeal", code=AppealFault.LATE)
        return contested

    def _voices(self, appeal: Appeal, contested: Contested) -> list[Voice]:
        batch = contested.batch
        about = {batch.cause.about: ()} if batch is not None else claims_in(contested.rulings)
        known = self._parts.claims.claims(sorted(about))
        return [Voice(appeal.id, one.id, one.organisation_id, about[one.id]) for one in known.values()]


def _checked(said: Said) -> Said:
    limits = {"statement": LONGEST_STATEMENT, "evidence": LONGEST_EVIDENCE, "licence": LONGEST_REFERENCE}
    trimmed = Said(said.statement.strip(), said.evidence.strip(), said.licence.strip())
    for name, most in limits.items():
        least = 1 if name == "statement" else 0
        if not least <= len(getattr(trimmed, name)) <= most:
            raise InvalidInput(
                "say why the decision is wrong" if least else "this is too long",
                code=AppealFault.TEXT,
                field=name,
                limit=f"{least} to {most} characters",
            )
    return trimmed

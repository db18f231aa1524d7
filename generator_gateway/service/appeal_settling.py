"""How appeals end: a case goes back through the gates, a video comes out again, or nothing is left to decide."""

from dataclasses import replace

from generator_gateway.errors import AppealEvent, AppealFault
from generator_gateway.ports.appeals import Appeal, AppealState, Contested, Voice
from generator_gateway.service.appeal_parts import AppealParts, AppealSteps, Contesting
from generator_gateway.service.takedown_search import SYSTEM
from generator_gateway.stages import Admitted, Draft, Logged, Marked, Passed, Previewed, Signed
from trust_kernel.decisions import Lift, Ruling, Stage
from trust_kernel.errors import Conflict, NotFound

_AFTER_OPENING = (Admitted, Previewed, Passed, Marked, Signed, Logged)


class Settling:
    """Ends appeals. Each step locks the appeal, then the notice, the batch, releases, the log's head, the case."""

    def __init__(self, parts: AppealParts) -> None:
        self._parts = parts
        self._steps = AppealSteps(parts)
        self._contesting = Contesting(parts)

    def contested(self, appeal: Appeal) -> Contested | None:
        """What an appeal is against; None where nothing is left to decide about."""
        if self._deleted(appeal.case_id):
            return None
        return self._contesting.against(appeal, self._parts.cases.get(appeal.case_id))

    def inputs_there(self, contested: Contested, case_id: str) -> bool:
        """Whether everything is still there that the gates would look at again."""
        if contested.batch is not None:
            return True
        needed = [reference.media.digest for reference in self._parts.cases.get(case_id).request.references]
        if contested.stage is Stage.OUTPUT:
            needed.append(contested.draft)
        return self._parts.appeals.media_there(case_id, needed)

    def is_free(self, appeal: Appeal, contested: Contested) -> bool:
        """Whether every rights holder concerned lets it be made, or does not stand against it any more.

        False where it was stopped by anything else too.
        """
        voices = {voice.claim_id: voice for voice in self._parts.appeals.voices(appeal.id)}
        if contested.batch is not None:
            return self._yields(voices.get(contested.batch.cause.about), appeal.case_id)
        worst = _worst(contested)
        yielding = (self._yields(voices.get(ruling.finding.about or ""), appeal.case_id) for ruling in worst)
        return bool(worst) and all(yielding)

    def go_on(self, appeal_id: str) -> Appeal:
        """End an appeal because nothing stands against its video any more; raises Conflict where that is not so."""
        parts = self._parts
        with parts.database.transaction():
            appeal = self._steps.locked(appeal_id)
            contested = self.contested(appeal)
            if contested is None or not self.is_free(appeal, contested):
                raise Conflict("something still stands against it", code=AppealFault.CLOSED)
            done = replace(
                appeal,
                state=AppealState.LICENSED,
                lifts=self.permitted(appeal.id),
                decided_at=parts.clock.now(),
                proposed_by="",
            )
            self._let_on(done, contested, SYSTEM)
            self._steps.record(AppealEvent.LICENSED, done)
            self._steps.tell(AppealEvent.LICENSED, done)
            self._steps.close(done)
            self._reopen(done, contested)
        self.wake(done, contested)
        return done

    def overturn(self, appeal: Appeal, contested: Contested, by: str) -> None:
        """Have a locked appeal, already as it is to be kept, take effect; call `wake` after the commit."""
        self._let_on(appeal, contested, by)
        self._steps.record(AppealEvent.OVERTURNED, appeal)
        self._steps.tell(AppealEvent.OVERTURNED, appeal)
        self._steps.close(appeal)
        self._reopen(appeal, contested)

    def wake(self, appeal: Appeal, contested: Contested) -> None:
        """Put the case on the queue; a video that came out again needs no worker."""
        if contested.batch is None:
            self._parts.queue.enqueue(appeal.case_id)

    def lapse(self, appeal_id: str) -> None:
        """Close an appeal that nothing is left to decide about."""
        parts = self._parts
        with parts.database.transaction():
            appeal = self._steps.locked(appeal_id)
            if self.contested(appeal) is not None:
                return  # it was taken down again meanwhile
            self._steps.record(AppealEvent.LAPSED, appeal)
            done = replace(appeal, state=AppealState.LAPSED, decided_at=parts.clock.now())
            if not self._deleted(appeal.case_id):
                self._steps.tell(AppealEvent.LAPSED, done)
            self._steps.close(done)

    def permitted(self, appeal_id: str) -> frozenset[Lift]:
        """What the rights holders who let it be made lift by that."""
        voices = self._parts.appeals.voices(appeal_id)
        return frozenset(Lift(reason, one.claim_id) for one in voices if one.permits for reason in one.reasons)

    # --- steps

    def _deleted(self, case_id: str) -> bool:
        """Whether whoever asked for it took it back, or left."""
        try:
            return self._parts.cases.get(case_id).deleted_at is not None
        except NotFound:
            return True

    def _let_on(self, appeal: Appeal, contested: Contested, by: str) -> None:
        if contested.batch is not None:
            self._parts.takedowns.spare(contested.batch, appeal.case_id, by)
        elif not self.inputs_there(contested, appeal.case_id):
            raise Conflict(
                "what was handed in, or made, is not there any more: it has to be asked for anew", code=AppealFault.GONE
            )

    def _reopen(self, appeal: Appeal, contested: Contested) -> None:
        """Back to the gates: what was asked is judged anew; what was made, and appealed about, stays as it is."""
        if contested.batch is not None:
            return
        self._parts.reopens.reopen(appeal.case_id)
        again = _AFTER_OPENING if contested.stage is Stage.OUTPUT else (*_AFTER_OPENING, Draft)
        self._parts.stages.forget(appeal.case_id, *again)

    def _yields(self, voice: Voice | None, case_id: str) -> bool:
        if voice is None:
            return False
        request = self._parts.cases.get(case_id).request
        return voice.permits or not self._parts.claims.stands_against(voice.claim_id, request)


def _worst(contested: Contested) -> list[Ruling]:
    """The rulings that decided: what else was held, a reviewer looks at."""
    most = max((ruling.verdict.severity for ruling in contested.rulings), default=0)
    return [ruling for ruling in contested.rulings if ruling.verdict.severity == most]

"""Appeals, as staff see and decide them."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from generator_gateway.errors import AppealEvent, AppealFault
from generator_gateway.ports import CaseSummary
from generator_gateway.ports.appeals import (
    LONGEST_NOTE,
    Appeal,
    AppealState,
    Choice,
    ClaimFacts,
    Contested,
    Voice,
)
from generator_gateway.service.appeal_parts import AppealParts, AppealSteps, check_winnable, there
from generator_gateway.service.appeal_settling import Settling
from generator_gateway.service.appealing import choices, people_for
from trust_kernel.decisions import Decision, Lift
from trust_kernel.errors import Conflict, InvalidInput, NotPermitted


@dataclass(frozen=True, slots=True)
class AppealFile:
    """An appeal with everything that staff need to decide it.

    Attributes:
        decisions: every decision on the case, oldest first.
        contested: what it is against; None where that does not stand any more.
        choices: what may be lifted, and what may not; none for a takedown.
        people: how many people it takes to let out what was taken down; 0 where none can, and for any other appeal.
        voices: what rights holders say.
        claims: their claims, by id.
        inputs_there: whether the gates can look at it again.
    """

    appeal: Appeal
    case: CaseSummary
    decisions: Sequence[Decision]
    contested: Contested | None
    choices: Sequence[Choice]
    people: int
    voices: Sequence[Voice]
    claims: Sequence[ClaimFacts]
    inputs_there: bool


class AppealReview:
    """Staff's side of appeals."""

    def __init__(self, parts: AppealParts) -> None:
        self._parts = parts
        self._steps = AppealSteps(parts)
        self._settling = Settling(parts)

    def page(
        self, state: AppealState | None = AppealState.OPEN, *, after: str | None = None, limit: int = 20
    ) -> tuple[list[Appeal], bool]:
        """By what is to be answered next, and whether there are more; None for every state."""
        return self._parts.appeals.page(state, after=after, limit=limit)

    def show(self, appeal_id: str) -> AppealFile:
        """One with its case, findings, and what may be lifted; raises NotFound."""
        parts = self._parts
        appeal = there(parts.appeals.get(appeal_id))
        contested = self._settling.contested(appeal) if appeal.state is AppealState.OPEN else None
        batch = contested.batch if contested else None
        voices = parts.appeals.voices(appeal_id)
        return AppealFile(
            appeal=appeal,
            case=parts.cases.get(appeal.case_id),
            decisions=parts.cases.decisions(appeal.case_id),
            contested=contested,
            choices=choices(contested.rulings) if contested else (),
            people=people_for(batch.cause) if batch else 0,
            voices=voices,
            claims=list(parts.claims.claims([voice.claim_id for voice in voices]).values()),
            inputs_there=contested is not None and self._settling.inputs_there(contested, appeal.case_id),
        )

    def uphold(self, appeal_id: str, by: str, note: str) -> AppealFile:
        """Let the decision stand.

        Raises:
            NotFound: there is no such appeal.
            Conflict: it is not open any more.
            NotPermitted: whoever decides made the decision, appealed, or is concerned.
            InvalidInput: no note, or too long a one.
        """
        note = _checked(note)
        with self._parts.database.transaction():
            appeal = self._steps.locked(appeal_id)
            self._check_judge(appeal, self._settling.contested(appeal), by)
            self._steps.record(AppealEvent.UPHELD, appeal)
            done = replace(appeal, state=AppealState.UPHELD, proposed_by="", lifts=frozenset())
            self._steps.tell(AppealEvent.UPHELD, done)
            self._steps.close(self._decided(done, by, note))
        return self.show(appeal_id)

    def overturn(self, appeal_id: str, by: str, note: str, reasons: Collection[str] = ()) -> AppealFile:
        """Lift reason codes of the decision for this case alone, or let the video out again.

        Where it takes two, the first only proposes it, and the second agrees to the same.

        Args:
            appeal_id: which.
            by: who decides.
            note: why; whoever appealed reads it.
            reasons: codes of the decision; none for all that may be lifted, or for what was proposed.

        Raises:
            NotFound: there is no such appeal.
            Conflict: it is not open any more, what it is about is gone, the second has to be somebody else, or a law
                sets dates for counter-notices.
            NotPermitted: as `uphold`, or only people in it can say yes.
            InvalidInput: no such reason stopped it; no note, or too long a one.
        """
        note = _checked(note)
        with self._parts.database.transaction():
            appeal = self._steps.locked(appeal_id)
            contested = self._settling.contested(appeal)
            self._check_judge(appeal, contested, by)
            if contested is None:
                raise Conflict("nothing is left to decide about", code=AppealFault.CLOSED)
            lifts, people = self._chosen(appeal, contested, reasons)
            if people > 1 and not self._is_second(appeal, lifts, by):
                self._propose(replace(appeal, proposed_by=by, lifts=lifts, note=note))
                return self.show(appeal_id)
            lifts |= self._settling.permitted(appeal_id)
            done = replace(appeal, state=AppealState.OVERTURNED, lifts=lifts)
            self._settling.overturn(self._decided(done, by, note), contested, by)
        self._settling.wake(done, contested)
        return self.show(appeal_id)

    def _chosen(self, appeal: Appeal, contested: Contested, reasons: Collection[str]) -> tuple[frozenset[Lift], int]:
        """What is lifted, and how many people that takes."""
        if contested.batch is not None:
            check_winnable(contested)
            return frozenset(), people_for(contested.batch.cause)
        stopping = choices(contested.rulings)
        unknown = sorted(set(reasons) - {choice.lift.reason for choice in stopping})
        if unknown:
            known = ", ".join(sorted({choice.lift.reason for choice in stopping}))
            raise InvalidInput(
                f"{unknown[0][:80]} did not stop it", code=AppealFault.CHOICE, field="reasons", limit=known
            )
        open_ones = [choice for choice in stopping if choice.people]
        if reasons:
            chosen = [choice for choice in open_ones if choice.lift.reason in reasons]
            if {choice.lift.reason for choice in chosen} != set(reasons):
                raise _theirs()
        else:
            chosen = [one for one in open_ones if not appeal.proposed_by or one.lift in appeal.lifts]
        if not chosen:
            raise _theirs()
        return frozenset(choice.lift for choice in chosen), max(choice.people for choice in chosen)

    def _is_second(self, appeal: Appeal, lifts: frozenset[Lift], by: str) -> bool:
        if appeal.proposed_by == by and appeal.lifts == lifts:
            raise Conflict("somebody else has to agree to this", code=AppealFault.SECOND)
        return bool(appeal.proposed_by) and appeal.proposed_by != by and appeal.lifts == lifts

    def _propose(self, appeal: Appeal) -> None:
        self._steps.record(AppealEvent.PROPOSED, appeal)
        self._parts.appeals.replace(appeal)

    def _decided(self, appeal: Appeal, by: str, note: str) -> Appeal:
        return replace(appeal, decided_by=by, decided_at=self._parts.clock.now(), note=note)

    def _check_judge(self, appeal: Appeal, contested: Contested | None, by: str) -> None:
        """Raises NotPermitted for whoever made the decision, appealed, or is concerned by it."""
        parts = self._parts
        barred = contested.barred if contested else frozenset()
        holders = {voice.organisation_id for voice in parts.appeals.voices(appeal.id)}
        release = parts.releases.find(appeal.case_id)
        if (
            by == appeal.account_id
            or by in barred
            or (release is not None and bool(release.roles_of(by)))
            or bool(holders & parts.claims.organisations(by, acting=False))
            or parts.people.concerned(by, contested.about if contested else ())
        ):
            raise NotPermitted("somebody else has to decide this", code=AppealFault.OWN)


def _theirs() -> NotPermitted:
    return NotPermitted(
        "only the people in it, or whoever speaks for them, can change this", code=AppealFault.PERSONS, field="reasons"
    )


def _checked(note: str) -> str:
    note = note.strip()
    if not 1 <= len(note) <= LONGEST_NOTE:
        raise InvalidInput("say why", code=AppealFault.TEXT, field="note", limit=f"1 to {LONGEST_NOTE} characters")
    return note

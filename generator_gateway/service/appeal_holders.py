"""Appeals, as the rights holders concerned see them: what of theirs was found, and never who asked."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from generator_gateway.errors import AppealEvent, AppealFault
from generator_gateway.ports.appeals import LONGEST_NOTE, Appeal, AppealState, ClaimFacts, Contested, Voice
from generator_gateway.service.appeal_parts import AppealParts, AppealSteps, there
from generator_gateway.service.appeal_settling import Settling
from trust_kernel.errors import Conflict, InvalidInput, NotFound


@dataclass(frozen=True, slots=True)
class Trace:
    """One place in which something claimed was found.

    Attributes:
        words: of the prompt, where it was found there; nothing around them.
        source: "prompt", "output" or "reference".
        how: how the words were written.
    """

    reason: str
    source: str
    words: str = ""
    how: str = ""
    score: float | None = None
    seconds: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True)
class Hearing:
    """An appeal that concerns a claim, as its rights holder sees it.

    Attributes:
        claim: None where it is gone.
        traces: where it was found; none once the appeal is closed, and for a takedown.
    """

    appeal: Appeal
    voice: Voice
    claim: ClaimFacts | None
    traces: Sequence[Trace] = ()


class AppealHearing:
    """The rights holders' side of appeals."""

    def __init__(self, parts: AppealParts) -> None:
        self._parts = parts
        self._steps = AppealSteps(parts)
        self._settling = Settling(parts)

    def page(self, account_id: str, *, after: str | None, limit: int) -> tuple[list[Hearing], bool]:
        """Appeals that concern claims of an account's organisations, newest first, and whether there are more."""
        theirs = self._parts.claims.organisations(account_id, acting=False)
        found, more = self._parts.appeals.heard_by(theirs, after=after, limit=limit)
        known = self._parts.claims.claims([voice.claim_id for _, voice in found])
        return [Hearing(appeal, voice, known.get(voice.claim_id)) for appeal, voice in found], more

    def show(self, account_id: str, appeal_id: str, claim_id: str) -> Hearing:
        """One, with where the claim was found; raises NotFound where it concerns no claim of theirs."""
        voice = self._voice(account_id, appeal_id, claim_id, acting=False)
        appeal = there(self._parts.appeals.get(appeal_id))
        contested = self._against(appeal)
        known = self._parts.claims.claims([claim_id])
        return Hearing(appeal, voice, known.get(claim_id), self._traces(appeal, contested, claim_id))

    def with_traces(self, heard: Sequence[Hearing]) -> list[Hearing]:
        """What `page` gave, each with where its claim was found; what an appeal is against is looked up once."""
        appeals = {one.appeal.id: one.appeal for one in heard}
        against = {key: self._against(appeal) for key, appeal in appeals.items()}
        return [
            replace(one, traces=self._traces(one.appeal, against[one.appeal.id], one.voice.claim_id)) for one in heard
        ]

    def comment(self, account_id: str, appeal_id: str, claim_id: str, comment: str) -> Hearing:
        """Say something about it; staff read it.

        Raises:
            NotFound: it concerns no claim for which they act.
            Conflict: the appeal is closed.
            InvalidInput: nothing is said, or too much.
        """
        comment = comment.strip()
        if not 1 <= len(comment) <= LONGEST_NOTE:
            raise InvalidInput(
                "say something", code=AppealFault.TEXT, field="comment", limit=f"1 to {LONGEST_NOTE} characters"
            )
        self._voice(account_id, appeal_id, claim_id, acting=True)
        with self._parts.database.transaction():
            self._steps.locked(appeal_id)
            voice = self._voice(account_id, appeal_id, claim_id, acting=True)
            self._say(replace(voice, comment=comment), account_id)
        return self.show(account_id, appeal_id, claim_id)

    def permit(self, account_id: str, appeal_id: str, claim_id: str) -> Hearing:
        """Let this one be made; it goes on by itself where nobody else stands against it. Raises as `comment`."""
        self._voice(account_id, appeal_id, claim_id, acting=True)
        with self._parts.database.transaction():
            appeal = self._steps.locked(appeal_id)
            voice = self._voice(account_id, appeal_id, claim_id, acting=True)
            if not voice.permits:
                self._steps.record(AppealEvent.CLAIM_PERMITTED, appeal, claim=claim_id)
                self._say(replace(voice, permits=True), account_id)
        contested = self._settling.contested(appeal)
        if contested is not None and self._settling.is_free(appeal, contested):
            self._go_on(appeal_id)
        return self.show(account_id, appeal_id, claim_id)

    def _go_on(self, appeal_id: str) -> None:
        try:
            self._settling.go_on(appeal_id)
        except Conflict as error:
            # Another rights holder, or staff, settled it meanwhile: what was permitted stays permitted.
            if error.code != AppealFault.CLOSED:
                raise

    def _say(self, voice: Voice, by: str) -> None:
        self._parts.appeals.put_voice(replace(voice, by=by, at=self._parts.clock.now()))

    def _voice(self, account_id: str, appeal_id: str, claim_id: str, *, acting: bool) -> Voice:
        theirs = self._parts.claims.organisations(account_id, acting=acting)
        found = self._parts.appeals.voices(appeal_id)
        voice = next((one for one in found if one.claim_id == claim_id and one.organisation_id in theirs), None)
        if voice is None:
            raise NotFound("there is no such appeal", code=AppealFault.UNKNOWN)
        return voice

    def _against(self, appeal: Appeal) -> Contested | None:
        return self._settling.contested(appeal) if appeal.state is AppealState.OPEN else None

    def _traces(self, appeal: Appeal, contested: Contested | None, claim_id: str) -> list[Trace]:
        if contested is None or contested.batch is not None:
            return []
        prompt = self._parts.cases.get(appeal.case_id).request.prompt
        found: list[Trace] = []
        for ruling in contested.rulings:
            finding, evidence = ruling.finding, ruling.finding.evidence
            if finding.about == claim_id:
                source = evidence.source if evidence.source in {"prompt", "output"} else "reference"
                words = prompt[slice(*evidence.span)] if evidence.span is not None and source == "prompt" else ""
                how = evidence.note if words else ""
                found.append(Trace(str(ruling.reason), source, words, how, finding.score, evidence.seconds))
        return found

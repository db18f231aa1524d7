"""HTTP shapes of appeals."""

from collections.abc import Collection
from datetime import datetime
from typing import Literal

from pydantic import BaseModel, Field

from generator_gateway.ports.appeals import Appeal, Choice, Voice
from generator_gateway.schemas import DecisionOut, VideoOut, decision_out, video_out
from generator_gateway.service.appeal_deciding import AppealFile
from generator_gateway.service.appeal_holders import Hearing, Trace
from generator_gateway.service.appeals import OwnAppeals
from trust_kernel.decisions import Decision

_MOST = 10_000
"""Characters that a body may hold in one field; the desks have their own limits, and say so."""


class AppealIn(BaseModel):
    """What whoever appeals says."""

    statement: str = Field(max_length=_MOST, description="why the decision is wrong; staff read it")
    evidence: str = Field(default="", max_length=_MOST, description="what speaks for that; staff read it")
    licence: str = Field(default="", max_length=_MOST, description="of a licence; the rights holder reads it too")


class OwnAppealOut(BaseModel):
    """An appeal, as whoever filed it sees it.

    Attributes:
        against: "refused", "declined" or "taken_down".
        state: "open", "upheld", "overturned", "licensed", "lapsed" or "withdrawn".
        due_at: when it is to be answered.
        escalated_at: when the administrators were told that it was not.
        note: what staff said.
    """

    id: str
    object: Literal["video.appeal"] = "video.appeal"
    video_id: str
    against: str
    state: str
    statement: str
    evidence: str
    licence: str
    filed_at: datetime
    due_at: datetime
    escalated_at: datetime | None
    decided_at: datetime | None
    note: str

    @classmethod
    def of(cls, appeal: Appeal) -> "OwnAppealOut":
        """The view of one; what staff propose among themselves is not told before it is decided."""
        return cls(
            id=appeal.id,
            video_id=appeal.case_id,
            against=appeal.kind.value,
            state=appeal.state.value,
            statement=appeal.said.statement,
            evidence=appeal.said.evidence,
            licence=appeal.said.licence,
            filed_at=appeal.filed_at,
            due_at=appeal.due_at,
            escalated_at=appeal.escalated_at,
            decided_at=appeal.decided_at,
            note=appeal.note if appeal.decided_at else "",
        )


class OwnAppealsOut(BaseModel):
    """What somebody can appeal against, and has.

    Attributes:
        until: the moment from which they cannot appeal any more; null where they cannot now.
        data: newest first.
    """

    object: Literal["video.appeals"] = "video.appeals"
    video_id: str
    may_appeal: bool
    until: datetime | None
    data: list[OwnAppealOut]

    @classmethod
    def of(cls, own: OwnAppeals) -> "OwnAppealsOut":
        """The view."""
        return cls(
            video_id=own.case.id,
            may_appeal=own.room is not None,
            until=own.room.until if own.room else None,
            data=[OwnAppealOut.of(one) for one in own.appeals],
        )


class AppealOut(OwnAppealOut):
    """An appeal, as staff see it.

    Attributes:
        decision_id: of the decision, the review or the batch.
        proposed_by: who said first that it is to be overturned, where that takes two.
        reasons: codes that are lifted, or proposed to be.
    """

    account_id: str
    decision_id: str
    proposed_by: str | None
    decided_by: str | None
    reasons: list[str]

    @classmethod
    def of(cls, appeal: Appeal) -> "AppealOut":
        """The view of one."""
        shared = OwnAppealOut.of(appeal).model_dump() | {"note": appeal.note}
        return cls(
            **shared,
            account_id=appeal.account_id,
            decision_id=appeal.decision_id,
            proposed_by=appeal.proposed_by or None,
            decided_by=appeal.decided_by or None,
            reasons=sorted({lift.reason for lift in appeal.lifts}),
        )


class AppealPage(BaseModel):
    """Appeals, by what is to be answered next."""

    data: list[AppealOut]
    has_more: bool


class ChoiceOut(BaseModel):
    """What stopped it.

    Attributes:
        people: how many of staff it takes to lift it; 0 where only people in it can say yes.
    """

    reason: str
    about: str | None
    verdict: str
    people: int

    @classmethod
    def of(cls, choice: Choice) -> "ChoiceOut":
        """The view of one."""
        return cls(
            reason=choice.lift.reason,
            about=choice.lift.about or None,
            verdict=choice.verdict.value,
            people=choice.people,
        )


class VoiceOut(BaseModel):
    """What a rights holder says."""

    claim_id: str
    title: str | None
    organisation_id: str
    reasons: list[str]
    comment: str
    permits: bool
    at: datetime | None

    @classmethod
    def of(cls, voice: Voice, title: str | None) -> "VoiceOut":
        """The view of one."""
        return cls(
            claim_id=voice.claim_id,
            title=title,
            organisation_id=voice.organisation_id,
            reasons=list(voice.reasons),
            comment=voice.comment,
            permits=voice.permits,
            at=voice.at,
        )


class AppealFileOut(BaseModel):
    """An appeal with everything that staff need to decide it.

    Attributes:
        stands: whether the decision still stands; false where nothing is left to decide about.
        takedown_id: the batch that took it down.
        people: how many it takes to let out what was taken down; 0 where no appeal does.
        inputs_there: whether the gates can look at it again.
    """

    appeal: AppealOut
    video: VideoOut
    decisions: list[DecisionOut]
    stands: bool
    takedown_id: str | None
    takedown_reason: str | None
    choices: list[ChoiceOut]
    people: int
    rights_holders: list[VoiceOut]
    inputs_there: bool

    @classmethod
    def of(cls, file: AppealFile) -> "AppealFileOut":
        """The view."""
        batch = file.contested.batch if file.contested else None
        titles = {claim.id: claim.title for claim in file.claims}
        return cls(
            appeal=AppealOut.of(file.appeal),
            video=video_out(file.case, None),
            decisions=_decisions(file.decisions),
            stands=file.contested is not None,
            takedown_id=batch.id if batch else None,
            takedown_reason=batch.cause.reason if batch else None,
            choices=[ChoiceOut.of(choice) for choice in file.choices],
            people=file.people,
            rights_holders=[VoiceOut.of(voice, titles.get(voice.claim_id)) for voice in file.voices],
            inputs_there=file.inputs_there,
        )


def _decisions(found: Collection[Decision]) -> list[DecisionOut]:
    return [decision_out(decision) for decision in found]


class AppealDecisionIn(BaseModel):
    """What a member of staff says."""

    decision: Literal["uphold", "overturn"]
    note: str = Field(max_length=_MOST, description="why; whoever appealed reads it")
    reasons: list[str] = Field(default=[], max_length=100, description="codes to lift; none for all that may be")


class TraceOut(BaseModel):
    """Where the claim was found; of the prompt only the words that matched."""

    reason: str
    source: str
    words: str
    how: str
    score: float | None
    seconds: tuple[float, float] | None

    @classmethod
    def of(cls, trace: Trace) -> "TraceOut":
        """The view of one."""
        return cls(
            reason=trace.reason,
            source=trace.source,
            words=trace.words,
            how=trace.how,
            score=trace.score,
            seconds=trace.seconds,
        )


class HearingOut(BaseModel):
    """An appeal that concerns a claim, as its rights holder sees it: nothing of whoever appealed.

    Attributes:
        licence: number or name of a licence that they say they hold.
        against: "refused", "declined" or "taken_down".
    """

    id: str
    claim_id: str
    title: str | None
    against: str
    state: str
    filed_at: datetime
    due_at: datetime
    licence: str
    found: list[TraceOut]
    comment: str
    permits: bool

    @classmethod
    def of(cls, hearing: Hearing) -> "HearingOut":
        """The view."""
        appeal, voice = hearing.appeal, hearing.voice
        return cls(
            id=appeal.id,
            claim_id=voice.claim_id,
            title=hearing.claim.title if hearing.claim else None,
            against=appeal.kind.value,
            state=appeal.state.value,
            filed_at=appeal.filed_at,
            due_at=appeal.due_at,
            licence=appeal.said.licence,
            found=[TraceOut.of(trace) for trace in hearing.traces],
            comment=voice.comment,
            permits=voice.permits,
        )


class HearingPage(BaseModel):
    """Appeals that concern one's claims, newest first."""

    data: list[HearingOut]
    has_more: bool


class CommentIn(BaseModel):
    """What a rights holder says of an appeal; staff read it."""

    comment: str = Field(max_length=_MOST)

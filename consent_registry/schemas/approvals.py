"""Questions about single uses, and answers."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from consent_registry.domain import ApprovalState, Mode
from consent_registry.domain.approvals import MAX_ANSWER_NOTE
from consent_registry.ports import AskedUse
from consent_registry.schemas.shape import Shape
from consent_registry.service.questions import Question, QuestionState


class AskerOut(Shape):
    """Who wants the use."""

    account_id: str
    handle: str | None


class AskedUseOut(Shape):
    """What they want."""

    video_id: str
    prompt: str
    purpose: str
    territories: list[str]
    languages: list[str]
    contexts: list[str]
    references: list[str] = Field(description="Ids of what they handed in; see `/v1/approvals/{id}/references/{ref}`.")
    remix_of: str | None

    @classmethod
    def of(cls, use: AskedUse) -> "AskedUseOut":
        """From the port's shape."""
        return cls(
            video_id=use.use_id,
            prompt=use.prompt,
            purpose=use.purpose,
            territories=list(use.territories),
            languages=list(use.languages),
            contexts=list(use.contexts),
            references=list(use.references),
            remix_of=use.remix_of,
        )


class ApprovalOut(Shape):
    """One question to the caller."""

    id: str
    subject_id: str
    grant_id: str
    mode: Mode
    state: QuestionState
    asked_by: AskerOut
    asked_at: datetime
    until: datetime
    answered_at: datetime | None
    note: str
    use: AskedUseOut | None
    preview: str | None = Field(description="Where to watch what was made; none where nothing is to be watched.")

    @classmethod
    def of(cls, question: Question) -> "ApprovalOut":
        """From the desk."""
        approval, use = question.approval, question.use
        watch = approval.mode is Mode.PREVIEW and use is not None and use.open
        willing = question.state in {QuestionState.WAITING, QuestionState.APPROVED}
        return cls(
            id=approval.id,
            subject_id=approval.subject_id,
            grant_id=approval.grant_id,
            mode=approval.mode,
            state=question.state,
            asked_by=AskerOut(account_id=approval.account_id, handle=question.asker),
            asked_at=approval.asked_at,
            until=approval.until,
            answered_at=approval.answered_at,
            note=question.note,
            use=AskedUseOut.of(use) if use else None,
            preview=f"/v1/approvals/{approval.id}/preview" if watch and willing else None,
        )


class ApprovalPage(Shape):
    """A page of questions: those that wait first."""

    data: list[ApprovalOut]
    has_more: bool


class AnswerIn(Shape):
    """The person's word."""

    answer: Literal["approve", "refuse"]
    note: str = Field(default="", description=f"For the person's own records; at most {MAX_ANSWER_NOTE} characters.")

    @property
    def said(self) -> ApprovalState:
        """In the domain's terms."""
        return ApprovalState.APPROVED if self.answer == "approve" else ApprovalState.REFUSED

"""Questions about single uses, as those see them who are asked and those who wait."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from consent_registry.domain import Approval, ApprovalState, Mode
from consent_registry.ports import AskedUse


class QuestionState(StrEnum):
    """Where a question stands, to the person who was asked."""

    WAITING = "waiting"
    APPROVED = "approved"
    REFUSED = "refused"
    LAPSED = "lapsed"
    ENDED = "ended"
    """Nobody needs the answer any more: what was asked about was stopped for another reason."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Somebody's own answer that a use cannot go on without.

    Attributes:
        shown: digest of what they are to see first; empty where nothing was made yet.
    """

    subject_id: str
    grant_id: str
    mode: Mode
    shown: str = ""


@dataclass(frozen=True, slots=True)
class Question:
    """A question as the person who was asked sees it.

    Attributes:
        asker: handle of whoever wants the use; None where they have none.
        use: what they want; None where its case is gone.
        note: what the person wrote beside the answer.
        state: where it stands now.
    """

    approval: Approval
    asker: str | None
    use: AskedUse | None
    note: str
    state: QuestionState


@dataclass(frozen=True, slots=True)
class Awaited:
    """Somebody whom a use waits for."""

    subject_id: str
    handle: str
    mode: Mode
    until: datetime


def question_state(approval: Approval, use: AskedUse | None, now: datetime) -> QuestionState:
    """Where a question stands at a moment, about a use as it is; None where its case is gone."""
    state = approval.state_at(now)
    unneeded = approval.answer is None and (use is None or not use.open)
    put_away = approval.answer is ApprovalState.LAPSED and (approval.answered_at or approval.until) < approval.until
    if unneeded or put_away:
        return QuestionState.ENDED
    return QuestionState(str(state))

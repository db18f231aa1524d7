"""Uses that wait for the person's own answer: asked each time, or shown what was made before anybody gets it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from consent_registry.domain.reasons import ConsentFault, ConsentReason
from consent_registry.domain.texts import holds_controls
from trust_kernel.errors import InvalidInput

MAX_ANSWER_NOTE = 500
"""Characters that a person may write beside an answer."""


class Mode(StrEnum):
    """How a grant is used."""

    AUTOMATIC = "automatic"
    ASK = "ask"
    """The person is asked before anything is made."""
    PREVIEW = "preview"
    """The person sees what was made before whoever asked for it does."""


class ApprovalState(StrEnum):
    """Where a question to a person stands."""

    WAITING = "waiting"
    APPROVED = "approved"
    REFUSED = "refused"
    LAPSED = "lapsed"
    """The deadline passed without an answer, which is a no."""


@dataclass(frozen=True, slots=True)
class Approval:
    """One question to one person about one use.

    Attributes:
        id: ``appr_…``.
        use_id: what the person is asked about, the gateway's case.
        subject_id: who is asked.
        grant_id: whose mode asks.
        account_id: who wants it.
        mode: `Mode.ASK` or `Mode.PREVIEW`.
        asked_at: when the question was put.
        until: when silence becomes a no.
        answer: what the person said; None while they have not.
        answered_at: when.
        shown: what of the use they are shown, of a preview alone: the digest of what was made. Made anew, it is
            asked about anew.
    """

    id: str
    use_id: str
    subject_id: str
    grant_id: str
    account_id: str
    mode: Mode
    asked_at: datetime
    until: datetime
    answer: ApprovalState | None = None
    answered_at: datetime | None = None
    shown: str = ""

    def state_at(self, now: datetime) -> ApprovalState:
        """Where it stands at a moment; whoever answered in time is heard, whenever that is read."""
        if self.answer is not None:
            return self.answer
        return ApprovalState.LAPSED if now >= self.until else ApprovalState.WAITING


_STANDING = {
    Mode.ASK: {
        ApprovalState.WAITING: ConsentReason.APPROVAL_WAITING,
        ApprovalState.REFUSED: ConsentReason.APPROVAL_REFUSED,
        ApprovalState.LAPSED: ConsentReason.APPROVAL_LAPSED,
    },
    Mode.PREVIEW: {
        ApprovalState.WAITING: ConsentReason.PREVIEW_WAITING,
        ApprovalState.REFUSED: ConsentReason.PREVIEW_REFUSED,
        ApprovalState.LAPSED: ConsentReason.PREVIEW_LAPSED,
    },
}

WAITING = frozenset({ConsentReason.APPROVAL_WAITING, ConsentReason.PREVIEW_WAITING})
"""Reasons that only the person's own answer can change: no reviewer can consent for them."""


def standing(mode: Mode, approval: Approval | None, now: datetime) -> ConsentReason | None:
    """Why a use may not go on yet, or at all; None where the person said yes, or need not be asked."""
    if mode is Mode.AUTOMATIC:
        return None
    state = ApprovalState.WAITING if approval is None else approval.state_at(now)
    return _STANDING[mode].get(state)


def check_answer_note(note: str) -> None:
    """Whether a person's note beside an answer can be kept; raises InvalidInput where it is too long or no text."""
    if len(note) > MAX_ANSWER_NOTE or holds_controls(note):
        raise InvalidInput(
            "the note is too long, or holds control characters",
            code=ConsentFault.APPROVAL_NOTE_MALFORMED,
            field="note",
            limit=f"{MAX_ANSWER_NOTE} characters",
        )

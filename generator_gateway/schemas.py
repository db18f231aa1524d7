"""HTTP shapes of the gateway. The video object is OpenAI's, every key present, with ours under `placet`."""

from collections.abc import Mapping
from datetime import datetime
from typing import Literal

from pydantic import BaseModel

from consent_registry.api import Awaited
from generator_gateway.ports import CaseSummary, ReleaseRecord, ReleaseState
from generator_gateway.service.appealing import appeal_path
from trust_kernel.decisions import Decision, Finding, Ruling

_STATUS: dict[str, Literal["queued", "in_progress", "completed", "failed"]] = {
    "queued": "queued",
    "held": "queued",
    "in_progress": "in_progress",
    "completed": "completed",
    "failed": "failed",
}


class ErrorOut(BaseModel):
    """Why a video failed: a documented reason code.

    Attributes:
        appeal: path where whoever asked can appeal; null where they cannot.
        appeal_until: Unix seconds from which they cannot any more.
    """

    code: str
    message: str
    appeal: str | None = None
    appeal_until: int | None = None


class PlacetOut(BaseModel):
    """What a client of ours may also want to know.

    Attributes:
        state: the case's own state; "held", "objected", "taken_down" and "withdrawn" have no word in the videos API.
        reasons: every reason code, worst first.
    """

    state: str
    reasons: list[str]
    message: str | None = None


class VideoOut(BaseModel):
    """The video object of the videos API."""

    id: str
    object: Literal["video"] = "video"
    model: str
    status: Literal["queued", "in_progress", "completed", "failed"]
    progress: int
    created_at: int
    completed_at: int | None
    expires_at: int | None = None
    prompt: str
    size: str
    seconds: str
    remixed_from_video_id: str | None
    error: ErrorOut | None
    placet: PlacetOut


class VideoPage(BaseModel):
    """A page of videos."""

    object: Literal["list"] = "list"
    data: list[VideoOut]
    first_id: str | None
    last_id: str | None
    has_more: bool


class VideoDeleted(BaseModel):
    """A video is gone."""

    id: str
    object: Literal["video.deleted"] = "video.deleted"
    deleted: Literal[True] = True


class RemixIn(BaseModel):
    """A remix's prompt."""

    prompt: str


class FindingOut(BaseModel):
    """One finding with its ruling, for reviewers."""

    gate: str
    stage: str
    outcome: str
    verdict: str
    policy: str
    reason: str
    message: str
    score: float | None
    threshold: float | None
    about: str | None
    source: str
    span: tuple[int, int] | None
    seconds: tuple[float, float] | None
    box: tuple[float, float, float, float] | None
    note: str


class DecisionOut(BaseModel):
    """One decision, with what it was made with."""

    id: str
    stage: str
    verdict: str
    policy_version: str
    made_with: dict[str, str]
    findings: list[FindingOut]


class AwaitedOut(BaseModel):
    """Somebody whose own answer a case waits for."""

    subject_id: str
    handle: str
    mode: str
    until: datetime


class CaseOut(BaseModel):
    """A case for reviewers."""

    video: VideoOut
    account_id: str
    decisions: list[DecisionOut]
    waits_for: list[AwaitedOut]


class CasePage(BaseModel):
    """A page of cases."""

    data: list[CaseOut]
    has_more: bool


class ReviewIn(BaseModel):
    """A reviewer's word on a held case."""

    verdict: Literal["allow", "deny"]
    note: str = ""


_GONE: Mapping[str, ErrorOut] = {
    ReleaseState.WITHDRAWN: ErrorOut(code="release:video:withdrawn", message="This video was withdrawn."),
    ReleaseState.TAKEN_DOWN: ErrorOut(code="release:video:taken_down", message="This video was taken down."),
}


def video_out(case: CaseSummary, release: ReleaseRecord | None, appeal_until: datetime | None = None) -> VideoOut:
    """A case as the videos API shows it; a video that was withdrawn or taken down has failed.

    Args:
        case: what was asked for.
        release: what came of it.
        appeal_until: until when whoever looks can appeal; None where they cannot.
    """
    request = case.request
    standing = release.status if release is not None else ReleaseState.RELEASED
    error = _GONE.get(standing)
    gone = error is not None
    if error is None and case.status == "failed":
        error = ErrorOut(code=case.error_code or "case:machine:broken", message=case.error_message or "")
    if error is not None and appeal_until is not None:
        until = int(appeal_until.timestamp())
        error = error.model_copy(update={"appeal": appeal_path(case.id), "appeal_until": until})
    return VideoOut(
        id=case.id,
        model=request.model,
        status="failed" if gone else _STATUS[case.status],
        progress=case.progress,
        created_at=int(case.created_at.timestamp()),
        completed_at=int(case.completed_at.timestamp()) if case.completed_at else None,
        prompt=request.prompt,
        size=f"{request.width}x{request.height}",
        seconds=str(request.seconds),
        remixed_from_video_id=request.remix_of,
        error=error,
        placet=PlacetOut(
            state=case.status if standing == ReleaseState.RELEASED else str(standing),
            reasons=list(case.reasons),
            message=case.error_message,
        ),
    )


def awaited_out(awaited: Awaited) -> AwaitedOut:
    """Whom a case waits for, as reviewers see it."""
    return AwaitedOut(subject_id=awaited.subject_id, handle=awaited.handle, mode=str(awaited.mode), until=awaited.until)


def decision_out(decision: Decision) -> DecisionOut:
    """A decision as reviewers see it."""
    return DecisionOut(
        id=decision.id,
        stage=decision.stage,
        verdict=decision.verdict,
        policy_version=decision.policy_version,
        made_with=dict(decision.made_with),
        findings=[_finding_out(ruling.finding, ruling) for ruling in decision.rulings],
    )


def _finding_out(finding: Finding, ruling: Ruling) -> FindingOut:
    return FindingOut(
        gate=finding.gate,
        stage=finding.stage,
        outcome=finding.outcome,
        verdict=ruling.verdict,
        policy=ruling.policy,
        reason=ruling.reason,
        message=ruling.message,
        score=finding.score,
        threshold=finding.threshold,
        about=finding.about,
        source=finding.evidence.source,
        span=finding.evidence.span,
        seconds=finding.evidence.seconds,
        box=finding.evidence.box,
        note=finding.evidence.note,
    )

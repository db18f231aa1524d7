"""Cases, for reviewers."""

from typing import Annotated

from fastapi import APIRouter, Query

from generator_gateway.schemas import CaseOut, CasePage, ReviewIn, awaited_out, decision_out, video_out
from generator_gateway.service.reviewing import CaseFile, ReviewDesk
from generator_gateway.service.videos import VideoDesk
from trust_kernel.decisions import Verdict
from trust_kernel.web.access import Access, Actor


def build_case_router(reviews: ReviewDesk, desk: VideoDesk, access: Access) -> APIRouter:
    """Routes under `/v1/cases`."""
    router = APIRouter(prefix="/v1/cases", tags=["cases"])
    read = access.requires("case:read")
    decide = access.requires("case:decide")

    def shown(file: CaseFile) -> CaseOut:
        return CaseOut(
            video=video_out(file.case, desk.release_of(file.case.id)),
            account_id=file.case.account_id,
            decisions=[decision_out(decision) for decision in file.decisions],
            waits_for=[awaited_out(awaited) for awaited in file.waits_for],
        )

    @router.get("")
    def list_cases(
        actor: Annotated[Actor, read],
        status: Annotated[str | None, Query(pattern="^(queued|in_progress|held|completed|failed)$")] = None,
        after: str | None = None,
        limit: Annotated[int, Query(ge=1, le=100)] = 20,
    ) -> CasePage:
        """Everybody's cases, newest first."""
        del actor
        files, more = reviews.page(status=status, after=after, limit=limit)
        return CasePage(data=[shown(file) for file in files], has_more=more)

    @router.get("/{case_id}")
    def read_case(case_id: str, actor: Annotated[Actor, read]) -> CaseOut:
        """One case with every finding."""
        del actor
        return shown(reviews.open(case_id))

    @router.post("/{case_id}/review")
    def review_case(case_id: str, body: ReviewIn, actor: Annotated[Actor, decide]) -> CaseOut:
        """Let a held case go on, or end it."""
        return shown(reviews.decide(case_id, actor.account_id, Verdict(body.verdict), body.note))

    return router

"""Answering for oneself, or as a guardian: uses that wait for the person's own yes."""

from typing import Annotated

from fastapi import APIRouter, Query

from consent_registry.routes.own import MANAGE
from consent_registry.schemas.approvals import AnswerIn, ApprovalOut, ApprovalPage
from consent_registry.service.approvals import ApprovalDesk
from trust_kernel.web.access import Access, Actor


def build_approvals_router(desk: ApprovalDesk, access: Access) -> APIRouter:
    """Routes of questions and answers. No other question exists for the caller, whatever else they may do."""
    router = APIRouter(prefix="/v1/approvals", tags=["consent"])

    @router.get("")
    def approvals(
        actor: Annotated[Actor, access.requires(MANAGE)],
        after: str | None = None,
        limit: Annotated[int, Query(ge=1, le=100)] = 20,
    ) -> ApprovalPage:
        """Uses of the caller's likeness, or a ward's, that ask for a yes: the earliest deadline first."""
        found = desk.mine(actor.account_id, after=after, limit=limit + 1)
        data = [ApprovalOut.of(question) for question in found[:limit]]
        return ApprovalPage(data=data, has_more=len(found) > limit)

    @router.get("/{approval_id}")
    def approval(approval_id: str, actor: Annotated[Actor, access.requires(MANAGE)]) -> ApprovalOut:
        """One question: who wants what, and until when it can be answered."""
        return ApprovalOut.of(desk.one(approval_id, actor.account_id))

    @router.post("/{approval_id}")
    def answer(approval_id: str, body: AnswerIn, actor: Annotated[Actor, access.requires(MANAGE)]) -> ApprovalOut:
        """Say yes or no. A yes may become a no until the video is out; a no stays. For a minor a guardian says yes."""
        return ApprovalOut.of(desk.answer(approval_id, body.said, actor=actor.account_id, note=body.note))

    return router

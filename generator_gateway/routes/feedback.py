"""What people said of verifications, for reviewers."""

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel

from generator_gateway.service.verification import ReportDesk
from trust_kernel.web.access import Access, Actor


class SaidOut(BaseModel):
    """What somebody said of the verification of one file."""

    sha256: str
    verdict: str
    text: str
    at: str


class SaidPage(BaseModel):
    """The newest, first."""

    data: list[SaidOut]


def build_feedback_router(reports: ReportDesk, access: Access) -> APIRouter:
    """`GET /v1/feedback`."""
    router = APIRouter(tags=["verification"])

    @router.get("/v1/feedback")
    def list_feedback(
        actor: Annotated[Actor, access.requires("feedback:read")], limit: Annotated[int, Query(ge=1, le=100)] = 100
    ) -> SaidPage:
        """What people said of verifications, newest first; it is kept for some days."""
        del actor
        said = reports.said(limit)
        return SaidPage(
            data=[
                SaidOut(
                    sha256=one.sha256,
                    verdict="right" if one.right else "wrong",
                    text=one.text,
                    at=one.at.isoformat(),
                )
                for one in said
            ]
        )

    return router

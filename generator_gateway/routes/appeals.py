"""Appeals: of whoever asked for a video, of staff, of the rights holders concerned."""

from typing import Annotated

from fastapi import APIRouter, Query

from generator_gateway.ports.appeals import AppealState, Said
from generator_gateway.routes.appeals_out import (
    AppealDecisionIn,
    AppealFileOut,
    AppealIn,
    AppealOut,
    AppealPage,
    CommentIn,
    HearingOut,
    HearingPage,
    OwnAppealOut,
    OwnAppealsOut,
)
from generator_gateway.service.appeal_deciding import AppealReview
from generator_gateway.service.appeal_holders import AppealHearing
from generator_gateway.service.appeals import AppealDesk
from trust_kernel.web.access import Access, Actor

_ANY = "any"


def build_appeal_router(desk: AppealDesk, review: AppealReview, hearing: AppealHearing, access: Access) -> APIRouter:
    """Routes of appeals."""
    router = APIRouter(prefix="/v1", tags=["appeals"])
    _add_own(router, desk, access)
    _add_staff(router, review, access)
    _add_holders(router, hearing, access)
    return router


def _add_own(router: APIRouter, desk: AppealDesk, access: Access) -> None:
    create, read = access.requires("video:create"), access.requires("video:read")

    @router.post("/videos/{video_id}/appeal", status_code=201)
    def file_appeal(video_id: str, actor: Annotated[Actor, create], body: AppealIn) -> OwnAppealOut:
        """Appeal against the decision that stands against one's video; once for each decision."""
        said = Said(body.statement, body.evidence, body.licence)
        return OwnAppealOut.of(desk.file(actor.account_id, video_id, said))

    @router.get("/videos/{video_id}/appeal")
    def show_own_appeals(video_id: str, actor: Annotated[Actor, read]) -> OwnAppealsOut:
        """Whether one can appeal and until when, and what came of one's appeals."""
        return OwnAppealsOut.of(desk.own(actor.account_id, video_id))

    @router.delete("/videos/{video_id}/appeal")
    def withdraw_appeal(video_id: str, actor: Annotated[Actor, create]) -> OwnAppealOut:
        """Take one's open appeal back, for good."""
        return OwnAppealOut.of(desk.withdraw(actor.account_id, video_id))


def _add_staff(router: APIRouter, review: AppealReview, access: Access) -> None:
    read, decide = access.requires("case:read"), access.requires("case:decide")

    @router.get("/appeals")
    def list_appeals(
        _actor: Annotated[Actor, read],
        state: Annotated[str, Query(pattern=f"^({_ANY}|{'|'.join(AppealState)})$")] = AppealState.OPEN.value,
        after: Annotated[str | None, Query(max_length=100)] = None,
        limit: Annotated[int, Query(ge=1, le=100)] = 20,
    ) -> AppealPage:
        """Everybody's, by what is to be answered next."""
        wanted = None if state == _ANY else AppealState(state)
        found, more = review.page(wanted, after=after, limit=limit)
        return AppealPage(data=[AppealOut.of(one) for one in found], has_more=more)

    @router.get("/appeals/{appeal_id}")
    def show_appeal(appeal_id: str, _actor: Annotated[Actor, read]) -> AppealFileOut:
        """One with its case, every finding, and what the rights holders say."""
        return AppealFileOut.of(review.show(appeal_id))

    @router.post("/appeals/{appeal_id}/decide")
    def decide_appeal(appeal_id: str, actor: Annotated[Actor, decide], body: AppealDecisionIn) -> AppealFileOut:
        """Let the decision stand, or lift reasons of it for this case alone; some of that takes two."""
        if body.decision == "uphold":
            return AppealFileOut.of(review.uphold(appeal_id, actor.account_id, body.note))
        return AppealFileOut.of(review.overturn(appeal_id, actor.account_id, body.note, body.reasons))


def _add_holders(router: APIRouter, hearing: AppealHearing, access: Access) -> None:
    read, write = access.requires("optout:read"), access.requires("optout:write")

    @router.get("/claim-appeals")
    def list_claim_appeals(
        actor: Annotated[Actor, read],
        after: Annotated[str | None, Query(max_length=100)] = None,
        limit: Annotated[int, Query(ge=1, le=100)] = 20,
    ) -> HearingPage:
        """Appeals that concern claims of one's organisations, newest first."""
        found, more = hearing.page(actor.account_id, after=after, limit=limit)
        return HearingPage(data=[HearingOut.of(one) for one in found], has_more=more)

    @router.get("/claim-appeals/{appeal_id}/{claim_id}")
    def show_claim_appeal(appeal_id: str, claim_id: str, actor: Annotated[Actor, read]) -> HearingOut:
        """One, with where the claim was found; never who asked, nor the rest of the prompt."""
        return HearingOut.of(hearing.show(actor.account_id, appeal_id, claim_id))

    @router.post("/claim-appeals/{appeal_id}/{claim_id}/comment")
    def comment_on_appeal(appeal_id: str, claim_id: str, actor: Annotated[Actor, write], body: CommentIn) -> HearingOut:
        """Say something about it; staff read it."""
        return HearingOut.of(hearing.comment(actor.account_id, appeal_id, claim_id, body.comment))

    @router.post("/claim-appeals/{appeal_id}/{claim_id}/permit")
    def permit_appealed(appeal_id: str, claim_id: str, actor: Annotated[Actor, write]) -> HearingOut:
        """Let this one be made; it goes on by itself where nobody else stands against it."""
        return HearingOut.of(hearing.permit(actor.account_id, appeal_id, claim_id))

"""Staff's pages about appeals: what is to be answered next, what may be lifted, and the answer."""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse

from generator_gateway.api import AppealReview, AppealState
from review_ui.staff.answers import NOTHING, REFUSALS, Wrong, back, missing, refused
from review_ui.staff.door import Door
from trust_kernel.web.access import Actor

PATH = "/staff/appeals"
_PAGE = 20


def build_appeal_pages(door: Door, review: AppealReview) -> APIRouter:
    """`/staff/appeals` and below."""
    router = APIRouter(include_in_schema=False)
    _add_list(router, door, review)
    _add_one(router, door, review)
    return router


def _add_list(router: APIRouter, door: Door, review: AppealReview) -> None:
    @router.get(PATH)
    def appeals(
        request: Request,
        _actor: Annotated[Actor, door.access.requires("case:read")],
        state: str = "",
        after: str | None = None,
    ) -> HTMLResponse:
        every = state == "all"
        found, more = review.page(None if every else AppealState.OPEN, after=after, limit=_PAGE)
        return door.pages.render(
            request,
            "staff_appeals.html",
            rows=[(one, door.people.known(one.account_id)) for one in found],
            every=every,
            now=door.registry.now(),
            after=after,
            next=found[-1].id if more else None,
        )


def _add_one(router: APIRouter, door: Door, review: AppealReview) -> None:
    def show(
        request: Request, appeal_id: str, wrong: Wrong = NOTHING, chosen: frozenset[str] = frozenset()
    ) -> HTMLResponse:
        file = review.show(appeal_id)
        appeal = file.appeal
        return door.pages.render(
            request,
            "staff_appeal.html",
            status=wrong.status,
            file=file,
            appeal=appeal,
            who=door.people.known(appeal.account_id),
            first=door.people.known(appeal.proposed_by) if appeal.proposed_by else None,
            by=door.people.known(appeal.decided_by) if appeal.decided_by else None,
            titles={claim.id: claim.title for claim in file.claims},
            chosen=chosen or frozenset(lift.reason for lift in appeal.lifts),
            wrong=wrong,
        )

    @router.get(f"{PATH}/{{appeal_id}}")
    def one(
        request: Request, appeal_id: str, _actor: Annotated[Actor, door.access.requires("case:read")]
    ) -> HTMLResponse:
        return show(request, appeal_id)

    @router.post(f"{PATH}/{{appeal_id}}", response_model=None)
    def decide(
        request: Request,
        appeal_id: str,
        actor: Annotated[Actor, door.access.requires("case:decide")],
        deed: Annotated[str, Form()] = "",
        note: Annotated[str, Form(max_length=20_000)] = "",
        reasons: Annotated[list[str] | None, Form()] = None,
    ) -> HTMLResponse | RedirectResponse:
        chosen = frozenset(reasons or ())
        try:
            if deed == "uphold":
                done = review.uphold(appeal_id, actor.account_id, note).appeal.state.value
            elif deed == "overturn":
                decided = review.overturn(appeal_id, actor.account_id, note, chosen).appeal
                done = "proposed" if decided.state is AppealState.OPEN else decided.state.value
            else:
                return show(request, appeal_id, missing("Choose what becomes of it.", note), chosen)
        except REFUSALS as error:
            return show(request, appeal_id, refused(error, note), chosen)
        return back(f"{PATH}/{appeal_id}", done)

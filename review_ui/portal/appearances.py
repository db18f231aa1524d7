"""Where a person was found in videos that were made before they said anything, and how they ask for them back."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse

from generator_gateway.api import AppearanceDesk
from trust_kernel.errors import Conflict
from trust_kernel.web.access import Access, Actor
from trust_kernel.web.pages import Pages

_PAGE = 50


def build_own_appearance_pages(desk: AppearanceDesk, pages: Pages, access: Access) -> APIRouter:
    """`/me/appearances` and below."""
    router = APIRouter(include_in_schema=False)
    manage = access.requires("likeness:manage")

    def show(
        request: Request, actor: Actor, after: str | None, problem: str = "", status: HTTPStatus = HTTPStatus.OK
    ) -> HTMLResponse:
        found, more = desk.own(actor.account_id, after=after, limit=_PAGE)
        return pages.render(
            request,
            "my_appearances.html",
            status=status,
            found=found,
            after=after,
            next=found[-1].id if more else None,
            problem=problem,
        )

    @router.get("/me/appearances")
    def appearances(request: Request, actor: Annotated[Actor, manage], after: str | None = None) -> HTMLResponse:
        return show(request, actor, after)

    @router.post("/me/appearances/{appearance_id}/dispute", response_model=None)
    def dispute(
        request: Request, appearance_id: str, actor: Annotated[Actor, manage]
    ) -> HTMLResponse | RedirectResponse:
        try:
            desk.dispute(actor.account_id, appearance_id)
        except Conflict:
            problem = "You asked for this already, or the video is not out any more."
            return show(request, actor, None, problem, HTTPStatus.CONFLICT)
        return RedirectResponse("/me/appearances", HTTPStatus.SEE_OTHER)

    return router

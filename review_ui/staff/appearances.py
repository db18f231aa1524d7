"""Staff's pages about people who were found in releases later: the list, one of them, the decision."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse

from generator_gateway.api import AppearanceDesk, AppearanceState
from review_ui.staff.door import Door
from trust_kernel.errors import Conflict
from trust_kernel.web.access import Actor

_PAGE = 50
_MOST_WORDS = 2000
_DECISIONS = {"withdraw": AppearanceState.WITHDRAWN, "dismiss": AppearanceState.DISMISSED}


def build_appearance_pages(desk: AppearanceDesk, door: Door) -> APIRouter:
    """`/appearances` and below; the stills are those of `/cases`, blurred on the server until somebody asks."""
    router = APIRouter(include_in_schema=False)
    _add_list(router, desk, door)
    _add_one(router, desk, door)
    return router


def _add_list(router: APIRouter, desk: AppearanceDesk, door: Door) -> None:
    @router.get("/appearances")
    def appearances(
        request: Request,
        _actor: Annotated[Actor, door.access.requires("case:read")],
        state: AppearanceState | None = None,
        owner: str | None = None,
        after: str | None = None,
    ) -> HTMLResponse:
        found, more = desk.page(state=state, owner=owner, after=after, limit=_PAGE)
        return door.pages.render(
            request,
            "appearances.html",
            rows=[(one, desk.name(one)) for one in found],
            wanted=state,
            owner=owner,
            filters=list(AppearanceState),
            after=after,
            next=found[-1].id if more else None,
        )


def _add_one(router: APIRouter, desk: AppearanceDesk, door: Door) -> None:
    def show(
        request: Request,
        appearance_id: str,
        *,
        clear: bool = False,
        problem: str = "",
        typed: str = "",
        status: HTTPStatus = HTTPStatus.OK,
    ) -> HTMLResponse:
        one = desk.open(appearance_id)
        name = desk.name(one)
        return door.pages.render(
            request,
            "appearance.html",
            status=status,
            one=one,
            name=name,
            by=door.people.known(one.decided_by) if one.decided_by else None,
            clear=clear,
            problem=problem,
            typed=typed,
        )

    @router.get("/appearances/{appearance_id}")
    def appearance(
        request: Request,
        appearance_id: str,
        _actor: Annotated[Actor, door.access.requires("case:read")],
        clear: str = "",
    ) -> HTMLResponse:
        return show(request, appearance_id, clear=clear == "yes")

    @router.post("/appearances/{appearance_id}", response_model=None)
    def decide(
        request: Request,
        appearance_id: str,
        actor: Annotated[Actor, door.access.requires("case:decide")],
        decision: Annotated[str, Form()] = "",
        note: Annotated[str, Form()] = "",
    ) -> HTMLResponse | RedirectResponse:
        problem = ""
        if decision not in _DECISIONS:
            problem = "Choose what becomes of the video."
        elif not 1 <= len(note.strip()) <= _MOST_WORDS:
            problem = f"Say why, in 1 to {_MOST_WORDS} characters."
        if problem:
            status = HTTPStatus.UNPROCESSABLE_ENTITY
            return show(request, appearance_id, problem=problem, typed=note[:_MOST_WORDS], status=status)
        try:
            desk.decide(appearance_id, actor.account_id, _DECISIONS[decision], note.strip())
        except Conflict:
            problem = "Somebody decided this, or the video is not out any more."
            return show(request, appearance_id, problem=problem, status=HTTPStatus.CONFLICT)
        return RedirectResponse(f"/appearances/{appearance_id}", HTTPStatus.SEE_OTHER)

"""Staff's pages about released videos that claims and blocked people touch: proposed, taken down, brought back."""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse

from generator_gateway.api import AskedSearches, BatchState, TakedownDesk
from review_ui.staff.answers import NOTHING, REFUSALS, Wrong, back, missing, refused
from review_ui.staff.door import Door
from trust_kernel.errors import NotFound
from trust_kernel.web.access import Actor

PATH = "/staff/takedowns"
GROUNDLESS = "groundless"
"""Stands among the states for batches that hold something down for what does not stand any more."""
_PAGE = 20
_MOST_NOTE = 2000


def build_takedown_pages(door: Door, desk: TakedownDesk, searches: AskedSearches) -> APIRouter:
    """`/staff/takedowns` and below."""
    router = APIRouter(include_in_schema=False)
    _add_list(router, door, desk, searches)
    _add_one(router, door, desk, searches)
    return router


def _add_list(router: APIRouter, door: Door, desk: TakedownDesk, searches: AskedSearches) -> None:
    def show(request: Request, state: str = "", after: str | None = None, wrong: Wrong = NOTHING) -> HTMLResponse:
        wanted, groundless = next((one for one in BatchState if one.value == state), None), state == GROUNDLESS
        found, more = desk.page(state=wanted, groundless=groundless, after=after, limit=_PAGE)
        return door.pages.render(
            request,
            "staff_takedowns.html",
            status=wrong.status,
            rows=found,
            names=searches.names(one.cause.about for one in found),
            states=[one.value for one in BatchState],
            wanted=state if wanted or groundless else "",
            after=after,
            next=found[-1].id if more else None,
            wrong=wrong,
        )

    @router.get(PATH)
    def takedowns(
        request: Request,
        _actor: Annotated[Actor, door.access.requires("case:read")],
        state: str = "",
        after: str | None = None,
    ) -> HTMLResponse:
        return show(request, state, after)

    @router.post(PATH, response_model=None)
    def search(
        request: Request,
        actor: Annotated[Actor, door.access.requires("case:decide")],
        claim_id: Annotated[str, Form(max_length=200)] = "",
    ) -> HTMLResponse | RedirectResponse:
        about = claim_id.strip()
        look = searches.of_person if about in searches.names([about]) else searches.of_claim
        try:
            asked = look(about, actor.account_id)
        except NotFound:
            return show(request, wrong=missing("There is no such claim or blocklist entry.", claim_id))
        except REFUSALS as error:
            return show(request, wrong=refused(error, claim_id))
        return back(f"{PATH}/{asked.id}", "searching")


def _add_one(router: APIRouter, door: Door, desk: TakedownDesk, searches: AskedSearches) -> None:
    def show(
        request: Request, batch_id: str, wrong: Wrong = NOTHING, chosen: frozenset[str] | None = None
    ) -> HTMLResponse:
        batch, items = desk.batch(batch_id), desk.items(batch_id)
        return door.pages.render(
            request,
            "staff_takedown.html",
            status=wrong.status,
            batch=batch,
            items=items,
            names=searches.names([batch.cause.about, *(item.touched.about for item in items)]),
            chosen=chosen,
            by=door.people.known(batch.confirmed_by) if batch.confirmed_by else None,
            wrong=wrong,
        )

    @router.get(f"{PATH}/{{batch_id}}")
    def one(
        request: Request, batch_id: str, _actor: Annotated[Actor, door.access.requires("case:read")]
    ) -> HTMLResponse:
        return show(request, batch_id)

    @router.post(f"{PATH}/{{batch_id}}", response_model=None)
    def decide(
        request: Request,
        batch_id: str,
        actor: Annotated[Actor, door.access.requires("case:decide")],
        deed: Annotated[str, Form()] = "",
        videos: Annotated[list[str] | None, Form()] = None,
        note: Annotated[str, Form(max_length=20_000)] = "",
    ) -> HTMLResponse | RedirectResponse:
        by, chosen = actor.account_id, frozenset(videos or ())
        if len(note) > _MOST_NOTE:
            return show(request, batch_id, missing(f"Say it in {_MOST_NOTE} characters.", note), chosen)
        try:
            if deed == "confirm":
                desk.confirm(batch_id, by, chosen, note=note)
            elif deed == "dismiss":
                desk.dismiss(batch_id, by, note=note)
            elif deed == "undo":
                desk.restore(batch_id, by, note=note)
            else:
                return show(request, batch_id, missing("Choose what becomes of them.", note), chosen)
        except REFUSALS as error:
            return show(request, batch_id, refused(error, note), chosen)
        return back(f"{PATH}/{batch_id}", deed)

"""The page with the switch that stops every use of every likeness."""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse

from review_ui.staff.answers import NOTHING, REFUSALS, Wrong, back, missing, refused
from review_ui.staff.door import Door
from trust_kernel.web.access import Actor

PATH = "/staff/lockdown"
SET = "lockdown:set"


def build_lockdown_pages(door: Door) -> APIRouter:
    """`/staff/lockdown`."""
    router = APIRouter(include_in_schema=False)

    def show(request: Request, wrong: Wrong = NOTHING) -> HTMLResponse:
        now = door.registry.safety.lockdown()
        return door.pages.render(
            request,
            "staff_lockdown.html",
            status=wrong.status,
            now=now,
            by=door.people.known(now.by) if now.by else None,
            wrong=wrong,
        )

    @router.get(PATH)
    def lockdown(request: Request, _actor: Annotated[Actor, door.access.requires(SET)]) -> HTMLResponse:
        return show(request)

    @router.post(PATH, response_model=None)
    def switch(
        request: Request,
        actor: Annotated[Actor, door.access.requires(SET)],
        deed: Annotated[str, Form()] = "",
        reason: Annotated[str, Form()] = "",
    ) -> HTMLResponse | RedirectResponse:
        if deed not in {"stop", "go_on"}:
            return show(request, missing("Choose whether everything stops.", reason))
        if not reason.strip():
            return show(request, missing("Say why: those who run this site are told."))
        try:
            door.registry.safety.set_lockdown(actor.account_id, on=deed == "stop", reason=reason)
        except REFUSALS as error:
            return show(request, refused(error, reason))
        return back(PATH, deed)

    return router

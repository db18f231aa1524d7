"""Appeals against what a rights holder's claims stopped: what of theirs was found, and what they say to it."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse

from generator_gateway.api import AppealHearing
from review_ui.portal.faults import sentence
from review_ui.rights.door import READ, WRITE, Door
from trust_kernel.errors import Conflict, InvalidInput, PlacetError
from trust_kernel.web.access import Actor
from trust_kernel.web.problems import status_of

PATH = "/rights/appeals"
_PAGE = 20


def build_hearing_pages(door: Door, hearing: AppealHearing) -> APIRouter:
    """`/rights/appeals`."""
    router = APIRouter(include_in_schema=False)

    def show(
        request: Request,
        actor: Actor,
        *,
        after: str | None = None,
        error: PlacetError | None = None,
        which: str = "",
        typed: str = "",
    ) -> HTMLResponse:
        found, more = hearing.page(actor.account_id, after=after, limit=_PAGE)
        return door.pages.render(
            request,
            "rights_appeals.html",
            status=status_of(error) if error is not None else HTTPStatus.OK,
            rows=hearing.with_traces(found),
            problem=sentence(error) if error is not None else "",
            which=which,
            typed=typed,
            after=after,
            next=found[-1].appeal.id if more else None,
        )

    @router.get(PATH)
    def appeals(
        request: Request, actor: Annotated[Actor, door.access.requires(READ)], after: str | None = None
    ) -> HTMLResponse:
        return show(request, actor, after=after)

    @router.post(PATH, response_model=None)
    def say(
        request: Request,
        actor: Annotated[Actor, door.access.requires(WRITE)],
        appeal_id: Annotated[str, Form()] = "",
        claim_id: Annotated[str, Form()] = "",
        deed: Annotated[str, Form()] = "",
        comment: Annotated[str, Form(max_length=20_000)] = "",
    ) -> HTMLResponse | RedirectResponse:
        try:
            if deed == "permit":
                hearing.permit(actor.account_id, appeal_id, claim_id)
            else:
                hearing.comment(actor.account_id, appeal_id, claim_id, comment)
        except (Conflict, InvalidInput) as error:
            return show(request, actor, error=error, which=f"{appeal_id}-{claim_id}", typed=comment)
        done = "permitted" if deed == "permit" else "said"
        return RedirectResponse(f"{PATH}?done={done}", HTTPStatus.SEE_OTHER)

    return router

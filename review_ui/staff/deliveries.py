"""Staff's page about dead letters: what could not be delivered, and what becomes of it. Nobody's address is shown."""

from enum import StrEnum
from http import HTTPStatus
from typing import Annotated, TypeVar

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse

from review_ui.staff.answers import NOTHING, Wrong, missing, refused
from review_ui.staff.door import Door
from trust_kernel.delivery.domain import Channel, DeliveryState
from trust_kernel.delivery.letters import DeadLetters, DeliveryFilter
from trust_kernel.errors import Conflict, InvalidInput
from trust_kernel.web.access import Actor
from trust_kernel.web.delivery_routes import PERMISSION

_Named = TypeVar("_Named", bound=StrEnum)
_PAGE = 50
_PATH = "/staff/deliveries"


def build_delivery_pages(letters: DeadLetters, door: Door) -> APIRouter:
    """`/staff/deliveries`."""
    router = APIRouter(include_in_schema=False)

    def show(request: Request, wrong: Wrong = NOTHING) -> HTMLResponse:
        asked = request.query_params
        wanted = DeliveryFilter(
            state=_one_of(DeliveryState, asked.get("state"), DeliveryState.DEAD),
            channel=_one_of(Channel, asked.get("channel"), None),
            target=asked.get("target", "")[:100],
            account_id=asked.get("account", "")[:100],
            said=asked.get("said", "")[:100],
        )
        found, more = letters.page(wanted, after=asked.get("after"), limit=_PAGE)
        return door.pages.render(
            request,
            "deliveries.html",
            status=wrong.status,
            rows=[(one, door.people.known(one.dropped_by) if one.dropped_by else None) for one in found],
            wanted=wanted,
            states=list(DeliveryState),
            channels=list(Channel),
            after=asked.get("after"),
            next=found[-1].id if more else None,
            wrong=wrong,
        )

    @router.get(_PATH)
    def deliveries(request: Request, _actor: Annotated[Actor, door.access.requires(PERMISSION)]) -> HTMLResponse:
        return show(request)

    @router.post(_PATH, response_model=None)
    def act(
        request: Request,
        actor: Annotated[Actor, door.access.requires(PERMISSION)],
        deed: Annotated[str, Form()] = "",
        which: Annotated[str, Form(max_length=100)] = "",
        why: Annotated[str, Form(max_length=2000)] = "",
    ) -> HTMLResponse | RedirectResponse:
        try:
            if deed == "retry":
                letters.retry(which)
            elif deed == "retry_target":
                letters.retry_target(which)
            elif deed == "drop":
                letters.drop(which, by=actor.account_id, why=why)
            else:
                return show(request, missing("Choose what becomes of it.", which=which))
        except InvalidInput as error:
            return show(request, refused(error, why, which))
        except Conflict:
            return show(request, Wrong("Somebody took care of it before you.", HTTPStatus.CONFLICT))
        query = f"?{request.url.query}" if request.url.query else ""
        return RedirectResponse(f"{_PATH}{query}", HTTPStatus.SEE_OTHER)

    return router


def _one_of(kind: type[_Named], text: str | None, otherwise: _Named | None) -> _Named | None:
    """A filter as the address names it; a word that is none is passed over."""
    return next((one for one in kind if one == text), otherwise)

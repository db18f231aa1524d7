"""Staff's page about dead letters: what could not be delivered, and what becomes of it. Nobody's address is shown."""

from enum import StrEnum
from http import HTTPStatus
from typing import Annotated, TypeVar

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse

from trust_kernel.delivery.domain import Channel, DeliveryState
from trust_kernel.delivery.letters import DeadLetters, DeliveryFilter
from trust_kernel.errors import Conflict, InvalidInput
from trust_kernel.web.access import Access, Actor
from trust_kernel.web.delivery_routes import PERMISSION
from trust_kernel.web.pages import Pages

_Named = TypeVar("_Named", bound=StrEnum)
_PAGE = 50
_PATH = "/staff/deliveries"


def build_delivery_pages(letters: DeadLetters, pages: Pages, access: Access) -> APIRouter:
    """`/staff/deliveries`."""
    router = APIRouter(include_in_schema=False)

    def show(request: Request, problem: str = "", status: HTTPStatus = HTTPStatus.OK) -> HTMLResponse:
        asked = request.query_params
        wanted = DeliveryFilter(
            state=_one_of(DeliveryState, asked.get("state"), DeliveryState.DEAD),
            channel=_one_of(Channel, asked.get("channel"), None),
            target=asked.get("target", "")[:100],
            account_id=asked.get("account", "")[:100],
            said=asked.get("said", "")[:100],
        )
        found, more = letters.page(wanted, after=asked.get("after"), limit=_PAGE)
        return pages.render(
            request,
            "deliveries.html",
            status=status,
            rows=found,
            wanted=wanted,
            states=list(DeliveryState),
            channels=list(Channel),
            after=asked.get("after"),
            next=found[-1].id if more else None,
            problem=problem,
        )

    @router.get(_PATH)
    def deliveries(request: Request, _actor: Annotated[Actor, access.requires(PERMISSION)]) -> HTMLResponse:
        return show(request)

    @router.post(_PATH, response_model=None)
    def act(
        request: Request,
        actor: Annotated[Actor, access.requires(PERMISSION)],
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
                return show(request, "Choose what becomes of it.", HTTPStatus.UNPROCESSABLE_ENTITY)
        except InvalidInput as error:
            return show(request, f"{error.detail[:1].upper()}{error.detail[1:]}.", HTTPStatus.UNPROCESSABLE_ENTITY)
        except Conflict:
            return show(request, "Somebody took care of it before you.", HTTPStatus.CONFLICT)
        query = f"?{request.url.query}" if request.url.query else ""
        return RedirectResponse(f"{_PATH}{query}", HTTPStatus.SEE_OTHER)

    return router


def _one_of(kind: type[_Named], text: str | None, otherwise: _Named | None) -> _Named | None:
    """A filter as the address names it; a word that is none is passed over."""
    return next((one for one in kind if one == text), otherwise)

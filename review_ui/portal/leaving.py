"""Taking everything along, and leaving for good."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse

from consent_registry.api import Subject
from review_ui.portal.door import MANAGE, Door
from review_ui.portal.faults import Faults
from trust_kernel.web.access import Actor
from trust_kernel.web.pages import set_cookie


def build_leaving_pages(door: Door) -> APIRouter:
    """`/me/leave`."""
    router = APIRouter(include_in_schema=False)
    manage = door.access.requires(MANAGE)

    @router.get("/me/leave")
    def ask(request: Request, actor: Annotated[Actor, manage]) -> HTMLResponse:
        return _show(door, request, door.own(actor))

    @router.post("/me/leave")
    def leave(
        request: Request,
        actor: Annotated[Actor, manage],
        confirmation: Annotated[str, Form(max_length=100)] = "",
        with_account: Annotated[str, Form(max_length=10)] = "",
    ) -> HTMLResponse:
        subject = door.own(actor)
        also = with_account == "yes"
        if confirmation.strip().removeprefix("@").lower() != subject.handle:
            faults = Faults({"confirmation": f"Type @{subject.handle}, so that nobody leaves by mistake."})
            return _show(door, request, subject, faults, confirmation, with_account=also)
        withdrawn = door.registry.forget(subject.id, actor=actor.account_id, with_account=also)
        if also:
            request.state.actor = None  # nobody is signed in any more
        answer = door.pages.render(request, "my_gone.html", withdrawn=len(withdrawn), with_account=also)
        if also:
            set_cookie(answer, door.access.cookies, door.access.cookies.session, "", max_age=0)
        return answer

    return router


def _show(
    door: Door,
    request: Request,
    subject: Subject,
    faults: Faults | None = None,
    confirmation: str = "",
    *,
    with_account: bool = False,
) -> HTMLResponse:
    standing = [grant for grant in door.registry.grants(subject.id) if grant.revoked_at is None]
    return door.pages.render(
        request,
        "my_leave.html",
        status=HTTPStatus.UNPROCESSABLE_ENTITY if faults else HTTPStatus.OK,
        subject=subject,
        consents=len(standing),
        faults=faults or Faults(),
        confirmation=confirmation,
        with_account=with_account,
    )

"""One consent: its terms in words, its receipts, what was made under it, and how to end it."""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse

from consent_registry.api import Grant, Subject
from review_ui.portal.door import MANAGE, Door, Showing
from review_ui.portal.ending import take_back_of
from review_ui.portal.views import GrantView, grant_view, under, use_view
from trust_kernel.web.access import Actor


def build_grant_pages(door: Door, releases: Showing) -> APIRouter:
    """`/me/grants/{id}` and below."""
    router = APIRouter(include_in_schema=False)
    manage = door.access.requires(MANAGE)

    @router.get("/me/grants/{grant_id}")
    def grant_page(request: Request, grant_id: str, actor: Annotated[Actor, manage]) -> HTMLResponse:
        subject, grant = door.own_grant(actor, grant_id)
        made = under(grant.id, releases.showing(subject.id))
        return door.pages.render(
            request,
            "me_grant.html",
            subject=subject,
            of=door.own_subject_id(actor, subject),
            grant=views_of(door, subject, [grant])[0],
            uses=[use_view(release, actor.account_id, subject.id, door.handle) for release in made],
            receipts=[one for one in door.registry.receipts(subject.id) if one.grant_id == grant.id],
        )

    @router.post("/me/grants/{grant_id}/revoke")
    def revoke(
        grant_id: str, actor: Annotated[Actor, manage], take_back: Annotated[str, Form()] = ""
    ) -> RedirectResponse:
        _, grant = door.own_grant(actor, grant_id)
        door.registry.revoke(grant.id, actor=actor.account_id, take_back=take_back_of(take_back))
        # The grant's own page says what was withdrawn, now and whenever it is looked at again.
        return RedirectResponse(f"/me/grants/{grant.id}", HTTPStatus.SEE_OTHER)

    return router


def views_of(door: Door, subject: Subject, grants: Sequence[Grant]) -> list[GrantView]:
    """Grants in words, as they stand now."""
    now = door.registry.now()
    groups = {group.id: group.name for group in door.registry.groups.of(subject.id)}
    return [grant_view(grant, now, door.handle, groups) for grant in grants]

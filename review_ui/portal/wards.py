"""A minor whom one looks after: whether a pause holds, which consents do, and where their likeness was used."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse

from consent_registry.api import Subject
from generator_gateway.api import WhereaboutsDesk
from review_ui.portal.door import MANAGE, Door
from review_ui.portal.grants import views_of
from review_ui.portal.places import place_view
from trust_kernel.errors import NotFound
from trust_kernel.web.access import Actor

PATH = "/me/wards"
_PAGE = 25


def build_ward_pages(door: Door, whereabouts: WhereaboutsDesk) -> APIRouter:
    """`/me/wards/{subject_id}`; to anybody but the minor's verified guardians there is no such page."""
    router = APIRouter(include_in_schema=False)
    manage = door.access.requires(MANAGE)

    @router.get("/me/wards/{subject_id}")
    def ward(
        request: Request, subject_id: str, actor: Annotated[Actor, manage], after: str | None = None
    ) -> HTMLResponse:
        subject, registry = _ward(door, actor, subject_id), door.registry
        found, more = whereabouts.of(subject.id, after=after, limit=_PAGE)
        grants = views_of(door, subject, list(reversed(registry.grants(subject.id))))
        return door.pages.render(
            request,
            "my_ward.html",
            subject=subject,
            lockdown=registry.safety.lockdown().on,
            paused=registry.safety.settings(subject.id).paused_at,
            enrolled=registry.cameo(subject.id) is not None,
            grants=[grant for grant in grants if grant.holds],
            places=[place_view(one, subject.handle, to_guardian=True) for one in found],
            after=after,
            next=found[-1].video_id if more else None,
        )

    @router.post("/me/wards/{subject_id}/pause")
    def pause(
        subject_id: str, actor: Annotated[Actor, manage], paused: Annotated[str, Form(max_length=10)] = ""
    ) -> RedirectResponse:
        subject, stop = _ward(door, actor, subject_id), paused == "yes"
        door.registry.safety.pause(subject.id, actor.account_id, paused=stop)
        # That a pause holds is said on the page, whenever it is looked at.
        return RedirectResponse(f"{PATH}/{subject.id}{'' if stop else '?done=resumed'}", HTTPStatus.SEE_OTHER)

    return router


def _ward(door: Door, actor: Actor, subject_id: str) -> Subject:
    subject = door.spoken_for(actor, subject_id)
    if subject.account_id == actor.account_id:
        raise NotFound("there is no such person")
    return subject

"""Staff's page about videos whose people object, and whose owners could not settle it among themselves."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse

from generator_gateway.api import Ownership, OwnershipDesk
from review_ui.staff.answers import NOTHING, REFUSALS, Wrong, back, missing, refused
from review_ui.staff.door import Door
from review_ui.staff.people import Known
from trust_kernel.web.access import Actor

PATH = "/staff/objections"
_PAGE = 20


@dataclass(frozen=True, slots=True)
class Voice:
    """Somebody who objects, and why."""

    who: Known
    note: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Objected:
    """A video that is held back.

    Attributes:
        until: when its owners' time to settle it is up.
        due: whether staff may decide.
    """

    video: Ownership
    voices: list[Voice]
    until: datetime
    due: bool


def build_objection_pages(door: Door, desk: OwnershipDesk) -> APIRouter:
    """`/staff/objections`."""
    router = APIRouter(include_in_schema=False)

    def show(
        request: Request, *, every: bool = False, after: str | None = None, wrong: Wrong = NOTHING
    ) -> HTMLResponse:
        found, more = desk.open_objections(due=not every, after=after, limit=_PAGE)
        return door.pages.render(
            request,
            "staff_objections.html",
            status=wrong.status,
            rows=[row for row in (_row(door, one) for one in found) if row is not None],
            every=every,
            after=after,
            next=found[-1].case_id if more else None,
            wrong=wrong,
        )

    @router.get(PATH)
    def objections(
        request: Request,
        _actor: Annotated[Actor, door.access.requires("case:read")],
        state: str = "",
        after: str | None = None,
    ) -> HTMLResponse:
        return show(request, every=state == "all", after=after)

    @router.post(PATH, response_model=None)
    def decide(
        request: Request,
        actor: Annotated[Actor, door.access.requires("case:decide")],
        which: Annotated[str, Form()] = "",
        deed: Annotated[str, Form()] = "",
    ) -> HTMLResponse | RedirectResponse:
        if deed not in {"withdraw", "dismiss"}:
            return show(request, wrong=missing("Choose what becomes of the video.", which=which))
        try:
            desk.decide(actor.account_id, which, uphold=deed == "withdraw")
        except REFUSALS as error:
            return show(request, wrong=refused(error, which=which))
        return back(PATH, deed)

    return router


def _row(door: Door, video: Ownership) -> Objected | None:
    standing = [one for one in video.objections if one.state == "standing"]
    if not standing:
        return None  # lifted since the list was made
    until = min(one.until for one in standing)
    return Objected(
        video=video,
        voices=[Voice(door.people.known(one.account_id), one.note, one.at) for one in standing],
        until=until,
        due=until <= door.registry.now(),
    )

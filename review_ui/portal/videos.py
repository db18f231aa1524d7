"""Videos of oneself: where one is, whose each video is, taking it back, objecting, lending it by a link."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse

from generator_gateway.api import (
    MAX_DAYS,
    Lineage,
    LineageDesk,
    Objection,
    ObjectionState,
    OwnershipDesk,
    SharingDesk,
    WhereaboutsDesk,
)
from review_ui.portal.door import MANAGE, Door
from review_ui.portal.faults import Faults, faults_in, sentence
from review_ui.portal.places import PlaceView, place_view
from review_ui.portal.typed import whole
from trust_kernel.errors import Conflict, Gone, InvalidInput, NotPermitted
from trust_kernel.web.access import Actor

_PAGE = 25
_MOST_NOTE = 5_000
"""Characters that a form takes in; the desk has its own limit, and says so."""


@dataclass(frozen=True, slots=True)
class OwnersDesks:
    """What owners' pages call.

    Attributes:
        public_url: where this deployment is reached; links begin with it.
    """

    ownership: OwnershipDesk
    sharing: SharingDesk
    lineage: LineageDesk
    whereabouts: WhereaboutsDesk
    public_url: str


@dataclass(frozen=True, slots=True)
class LinkView:
    """A link that somebody can watch a video by; `by` is in words, `holds` whether it still opens."""

    id: str
    by: str
    made: datetime
    until: datetime
    holds: bool


@dataclass(frozen=True, slots=True)
class ObjectionView:
    """An objection; `by` is in words."""

    by: str
    mine: bool
    note: str
    state: str
    at: datetime
    until: datetime


def build_video_pages(door: Door, desks: OwnersDesks) -> APIRouter:
    """`/me/uses` and below."""
    router = APIRouter(include_in_schema=False)
    videos = _Videos(door, desks)
    _add_places(router, door, desks.whereabouts)
    _add_deeds(router, videos)
    _add_links(router, videos)
    return router


@dataclass(frozen=True, slots=True)
class _Videos:
    """The page of one video, and what goes wrong on it."""

    door: Door
    desks: OwnersDesks

    def show(
        self,
        request: Request,
        actor: Actor,
        video_id: str,
        *,
        faults: Faults | None = None,
        problem: str = "",
        status: HTTPStatus = HTTPStatus.OK,
        **typed: str,
    ) -> HTMLResponse:
        """The page; with what was typed where something was wrong with it."""
        ownership = self.desks.ownership.owners(actor.account_id, video_id)
        objections = [self._objection(one, actor) for one in ownership.objections]
        return self.door.pages.render(
            request,
            "my_video.html",
            status=status,
            video=ownership,
            mine=[owner for owner in ownership.owners if owner.you],
            lineage=self._lineage(actor, video_id),
            links=self._links(actor, video_id),
            objections=objections,
            objecting=any(one.mine and one.state == ObjectionState.STANDING for one in objections),
            dismissed=any(one.mine and one.state == ObjectionState.DISMISSED for one in objections),
            most_days=MAX_DAYS,
            faults=faults or Faults(),
            problem=problem,
            **({"note": "", "days": "7", "new_link": ""} | typed),
        )

    def refused(
        self, request: Request, actor: Actor, video_id: str, error: Conflict | Gone | NotPermitted, **typed: Any
    ) -> HTMLResponse:
        """Why something could not be done, above the page as it stands now."""
        status = {Gone: HTTPStatus.GONE, NotPermitted: HTTPStatus.FORBIDDEN}.get(type(error), HTTPStatus.CONFLICT)
        return self.show(request, actor, video_id, problem=sentence(error), status=status, **typed)

    def tried(
        self, request: Request, actor: Actor, video_id: str, deed: Callable[[str, str], object], done: str
    ) -> HTMLResponse | RedirectResponse:
        """Do something with a video that needs no more words, and say so; or why it can't be done."""
        try:
            deed(actor.account_id, video_id)
        except (Conflict, Gone, NotPermitted) as error:
            return self.refused(request, actor, video_id, error)
        return _back(video_id, done)

    def _lineage(self, actor: Actor, video_id: str) -> Lineage:
        return self.desks.lineage.of(actor.account_id, video_id)

    def _links(self, actor: Actor, video_id: str) -> Sequence[LinkView]:
        now = self.door.registry.now()
        return [
            LinkView(link.id, self._who(link.account_id, actor), link.created_at, link.expires_at, link.holds_at(now))
            for link in self.desks.sharing.links(actor.account_id, video_id)
        ]

    def _objection(self, one: Objection, actor: Actor) -> ObjectionView:
        mine = one.account_id == actor.account_id
        return ObjectionView(self._who(one.account_id, actor), mine, one.note, one.state.value, one.at, one.until)

    def _who(self, account_id: str, actor: Actor) -> str:
        if account_id == actor.account_id:
            return "you"
        handle = self.door.handle(account_id)
        return f"@{handle}" if handle else "somebody without a handle"


def _add_places(router: APIRouter, door: Door, desk: WhereaboutsDesk) -> None:
    @router.get("/me/uses")
    def uses(
        request: Request, actor: Annotated[Actor, door.access.requires(MANAGE)], after: str | None = None
    ) -> HTMLResponse:
        subject = door.own(actor)
        found, more = desk.of(subject.id, after=after, limit=_PAGE)
        places: list[PlaceView] = [place_view(one, subject.handle) for one in found]
        return door.pages.render(
            request,
            "my_uses.html",
            places=places,
            enrolled=door.registry.cameo(subject.id) is not None,
            after=after,
            next=found[-1].video_id if more else None,
        )


def _add_deeds(router: APIRouter, videos: _Videos) -> None:
    access, ownership = videos.door.access, videos.desks.ownership
    change = access.requires("video:delete")

    @router.get("/me/uses/{video_id}")
    def video(request: Request, video_id: str, actor: Annotated[Actor, access.requires("video:read")]) -> HTMLResponse:
        return videos.show(request, actor, video_id)

    @router.post("/me/uses/{video_id}/withdraw", response_model=None)
    def withdraw(request: Request, video_id: str, actor: Annotated[Actor, change]) -> HTMLResponse | RedirectResponse:
        return videos.tried(request, actor, video_id, ownership.withdraw, "withdrawn")

    @router.post("/me/uses/{video_id}/object", response_model=None)
    def object_to(
        request: Request,
        video_id: str,
        actor: Annotated[Actor, change],
        note: Annotated[str, Form(max_length=_MOST_NOTE)] = "",
    ) -> HTMLResponse | RedirectResponse:
        try:
            ownership.object(actor.account_id, video_id, note.strip())
        except InvalidInput as error:
            status = HTTPStatus.UNPROCESSABLE_ENTITY
            return videos.show(request, actor, video_id, faults=faults_in(error), status=status, note=note)
        except (Conflict, Gone, NotPermitted) as error:
            return videos.refused(request, actor, video_id, error, note=note)
        return _back(video_id, "objected")

    @router.post("/me/uses/{video_id}/lift", response_model=None)
    def lift(request: Request, video_id: str, actor: Annotated[Actor, change]) -> HTMLResponse | RedirectResponse:
        return videos.tried(request, actor, video_id, ownership.lift, "lifted")


def _add_links(router: APIRouter, videos: _Videos) -> None:
    share = videos.door.access.requires("video:share")
    sharing, site = videos.desks.sharing, videos.desks.public_url.rstrip("/")

    @router.post("/me/uses/{video_id}/links", response_model=None)
    def make(
        request: Request,
        video_id: str,
        actor: Annotated[Actor, share],
        days: Annotated[str, Form(max_length=20)] = "",
    ) -> HTMLResponse | RedirectResponse:
        try:
            made = sharing.share(actor.account_id, video_id, whole(days, "days"))
        except InvalidInput as error:
            faults, status = faults_in(error), HTTPStatus.UNPROCESSABLE_ENTITY
            return videos.show(request, actor, video_id, faults=faults, status=status, days=days)
        except (Conflict, Gone, NotPermitted) as error:
            return videos.refused(request, actor, video_id, error, days=days)
        # Not after a redirect: the address is a secret that nobody can be shown a second time.
        link = f"{site}/s/{made.token}"
        return videos.show(request, actor, video_id, status=HTTPStatus.CREATED, new_link=link)

    @router.post("/me/uses/{video_id}/links/{link_id}/end")
    def end(video_id: str, link_id: str, actor: Annotated[Actor, share]) -> RedirectResponse:
        sharing.end(actor.account_id, video_id, link_id)
        return _back(video_id, "link")


def _back(video_id: str, done: str) -> RedirectResponse:
    return RedirectResponse(f"/me/uses/{video_id}?done={done}", HTTPStatus.SEE_OTHER)

"""Videos that somebody asked for: where each stands, why one was refused or taken down, and appealing against that."""

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse

from generator_gateway.api import AppealDesk, CaseSummary, ReleaseRecord, Said, VideoDesk
from review_ui.portal.door import Door
from review_ui.portal.faults import Faults, faults_in, sentence
from trust_kernel.errors import Conflict, InvalidInput, NotFound, NotPermitted
from trust_kernel.web.access import Actor

PATH = "/me/videos"
_PAGE = 25
_MOST = 10_000
"""Characters that a form takes in; the desk has its own limits, and says so."""
STATES: Mapping[str, tuple[str, str]] = {
    "open": ("waits for an answer", "hold"),
    "upheld": ("the decision stands", "deny"),
    "overturned": ("you were right", "released"),
    "licensed": ("the rights holder lets it be made", "released"),
    "lapsed": ("nothing was left to decide", "none"),
    "withdrawn": ("you took it back", "none"),
}
"""What came of an appeal, to whoever appealed, and the style that says so."""
_GONE = frozenset({"objected", "taken_down", "withdrawn"})


@dataclass(frozen=True, slots=True)
class RequestDesks:
    """What these pages call."""

    videos: VideoDesk
    appeals: AppealDesk


def build_request_pages(door: Door, desks: RequestDesks) -> APIRouter:
    """`/me/videos` and below."""
    router = APIRouter(include_in_schema=False)
    requests = _Requests(door, desks)
    _add_looking(router, requests)
    _add_appealing(router, requests)
    return router


@dataclass(frozen=True, slots=True)
class _Requests:
    """The page of one video, and what goes wrong on it."""

    door: Door
    desks: RequestDesks

    def show(
        self,
        request: Request,
        actor: Actor,
        video_id: str,
        *,
        faults: Faults | None = None,
        problem: str = "",
        status: HTTPStatus = HTTPStatus.OK,
        typed: Mapping[str, str] | None = None,
    ) -> HTMLResponse:
        """The page; with what was typed where something was wrong with it."""
        own = self.desks.appeals.own(actor.account_id, video_id)
        release = self.desks.videos.release_of(video_id)
        return self.door.pages.render(
            request,
            "my_request.html",
            status=status,
            own=own,
            video=own.case,
            state=_state(own.case, release),
            states=STATES,
            mine=own.case.account_id == actor.account_id,
            faults=faults or Faults(),
            problem=problem,
            typed={"statement": "", "evidence": "", "licence": "", **(typed or {})},
        )


def _add_looking(router: APIRouter, requests: _Requests) -> None:
    read = requests.door.access.requires("video:read")

    @router.get(PATH)
    def videos(request: Request, actor: Annotated[Actor, read], after: str | None = None) -> HTMLResponse:
        desks = requests.desks
        found, more = desks.videos.list(actor.account_id, after=after, limit=_PAGE, ascending=False)
        releases = desks.videos.releases_of([case.id for case in found])
        return requests.door.pages.render(
            request,
            "my_requests.html",
            rows=[(_state(case, releases.get(case.id)), case) for case in found],
            rooms=desks.appeals.rooms(actor.account_id, found),
            appeals=desks.appeals.those_of(actor.account_id, found),
            states=STATES,
            after=after,
            next=found[-1].id if more else None,
        )

    @router.get(PATH + "/{video_id}")
    def video(request: Request, video_id: str, actor: Annotated[Actor, read]) -> HTMLResponse:
        return requests.show(request, actor, video_id)


def _add_appealing(router: APIRouter, requests: _Requests) -> None:
    create = requests.door.access.requires("video:create")
    appeals = requests.desks.appeals

    @router.post(PATH + "/{video_id}/appeal", response_model=None)
    def appeal(
        request: Request,
        video_id: str,
        actor: Annotated[Actor, create],
        statement: Annotated[str, Form(max_length=_MOST)] = "",
        evidence: Annotated[str, Form(max_length=_MOST)] = "",
        licence: Annotated[str, Form(max_length=_MOST)] = "",
    ) -> HTMLResponse | RedirectResponse:
        typed = {"statement": statement, "evidence": evidence, "licence": licence}
        try:
            appeals.file(actor.account_id, video_id, Said(statement, evidence, licence))
        except InvalidInput as error:
            status = HTTPStatus.UNPROCESSABLE_ENTITY
            return requests.show(request, actor, video_id, faults=faults_in(error), status=status, typed=typed)
        except (Conflict, NotPermitted) as error:
            status = HTTPStatus.FORBIDDEN if isinstance(error, NotPermitted) else HTTPStatus.CONFLICT
            return requests.show(request, actor, video_id, problem=sentence(error), status=status, typed=typed)
        return _back(video_id, "appealed")

    @router.post(PATH + "/{video_id}/withdraw-appeal", response_model=None)
    def withdraw(request: Request, video_id: str, actor: Annotated[Actor, create]) -> HTMLResponse | RedirectResponse:
        requests.desks.videos.see(actor.account_id, video_id)
        try:
            appeals.withdraw(actor.account_id, video_id)
        except (Conflict, NotFound) as error:
            return requests.show(request, actor, video_id, problem=sentence(error), status=HTTPStatus.CONFLICT)
        return _back(video_id, "withdrawn")


def _state(case: CaseSummary, release: ReleaseRecord | None) -> str:
    """Where a video stands to whoever asked for it."""
    gone = case.status == "completed" and release is not None and release.status in _GONE
    return str(release.status) if release is not None and gone else case.status


def _back(video_id: str, done: str) -> RedirectResponse:
    return RedirectResponse(f"{PATH}/{video_id}?done={done}", HTTPStatus.SEE_OTHER)

"""Reviewers' pages: the queue, a case with its findings, the decision. Media is blurred until somebody asks."""

from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Annotated, Protocol

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import FileResponse, HTMLResponse, RedirectResponse, Response
from starlette.background import BackgroundTask

from generator_gateway.api import CaseFile, ReviewDesk, VideoDesk
from review_ui.staff.answers import refused
from review_ui.staff.door import Door
from review_ui.staff.pictures import blurred, exhibits, unseen_sounds
from trust_kernel.decisions import Verdict
from trust_kernel.errors import Conflict, NotPermitted
from trust_kernel.web.access import Access, Actor

_PAGE = 50
_MOST_WORDS = 2000
_FILTERS = ("held", "queued", "in_progress", "completed", "failed")
_NO_STORE = {"cache-control": "no-store"}
_VERDICTS = {"allow": Verdict.ALLOW, "deny": Verdict.DENY}


class Stills(Protocol):
    """A still of a picture or video."""

    def poster(self, path: Path) -> bytes:
        """WebP."""
        ...


def build_staff_pages(reviews: ReviewDesk, desk: VideoDesk, stills: Stills, door: Door) -> APIRouter:
    """`/cases` and below."""
    router = APIRouter(include_in_schema=False)
    staff = _Staff(reviews, desk, door)
    _add_queue(router, staff, door.access)
    _add_media(router, reviews, stills, door.access)
    _add_review(router, staff, door.access)
    return router


@dataclass(frozen=True, slots=True)
class _Staff:
    """What the reviewers' pages are made from."""

    reviews: ReviewDesk
    desk: VideoDesk
    door: Door

    def state(self, file: CaseFile) -> str:
        """Where a case stands; a release that is not out any more is no completed case to anybody who looks."""
        release = self.desk.release_of(file.case.id) if file.case.status == "completed" else None
        gone = release is not None and release.status in {"withdrawn", "taken_down"}
        return release.status if gone and release is not None else file.case.status

    def show(
        self,
        request: Request,
        case_id: str,
        *,
        clear: str = "",
        problem: str = "",
        typed: str = "",
        status: HTTPStatus = HTTPStatus.OK,
    ) -> HTMLResponse:
        file = self.reviews.open(case_id)
        return self.door.pages.render(
            request,
            "case.html",
            status=status,
            file=file,
            state=self.state(file),
            by=self.door.people.known(file.case.account_id),
            exhibits=exhibits(file),
            sounds=unseen_sounds(file),
            clear=clear,
            problem=problem,
            typed=typed,
        )


def _add_queue(router: APIRouter, staff: _Staff, access: Access) -> None:
    read = access.requires("case:read")

    @router.get("/cases")
    def queue(
        request: Request,
        _actor: Annotated[Actor, read],
        status: Annotated[str | None, Query(pattern=f"^({'|'.join(_FILTERS)})$")] = None,
        after: str | None = None,
    ) -> HTMLResponse:
        files, more = staff.reviews.page(status=status, after=after, limit=_PAGE)
        return staff.door.pages.render(
            request,
            "cases.html",
            rows=[(file, staff.state(file)) for file in files],
            wanted=status,
            filters=_FILTERS,
            after=after,
            next=files[-1].case.id if more else None,
        )

    @router.get("/cases/{case_id}")
    def case(request: Request, case_id: str, _actor: Annotated[Actor, read], clear: str = "") -> HTMLResponse:
        return staff.show(request, case_id, clear=clear)


def _add_media(router: APIRouter, reviews: ReviewDesk, stills: Stills, access: Access) -> None:
    read = access.requires("case:read")

    @router.get("/cases/{case_id}/media/{name}")
    def media(case_id: str, name: str, _actor: Annotated[Actor, read], clear: str = "") -> Response:
        source = reviews.draft(case_id) if name == "draft" else reviews.reference(case_id, name)
        with source as path:
            picture = stills.poster(path)
        shown = picture if clear == "yes" else blurred(picture)
        return Response(shown, media_type="image/webp", headers=_NO_STORE)

    @router.get("/cases/{case_id}/media/draft/film")
    def film(case_id: str, _actor: Annotated[Actor, read]) -> FileResponse:
        source = reviews.draft(case_id)
        path = source.__enter__()
        close = BackgroundTask(source.__exit__, None, None, None)
        return FileResponse(path, media_type="video/mp4", headers=_NO_STORE, background=close)


def _add_review(router: APIRouter, staff: _Staff, access: Access) -> None:
    decide = access.requires("case:decide")

    @router.post("/cases/{case_id}/review", response_model=None)
    def review(
        request: Request,
        case_id: str,
        actor: Annotated[Actor, decide],
        verdict: Annotated[str, Form()] = "",
        note: Annotated[str, Form()] = "",
    ) -> HTMLResponse | RedirectResponse:
        problem = ""
        if verdict not in _VERDICTS:
            problem = "Choose whether it goes on."
        elif not 1 <= len(note.strip()) <= _MOST_WORDS:
            problem = f"Say why, in 1 to {_MOST_WORDS} characters."
        if problem:
            status = HTTPStatus.UNPROCESSABLE_ENTITY
            return staff.show(request, case_id, problem=problem, typed=note[:_MOST_WORDS], status=status)
        try:
            staff.reviews.decide(case_id, actor.account_id, _VERDICTS[verdict], note.strip())
        except Conflict:
            problem = "This case is no longer waiting: somebody decided it, or its maker took it back."
            return staff.show(request, case_id, problem=problem, status=HTTPStatus.CONFLICT)
        except NotPermitted as error:
            # their own, or one that waits for the people in it, for whom nobody can say yes
            wrong = refused(error)
            return staff.show(request, case_id, problem=wrong.said, typed=note, status=wrong.status)
        return RedirectResponse(f"/cases/{case_id}", HTTPStatus.SEE_OTHER)

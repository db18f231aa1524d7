"""Reviewers' pages: the queue, a case with its findings, the decision. Media is blurred until somebody asks."""

from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Protocol

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from generator_gateway.api import CaseFile, ReviewDesk, VideoDesk
from trust_kernel.decisions import Verdict
from trust_kernel.media.refs import MediaKind
from trust_kernel.web.access import Access, Actor
from trust_kernel.web.pages import Pages

_PAGE = 50
_SEE_OTHER = 303
_BLUR = 28
"""Side in pixels to which a blurred picture is shrunk before it is blown up again: nobody can be recognised."""


class Stills(Protocol):
    """A still of a picture or video."""

    def poster(self, path: Path) -> bytes:
        """WebP."""
        ...


@dataclass(frozen=True, slots=True)
class _Picture:
    name: str
    label: str
    href: str


def build_staff_pages(reviews: ReviewDesk, desk: VideoDesk, stills: Stills, pages: Pages, access: Access) -> APIRouter:
    """`/cases` and below."""
    router = APIRouter(include_in_schema=False)
    read = access.requires("case:read")
    decide = access.requires("case:decide")

    @router.get("/cases")
    def queue(
        request: Request,
        _actor: Annotated[Actor, read],
        status: Annotated[str | None, Query(pattern="^(queued|in_progress|held|completed|failed)$")] = None,
        after: str | None = None,
    ) -> HTMLResponse:
        files, more = reviews.page(status=status, after=after, limit=_PAGE)
        older = files[-1].case.id if more else None
        return pages.render(request, "cases.html", files=files, status=status, next=older)

    @router.get("/cases/{case_id}")
    def case(request: Request, case_id: str, _actor: Annotated[Actor, read], clear: str = "") -> HTMLResponse:
        file = reviews.open(case_id)
        release = desk.release_of(case_id)
        withdrawn = release is not None and release.status == "withdrawn"
        state = "withdrawn" if withdrawn else file.case.status
        return pages.render(request, "case.html", file=file, pictures=_pictures(file), clear=clear, state=state)

    @router.get("/cases/{case_id}/media/{name}")
    def media(case_id: str, name: str, _actor: Annotated[Actor, read], clear: str = "") -> Response:
        source: AbstractContextManager[Path]
        source = reviews.draft(case_id) if name == "draft" else reviews.reference(case_id, name)
        with source as path:
            picture = stills.poster(path)
        shown = picture if clear == "yes" else blurred(picture)
        return Response(shown, media_type="image/webp", headers={"cache-control": "no-store"})

    @router.post("/cases/{case_id}/review")
    def review(
        case_id: str, actor: Annotated[Actor, decide], verdict: Annotated[str, Form()], note: Annotated[str, Form()]
    ) -> RedirectResponse:
        lifted = Verdict.ALLOW if verdict == "allow" else Verdict.DENY
        reviews.decide(case_id, actor.account_id, lifted, note)
        return RedirectResponse(f"/cases/{case_id}", _SEE_OTHER)

    return router


def _pictures(file: CaseFile) -> list[_Picture]:
    base = f"/cases/{file.case.id}/media"
    references = [
        _Picture(reference.id, f"Reference {number}", f"{base}/{reference.id}")
        for number, reference in enumerate(file.case.request.references, 1)
        if reference.media.kind is not MediaKind.AUDIO
    ]
    drafted = any(decision.stage == "output" for decision in file.decisions)
    return [*references, *([_Picture("draft", "The draft", f"{base}/draft")] if drafted else [])]


def blurred(picture: bytes) -> bytes:
    """A WebP from our own decoder, made unrecognisable on the server: what is not sent can't be unblurred."""
    import io

    from PIL import Image, ImageFilter

    with Image.open(io.BytesIO(picture)) as opened:
        size = opened.size
        small = opened.convert("RGB").resize((_BLUR, max(1, _BLUR * size[1] // size[0])), Image.Resampling.BOX)
    made = io.BytesIO()
    large = small.resize(size, Image.Resampling.BICUBIC).filter(ImageFilter.GaussianBlur(size[0] / _BLUR))
    large.save(made, "WEBP", quality=60)
    return made.getvalue()

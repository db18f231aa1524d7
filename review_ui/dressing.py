"""What every page shares: templates, the names of things, and how values read."""

from dataclasses import dataclass
from datetime import datetime
from importlib.resources import files

from fastapi import APIRouter
from fastapi.responses import Response
from jinja2 import PackageLoader

from consent_registry.api import Audience, AudienceKind
from trust_kernel.decisions import Finding
from trust_kernel.errors import NotFound
from trust_kernel.web.access import Access, Cookies
from trust_kernel.web.pages import Pages

_STATIC = {"placet.css": "text/css; charset=utf-8", "mark.svg": "image/svg+xml"}


@dataclass(frozen=True, slots=True)
class Branding:
    """How the site calls itself and what it calls a cameo."""

    name: str
    likeness_term: str


def build_pages(cookies: Cookies, branding: Branding) -> Pages:
    """Pages with our templates."""
    filters = {"words": words, "moment": moment, "where": where, "audience": audience}
    return Pages([PackageLoader("review_ui", "templates")], cookies, branding, filters)


def build_static_router(access: Access) -> APIRouter:
    """The style sheet and the mark; everything that a page loads comes from here."""
    router = APIRouter(include_in_schema=False)

    @router.get("/static/{name}", dependencies=[access.public()])
    def static(name: str) -> Response:
        if name not in _STATIC:
            raise NotFound("there is no such file")
        content = files("review_ui").joinpath("static", name).read_bytes()
        return Response(content, media_type=_STATIC[name], headers={"cache-control": "max-age=3600"})

    return router


def words(code: str) -> str:
    """``in_progress`` as "in progress"."""
    return code.replace("_", " ")


def moment(at: datetime) -> str:
    """A moment as people read it, in UTC."""
    return at.strftime("%-d %b %Y, %H:%M UTC")


def where(finding: Finding, prompt: str) -> str:
    """Where something was found, in words."""
    evidence = finding.evidence
    if evidence.span is not None:
        return f"“{prompt[evidence.span[0] : evidence.span[1]]}” in the prompt"
    place = {"output": "the video made", "request": "the request", "characters": "the characters asked for"}
    said = place.get(evidence.source, "a reference" if evidence.source.startswith("ref_") else evidence.source)
    if evidence.seconds is not None:
        said += f", {evidence.seconds[0]:.1f} to {evidence.seconds[1]:.1f} s"
    return f"{said} ({evidence.note})" if evidence.note else said


def audience(who: Audience) -> str:
    """Whom a grant is for, in words."""
    if who.kind is AudienceKind.PEOPLE:
        return f"{len(who.account_ids)} named {'person' if len(who.account_ids) == 1 else 'people'}"
    return {
        AudienceKind.ONLY_ME: "only me",
        AudienceKind.MUTUALS: "people who follow me and whom I follow",
        AudienceKind.EVERYONE: "everyone",
    }[who.kind]

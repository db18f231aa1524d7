"""What every page shares: templates, the names of things, and how values read."""

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from importlib.resources import files
from typing import Any

from fastapi import APIRouter
from fastapi.responses import Response
from jinja2 import PackageLoader
from markupsafe import Markup

from review_ui import wording
from review_ui.rights import words as rights_words
from review_ui.rights.trials import trial_of
from review_ui.staff import words as staff_words
from trust_kernel.decisions import Decision, Finding, Verdict
from trust_kernel.errors import NotFound
from trust_kernel.events import Event
from trust_kernel.web.access import Access, Cookies
from trust_kernel.web.pages import Pages

_STATIC = {
    "placet.css": "text/css; charset=utf-8",
    "mark.svg": "image/svg+xml",
    "enrol.js": "text/javascript; charset=utf-8",
}
_PLACES = {
    "output": "the video made",
    "request": "the request",
    "characters": "the characters asked for",
    "remix": "the video it builds on",
    "prompt": "the prompt",
}


@dataclass(frozen=True, slots=True)
class Branding:
    """How the site calls itself and what it calls a cameo."""

    name: str
    likeness_term: str


def build_pages(cookies: Cookies, branding: Branding) -> Pages:
    """Pages with our templates."""

    def told(event: Event, handle: str) -> str:
        """What happened, to the person with this handle."""
        return wording.notice(event.type, event.payload, handle, branding.likeness_term)

    filters: dict[str, Callable[..., Any]] = {
        "told": told,
        "moment": moment,
        "where": where,
        "reason": wording.reason,
        "state": wording.state,
        "highlighted": highlighted,
        "appearance": wording.appearance,
        "appearance_tone": wording.appearance_tone,
        "own_appearance": wording.own_appearance,
        "sought": wording.sought,
        "surely": wording.surely,
        "chance": wording.chance,
        "rarity": wording.rarity,
        "proof": staff_words.proof,
        "doubt": staff_words.doubt,
        "enrolment": staff_words.enrolment,
        "assurance": staff_words.assurance,
        "reported": staff_words.reported,
        "called": rights_words.called,
        "stands": rights_words.stands,
        "trial": trial_of,
    }
    pages = Pages([PackageLoader("review_ui", "templates")], cookies, branding, filters)
    pages.environment.globals["sheet"] = _address("placet.css")
    pages.environment.globals["enrol_script"] = _address("enrol.js")
    return pages


def build_static_router(access: Access) -> APIRouter:
    """The style sheet, the mark and the scripts; everything that a page loads comes from here."""
    router = APIRouter(include_in_schema=False)

    @router.get("/static/{name}", dependencies=[access.public()])
    def static(name: str) -> Response:
        if name not in _STATIC:
            raise NotFound("there is no such file")
        return Response(_read(name), media_type=_STATIC[name], headers={"cache-control": "max-age=3600"})

    @router.get("/favicon.ico", dependencies=[access.public()])
    def icon() -> Response:
        # Browsers ask for this address where an answer names no icon, such as a video opened by itself.
        return Response(_read("mark.svg"), media_type=_STATIC["mark.svg"], headers={"cache-control": "max-age=3600"})

    return router


def _address(name: str) -> str:
    """A new sheet or script has a new address, so that nobody sees a page in yesterday's clothes."""
    return f"/static/{name}?v={hashlib.sha256(_read(name)).hexdigest()[:12]}"


def _read(name: str) -> bytes:
    return files("review_ui").joinpath("static", name).read_bytes()


def moment(at: datetime) -> Markup:
    """A moment as people read it, in UTC, and as machines do."""
    return Markup('<time datetime="{}">{}</time>').format(
        at.isoformat(timespec="seconds"), at.strftime("%-d %b %Y, %H:%M UTC")
    )


def where(finding: Finding, prompt: str) -> str:
    """Where something was found, in words."""
    evidence = finding.evidence
    if evidence.span is not None:
        said = f"“{prompt[evidence.span[0] : evidence.span[1]]}” in the prompt"
    else:
        said = _PLACES.get(evidence.source, "a reference" if evidence.source.startswith("ref_") else evidence.source)
    if evidence.seconds is not None:
        said += f", {evidence.seconds[0]:.1f} to {evidence.seconds[1]:.1f} s"
    return f"{said} ({evidence.note.replace('_', ' ')})" if evidence.note else said


def highlighted(prompt: str, decisions: Iterable[Decision]) -> Markup:
    """A prompt in which whatever stopped it is marked; overlapping places are marked as one."""
    spans = sorted(
        ruling.finding.evidence.span
        for decision in decisions
        for ruling in decision.rulings
        if ruling.verdict is not Verdict.ALLOW and ruling.finding.evidence.span is not None
    )
    made, done = Markup(), 0
    for start, end in spans:
        begin = max(start, done)
        if end > begin:
            made += Markup("{}<mark>{}</mark>").format(prompt[done:begin], prompt[begin:end])
            done = end
    return made + prompt[done:]

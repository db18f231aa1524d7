"""The page for anyone: is this AI-made? Written while the answer is found; it needs no script and no account."""

import base64
import re
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from functools import partial
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response, StreamingResponse
from starlette.concurrency import run_in_threadpool

from generator_gateway.api import OnStep, Step, language_for, shown
from generator_gateway.routes.aloud import Aloud
from generator_gateway.routes.uploads import Received
from generator_gateway.routes.verification_out import VerificationOut
from generator_gateway.routes.verify import MOST_LETTERS, known_report, taken_in
from review_ui.verify.evidence import answer_of
from review_ui.verify.forms import check_sent_token, small_form
from review_ui.verify.problems import Trouble, trouble_of
from review_ui.verify.words import Speech, speech
from review_ui.verify.working import Found, VerifyServices, verified
from trust_kernel.errors import InvalidInput, NotPermitted, PlacetError, Unavailable
from trust_kernel.web.access import Access
from trust_kernel.web.csrf import FIELD, check_origin, csrf_token
from trust_kernel.web.documents import request_id
from trust_kernel.web.pages import Pages
from trust_kernel.web.rate import TooOften

PATH = "/is-this-ai"
_DIGEST = re.compile(r"[0-9a-f]{64}")
_MOST_CRJSON = 1_000_000
"""Bytes of crJSON that a page carries for downloading; what is larger is left to the API."""
_FORM_ROOM = 100_000
"""Bytes that a form needs beside its file, generously."""
_GATHERED = 16_000
_HEADERS = {"cache-control": "no-store", "x-accel-buffering": "no"}
"""The second one asks a proxy to hand each step on at once."""

_Lang = Annotated[str, Query(max_length=20)]


def build_verify_pages(services: VerifyServices, pages: Pages, access: Access) -> APIRouter:
    """`/`, `/is-this-ai`, its answers and their links, open to everybody; `GET /verify` leads there.

    Args:
        services: what the page asks.
        pages: renders templates.
        access: makes the guards of routes.
    """
    router = APIRouter(include_in_schema=False)
    desk = _Page(services, pages, access)

    @router.get("/", dependencies=[access.optional()])
    def home(request: Request) -> HTMLResponse:
        return pages.render(request, "home.html")

    @router.get(PATH, dependencies=[access.optional()])
    def ask(request: Request, lang: _Lang = "") -> HTMLResponse:
        return desk.form(request, _speech(request, lang))

    @router.get("/verify", dependencies=[access.public()])
    def meant() -> RedirectResponse:
        """Whoever types the address of the API into a browser means the page."""
        return RedirectResponse(PATH, HTTPStatus.SEE_OTHER)

    # Neither of the two takes `public_form`: it would read two gigabytes to find a token. Origin and token are checked.
    @router.post(PATH, dependencies=[access.public()])
    async def answer(request: Request, lang: _Lang = "") -> Response:
        return await desk.answer(request, _speech(request, lang))

    @router.post(f"{PATH}/feedback", dependencies=[access.public()])
    async def feedback(request: Request, lang: _Lang = "") -> Response:
        return await desk.feedback(request, _speech(request, lang))

    @router.get(f"{PATH}/{{sha256}}", dependencies=[access.optional()])
    async def kept(request: Request, sha256: str, lang: _Lang = "") -> Response:
        return await desk.kept(request, sha256.lower(), _speech(request, lang))

    return router


def _speech(request: Request, lang: str) -> Speech:
    return speech(language_for(request.headers.get("accept-language", ""), lang))


class _Page:
    """The page in its four states: a form, an answer on its way, a kept answer, a problem."""

    def __init__(self, services: VerifyServices, pages: Pages, access: Access) -> None:
        self._services = services
        self._pages = pages
        self._access = access

    def form(
        self, request: Request, words: Speech, trouble: Trouble | None = None, *, status: int = HTTPStatus.OK
    ) -> HTMLResponse:
        """The form; with a problem beside its field where there is one."""
        size = words.size(self._services.max_bytes)
        days = self._services.reports.terms.days
        made = self._render(request, words, "verify.html", status, trouble=trouble, size=size, days=days)
        if trouble is not None and trouble.wait:
            made.headers["retry-after"] = str(trouble.wait)
        return made

    async def answer(self, request: Request, words: Speech) -> Response:
        """Take a file in, then write the page while it is taken apart."""
        await self._access.actor(request)
        try:
            with ExitStack() as stack:
                check_origin(request, self._access.cookies.origins)
                await self._services.limit(request)
                received = await self._received(stack, request)
                check_sent_token(request, self._access.cookies, received.fields)
                running = Aloud(partial(self._verified, words, received), stack.pop_all())
        except (InvalidInput, NotPermitted, TooOften, Unavailable) as error:
            trouble = trouble_of(error, words, self._services.max_bytes)
            return self.form(request, words, trouble, status=trouble.status)
        pieces = self._services.threads.pieces(self._written(request, words, running, received))
        headers = _HEADERS | {"content-language": words.language}
        return StreamingResponse(pieces, media_type="text/html; charset=utf-8", headers=headers)

    def _verified(self, words: Speech, received: Received, on_step: OnStep) -> Found:
        return verified(self._services, received.path, words.answers, on_step, keep=received.keep)

    async def kept(self, request: Request, sha256: str, words: Speech) -> Response:
        """A kept answer, or what is known of a file that was released here."""
        try:
            await self._services.limit(request)
        except TooOften as error:
            trouble = trouble_of(error, words, self._services.max_bytes)
            return self.form(request, words, trouble, status=trouble.status)
        return await run_in_threadpool(self._kept, request, sha256, words)

    def _kept(self, request: Request, sha256: str, words: Speech) -> Response:
        known = _DIGEST.fullmatch(sha256) is not None
        found = known_report(self._services.reports, sha256, words.answers) if known else None
        if found is None:
            return self._render(request, words, "verify_missing.html", HTTPStatus.NOT_FOUND)
        return self._render(
            request, words, "verify_kept.html", HTTPStatus.OK, **self._told(request, words, found, lasts=True)
        )

    async def feedback(self, request: Request, words: Speech) -> Response:
        """Take what somebody says of an answer."""
        await self._access.actor(request)
        try:
            check_origin(request, self._access.cookies.origins)
            await self._services.limit(request)
            fields = await small_form(request)
            check_sent_token(request, self._access.cookies, fields)
            sha256, text = _said(fields)
        except (InvalidInput, NotPermitted, TooOften) as error:
            trouble = trouble_of(error, words, self._services.max_bytes, letters=MOST_LETTERS)
            return self.form(request, words, trouble, status=trouble.status)
        await run_in_threadpool(self._services.reports.say, sha256, right=False, text=text)
        return self._render(request, words, "verify_thanks.html", HTTPStatus.OK)

    async def _received(self, stack: ExitStack, request: Request) -> Received:
        length = request.headers.get("content-length", "")
        most = self._services.max_bytes
        if length.isdigit() and int(length[:20]) > most + _FORM_ROOM:
            raise InvalidInput("the file is too large", field="file", limit=f"{most} bytes")
        return await taken_in(stack, request, most, self._services.threads)

    def _render(self, request: Request, words: Speech, template: str, status: int, **context: Any) -> HTMLResponse:
        made = self._pages.render(request, template, status=status, **_around(words), **context)
        made.headers["content-language"] = words.language
        return made

    def _written(self, request: Request, words: Speech, running: Aloud[Found], received: Received) -> Iterator[str]:
        """The page in pieces; a step goes out as soon as it begins.

        The template writes an empty value where what is gathered should go out.
        """
        actor = getattr(request.state, "actor", None)
        session = request.cookies.get(self._access.cookies.session, "")
        context = _around(words) | {
            "request": request,
            "actor": actor,
            # The one that was sent was good, so it is good for the next form too.
            "csrf_token": csrf_token(session) if actor is not None else received.fields.get(FIELD, ""),
            "name": shown(received.name),
            # The last only says that all is over, which the answer below says by itself.
            "steps": (step for step in running.steps() if step is not Step.DONE),
            "ended": lambda: self._ended(request, words, running.outcome()),
            "flush": "",
        }
        gathered: list[str] = []
        for piece in self._pages.environment.get_template("verify_stream.html").generate(context):
            gathered.append(piece)
            if not piece or sum(map(len, gathered)) > _GATHERED:
                yield "".join(gathered)
                gathered.clear()
        yield "".join(gathered)

    def _ended(self, request: Request, words: Speech, found: Found | PlacetError) -> dict[str, Any]:
        if isinstance(found, PlacetError):
            trouble = trouble_of(found, words, self._services.max_bytes)
            return {"trouble": trouble, "request_id": request_id(request.scope)}
        lasts = found.out.kept_until is not None or self._services.reports.released(found.out.sha256) is not None
        return self._told(request, words, found.out, found.crjson, lasts=lasts) | {"trouble": None}

    def _told(
        self, request: Request, words: Speech, found: VerificationOut, crjson: str | None = None, *, lasts: bool
    ) -> dict[str, Any]:
        """What the answer's template needs; `lasts`: it can be had again under a link."""
        terms = self._services.reports.terms
        small = crjson is not None and len(crjson.encode()) <= _MOST_CRJSON
        return {
            "found": found,
            "answer": answer_of(found, words),
            "document": _download(found.model_dump_json(indent=2)),
            "crjson": _download(crjson) if crjson is not None and small else "",
            "crjson_large": crjson is not None and not small,
            "link": f"{request.base_url}{PATH[1:]}/{found.sha256}" if lasts else "",
            "until": words.dated(found.kept_until) if found.kept_until else "",
            "days": terms.days,
            "contact": terms.contact,
        }


def _said(fields: Mapping[str, str]) -> tuple[str, str]:
    """Which file somebody speaks of, and what they say. A browser counts a line's end as one letter and sends two."""
    sha256, text = fields.get("sha256", ""), fields.get("text", "").replace("\r\n", "\n").strip()
    if len(text) > MOST_LETTERS:
        raise InvalidInput("this is too long", field="text", limit=f"{MOST_LETTERS} letters")
    if _DIGEST.fullmatch(sha256) is None:
        raise InvalidInput("this is about no file", field="sha256")
    return sha256, text


def _around(words: Speech) -> dict[str, Any]:
    return {"words": words, "say": words.say, "home": f"{PATH}?lang={words.language}", "path": PATH}


def _download(document: str) -> str:
    """A document as an address that a browser saves; nothing of it is kept here."""
    return f"data:application/json;base64,{base64.b64encode(document.encode()).decode()}"

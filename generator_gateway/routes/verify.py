"""Verification, for anybody: no account, nothing kept unless asked."""

import json
import queue
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi import Path as PathPart
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, Field, ValidationError

from generator_gateway.errors import GatewayReason
from generator_gateway.ports.verification import FoundBy, KeptReport, OnStep, Step, Verification, told
from generator_gateway.routes.apart import ThreadsApart
from generator_gateway.routes.uploads import Received, receive
from generator_gateway.routes.verification_out import (
    WITHDRAWN,
    VerificationOut,
    fact_out,
    release_out,
    reworded,
    settle_sentence,
    statement_out,
    verification_out,
)
from generator_gateway.service.verification import ReportDesk, VerificationDesk
from generator_gateway.wording import Wording, language_for, wording
from trust_kernel.errors import Broken, InvalidInput, NotFound, PlacetError
from trust_kernel.web.access import Access
from trust_kernel.web.documents import problem
from trust_kernel.web.problems import status_of
from trust_kernel.web.rate import RateLimit

EVENTS = "application/x-ndjson"
_MOST_WORDS = 1000
_MOST_BODY = 20_000
_YES = frozenset({"true", "1", "on", "yes"})
_UPLOAD_DOC = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "properties": {
                        "file": {"type": "string", "format": "binary"},
                        "keep": {"type": "boolean", "description": "keep the report under the file's SHA-256"},
                        "lang": {"type": "string", "enum": ["en", "it"]},
                    },
                }
            },
            "application/octet-stream": {"schema": {"type": "string", "format": "binary"}},
        },
    }
}


class FeedbackIn(BaseModel):
    """What somebody says of a verification."""

    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    verdict: str = Field(pattern=r"^(right|wrong)$")
    text: str = Field(default="", max_length=_MOST_WORDS)


class FeedbackOut(BaseModel):
    """That it was taken."""

    kept_days: int


@dataclass(frozen=True, slots=True)
class _Asked:
    """How somebody wants to be answered."""

    words: Wording
    keep: bool


def words_for(request: Request, lang: str = "") -> Wording:
    """The words to answer in: those asked for by name, else those of ``Accept-Language``."""
    return wording(language_for(request.headers.get("accept-language", ""), lang))


def build_verify_router(
    desk: VerificationDesk, reports: ReportDesk, access: Access, limit: RateLimit, max_bytes: int
) -> APIRouter:
    """`POST /verify` and what belongs to it, open to everybody; a browser gets its page from the review UI.

    Args:
        desk: takes files apart.
        reports: kept reports and feedback.
        access: makes the guards of routes.
        limit: how often one address may ask.
        max_bytes: largest file.
    """
    router = APIRouter(tags=["verification"])
    guards = [access.public(), limit.guard()]
    threads = ThreadsApart()

    @router.post("/verify", dependencies=guards, openapi_extra=_UPLOAD_DOC, response_model=VerificationOut)
    async def verify(request: Request, keep: bool = False, lang: str = "") -> Response:
        """Take a file apart and say what it carries. Nothing of it is kept.

        The file is the form field `file`, or the body itself. With `Accept: application/x-ndjson` each step is told
        in a line of its own while it runs, and the last line holds the verification.
        """
        with ExitStack() as stack:
            received = await _received(stack, request, max_bytes)
            asked = _asked(request, received, keep=keep, lang=lang)
            work = _Work(desk, reports, received.path, asked)
            if EVENTS in request.headers.get("accept", ""):
                lines = threads.pieces(_started(work, request, stack.pop_all()))
                return StreamingResponse(lines, media_type=EVENTS, headers=_NO_STORE)
            found = await threads.run(work.done)
            return Response(found.model_dump_json(), media_type="application/json", headers=_NO_STORE)

    @router.post("/verify/crjson", dependencies=guards, openapi_extra=_UPLOAD_DOC)
    async def crjson(request: Request) -> Response:
        """A file's content credential as crJSON, the C2PA's own JSON form; 404 where it has none that can be read."""
        with ExitStack() as stack:
            received = await _received(stack, request, max_bytes)
            text = await threads.run(lambda: desk.crjson(received.path))
        if text is None:
            raise NotFound("this file holds no content credential that can be read", field="file")
        return Response(text, media_type="application/json", headers=_NO_STORE)

    @router.post("/verify/feedback", dependencies=guards, status_code=HTTPStatus.ACCEPTED)
    def feedback(said: Annotated[FeedbackIn, Depends(_feedback)]) -> FeedbackOut:
        """Say whether a verification was right. What is said is kept for some days and shown to staff alone."""
        reports.say(said.sha256, right=said.verdict == "right", text=said.text)
        return FeedbackOut(kept_days=reports.terms.days)

    @router.get("/verify/{sha256}", dependencies=guards)
    def report(
        request: Request,
        sha256: Annotated[str, PathPart(pattern="^[0-9a-f]{64}$")],
        response: Response,
        lang: Annotated[str, Query(max_length=20)] = "",
    ) -> VerificationOut:
        """What is known of a file by its SHA-256: a file released here, or a verification that somebody had kept."""
        response.headers.update(_NO_STORE)
        found = known_report(reports, sha256, words_for(request, lang))
        if found is None:
            raise NotFound("nothing is known here of a file with this digest", field="sha256")
        return found

    return router


def known_report(reports: ReportDesk, sha256: str, words: Wording) -> VerificationOut | None:
    """A file that was released here, or else a kept verification with consent as it stands now; None where neither."""
    released = reports.released(sha256)
    if released is not None:
        return verification_out(released, words)
    kept = reports.find(sha256)
    try:
        return _as_it_stands(reports, kept, words) if kept is not None else None
    except ValidationError:
        # Kept by another version, whose answers had another shape.
        return None


def _as_it_stands(reports: ReportDesk, kept: KeptReport, words: Wording) -> VerificationOut:
    out = reworded(VerificationOut.model_validate_json(kept.body), words)
    out.kept_until = kept.until
    now = reports.consent_now({release.video_id: FoundBy(release.found_by) for release in out.releases})
    if not now:
        return out
    out.releases = [release_out(release) for release in now]
    out.release = next((one for one in out.releases if out.release and one.video_id == out.release.video_id), None)
    out.facts.consent = fact_out(reports.consent_fact(now), words)
    withdrawn = told(WITHDRAWN)
    gone = any(one.consent == "withdrawn" and one.found_by is not FoundBy.FINGERPRINT for one in now)
    if gone and all(note.code != withdrawn.code for note in out.notes):
        out.notes.insert(0, statement_out(withdrawn, words))
        settle_sentence(out)
    return out


_NO_STORE = {"cache-control": "no-store"}


class _Work:
    """One verification on its way."""

    def __init__(self, desk: VerificationDesk, reports: ReportDesk, path: Path, asked: _Asked) -> None:
        self._desk = desk
        self._reports = reports
        self._path = path
        self.asked = asked

    def done(self, on_step: OnStep | None = None) -> VerificationOut:
        """Verify, and keep the report where that was asked."""
        found = self._desk.verify(self._path, on_step=on_step)
        return told_and_kept(self._reports, found, self.asked.words, keep=self.asked.keep)


def told_and_kept(reports: ReportDesk, found: Verification, words: Wording, *, keep: bool) -> VerificationOut:
    """A verification in words, kept for whoever has its digest where that was asked."""
    out = verification_out(found, words)
    if keep:
        out.kept_until = reports.keep(found.sha256, out.model_dump_json()).until
    return out


async def _received(stack: ExitStack, request: Request, max_bytes: int) -> Received:
    folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="placet-verify-"))
    return await receive(request, Path(folder), max_bytes)


def _asked(request: Request, received: Received, *, keep: bool, lang: str) -> _Asked:
    fields = received.fields
    wanted = keep or fields.get("keep", "").lower() in _YES
    return _Asked(words_for(request, lang or fields.get("lang", "")[:20]), wanted)


async def _feedback(request: Request) -> FeedbackIn:
    """The body, read in bounds: the path lies under one that takes gigabytes."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > _MOST_BODY:
            raise InvalidInput(
                "this is too long", code=GatewayReason.BODY_MALFORMED, field="text", limit="1000 letters"
            )
    try:
        return FeedbackIn.model_validate_json(bytes(body))
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"]) or None
        raise InvalidInput(first["msg"], code=GatewayReason.BODY_MALFORMED, field=field) from error


def _started(work: _Work, request: Request, cleanup: ExitStack) -> Iterator[str]:
    """Lines of JSON: a step each as it begins, then the verification, or the problem that ended it."""
    lines: queue.SimpleQueue[str | None] = queue.SimpleQueue()
    threading.Thread(target=_work_aloud, args=(work, request, cleanup, lines.put), daemon=True).start()
    # iter() with a sentinel: the thread's None ends the answer.
    return iter(lines.get, None)


def _work_aloud(work: _Work, request: Request, cleanup: ExitStack, put: Callable[[str | None], None]) -> None:
    """Runs to its end even where nobody listens any more, so that nothing is left behind."""

    def on_step(step: Step) -> None:
        said = statement_out(told(f"verify:step:{step}"), work.asked.words)
        put(_line({"event": "step", "step": step.value, "sentence": said.sentence}))

    last = _problem(request, Broken("something broke here"))
    try:
        with cleanup:
            found = work.done(on_step)
        last = _line({"event": "verification", "verification": found.model_dump(mode="json")})
    except PlacetError as error:
        last = _problem(request, error)
    finally:
        # Even where something broke that nobody foresaw, which the thread's end writes into the log.
        put(last)
        put(None)


def _problem(request: Request, error: PlacetError) -> str:
    document = problem(request.scope, status_of(error), error.detail, error.code, field=error.field)
    return _line({"event": "problem", "problem": document})


def _line(event: dict[str, Any]) -> str:
    return json.dumps(event) + "\n"

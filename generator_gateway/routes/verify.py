"""Verification, for anybody: no account, nothing kept unless asked."""

import json
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from http import HTTPStatus
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi import Path as PathPart
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, Field, ValidationError

from generator_gateway.errors import GatewayReason
from generator_gateway.ports.reports import KeptReport
from generator_gateway.ports.verification import (
    STANDING_CODES,
    FoundBy,
    OnStep,
    Verification,
    standing_notes,
    told,
)
from generator_gateway.routes.aloud import Aloud
from generator_gateway.routes.apart import ThreadsApart
from generator_gateway.routes.uploads import Received, receive, small_body
from generator_gateway.routes.verification_out import (
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
from trust_kernel.errors import InvalidInput, NotFound, PlacetError
from trust_kernel.web.access import Access
from trust_kernel.web.documents import problem
from trust_kernel.web.problems import status_of
from trust_kernel.web.rate import RateLimit

EVENTS = "application/x-ndjson"
MOST_LETTERS = 1000
"""Of what somebody says of a verification."""
_NO_STORE = {"cache-control": "no-store"}
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
    text: str = Field(default="", max_length=MOST_LETTERS)


class FeedbackOut(BaseModel):
    """That it was taken."""

    kept_days: int


def words_for(request: Request, lang: str = "") -> Wording:
    """The words to answer in: those asked for by name, else those of ``Accept-Language``."""
    return wording(language_for(request.headers.get("accept-language", ""), lang))


def build_verify_router(
    desk: VerificationDesk,
    reports: ReportDesk,
    access: Access,
    limit: RateLimit,
    max_bytes: int,
    threads: ThreadsApart | None = None,
) -> APIRouter:
    """`POST /verify` and what belongs to it, open to everybody; a browser gets its page from the review UI.

    Args:
        desk: takes files apart.
        reports: kept reports and feedback.
        access: makes the guards of routes.
        limit: how often one address may ask.
        max_bytes: largest file.
        threads: where files are waited for; shared with the page, so that neither is a way round their number.
    """
    router = APIRouter(tags=["verification"])
    guards = [access.public(), limit.guard()]
    apart = threads or ThreadsApart()

    @router.post("/verify", dependencies=guards, openapi_extra=_UPLOAD_DOC, response_model=VerificationOut)
    async def verify(request: Request, keep: bool = False, lang: str = "") -> Response:
        """Take a file apart and say what it carries. Nothing of it is kept.

        The file is the form field `file`, or the body itself. With `Accept: application/x-ndjson` each step is told
        in a line of its own while it runs, and the last line holds the verification.
        """
        with ExitStack() as stack:
            received = await taken_in(stack, request, max_bytes, apart)
            words = words_for(request, lang or received.fields.get("lang", "")[:20])

            def work(on_step: OnStep | None = None) -> VerificationOut:
                found = desk.verify(received.path, on_step=on_step)
                return told_and_kept(reports, found, words, keep=keep or received.keep)

            if EVENTS in request.headers.get("accept", ""):
                lines = apart.pieces(_lines(Aloud(work, stack.pop_all()), request, words))
                return StreamingResponse(lines, media_type=EVENTS, headers=_NO_STORE)
            found = await apart.run(work)
            return Response(found.model_dump_json(), media_type="application/json", headers=_NO_STORE)

    @router.post("/verify/crjson", dependencies=guards, openapi_extra=_UPLOAD_DOC)
    async def crjson(request: Request) -> Response:
        """A file's content credential as crJSON, the C2PA's own JSON form; 404 where it has none that can be read."""
        with ExitStack() as stack:
            received = await taken_in(stack, request, max_bytes, apart)
            text = await apart.run(lambda: desk.crjson(received.path))
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
    except ValueError:
        # Kept by another version, whose answers had another shape, or other words in it.
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
    # As it is now: what was taken down may be out again, or withdrawn.
    stopped = [statement_out(note, words) for note in standing_notes(now)]
    out.notes = [*stopped, *(note for note in out.notes if note.code not in STANDING_CODES)]
    settle_sentence(out)
    return out


def told_and_kept(reports: ReportDesk, found: Verification, words: Wording, *, keep: bool) -> VerificationOut:
    """A verification in words, kept for whoever has its digest where that was asked."""
    out = verification_out(found, words)
    if keep:
        out.kept_until = reports.keep(found.sha256, out.model_dump_json()).until
    return out


async def taken_in(stack: ExitStack, request: Request, max_bytes: int, threads: ThreadsApart) -> Received:
    """Take an upload in, and a place to look at it; both are given up when `stack` is closed.

    Raises:
        InvalidInput: see `receive`.
        Unavailable: every place is taken.
    """
    with threads.place():
        # Asked for before too, so that nobody sends gigabytes for nothing.
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="placet-verify-")))
    received = await receive(request, folder, max_bytes)
    stack.enter_context(threads.place())
    return received


async def _feedback(request: Request) -> FeedbackIn:
    body = await small_body(request, "text", f"{MOST_LETTERS} letters")
    try:
        return FeedbackIn.model_validate_json(body)
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"]) or None
        raise InvalidInput(first["msg"], code=GatewayReason.BODY_MALFORMED, field=field) from error


def _lines(running: Aloud[VerificationOut], request: Request, words: Wording) -> Iterator[str]:
    """Lines of JSON: a step each as it begins, then the verification, or the problem that ended it."""
    for step in running.steps():
        said = statement_out(told(f"verify:step:{step}"), words)
        yield _line({"event": "step", "step": step.value, "sentence": said.sentence})
    found = running.outcome()
    if isinstance(found, PlacetError):
        document = problem(request.scope, status_of(found), found.detail, found.code, field=found.field)
        yield _line({"event": "problem", "problem": document})
    else:
        yield _line({"event": "verification", "verification": found.model_dump(mode="json")})


def _line(event: dict[str, Any]) -> str:
    return json.dumps(event) + "\n"

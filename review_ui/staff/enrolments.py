"""Staff's pages about enrolments: what another has to confirm, what was found and needs a decision."""

from dataclasses import dataclass, replace
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from consent_registry.api import Attestation, EnrolmentAttempt, EnrolmentState, Subject
from review_ui.staff.answers import NOTHING, REFUSALS, Wrong, back, missing, refused
from review_ui.staff.door import ATTEST, Door
from review_ui.staff.people import Known
from review_ui.staff.pictures import blurred, still
from trust_kernel.errors import NotFound
from trust_kernel.media.encoded import as_wav
from trust_kernel.web.access import Actor

PATH = "/staff/enrolments"
_NO_STORE = {"cache-control": "no-store"}


@dataclass(frozen=True, slots=True)
class Attempt:
    """An attempt to enrol, to a member of staff.

    Attributes:
        attempt: without whom the person is like where it is the one who looks.
        person: who is to be enrolled.
        vouched: what staff said of it; None after a live challenge.
        first: who vouched first, or proposed it.
        own: whether it concerns the one who looks, who then decides nothing.
        said_it: whether the one who looks vouched first, and somebody else has to confirm.
    """

    attempt: EnrolmentAttempt
    person: Subject
    vouched: Attestation | None
    first: Known
    own: bool
    said_it: bool


@dataclass(frozen=True, slots=True)
class Alike:
    """Somebody whom the person is like.

    Attributes:
        name: "@handle", or the name on the blocklist.
    """

    name: str
    blocked: bool
    modality: str
    sure: bool
    score: float


def build_enrolment_pages(door: Door) -> APIRouter:
    """`/staff/enrolments` and below; pictures are blurred on the server until somebody asks."""
    router = APIRouter(include_in_schema=False)
    _add_list(router, door)
    _add_one(router, door)
    _add_media(router, door)
    return router


def seen(door: Door, attempt: EnrolmentAttempt, actor: Actor) -> Attempt:
    """An attempt as a member of staff may see it."""
    own = door.registry.enrolments.concerns(attempt, actor.account_id)
    vouched = door.registry.enrolments.vouched(attempt.id)
    first = vouched.first_by if vouched else attempt.proposed_by
    return Attempt(
        attempt=replace(attempt, alike=()) if own else attempt,
        person=door.registry.subject(attempt.subject_id),
        vouched=vouched,
        first=door.people.known(first),
        own=own,
        said_it=vouched is not None and vouched.first_by == actor.account_id,
    )


def _add_list(router: APIRouter, door: Door) -> None:
    @router.get(PATH)
    def enrolments(request: Request, actor: Annotated[Actor, door.access.requires(ATTEST)]) -> HTMLResponse:
        rows = [seen(door, attempt, actor) for attempt in door.registry.enrolments.waiting()]
        return door.pages.render(
            request,
            "staff_enrolments.html",
            found=[row for row in rows if row.attempt.state is EnrolmentState.TO_REVIEW],
            proposed=[row for row in rows if row.attempt.state is EnrolmentState.EXAMINED],
        )


def _add_one(router: APIRouter, door: Door) -> None:
    def show(
        request: Request, enrolment_id: str, actor: Actor, *, clear: bool = False, wrong: Wrong = NOTHING
    ) -> HTMLResponse:
        row = seen(door, door.registry.enrolments.named(enrolment_id), actor)
        decided_by = row.attempt.decided_by
        pictures, recordings = (0, 0) if row.own else door.registry.enrolments.kept(row.attempt)
        return door.pages.render(
            request,
            "staff_enrolment.html",
            status=wrong.status,
            row=row,
            alike=_alike(door, row.attempt),
            pictures=pictures,
            recordings=recordings,
            decided_by=door.people.known(decided_by) if decided_by else None,
            clear=clear,
            wrong=wrong,
        )

    @router.get(PATH + "/{enrolment_id}")
    def enrolment(
        request: Request,
        enrolment_id: str,
        actor: Annotated[Actor, door.access.requires(ATTEST)],
        clear: str = "",
    ) -> HTMLResponse:
        return show(request, enrolment_id, actor, clear=clear == "yes")

    @router.post(PATH + "/{enrolment_id}", response_model=None)
    def decide(
        request: Request,
        enrolment_id: str,
        actor: Annotated[Actor, door.access.requires(ATTEST)],
        deed: Annotated[str, Form()] = "",
        note: Annotated[str, Form()] = "",
    ) -> HTMLResponse | RedirectResponse:
        if deed not in {"confirm", "enrol", "refuse"}:
            return show(request, enrolment_id, actor, wrong=missing("Choose what becomes of it.", note))
        if deed != "confirm" and not note.strip():
            return show(request, enrolment_id, actor, wrong=missing("Say why."))
        desk = door.registry.enrolments
        try:
            if deed == "confirm":
                after = desk.confirm(enrolment_id, by=actor.account_id, note=note)
            else:
                after = desk.decide(enrolment_id, by=actor.account_id, enrol=deed == "enrol", note=note)
        except REFUSALS as error:
            return show(request, enrolment_id, actor, wrong=refused(error, note))
        return back(f"{PATH}/{enrolment_id}", str(after.state))


def _alike(door: Door, attempt: EnrolmentAttempt) -> list[Alike]:
    return [
        Alike(
            name=one.name or _handle(door, one.about),
            blocked=one.gallery == "blocklist",
            modality=one.modality,
            sure=one.sure,
            score=one.score,
        )
        for one in attempt.alike
    ]


def _handle(door: Door, subject_id: str) -> str:
    try:
        return f"@{door.registry.subject(subject_id).handle}"
    except NotFound:
        return "somebody who has left since"


def _add_media(router: APIRouter, door: Door) -> None:
    @router.get(PATH + "/{enrolment_id}/pictures/{number}")
    def picture(
        enrolment_id: str, number: int, actor: Annotated[Actor, door.access.requires(ATTEST)], clear: str = ""
    ) -> Response:
        shown = still(door.registry.enrolments.picture(enrolment_id, number, by=actor.account_id))
        return Response(shown if clear == "yes" else blurred(shown), media_type="image/webp", headers=_NO_STORE)

    @router.get(PATH + "/{enrolment_id}/recordings/{number}")
    def recording(enrolment_id: str, number: int, actor: Annotated[Actor, door.access.requires(ATTEST)]) -> Response:
        heard = as_wav(door.registry.enrolments.recording(enrolment_id, number, by=actor.account_id))
        return Response(heard, media_type="audio/wav", headers=_NO_STORE)

"""Staff's page on which one of them vouches for somebody's pictures and recordings; another then confirms."""

from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, File, Form, Request, UploadFile
from fastapi.responses import HTMLResponse, RedirectResponse

from consent_registry.api import ENROLMENT_PROOFS, Proof, UploadDecoder
from consent_registry.routes.enrolment import read_media
from review_ui.staff.answers import NOTHING, REFUSALS, Wrong, back, missing, refused
from review_ui.staff.door import ATTEST, Door
from review_ui.staff.enrolments import PATH as ENROLMENTS
from trust_kernel.web.access import Actor

PATH = "/staff/vouch"


@dataclass(frozen=True, slots=True)
class Typed:
    """What was typed; files have to be chosen again."""

    who: str = ""
    proof: str = ""
    label: str = ""
    keep: str = ""


def build_vouching_pages(door: Door, decoder: UploadDecoder) -> APIRouter:
    """`/staff/vouch`."""
    router = APIRouter(include_in_schema=False)

    def show(request: Request, typed: Typed, wrong: Wrong = NOTHING) -> HTMLResponse:
        proofs = [one for one in Proof if one in ENROLMENT_PROOFS]
        return door.pages.render(
            request, "staff_vouch.html", status=wrong.status, typed=typed, proofs=proofs, wrong=wrong
        )

    @router.get(PATH)
    def form(request: Request, _actor: Annotated[Actor, door.access.requires(ATTEST)], who: str = "") -> HTMLResponse:
        return show(request, Typed(who))

    @router.post(PATH, response_model=None)
    def vouch(
        request: Request,
        actor: Annotated[Actor, door.access.requires(ATTEST)],
        who: Annotated[str, Form()] = "",
        kind: Annotated[str, Form(alias="proof")] = "",
        label: Annotated[str, Form()] = "",
        keep: Annotated[str, Form()] = "",
        pictures: Annotated[list[UploadFile] | None, File()] = None,
        recordings: Annotated[list[UploadFile] | None, File()] = None,
    ) -> HTMLResponse | RedirectResponse:
        typed = Typed(who, kind, label, keep)
        subject = door.registry.by_handle(typed.who.strip().removeprefix("@"))
        proof = next((one for one in Proof if one == typed.proof), None)
        if subject is None:
            wrong = Wrong("Nobody here goes by this handle. They choose one on their own page.", HTTPStatus.NOT_FOUND)
            return show(request, typed, wrong)
        if proof is None:
            return show(request, typed, missing("Say how you know that it is them."))
        desk = door.registry.enrolments
        try:
            desk.check(subject.id, by=actor.account_id, proof=proof)
            media = read_media(decoder, _chosen(pictures), _chosen(recordings))
            made = desk.propose(
                subject.id,
                media,
                by=actor.account_id,
                proof=proof,
                keep_reference=typed.keep == "yes",
                label=typed.label,
            )
        except REFUSALS as error:
            return show(request, typed, refused(error))
        return back(f"{ENROLMENTS}/{made.id}", str(made.state))

    return router


def _chosen(uploads: list[UploadFile] | None) -> list[UploadFile]:
    """Files that were chosen; browsers send a nameless one where none was."""
    return [upload for upload in uploads or () if upload.filename]

"""Long lists of claims: sending one, how far it has come, and what became of each line."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends, File, Form, Request, UploadFile
from fastapi.responses import HTMLResponse, RedirectResponse

from copyright_optout.api import ClaimImport, ClaimKind, Declaration, Ground, ImportDesk, ImportOrder, Role
from copyright_optout.routes.access import acting_for
from review_ui.portal.faults import Faults, faults_in, sentence
from review_ui.portal.typed import one_of
from review_ui.rights.door import READ, WRITE, Door
from review_ui.rights.forms import ProofForm, chosen, proof_form
from trust_kernel.errors import Conflict, InvalidInput, PlacetError
from trust_kernel.web.access import Actor
from trust_kernel.web.problems import status_of

PATH = "/rights/imports"
_PAGE = 20
_MOST_SHOWN = 100
"""Lines with something wrong that the page shows; the whole report is a file."""
_Short = Annotated[str, Form(max_length=10_000)]


def build_import_pages(door: Door, desk: ImportDesk) -> APIRouter:
    """`/rights/imports` and below."""
    router = APIRouter(include_in_schema=False)
    _add_list(router, door, desk)
    _add_one(router, door, desk)
    return router


def _add_list(router: APIRouter, door: Door, desk: ImportDesk) -> None:
    read, write = door.access.requires(READ), door.access.requires(WRITE)

    def show(
        request: Request,
        actor: Actor,
        *,
        after: str | None = None,
        proof: ProofForm | None = None,
        kind: str = "",
        organisation: str = "",
        error: PlacetError | None = None,
    ) -> HTMLResponse:
        seats = door.optouts.organisations.seats(actor.account_id)
        found = desk.page([seat.organisation.id for seat in seats], after=after, limit=_PAGE + 1)
        return door.pages.render(
            request,
            "rights_imports.html",
            status=status_of(error) if error is not None else HTTPStatus.OK,
            rows=found[:_PAGE],
            proof=proof or ProofForm(),
            kind=kind,
            organisation=organisation,
            agents=[seat.organisation for seat in seats if seat.role.may(Role.AGENT)],
            kinds=[one.value for one in ClaimKind],
            grounds=[one.value for one in Ground],
            declarations=[one.value for one in Declaration],
            faults=faults_in(error, {"proof": "statement"}) if error is not None and error.field else Faults(),
            problem=sentence(error) if error is not None else "",
            after=after,
            next=found[_PAGE - 1].id if len(found) > _PAGE else None,
        )

    @router.get(PATH)
    def imports(request: Request, actor: Annotated[Actor, read], after: str | None = None) -> HTMLResponse:
        return show(request, actor, after=after)

    @router.post(PATH, response_model=None)
    def send(
        request: Request,
        actor: Annotated[Actor, write],
        proof: Annotated[ProofForm, Depends(proof_form)],
        file: Annotated[UploadFile | None, File()] = None,
        kind: _Short = "",
        organisation: _Short = "",
        deed: _Short = "",
    ) -> HTMLResponse | RedirectResponse:
        try:
            sent = chosen(file)
            order = ImportOrder(
                organisation_id=acting_for(door.optouts, actor, organisation or None),
                by=actor.account_id,
                submit=deed == "submit",
                kind=one_of(ClaimKind, kind, "kind", "Choose what they are.") if kind else None,
                proof=proof.draft_proof,
                declared=proof.declared,
            )
            job = desk.start(order, sent.file)
        except (Conflict, InvalidInput) as error:
            return show(request, actor, proof=proof, kind=kind, organisation=organisation, error=error)
        return RedirectResponse(f"{PATH}/{job.id}", HTTPStatus.SEE_OTHER)


def _add_one(router: APIRouter, door: Door, desk: ImportDesk) -> None:
    read, write = door.access.requires(READ), door.access.requires(WRITE)

    def theirs(actor: Actor, import_id: str, needed: Role) -> ClaimImport:
        """An import of an organisation that they act for; raises NotFound, NotPermitted."""
        job = desk.found(import_id)
        door.optouts.organisations.seat(actor.account_id, job.organisation_id, needed)
        return job

    @router.get(f"{PATH}/{{import_id}}")
    def one(request: Request, import_id: str, actor: Annotated[Actor, read]) -> HTMLResponse:
        job = theirs(actor, import_id, Role.VIEWER)
        lines = desk.wanting(job, _MOST_SHOWN)
        return door.pages.render(
            request,
            "rights_import.html",
            job=job,
            lines=lines,
            more=job.counts.wanting - len(lines),
        )

    @router.post(f"{PATH}/{{import_id}}/cancel", response_model=None)
    def cancel(import_id: str, actor: Annotated[Actor, write]) -> RedirectResponse:
        theirs(actor, import_id, Role.AGENT)
        desk.cancel(import_id)
        return RedirectResponse(f"{PATH}/{import_id}", HTTPStatus.SEE_OTHER)

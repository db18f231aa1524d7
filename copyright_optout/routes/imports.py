"""Routes of imports: long lists of claims."""

from collections.abc import Iterator
from typing import Annotated

from fastapi import APIRouter, Form, Query, UploadFile
from fastapi.responses import StreamingResponse

from copyright_optout.api import (
    ClaimImport,
    ClaimKind,
    Declaration,
    Ground,
    ImportDesk,
    ImportOrder,
    LineReport,
    OptOutIndex,
    Proof,
    Role,
)
from copyright_optout.domain.reasons import ImportFault
from copyright_optout.routes.access import ACTIVATE, READ, WRITE, acting_for
from copyright_optout.schemas.imports import ImportList, ImportView, LineView
from trust_kernel.errors import NotFound
from trust_kernel.web.access import Access, Actor

REPORT_TYPE = "application/x-ndjson"


def add_imports(router: APIRouter, service: OptOutIndex, desk: ImportDesk, access: Access) -> None:
    """Routes under /v1/optouts/imports; to be added before those of single claims, whose ids they would be."""
    _add_asking(router, service, desk, access)
    _add_following(router, service, desk, access)


def _add_asking(router: APIRouter, service: OptOutIndex, desk: ImportDesk, access: Access) -> None:
    writer, staff = access.requires(WRITE), access.requires(ACTIVATE)

    @router.post("/v1/optouts/imports", status_code=202)
    def import_claims(
        actor: Annotated[Actor, writer],
        file: UploadFile,
        organisation: Annotated[str | None, Form(max_length=100)] = None,
        submit: Annotated[bool, Form()] = True,
        kind: Annotated[ClaimKind | None, Form()] = None,
        ground: Annotated[Ground | None, Form()] = None,
        statement: Annotated[str, Form(max_length=4000)] = "",
        registration: Annotated[str, Form(max_length=4000)] = "",
        declarations: Annotated[list[Declaration] | None, Form()] = None,
    ) -> ImportView:
        """Send a list of claims: CSV, JSON lines or a JSON array, in UTF-8. It is taken in as soon as may be.

        `kind`, `ground`, `statement`, `registration` and `declarations` hold for every line that says nothing else.
        """
        order = ImportOrder(
            organisation_id=acting_for(service, actor, organisation),
            by=actor.account_id,
            submit=submit,
            kind=kind,
            proof=None if ground is None else Proof(ground, statement, registration),
            declared=frozenset(declarations or ()),
        )
        return ImportView.of(desk.start(order, file.file))

    @router.delete("/v1/optouts/imports/{import_id}")
    def cancel_import(import_id: str, actor: Annotated[Actor, writer]) -> ImportView:
        """Stop taking a list in; what was taken in stays."""
        _reachable(service, desk, actor, import_id, Role.AGENT)
        return ImportView.of(desk.cancel(import_id))

    @router.post("/v1/optouts/imports/{import_id}/activate", status_code=202)
    def activate_import(import_id: str, actor: Annotated[Actor, staff]) -> ImportView:
        """Let its claims take effect, but for those with a concern that somebody has to look at."""
        return ImportView.of(desk.activate(import_id, actor=actor.account_id))


def _add_following(router: APIRouter, service: OptOutIndex, desk: ImportDesk, access: Access) -> None:
    reader = access.requires(READ)

    @router.get("/v1/optouts/imports")
    def list_imports(
        actor: Annotated[Actor, reader],
        after: Annotated[str | None, Query(max_length=100)] = None,
        limit: Annotated[int, Query(ge=1, le=100)] = 20,
    ) -> ImportList:
        """Imports of one's organisations, newest first; staff see everybody's."""
        seats = service.organisations.seats(actor.account_id)
        theirs = None if actor.may(ACTIVATE) else [seat.organisation.id for seat in seats]
        found = desk.page(theirs, after=after, limit=limit + 1)
        return ImportList(data=[ImportView.of(one) for one in found[:limit]], has_more=len(found) > limit)

    @router.get("/v1/optouts/imports/{import_id}")
    def show_import(import_id: str, actor: Annotated[Actor, reader]) -> ImportView:
        """How far an import has come; somebody else's is not found."""
        return ImportView.of(_reachable(service, desk, actor, import_id, Role.VIEWER))

    @router.get("/v1/optouts/imports/{import_id}/report", response_class=StreamingResponse)
    def report_import(import_id: str, actor: Annotated[Actor, reader]) -> StreamingResponse:
        """What became of each line so far: one JSON object a line."""
        job = _reachable(service, desk, actor, import_id, Role.VIEWER)
        return StreamingResponse(_report(desk, job), media_type=REPORT_TYPE)


def _report(desk: ImportDesk, job: ClaimImport) -> Iterator[str]:
    for report in desk.report(job):
        yield line_of_report(report)


def line_of_report(report: LineReport) -> str:
    """What became of a line, as JSON with a line's end."""
    return f"{LineView.of(report).model_dump_json()}\n"


def _reachable(service: OptOutIndex, desk: ImportDesk, actor: Actor, import_id: str, needed: Role) -> ClaimImport:
    """An import that the actor may see or, by a role that suffices, end; staff may every one."""
    job = desk.found(import_id)
    if not actor.may(ACTIVATE):
        try:
            service.organisations.seat(actor.account_id, job.organisation_id, needed)
        except NotFound as error:
            raise NotFound("there is no such import", code=ImportFault.UNKNOWN, field="import_id") from error
    return job

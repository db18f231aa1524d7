"""Routes of dry runs: what a claim would have done to the requests of the last days."""

from typing import Annotated

from fastapi import APIRouter

from copyright_optout.api import OptOutIndex, Rehearsals, Role
from copyright_optout.domain import OptOutFault
from copyright_optout.routes.access import ACTIVATE, READ, WRITE, reachable
from copyright_optout.schemas.rehearsals import RehearsalBody, RehearsalView
from trust_kernel.errors import NotFound
from trust_kernel.web.access import Access, Actor


def add_rehearsals(router: APIRouter, service: OptOutIndex, access: Access) -> None:
    """Routes under /v1/optouts/{claim_id}/rehearsal."""
    reader, writer = access.requires(READ), access.requires(WRITE)

    @router.post("/v1/optouts/{claim_id}/rehearsal", status_code=202)
    def rehearse_claim(
        claim_id: str, actor: Annotated[Actor, writer], body: RehearsalBody | None = None
    ) -> RehearsalView:
        """Try a claim, in whatever state, on the requests of the last days; done at once where there are few."""
        claim = reachable(service, actor, claim_id, Role.VIEWER)
        made = _desk(service).ask(claim, (body or RehearsalBody()).days, by=actor.account_id)
        return RehearsalView.of(made, staff=actor.may(ACTIVATE))

    @router.get("/v1/optouts/{claim_id}/rehearsal")
    def show_rehearsal(claim_id: str, actor: Annotated[Actor, reader]) -> RehearsalView:
        """The last dry run of a claim."""
        reachable(service, actor, claim_id, Role.VIEWER)
        made = _desk(service).latest(claim_id)
        if made is None:
            raise NotFound("this claim was not tried yet", code=OptOutFault.REHEARSAL_NONE)
        return RehearsalView.of(made, staff=actor.may(ACTIVATE))


def _desk(service: OptOutIndex) -> Rehearsals:
    if service.rehearsals is None:
        raise NotFound("nothing is tried here", code=OptOutFault.REHEARSAL_NONE)
    return service.rehearsals

"""Routes of claims."""

import shutil
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import numpy as np
from fastapi import APIRouter, File, Form, Query, UploadFile
from numpy.typing import NDArray

from copyright_optout.api import (
    Blocks,
    Claim,
    ClaimKind,
    ClaimState,
    ClaimTerms,
    Declaration,
    Filing,
    Ground,
    Licence,
    OptOutIndex,
    Proof,
    Role,
    Setting,
    Told,
)
from copyright_optout.domain import check_territories
from copyright_optout.domain.claims import LONGEST_REFERENCE, MOST_PICTURES
from copyright_optout.errors import UnusableClaim
from copyright_optout.ports import PictureDecoder
from copyright_optout.routes.access import ACTIVATE, OBJECT, READ, WRITE, acting_for, reachable
from copyright_optout.schemas.claims import (
    ActivationBody,
    ClaimList,
    ClaimView,
    DecisionBody,
    LicencesBody,
    SubmissionBody,
    TermsBody,
)
from trust_kernel.media.refs import MediaKind, MediaLimits
from trust_kernel.web.access import Access, Actor


def add_claims(
    router: APIRouter, service: OptOutIndex, access: Access, decoder: PictureDecoder, limits: MediaLimits
) -> None:
    """Routes under /v1/optouts."""
    _add_filing(router, service, access, decoder, limits)
    _add_reading(router, service, access)
    _add_changing(router, service, access)
    _add_deciding(router, service, access)
    _add_objecting(router, service, access)


def _add_filing(
    router: APIRouter, service: OptOutIndex, access: Access, decoder: PictureDecoder, limits: MediaLimits
) -> None:
    writer = access.requires(WRITE)

    @router.post("/v1/optouts", status_code=201)
    def file_claim(
        actor: Annotated[Actor, writer],
        title: Annotated[str, Form(max_length=1000)],
        kind: Annotated[ClaimKind, Form()],
        organisation: Annotated[str | None, Form(max_length=100)] = None,
        names: Annotated[list[str] | None, Form()] = None,
        descriptions: Annotated[list[str] | None, Form()] = None,
        settings: Annotated[list[Setting] | None, Form()] = None,
        territories: Annotated[list[str] | None, Form()] = None,
        licensees: Annotated[list[str] | None, Form()] = None,
        told: Annotated[Told, Form()] = Told.TITLE,
        starts_at: Annotated[datetime | None, Form()] = None,
        expires_at: Annotated[datetime | None, Form()] = None,
        reference: Annotated[str, Form(max_length=LONGEST_REFERENCE)] = "",
        ground: Annotated[Ground | None, Form()] = None,
        statement: Annotated[str, Form(max_length=4000)] = "",
        registration: Annotated[str, Form(max_length=4000)] = "",
        declarations: Annotated[list[Declaration] | None, Form()] = None,
        draft: Annotated[bool, Form()] = False,
        pictures: Annotated[list[UploadFile] | None, File()] = None,
    ) -> ClaimView:
        """File a claim; it stops nothing until staff have activated it.

        For the organisation named, or one's first; an account without any gets one that bears its name.
        """
        terms = ClaimTerms(
            kind=kind,
            title=title,
            names=tuple(names or ()),
            descriptions=tuple(descriptions or ()),
            blocks=Blocks(frozenset(settings or ()), check_territories(territories or ())),
            licences=tuple(Licence(account) for account in licensees or ()),
            told=told,
            starts_at=_with_zone(starts_at),
            expires_at=_with_zone(expires_at),
        )
        filing = Filing(
            organisation_id=acting_for(service, actor, organisation),
            by=actor.account_id,
            terms=terms,
            proof=None if ground is None else Proof(ground, statement, registration),
            declared=frozenset(declarations or ()),
            reference=reference,
            pictures=_decoded(pictures or [], decoder, limits),
            draft=draft,
        )
        return _view(service, actor, service.desk.file(filing))


def _add_reading(router: APIRouter, service: OptOutIndex, access: Access) -> None:
    reader = access.requires(READ)

    @router.get("/v1/optouts")
    def list_claims(
        actor: Annotated[Actor, reader],
        state: Annotated[list[ClaimState] | None, Query()] = None,
        after: Annotated[str | None, Query(max_length=100)] = None,
        limit: Annotated[int, Query(ge=1, le=500)] = 100,
    ) -> ClaimList:
        """Claims of one's organisations, newest first; staff see everybody's."""
        found = service.page(
            None if actor.may(ACTIVATE) else actor.account_id, states=state or (), after=after, limit=limit + 1
        )
        concerns, staff = service.concerns(claim.id for claim in found), actor.may(ACTIVATE)
        views = [ClaimView.of(claim, concerns.get(claim.id, ()), staff=staff) for claim in found[:limit]]
        return ClaimList(data=views, has_more=len(found) > limit)

    @router.get("/v1/optouts/{claim_id}")
    def show_claim(claim_id: str, actor: Annotated[Actor, reader]) -> ClaimView:
        """One claim; somebody else's is not found."""
        return _view(service, actor, reachable(service, actor, claim_id, Role.VIEWER))


def _add_changing(router: APIRouter, service: OptOutIndex, access: Access) -> None:
    writer = access.requires(WRITE)
    desk = service.desk

    @router.put("/v1/optouts/{claim_id}/terms")
    def change_claim(claim_id: str, actor: Annotated[Actor, writer], body: TermsBody) -> ClaimView:
        """Have a draft say something else."""
        reachable(service, actor, claim_id, Role.AGENT)
        return _view(service, actor, desk.change(claim_id, body.terms(), by=actor.account_id))

    @router.put("/v1/optouts/{claim_id}/licences")
    def license_claim(claim_id: str, actor: Annotated[Actor, writer], body: LicencesBody) -> ClaimView:
        """Say anew who may make what; at any time."""
        reachable(service, actor, claim_id, Role.AGENT)
        licences = [one.licence() for one in body.licences]
        return _view(service, actor, desk.license(claim_id, licences, by=actor.account_id))

    @router.post("/v1/optouts/{claim_id}/submit")
    def submit_claim(claim_id: str, actor: Annotated[Actor, writer], body: SubmissionBody) -> ClaimView:
        """Hand in a draft, with proof and declarations."""
        reachable(service, actor, claim_id, Role.AGENT)
        done = desk.submit(claim_id, by=actor.account_id, proof=body.proof(), declared=body.declarations)
        return _view(service, actor, done)

    @router.post("/v1/optouts/{claim_id}/withdraw")
    def withdraw_claim(claim_id: str, actor: Annotated[Actor, writer]) -> ClaimView:
        """End a claim; its rights holder or staff may."""
        reachable(service, actor, claim_id, Role.AGENT)
        return _view(service, actor, desk.move(claim_id, ClaimState.WITHDRAWN, actor=actor.account_id))


def _add_deciding(router: APIRouter, service: OptOutIndex, access: Access) -> None:
    staff = access.requires(ACTIVATE)
    desk = service.desk

    @router.post("/v1/optouts/{claim_id}/verify")
    def verify_claim(claim_id: str, actor: Annotated[Actor, staff], body: DecisionBody) -> ClaimView:
        """Note that the proof was looked at."""
        done = desk.move(claim_id, ClaimState.VERIFIED, actor=actor.account_id, seen=body.seen)
        return _view(service, actor, done)

    @router.post("/v1/optouts/{claim_id}/activate")
    def activate_claim(claim_id: str, actor: Annotated[Actor, staff], body: ActivationBody) -> ClaimView:
        """Let a claim take effect, everywhere from the next request on."""
        done = desk.activate(claim_id, actor=actor.account_id, despite=body.despite, seen=body.seen)
        return _view(service, actor, done)

    @router.post("/v1/optouts/{claim_id}/dispute")
    def dispute_claim(claim_id: str, actor: Annotated[Actor, staff]) -> ClaimView:
        """Suspend it while it is contested."""
        return _view(service, actor, desk.move(claim_id, ClaimState.DISPUTED, actor=actor.account_id))


def _add_objecting(router: APIRouter, service: OptOutIndex, access: Access) -> None:
    person = access.requires(OBJECT)

    @router.post("/v1/optouts/{claim_id}/objection", status_code=204)
    def object_to_claim(claim_id: str, actor: Annotated[Actor, person]) -> None:
        """Object to a claim on one's own name; staff look at it before it stops anything, or again where it does."""
        service.desk.object(claim_id, by=actor.account_id)


def _view(service: OptOutIndex, actor: Actor, claim: Claim) -> ClaimView:
    return ClaimView.of(claim, service.concerns([claim.id]).get(claim.id, ()), staff=actor.may(ACTIVATE))


def _with_zone(moment: datetime | None) -> datetime | None:
    """A time without a zone is UTC."""
    return moment.replace(tzinfo=UTC) if moment is not None and moment.tzinfo is None else moment


def _decoded(
    uploads: Sequence[UploadFile], decoder: PictureDecoder, limits: MediaLimits
) -> Sequence[NDArray[np.uint8]]:
    if len(uploads) > MOST_PICTURES:
        raise UnusableClaim("too many pictures at once", field="pictures", limit=f"{MOST_PICTURES} pictures")
    with tempfile.TemporaryDirectory(prefix="optout-") as folder:
        return [_picture(upload, Path(folder) / str(number), decoder, limits) for number, upload in enumerate(uploads)]


def _picture(upload: UploadFile, path: Path, decoder: PictureDecoder, limits: MediaLimits) -> NDArray[np.uint8]:
    if upload.size is not None and upload.size > limits.max_bytes:
        raise UnusableClaim("this picture is too large", field="pictures", limit=f"{limits.max_bytes} bytes")
    with path.open("wb") as file:
        shutil.copyfileobj(upload.file, file)
    look = decoder.look(path, limits, field="pictures")
    if look.kind is not MediaKind.IMAGE:
        raise UnusableClaim("reference media must be pictures", field="pictures")
    picture: NDArray[np.uint8] = look.frames[0]
    return picture

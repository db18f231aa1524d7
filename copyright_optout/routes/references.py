"""Routes of reference media: pictures, videos and sounds that a claimed work is recognised by."""

import shutil
import tempfile
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, File, UploadFile

from copyright_optout.api import OptOutIndex, Role
from copyright_optout.domain import Reference
from copyright_optout.errors import UnusableClaim
from copyright_optout.ports import PictureDecoder
from copyright_optout.routes.access import ACTIVATE, READ, WRITE, reachable
from copyright_optout.schemas.references import ReferenceList, ReferenceView
from copyright_optout.service.references import ReferenceDesk
from trust_kernel.errors import Unavailable
from trust_kernel.media.refs import MediaKind, MediaLimits
from trust_kernel.web.access import Access, Actor


def add_references(
    router: APIRouter, service: OptOutIndex, access: Access, decoder: PictureDecoder, limits: MediaLimits
) -> None:
    """Routes under /v1/optouts/{claim_id}/references.

    Args:
        router: where they go.
        service: the claims.
        access: guards each route.
        decoder: decodes uploads in the sandbox.
        limits: what one reference file may be.
    """
    writer, reader = access.requires(WRITE), access.requires(READ)

    @router.post("/v1/optouts/{claim_id}/references", status_code=201)
    def add_reference(
        claim_id: str, actor: Annotated[Actor, writer], file: Annotated[UploadFile, File()]
    ) -> ReferenceView:
        """Add a picture, video or sound to a claim that nobody has looked at yet; staff may at any time.

        Only fingerprints of it are kept.
        """
        claim = reachable(service, actor, claim_id, Role.AGENT)
        with tempfile.TemporaryDirectory(prefix="optout-") as folder:
            path = received_file(file, Path(folder) / "file", limits)
            return ReferenceView.of(added_reference(service, claim.id, path, decoder, limits, actor))

    @router.get("/v1/optouts/{claim_id}/references")
    def list_references(claim_id: str, actor: Annotated[Actor, reader]) -> ReferenceList:
        """What a claim is recognised by besides its names."""
        claim = reachable(service, actor, claim_id, Role.VIEWER)
        found = _desk(service).of_claim(claim.id)
        return ReferenceList(data=[ReferenceView.of(one) for one in found], looks_searched=service.looks_searched)

    @router.delete("/v1/optouts/{claim_id}/references/{reference_id}", status_code=204)
    def drop_reference(claim_id: str, reference_id: str, actor: Annotated[Actor, writer]) -> None:
        """Take a reference video or sound back; a claim can do with less at any time."""
        claim = reachable(service, actor, claim_id, Role.AGENT)
        _desk(service).drop(claim.id, reference_id, by=actor.account_id)


def added_reference(
    service: OptOutIndex, claim_id: str, path: Path, decoder: PictureDecoder, limits: MediaLimits, actor: Actor
) -> Reference:
    """Keep what a file is recognised by; raises InvalidInput, Conflict, Unavailable."""
    desk, staff = _desk(service), actor.may(ACTIVATE)
    kind = decoder.identify(path, limits, field="file").kind
    if kind is MediaKind.IMAGE:
        picture = decoder.look(path, limits, field="file").frames[0]
        return desk.add_picture(claim_id, picture, by=actor.account_id, staff=staff)
    return desk.add_file(
        claim_id,
        path,
        kind,
        lambda: decoder.look(path, limits, field="file").audio,
        by=actor.account_id,
        staff=staff,
    )


def _desk(service: OptOutIndex) -> ReferenceDesk:
    if service.references is None:
        raise Unavailable("reference media are not kept here", code="optout:guard:unavailable")
    return service.references


def received_file(upload: UploadFile, path: Path, limits: MediaLimits) -> Path:
    """Write an upload to a place; raises UnusableClaim where it is too large."""
    if upload.size is not None and upload.size > limits.max_bytes:
        raise UnusableClaim("this file is too large", field="file", limit=f"{limits.max_bytes} bytes")
    with path.open("wb") as target:
        shutil.copyfileobj(upload.file, target)
    return path

"""The HTTP door: rights holders file, see and withdraw their claims; staff activate them."""

import shutil
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import numpy as np
from fastapi import APIRouter, File, Form, UploadFile
from numpy.typing import NDArray

from copyright_optout.api import Claim, ClaimKind, NewClaim, OptOutIndex
from copyright_optout.errors import UnknownClaim, UnusableClaim
from copyright_optout.ports import PictureDecoder
from copyright_optout.schemas import ClaimList, ClaimView
from trust_kernel.media.refs import MediaKind, MediaLimits
from trust_kernel.web.access import Access, Actor

WRITE = "optout:write"
READ = "optout:read"
ACTIVATE = "optout:activate"
"""Held by staff: with it, everybody's claims are seen and may be withdrawn."""

_MOST_PICTURES = 20


def build_router(service: OptOutIndex, access: Access, decoder: PictureDecoder, limits: MediaLimits) -> APIRouter:
    """Routes under /v1/optouts.

    Args:
        service: the claims.
        access: guards each route.
        decoder: decodes uploads in the sandbox.
        limits: what one uploaded picture may be.
    """
    router = APIRouter(prefix="/v1/optouts", tags=["opt-outs"])
    writer, reader, staff = access.requires(WRITE), access.requires(READ), access.requires(ACTIVATE)

    @router.post("", status_code=201)
    def file_claim(
        actor: Annotated[Actor, writer],
        title: Annotated[str, Form(max_length=1000)],
        kind: Annotated[ClaimKind, Form()],
        names: Annotated[list[str] | None, Form()] = None,
        licensees: Annotated[list[str] | None, Form()] = None,
        territory: Annotated[str, Form(max_length=200)] = "",
        expires_at: Annotated[datetime | None, Form()] = None,
        pictures: Annotated[list[UploadFile] | None, File()] = None,
    ) -> ClaimView:
        """File a claim; it stops nothing until staff have activated it."""
        return ClaimView.of(
            service.file(
                NewClaim(
                    rights_holder=actor.account_id,
                    kind=kind,
                    title=title,
                    names=names or [],
                    licensees=licensees or [],
                    territory=territory,
                    expires_at=_with_zone(expires_at),
                    pictures=_decoded(pictures or [], decoder, limits),
                )
            )
        )

    @router.get("")
    def list_claims(actor: Annotated[Actor, reader]) -> ClaimList:
        """One's own claims; staff see everybody's."""
        holder = None if actor.may(ACTIVATE) else actor.account_id
        return ClaimList(data=[ClaimView.of(claim) for claim in service.claims(holder)])

    @router.get("/{claim_id}")
    def show_claim(claim_id: str, actor: Annotated[Actor, reader]) -> ClaimView:
        """One claim; somebody else's is not found."""
        return ClaimView.of(_seen_by(actor, service.claim(claim_id)))

    @router.post("/{claim_id}/activate")
    def activate_claim(claim_id: str, actor: Annotated[Actor, staff]) -> ClaimView:
        """Let a claim take effect."""
        return ClaimView.of(service.activate(claim_id, actor=actor.account_id))

    @router.post("/{claim_id}/withdraw")
    def withdraw_claim(claim_id: str, actor: Annotated[Actor, writer]) -> ClaimView:
        """End a claim; its rights holder or staff may."""
        _seen_by(actor, service.claim(claim_id))
        return ClaimView.of(service.withdraw(claim_id, actor=actor.account_id))

    return router


def _seen_by(actor: Actor, claim: Claim) -> Claim:
    if claim.rights_holder != actor.account_id and not actor.may(ACTIVATE):
        raise UnknownClaim("there is no such claim", field="claim_id")
    return claim


def _with_zone(moment: datetime | None) -> datetime | None:
    """A time without a zone is UTC."""
    return moment.replace(tzinfo=UTC) if moment is not None and moment.tzinfo is None else moment


def _decoded(
    uploads: Sequence[UploadFile], decoder: PictureDecoder, limits: MediaLimits
) -> Sequence[NDArray[np.uint8]]:
    if len(uploads) > _MOST_PICTURES:
        raise UnusableClaim("too many pictures at once", field="pictures", limit=f"{_MOST_PICTURES} pictures")
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

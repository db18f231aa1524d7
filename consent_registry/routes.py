"""The HTTP door of the consent registry.

Whoever is neither the subject's own account nor an administrator is told that there is no such thing.
"""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from pathlib import Path
from typing import Annotated, Any, BinaryIO

import numpy as np
from fastapi import APIRouter, File, Form, UploadFile
from numpy.typing import NDArray

from consent_registry.api import ConsentRegistry
from consent_registry.domain import ConsentFault, Grant, Subject
from consent_registry.ports import UploadDecoder
from consent_registry.schemas import (
    CameoOut,
    ForgottenOut,
    GrantList,
    GrantOut,
    NewGrant,
    NewSubject,
    ReceiptOut,
    RevocationOut,
    SubjectOut,
)
from consent_registry.service import check_counts
from trust_kernel.errors import InvalidInput, NotFound, NotPermitted
from trust_kernel.media.refs import Look, MediaKind, MediaLimits
from trust_kernel.web.access import Access, Actor

MANAGE = "likeness:manage"
"""One's own likeness, grants and follows."""
ADMINISTER = "likeness:administer"
"""Anybody's."""
ATTEST = "cameo:attest"
"""Staff who vouch that a recording shows its subject."""

PICTURE_LIMITS = MediaLimits(max_bytes=20_000_000)
RECORDING_LIMITS = MediaLimits(max_bytes=50_000_000, max_seconds=120.0)


def build_router(registry: ConsentRegistry, access: Access, decoder: UploadDecoder) -> APIRouter:
    """Routes of people, grants, receipts and follows.

    Args:
        registry: the service.
        access: makes the guards.
        decoder: looks into uploaded enrolment media.
    """
    router = APIRouter(tags=["consent"])
    _add_people(router, registry, access)
    _add_enrolment(router, registry, access, decoder)
    _add_grants(router, registry, access)
    _add_receipts(router, registry, access)
    _add_follows(router, registry, access)
    return router


def _add_people(router: APIRouter, registry: ConsentRegistry, access: Access) -> None:
    @router.post("/v1/subjects", status_code=HTTPStatus.CREATED)
    def register(body: NewSubject, actor: Annotated[Actor, access.requires(MANAGE)]) -> SubjectOut:
        """Become a subject: somebody whom prompts can name, and who decides what follows from that."""
        made = registry.register_subject(actor.account_id, body.handle, body.display_name, birth_year=body.birth_year)
        return SubjectOut.of(made, None)

    @router.get("/v1/subjects/me")
    def me(actor: Annotated[Actor, access.requires(MANAGE)]) -> SubjectOut:
        """The subject of the account that asks."""
        found = registry.subject_of(actor.account_id)
        if found is None:
            raise NotFound("this account has no subject yet", code=ConsentFault.SUBJECT_UNKNOWN)
        return SubjectOut.of(found, registry.cameo(found.id))

    @router.delete("/v1/subjects/{subject_id}")
    def forget(subject_id: str, actor: Annotated[Actor, access.requires(MANAGE)]) -> ForgottenOut:
        """Forget a person for good: grants, templates and media end, and whatever shows them is withdrawn."""
        _own(registry, subject_id, actor)
        return ForgottenOut(withdrawn=list(registry.forget(subject_id, actor=actor.account_id)))


def _add_enrolment(router: APIRouter, registry: ConsentRegistry, access: Access, decoder: UploadDecoder) -> None:
    @router.post("/v1/subjects/{subject_id}/enrolment", status_code=HTTPStatus.CREATED)
    def enrol(
        subject_id: str,
        actor: Annotated[Actor, access.requires(ATTEST)],
        pictures: Annotated[list[UploadFile] | None, File()] = None,
        recordings: Annotated[list[UploadFile] | None, File()] = None,
        keep_reference: Annotated[bool, Form()] = False,
    ) -> CameoOut:
        """Enrol a person whom a member of staff has seen. Uploads are deleted once templates are made."""
        registry.subject(subject_id)
        check_counts(len(pictures or ()), len(recordings or ()))
        made = registry.enrol_attested(
            subject_id,
            attested_by=actor.account_id,
            pictures=[_picture(decoder, upload) for upload in pictures or ()],
            recordings=[_recording(decoder, upload) for upload in recordings or ()],
            keep_reference=keep_reference,
        )
        return CameoOut.of(made)


def _add_grants(router: APIRouter, registry: ConsentRegistry, access: Access) -> None:
    @router.get("/v1/subjects/{subject_id}/grants")
    def grants(subject_id: str, actor: Annotated[Actor, access.requires(MANAGE)]) -> GrantList:
        """All grants of a subject, oldest first."""
        _own(registry, subject_id, actor)
        now = registry.now()
        return GrantList(data=[GrantOut.of(grant, now) for grant in registry.grants(subject_id)])

    @router.post("/v1/subjects/{subject_id}/grants", status_code=HTTPStatus.CREATED)
    def grant(subject_id: str, body: NewGrant, actor: Annotated[Actor, access.requires(MANAGE)]) -> GrantOut:
        """Give consent. Only the subject can: an administrator may end a consent, never give one."""
        subject = _own(registry, subject_id, actor)
        if subject.account_id != actor.account_id:
            raise NotPermitted("only the person themselves can consent", code=ConsentFault.GRANT_BY_OTHER)
        return GrantOut.of(registry.grant(subject_id, body.terms(), actor=actor.account_id), registry.now())

    @router.post("/v1/subjects/{subject_id}/grants/revoke")
    def revoke_all(subject_id: str, actor: Annotated[Actor, access.requires(MANAGE)]) -> RevocationOut:
        """End every grant of a subject at once."""
        _own(registry, subject_id, actor)
        return RevocationOut.of(registry.revoke_all(subject_id, actor=actor.account_id))

    @router.post("/v1/grants/{grant_id}/revoke")
    def revoke(grant_id: str, actor: Annotated[Actor, access.requires(MANAGE)]) -> RevocationOut:
        """End a grant. It holds for nobody once this is answered; a second time changes nothing."""
        _own_grant(registry, grant_id, actor)
        return RevocationOut.of(registry.revoke(grant_id, actor=actor.account_id))


def _add_receipts(router: APIRouter, registry: ConsentRegistry, access: Access) -> None:
    @router.get("/v1/grants/{grant_id}/receipt")
    def receipt(
        grant_id: str, actor: Annotated[Actor, access.requires(MANAGE)], version: int | None = None
    ) -> ReceiptOut:
        """The signed receipt of a grant's newest version, or of the one asked for."""
        _own_grant(registry, grant_id, actor)
        return ReceiptOut(grant_id=grant_id, receipt=registry.receipt(grant_id, version))

    @router.get("/.well-known/placet-jwks.json", dependencies=[access.public()])
    def jwks() -> dict[str, Any]:
        """The keys that receipts are checked with (RFC 7517)."""
        return registry.jwks()


def _add_follows(router: APIRouter, registry: ConsentRegistry, access: Access) -> None:
    @router.post("/v1/follows/{account_id}", status_code=HTTPStatus.NO_CONTENT)
    def follow(account_id: str, actor: Annotated[Actor, access.requires(MANAGE)]) -> None:
        """Follow an account; two who follow each other are mutuals."""
        registry.follow(actor.account_id, account_id)

    @router.delete("/v1/follows/{account_id}", status_code=HTTPStatus.NO_CONTENT)
    def unfollow(account_id: str, actor: Annotated[Actor, access.requires(MANAGE)]) -> None:
        """Stop following."""
        registry.unfollow(actor.account_id, account_id)


def _own(registry: ConsentRegistry, subject_id: str, actor: Actor) -> Subject:
    subject = registry.subject(subject_id)
    if subject.account_id != actor.account_id and ADMINISTER not in actor.permissions:
        # word for word what a subject that is not there is answered with
        raise NotFound("there is no such subject", code=ConsentFault.SUBJECT_UNKNOWN)
    return subject


def _own_grant(registry: ConsentRegistry, grant_id: str, actor: Actor) -> Grant:
    grant = registry.grant_named(grant_id)
    try:
        _own(registry, grant.subject_id, actor)
    except NotFound as error:
        raise NotFound("there is no such grant", code=ConsentFault.GRANT_UNKNOWN) from error
    return grant


def _picture(decoder: UploadDecoder, upload: UploadFile) -> NDArray[np.uint8]:
    look = _look(decoder, upload, PICTURE_LIMITS, "pictures")
    if look.kind is not MediaKind.IMAGE or not len(look.frames):
        raise InvalidInput("this is not a picture", code=ConsentFault.ENROLMENT_MALFORMED, field="pictures")
    first: NDArray[np.uint8] = look.frames[0]
    return first


def _recording(decoder: UploadDecoder, upload: UploadFile) -> NDArray[np.float32]:
    """The sound of an audio or video file."""
    look = _look(decoder, upload, RECORDING_LIMITS, "recordings")
    if not look.audio.size:
        raise InvalidInput("there is no sound in this", code=ConsentFault.ENROLMENT_MALFORMED, field="recordings")
    return look.audio


def _look(decoder: UploadDecoder, upload: UploadFile, limits: MediaLimits, field: str) -> Look:
    with _on_disk(upload.file, limits.max_bytes, field) as path:
        try:
            return decoder.look(path, limits)
        except InvalidInput as error:
            # the decoder cannot know what the form calls this file
            raise InvalidInput(error.detail, code=error.code, field=field, limit=error.limit) from error


@contextmanager
def _on_disk(source: BinaryIO, limit: int, field: str) -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="placet-enrolment-") as directory:
        path = Path(directory) / "upload"
        source.seek(0)
        with path.open("wb") as target:
            shutil.copyfileobj(source, target)
            if target.tell() > limit:
                raise InvalidInput(
                    "the file is too large",
                    code=ConsentFault.ENROLMENT_TOO_MUCH,
                    field=field,
                    limit=f"{limit} bytes",
                )
        yield path


__all__ = ["ADMINISTER", "ATTEST", "MANAGE", "build_router"]

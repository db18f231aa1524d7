"""Enrolment: proposed and confirmed by staff, decided where there is doubt, and a person's own looks."""

from collections.abc import Sequence
from dataclasses import replace
from http import HTTPStatus
from typing import Annotated

import numpy as np
from fastapi import APIRouter, File, Form, Response, UploadFile
from numpy.typing import NDArray

from consent_registry.api import ConsentRegistry
from consent_registry.domain import ConsentFault
from consent_registry.domain.attestations import Proof
from consent_registry.domain.enrolments import EnrolmentAttempt
from consent_registry.ports import UploadDecoder
from consent_registry.routes.own import ATTEST, MANAGE, own
from consent_registry.routes.uploads import on_disk
from consent_registry.schemas.enrolments import (
    EnrolmentList,
    EnrolmentOut,
    GuardianAnswer,
    LookList,
    LookOut,
    StaffDecision,
    StaffEnrolmentList,
    StaffEnrolmentOut,
    StaffNote,
)
from consent_registry.service import check_counts
from consent_registry.service.attempt_media import Media
from trust_kernel.errors import InvalidInput
from trust_kernel.media.encoded import as_png
from trust_kernel.media.refs import Look, MediaKind, MediaLimits
from trust_kernel.web.access import Access, Actor

PICTURE_LIMITS = MediaLimits(max_bytes=20_000_000)
RECORDING_LIMITS = MediaLimits(max_bytes=50_000_000, max_seconds=120.0)


def add_enrolment(router: APIRouter, registry: ConsentRegistry, access: Access, decoder: UploadDecoder) -> None:
    """Routes of enrolment that staff vouch for."""
    _add_proposing(router, registry, access, decoder)
    _add_deciding(router, registry, access)
    _add_own_side(router, registry, access)


def _add_proposing(router: APIRouter, registry: ConsentRegistry, access: Access, decoder: UploadDecoder) -> None:
    @router.post("/v1/subjects/{subject_id}/enrolment", status_code=HTTPStatus.ACCEPTED)
    def propose(
        subject_id: str,
        actor: Annotated[Actor, access.requires(ATTEST)],
        pictures: Annotated[list[UploadFile] | None, File()] = None,
        recordings: Annotated[list[UploadFile] | None, File()] = None,
        keep_reference: Annotated[bool, Form()] = False,
        label: Annotated[str, Form()] = "",
        proof: Annotated[Proof, Form()] = Proof.IN_PERSON,
    ) -> EnrolmentOut:
        """Vouch for pictures and recordings of a person; another member of staff has to confirm.

        Uploads wait sealed until then, at most 14 days. Of a document its kind is written down, never its number.
        """
        registry.enrolments.check(subject_id, by=actor.account_id, proof=proof)
        media = read_media(decoder, pictures or (), recordings or ())
        return EnrolmentOut.of(
            registry.enrolments.propose(
                subject_id, media, by=actor.account_id, proof=proof, keep_reference=keep_reference, label=label
            )
        )

    @router.post("/v1/enrolments/{enrolment_id}/confirm")
    def confirm(
        enrolment_id: str, actor: Annotated[Actor, access.requires(ATTEST)], body: StaffNote | None = None
    ) -> EnrolmentOut:
        """Confirm what another member of staff vouched for; then the person is searched for and enrolled."""
        note = body.note if body else ""
        return EnrolmentOut.of(registry.enrolments.confirm(enrolment_id, by=actor.account_id, note=note))


def _add_deciding(router: APIRouter, registry: ConsentRegistry, access: Access) -> None:
    @router.get("/v1/enrolments")
    def waiting(actor: Annotated[Actor, access.requires(ATTEST)]) -> StaffEnrolmentList:
        """What staff have to confirm or decide, oldest first."""
        return StaffEnrolmentList(data=[_seen(registry, one, actor) for one in registry.enrolments.waiting()])

    @router.get("/v1/enrolments/{enrolment_id}")
    def enrolment(enrolment_id: str, actor: Annotated[Actor, access.requires(ATTEST)]) -> StaffEnrolmentOut:
        """One attempt, with whom the person is like."""
        return _seen(registry, registry.enrolments.named(enrolment_id), actor)

    @router.get("/v1/enrolments/{enrolment_id}/pictures/{number}", response_class=Response)
    def picture(enrolment_id: str, number: int, actor: Annotated[Actor, access.requires(ATTEST)]) -> Response:
        """One picture of an attempt that waits, as PNG."""
        found = registry.enrolments.picture(enrolment_id, number, by=actor.account_id)
        return Response(as_png(found), media_type="image/png", headers={"cache-control": "no-store"})

    @router.post("/v1/enrolments/{enrolment_id}/decide")
    def decide(
        enrolment_id: str, body: StaffDecision, actor: Annotated[Actor, access.requires(ATTEST)]
    ) -> EnrolmentOut:
        """Enrol somebody who was in review, or refuse an attempt."""
        decided = registry.enrolments.decide(enrolment_id, by=actor.account_id, enrol=body.enrol, note=body.note)
        return EnrolmentOut.of(decided)


def _add_own_side(router: APIRouter, registry: ConsentRegistry, access: Access) -> None:
    @router.get("/v1/subjects/{subject_id}/enrolments")
    def mine(subject_id: str, actor: Annotated[Actor, access.requires(MANAGE)]) -> EnrolmentList:
        """A person's attempts, newest first."""
        own(registry, subject_id, actor)
        return EnrolmentList(data=[EnrolmentOut.of(one) for one in registry.enrolments.of(subject_id)])

    @router.delete("/v1/enrolments/{enrolment_id}")
    def withdraw(enrolment_id: str, actor: Annotated[Actor, access.requires(MANAGE)]) -> EnrolmentOut:
        """Take an attempt back; what was uploaded is gone."""
        return EnrolmentOut.of(registry.enrolments.withdraw(enrolment_id, by=actor.account_id))

    @router.post("/v1/enrolments/{enrolment_id}/approve")
    def approve(
        enrolment_id: str, body: GuardianAnswer, actor: Annotated[Actor, access.requires(MANAGE)]
    ) -> EnrolmentOut:
        """A guardian's yes or no to a minor's enrolment."""
        return EnrolmentOut.of(registry.enrolments.approve(enrolment_id, by=actor.account_id, yes=body.yes))

    @router.get("/v1/subjects/{subject_id}/looks")
    def looks(subject_id: str, actor: Annotated[Actor, access.requires(MANAGE)]) -> LookList:
        """A person's looks, oldest first."""
        own(registry, subject_id, actor)
        return LookList(data=[LookOut.of(one) for one in registry.looks.of(subject_id)])

    @router.delete("/v1/subjects/{subject_id}/looks/{look_id}", status_code=HTTPStatus.NO_CONTENT)
    def remove(subject_id: str, look_id: str, actor: Annotated[Actor, access.requires(MANAGE)]) -> None:
        """Take one look away, with its templates and media."""
        own(registry, subject_id, actor)
        registry.looks.remove(subject_id, look_id, actor=actor.account_id)


def read_media(decoder: UploadDecoder, pictures: Sequence[UploadFile], recordings: Sequence[UploadFile]) -> Media:
    """Uploads as a form has them, decoded; raises InvalidInput where they are too many, too large or no such media."""
    check_counts(len(pictures), len(recordings))
    return Media(
        tuple(_picture(decoder, upload) for upload in pictures),
        tuple(_recording(decoder, upload) for upload in recordings),
    )


def _seen(registry: ConsentRegistry, attempt: EnrolmentAttempt, actor: Actor) -> StaffEnrolmentOut:
    """An attempt, to staff; to somebody whose own it is, without whom they are like."""
    shown = replace(attempt, alike=()) if registry.enrolments.concerns(attempt, actor.account_id) else attempt
    return StaffEnrolmentOut.seen(shown, registry.enrolments.vouched(attempt.id))


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
    with on_disk(upload.file, limits.max_bytes, field) as path:
        try:
            return decoder.look(path, limits)
        except InvalidInput as error:
            # the decoder cannot know what the form calls this file
            raise InvalidInput(error.detail, code=error.code, field=field, limit=error.limit) from error

"""The live challenge over HTTP: ask for one, answer it with one recording."""

from contextlib import AbstractContextManager
from http import HTTPStatus
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, File, Form, UploadFile

from consent_registry.api import ConsentRegistry
from consent_registry.domain.challenges import MAX_BYTES as MAX_RECORDING_BYTES
from consent_registry.routes.own import MANAGE
from consent_registry.routes.uploads import on_disk
from consent_registry.schemas.challenges import ChallengeOut, ChallengeResultOut, NewChallenge
from consent_registry.service.challenges import ChallengeDesk, unknown_challenge
from consent_registry.service.parts import unknown_subject
from trust_kernel.web.access import Access, Actor


def build_challenges_router(desk: ChallengeDesk, registry: ConsentRegistry, access: Access) -> APIRouter:
    """Routes of the live challenge; only the person themselves can use them.

    Args:
        desk: the service.
        registry: says who a subject is.
        access: makes the guards.
    """
    router = APIRouter(tags=["consent"])

    @router.post("/v1/subjects/{subject_id}/challenges", status_code=HTTPStatus.CREATED)
    def issue(
        subject_id: str, actor: Annotated[Actor, access.requires(MANAGE)], asked: NewChallenge | None = None
    ) -> ChallengeOut:
        """Digits to say and turns to make, once, within ten minutes."""
        if registry.subject(subject_id).account_id != actor.account_id:
            raise unknown_subject()
        return ChallengeOut.of(desk.issue(subject_id, (asked or NewChallenge()).language))

    @router.post("/v1/challenges/{challenge_id}/recording")
    def answer(
        challenge_id: str,
        actor: Annotated[Actor, access.requires(MANAGE)],
        recording: Annotated[UploadFile, File()],
        keep_reference: Annotated[bool, Form()] = False,
        label: Annotated[str, Form()] = "",
    ) -> ChallengeResultOut:
        """Hand in the one recording; says of every check how it went. What passes is enrolled."""
        mine = registry.subject_of(actor.account_id)
        if mine is None or desk.challenge(challenge_id).subject_id != mine.id:
            raise unknown_challenge()
        with recording_on_disk(recording) as path:
            outcome = desk.answer(challenge_id, path, keep_reference=keep_reference, label=label)
        return ChallengeResultOut.of(outcome)

    return router


def recording_on_disk(upload: UploadFile) -> AbstractContextManager[Path]:
    """An upload as a file that is gone afterwards.

    Raises:
        InvalidInput: it has more than `MAX_RECORDING_BYTES`.
    """
    return on_disk(upload.file, MAX_RECORDING_BYTES, "recording")


__all__ = ["MAX_RECORDING_BYTES", "build_challenges_router", "recording_on_disk"]

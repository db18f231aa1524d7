"""Verification, for anybody: no account, nothing kept."""

import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, File, UploadFile
from pydantic import BaseModel

from generator_gateway.errors import GatewayReason
from generator_gateway.service.verification import Verification, VerificationDesk
from trust_kernel.errors import InvalidInput
from trust_kernel.web.access import Access

_CHUNK = 1 << 20


class SignerOut(BaseModel):
    """Who signed, in the certificate's own words; proof of nothing unless trusted."""

    organisation: str
    common_name: str
    trusted: bool
    signed_at: str


class IngredientOut(BaseModel):
    """Something that the file was made from and that does not hold."""

    title: str
    relationship: str
    faults: list[str]


class CredentialOut(BaseModel):
    """What the content credential says.

    Attributes:
        state: trusted, valid_untrusted, tampered, no_credential, remote_manifest_only, malformed, ...
        ai: yes, no or unknown; what the credential claims, never what we guess.
    """

    state: str
    ai: str
    signer: SignerOut | None
    manifest: str | None
    explanation: str
    codes: list[str]
    ingredient_faults: list[IngredientOut]


class WatermarkOut(BaseModel):
    """What was found of a watermark."""

    state: str
    confidence: float | None
    threshold: float | None
    matches_picture: bool | None


class ReleaseOut(BaseModel):
    """The release that the file is or comes from; nobody is named."""

    video_id: str
    found_by: str
    consent: str
    released_at: str
    withdrawn_at: str | None
    people: int
    ledger_index: int
    ledger_proved: bool


class VerificationOut(BaseModel):
    """Everything that is known about a file; the sentence comes first."""

    sentence: str
    credential: CredentialOut
    watermark: WatermarkOut
    release: ReleaseOut | None
    recovered: bool
    notes: list[str]


def verification_out(found: Verification) -> VerificationOut:
    """A verification as JSON."""
    release = found.release
    return VerificationOut(
        sentence=found.sentence,
        credential=CredentialOut(
            state=found.credential.state,
            ai=found.credential.ai,
            signer=SignerOut(**asdict(signer)) if (signer := found.credential.signer) else None,
            manifest=found.credential.manifest_label or None,
            explanation=found.credential.explanation,
            codes=list(found.credential.codes),
            ingredient_faults=[
                IngredientOut(title=fault.title, relationship=fault.relationship, faults=list(fault.faults))
                for fault in found.credential.ingredient_faults
            ],
        ),
        watermark=WatermarkOut(
            state=found.watermark.state,
            confidence=found.watermark.confidence,
            threshold=found.watermark.threshold,
            matches_picture=found.watermark.matches_picture,
        ),
        release=ReleaseOut(
            video_id=release.video_id,
            found_by=release.found_by,
            consent=release.consent,
            released_at=release.released_at.isoformat(),
            withdrawn_at=release.withdrawn_at.isoformat() if release.withdrawn_at else None,
            people=release.people,
            ledger_index=release.ledger_index,
            ledger_proved=release.ledger_proved,
        )
        if release
        else None,
        recovered=found.recovered,
        notes=list(found.notes),
    )


def build_verify_router(desk: VerificationDesk, access: Access, max_bytes: int) -> APIRouter:
    """`POST /verify`, open to everybody; a program gets JSON here, a browser its page from the review UI."""
    router = APIRouter(tags=["verification"])

    @router.post("/verify", dependencies=[access.public()])
    def verify(file: Annotated[UploadFile, File()]) -> VerificationOut:
        """Take a file apart and say what it carries. Nothing is kept."""
        with tempfile.TemporaryDirectory(prefix="placet-verify-") as folder:
            path = store_upload(file, Path(folder), max_bytes)
            return verification_out(desk.verify(path))

    return router


def store_upload(upload: UploadFile, folder: Path, max_bytes: int) -> Path:
    """Write an upload to a file that keeps its suffix only; raises InvalidInput past the limit."""
    suffix = Path(upload.filename or "").suffix[:8]
    path = folder / f"upload{suffix if suffix[1:].isalnum() else ''}"
    written = 0
    with path.open("wb") as target:
        while chunk := upload.file.read(_CHUNK):
            written += len(chunk)
            if written > max_bytes:
                raise InvalidInput(
                    "the file is too large",
                    code=GatewayReason.BODY_MALFORMED,
                    field="file",
                    limit=f"{max_bytes} bytes",
                )
            target.write(chunk)
    return path

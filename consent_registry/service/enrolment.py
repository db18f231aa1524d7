"""Enrolling a likeness, keeping its reference media sealed, and forgetting a person for good."""

import io
import zlib
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from consent_registry.domain import (
    Assurance,
    Cameo,
    CameoMedia,
    ConsentEvent,
    ConsentFault,
)
from consent_registry.ports import Enrolled
from consent_registry.service.granting import Granting
from consent_registry.service.parts import Change, RegistryParts, changing
from trust_kernel.errors import InvalidInput
from trust_kernel.ids import new_id
from trust_kernel.media.refs import SAMPLE_RATE

MAX_PICTURES = 20
MAX_RECORDINGS = 10
MAX_RECORDED_SECONDS = 120
"""Of all recordings of one enrolment together."""
KEPT_VOICE_SECONDS = 30
"""Of the voice sample kept for the video backend."""

_PORTRAIT = "portrait"
_VOICE = "voice"


class Enrolment:
    """Makes cameos, opens what they keep, and destroys them."""

    def __init__(self, parts: RegistryParts, granting: Granting) -> None:
        self._parts = parts
        self._granting = granting

    def enrol(
        self,
        subject_id: str,
        attested_by: str,
        pictures: Sequence[NDArray[np.uint8]],
        recordings: Sequence[NDArray[np.float32]],
        *,
        keep_reference: bool,
    ) -> Cameo:
        """Enrol a likeness that a member of staff attests. See `ConsentRegistry.enrol_attested`."""
        _check(pictures, recordings)
        with changing(self._parts, subject_id, attested_by) as change:
            earlier = self._parts.store.cameo(subject_id)
            made = self._parts.enroller.enrol(subject_id, pictures, recordings, keep_reference=keep_reference)
            kept = self._keep(subject_id, made, recordings, keep_reference=keep_reference)
            cameo = Cameo(
                id=new_id("cameo"),
                subject_id=subject_id,
                version=(earlier.version if earlier else 0) + 1,
                assurance=Assurance.STAFF_ATTESTED,
                # templates add up: an enrolment of the voice alone leaves the face enrolled
                has_face=made.face_templates > 0 or (earlier is not None and earlier.has_face),
                has_voice=made.voice_templates > 0 or (earlier is not None and earlier.has_voice),
                keeps_reference=kept,
                created_at=change.at,
            )
            self._parts.store.add_cameo(cameo, attested_by)
            _announce(change, cameo)
        return cameo

    def cameo(self, subject_id: str) -> Cameo | None:
        """The newest version."""
        with self._parts.unit.reading():
            return self._parts.store.cameo(subject_id)

    def references(self, subject_id: str) -> CameoMedia:
        """Kept reference media, opened."""
        portrait = self._open(subject_id, _PORTRAIT)
        voice = self._open(subject_id, _VOICE)
        return CameoMedia(
            portrait=None if portrait is None else portrait.astype(np.uint8, copy=False),
            voice=None if voice is None else voice.astype(np.float32),
        )

    def forget(self, subject_id: str, actor: str) -> tuple[str, ...]:
        """Forget a person. See `ConsentRegistry.forget`."""
        parts = self._parts
        with changing(parts, subject_id, actor) as change:
            withdrawn, ended = self._granting.end_for_good(change)
            parts.store.strip_grants(subject_id)
            parts.store.drop_media(subject_id)
            parts.store.drop_cameos(subject_id)
            parts.store.drop_follows(change.subject.account_id)
            parts.enroller.forget(subject_id)
            parts.keyring.shred(subject_id)
            parts.store.bury(subject_id, change.at)
            self._granting.publish(change, ended)
            change.record(ConsentEvent.SUBJECT_FORGOTTEN, {"withdrawn": len(withdrawn)})
            change.tell(
                ConsentEvent.SUBJECT_FORGOTTEN, frozenset({change.subject.account_id}), {"withdrawn": len(withdrawn)}
            )
        return withdrawn

    def _keep(
        self, subject_id: str, made: Enrolled, recordings: Sequence[NDArray[np.float32]], *, keep_reference: bool
    ) -> bool:
        """Seal what the subject wants kept, or delete what was kept before; whether anything is kept now."""
        if not keep_reference:
            self._parts.store.drop_media(subject_id)
            return False
        if made.portrait is not None:
            self._seal(subject_id, _PORTRAIT, made.portrait)
        if recordings:
            # half precision: 11 significant bits, about 70 dB below the signal, at half the size
            joined = np.concatenate(recordings)[: KEPT_VOICE_SECONDS * SAMPLE_RATE]
            sample = np.clip(joined, -1.0, 1.0).astype(np.float16)
            self._seal(subject_id, _VOICE, sample)
        store = self._parts.store
        return any(store.media(subject_id, part) is not None for part in (_PORTRAIT, _VOICE))

    def _seal(self, subject_id: str, part: str, array: NDArray[Any]) -> None:
        sealed = self._parts.keyring.seal(subject_id, _pack(array), f"cameo:{part}")
        self._parts.store.put_media(subject_id, part, sealed)

    def _open(self, subject_id: str, part: str) -> NDArray[Any] | None:
        with self._parts.unit.reading():
            sealed = self._parts.store.media(subject_id, part)
            if sealed is None:
                return None
            return _unpack(self._parts.keyring.open(subject_id, sealed, f"cameo:{part}"))


def _announce(change: Change, cameo: Cameo) -> None:
    facts: dict[str, str | int] = {"cameo": cameo.id, "version": cameo.version, "assurance": str(cameo.assurance)}
    change.record(ConsentEvent.CAMEO_ENROLLED, facts)
    payload: dict[str, str | int | bool] = {
        "cameo_id": cameo.id,
        "version": cameo.version,
        "keeps_reference": cameo.keeps_reference,
    }
    change.tell(ConsentEvent.CAMEO_ENROLLED, frozenset({change.subject.account_id}), payload)


def _pack(array: NDArray[Any]) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array, allow_pickle=False)
    return zlib.compress(buffer.getvalue())


def _unpack(packed: bytes) -> NDArray[Any]:
    loaded: NDArray[Any] = np.load(io.BytesIO(zlib.decompress(packed)), allow_pickle=False)
    return loaded


def check_counts(pictures: int, recordings: int) -> None:
    """Whether so many files can make an enrolment; to be asked before they are decoded.

    Raises:
        InvalidInput: none at all, or too many.
    """
    if not pictures and not recordings:
        raise InvalidInput(
            "an enrolment needs pictures, recordings or both", code=ConsentFault.ENROLMENT_EMPTY, field="pictures"
        )
    if pictures > MAX_PICTURES:
        raise _too_much("pictures", f"{MAX_PICTURES} pictures")
    if recordings > MAX_RECORDINGS:
        raise _too_much("recordings", f"{MAX_RECORDINGS} recordings")


def _check(pictures: Sequence[NDArray[np.uint8]], recordings: Sequence[NDArray[np.float32]]) -> None:
    check_counts(len(pictures), len(recordings))
    for picture in pictures:
        if picture.dtype != np.uint8 or picture.shape[2:] != (3,) or 0 in picture.shape:
            raise _malformed("pictures", "a picture is uint8 RGB of shape (height, width, 3)")
    for recording in recordings:
        if recording.dtype != np.float32 or recording.ndim != 1 or not recording.size:
            raise _malformed("recordings", "a recording is float32 mono of shape (samples,)")
        if not np.isfinite(recording).all():
            raise _malformed("recordings", "a recording holds samples that are not numbers")
    if sum(recording.size for recording in recordings) > MAX_RECORDED_SECONDS * SAMPLE_RATE:
        raise _too_much("recordings", f"{MAX_RECORDED_SECONDS} seconds")


def _too_much(field: str, limit: str) -> InvalidInput:
    return InvalidInput(
        "this is more than an enrolment needs", code=ConsentFault.ENROLMENT_TOO_MUCH, field=field, limit=limit
    )


def _malformed(field: str, detail: str) -> InvalidInput:
    return InvalidInput(detail, code=ConsentFault.ENROLMENT_MALFORMED, field=field)

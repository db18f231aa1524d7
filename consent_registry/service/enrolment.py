"""Enrolling a likeness, keeping its reference media sealed."""

import io
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from consent_registry.domain import Assurance, Cameo, CameoMedia, ConsentEvent, ConsentFault
from consent_registry.domain.enrolments import DEFAULT_LABEL, Look
from consent_registry.ports import Enrolled
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


@dataclass(frozen=True, slots=True)
class NewLook:
    """A look on its way into a cameo.

    Attributes:
        prepared: what `LikenessEnroller.prepare` gave.
        recordings: float32 mono at 16 kHz, for the voice sample.
    """

    prepared: Any
    recordings: Sequence[NDArray[np.float32]]
    assurance: Assurance
    label: str
    keep_reference: bool


class Enrolment:
    """Makes cameos, opens what they keep, and destroys them."""

    def __init__(self, parts: RegistryParts) -> None:
        self._parts = parts

    def enrol(
        self,
        subject_id: str,
        attested_by: str,
        pictures: Sequence[NDArray[np.uint8]],
        recordings: Sequence[NDArray[np.float32]],
        *,
        keep_reference: bool,
    ) -> Cameo:
        """Enrol a likeness at once. See `ConsentRegistry.enrol_attested`."""
        check_media(pictures, recordings)
        prepared = self._parts.enroller.prepare(pictures, recordings)
        likeness = NewLook(prepared, recordings, Assurance.STAFF_ATTESTED, DEFAULT_LABEL, keep_reference)
        return self.add(subject_id, attested_by, likeness)

    def add(self, subject_id: str, actor: str, new: "NewLook") -> Cameo:
        """Add a look to a subject: the next version of their cameo. No network looks any more; that is done before.

        Raises:
            NotFound: no such subject.
        """
        with changing(self._parts, subject_id, actor) as change:
            store = self._parts.store
            look_id = new_id("look")
            made = self._parts.enroller.keep(subject_id, new.prepared, keep_reference=new.keep_reference, look=look_id)
            kept = self._keep(subject_id, made, new.recordings, keep_reference=new.keep_reference)
            if not new.keep_reference:  # the leave to keep anything is the person's newest word
                store.unkeep_looks(subject_id)
            store.add_look(
                Look(
                    id=look_id,
                    subject_id=subject_id,
                    label=new.label,
                    assurance=new.assurance,
                    has_face=made.face_templates > 0,
                    has_voice=made.voice_templates > 0,
                    keeps_reference=new.keep_reference,
                    created_at=change.at,
                )
            )
            cameo = self.next_version(change, keeps_reference=kept)
            _announce(change, cameo)
        return cameo

    def next_version(self, change: Change, *, keeps_reference: bool) -> Cameo:
        """Write down the cameo that a subject's looks make together: templates add up, assurance is the least of all.

        A cameo is as sure as its least sure look, because any one of them is enough to be recognised by.
        """
        store, subject_id = self._parts.store, change.subject.id
        earlier, looks = store.cameo(subject_id), store.looks(subject_id)
        cameo = Cameo(
            id=new_id("cameo"),
            subject_id=subject_id,
            version=(earlier.version if earlier else 0) + 1,
            assurance=min((look.assurance for look in looks), key=lambda assurance: assurance.rank),
            has_face=any(look.has_face for look in looks),
            has_voice=any(look.has_voice for look in looks),
            keeps_reference=keeps_reference,
            created_at=change.at,
        )
        store.add_cameo(cameo, change.actor)
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
        sealed = self._parts.keyring.seal(subject_id, pack(array), f"cameo:{part}")
        self._parts.store.put_media(subject_id, part, sealed)

    def _open(self, subject_id: str, part: str) -> NDArray[Any] | None:
        with self._parts.unit.reading():
            sealed = self._parts.store.media(subject_id, part)
            if sealed is None:
                return None
            return unpack(self._parts.keyring.open(subject_id, sealed, f"cameo:{part}"))


def _announce(change: Change, cameo: Cameo) -> None:
    facts: dict[str, str | int] = {"cameo": cameo.id, "version": cameo.version, "assurance": str(cameo.assurance)}
    change.record(ConsentEvent.CAMEO_ENROLLED, facts)
    payload: dict[str, str | int | bool] = {
        "cameo_id": cameo.id,
        "version": cameo.version,
        "assurance": str(cameo.assurance),
        "keeps_reference": cameo.keeps_reference,
    }
    change.tell(ConsentEvent.CAMEO_ENROLLED, frozenset({change.subject.account_id}), payload)


def pack(array: NDArray[Any]) -> bytes:
    """An array as bytes, lossless."""
    buffer = io.BytesIO()
    np.save(buffer, array, allow_pickle=False)
    return zlib.compress(buffer.getvalue())


def unpack(packed: bytes) -> NDArray[Any]:
    """What `pack` made; the bytes were sealed here, so they are ours."""
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


def check_media(pictures: Sequence[NDArray[np.uint8]], recordings: Sequence[NDArray[np.float32]]) -> None:
    """Whether arrays are what an enrolment can be made of; raises InvalidInput."""
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

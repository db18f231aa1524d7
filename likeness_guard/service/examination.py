"""Who is in this medium: every face track and every voice, against every gallery."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from likeness_guard.domain import (
    Band,
    Box,
    Calibration,
    Examination,
    Gallery,
    Modality,
    Sighting,
    Thresholds,
)
from likeness_guard.ports import TemplateStore
from likeness_guard.service.enrolment import Senses
from likeness_guard.service.faces import FaceTrack, box_shares, tracks_of
from likeness_guard.service.templates import Kin, TemplateBook
from likeness_guard.service.voices import Voice, voices_of
from trust_kernel.media.refs import Look, MediaKind

_GALLERIES = (Gallery.CAMEO, Gallery.BLOCKLIST)
_CLEARLY_SEEN = 0.12
"""Quality from which "nobody known" can be said: a face of about 24 sharp pixels, or 80 very blurred ones."""
_STRANGER_SPEECH = 1.5
"""Seconds of speech from which an unknown voice counts."""


@dataclass(frozen=True, slots=True)
class _Seen:
    """A face track or a voice, before anybody is recognised."""

    modality: Modality
    vector: NDArray[np.float32]
    seconds: tuple[float, float] | None
    box: Box | None
    quality: float


class Examiner:
    """Looks at decoded media.

    Args:
        senses: the networks.
        book: the galleries.
        store: names of blocklist entries.
        calibration: thresholds by gallery size.
    """

    def __init__(self, senses: Senses, book: TemplateBook, store: TemplateStore, calibration: Calibration) -> None:
        self._senses = senses
        self._book = book
        self._store = store
        self._calibration = calibration

    def examine(self, look: Look) -> Examination:
        """Everyone in one medium; strangers are sightings too."""
        tracks = tracks_of(look, self._senses.detector, self._senses.face_embedder)
        heard = voices_of(look.audio, self._senses.activity, self._senses.voice_embedder)
        faces = [_face_seen(track, look) for track in tracks]
        voices = [_voice_heard(voice) for voice in heard.voices]
        thresholds = self._thresholds()
        sightings = [
            *self._recognised(Modality.FACE, faces, thresholds),
            *self._recognised(Modality.VOICE, voices, thresholds, strangers=heard.speech >= _STRANGER_SPEECH),
        ]
        return Examination(tuple(sightings), len(tracks), heard.speech, self._made_with(thresholds))

    def _thresholds(self) -> dict[tuple[Gallery, Modality], tuple[int, Thresholds]]:
        sizes = {(g, m): self._book.size(g, m) for g in _GALLERIES for m in Modality}
        return {key: (size, self._calibration.thresholds(key[1], size)) for key, size in sizes.items()}

    def _recognised(
        self,
        modality: Modality,
        seen: Sequence[_Seen],
        thresholds: Mapping[tuple[Gallery, Modality], tuple[int, Thresholds]],
        *,
        strangers: bool = True,
    ) -> Iterator[Sighting]:
        if not seen:
            return
        vectors = np.stack([one.vector for one in seen])
        kin = {gallery: self._book.closest(gallery, modality, vectors) for gallery in _GALLERIES}
        for number, one in enumerate(seen):
            known = False
            for gallery in _GALLERIES:
                found, limits = kin[gallery][number], thresholds[(gallery, modality)][1]
                band = limits.band(found.score) if found else Band.NONE
                if found and band is not Band.NONE:
                    known = True
                    yield self._sighting(one, gallery, found, band, limits)
            if not known and strangers:
                best = max(_GALLERIES, key=lambda g: _score(kin[g][number]))
                yield _stranger(one, _score(kin[best][number]), thresholds[(best, modality)][1])

    def _sighting(self, one: _Seen, gallery: Gallery, kin: Kin, band: Band, limits: Thresholds) -> Sighting:
        entry = self._store.entry(kin.owner) if gallery is Gallery.BLOCKLIST else None
        return Sighting(
            one.modality,
            gallery,
            kin.owner,
            band,
            kin.score,
            limits.match,
            limits.unsure,
            one.seconds,
            one.box,
            one.quality,
            entry.name if entry else "",
        )

    def _made_with(self, thresholds: Mapping[tuple[Gallery, Modality], tuple[int, Thresholds]]) -> Mapping[str, str]:
        facts = {
            "likeness:face": self._senses.face_embedder.version,
            "likeness:voice": self._senses.voice_embedder.version,
            "likeness:calibration": self._calibration.digest,
            "likeness:index": str(self._book.generation),
        }
        for (gallery, modality), (size, limits) in thresholds.items():
            facts[f"likeness:{modality}:{gallery}"] = f"{limits.match:.4f}/{limits.unsure:.4f} at {size}"
        return facts


def _score(kin: Kin | None) -> float:
    return kin.score if kin else 0.0


def _stranger(one: _Seen, score: float, limits: Thresholds) -> Sighting:
    clear = one.modality is Modality.VOICE or one.quality >= _CLEARLY_SEEN
    return Sighting(
        one.modality,
        Gallery.STRANGER,
        None,
        Band.MATCH if clear else Band.UNSURE,
        score,
        limits.match,
        limits.unsure,
        one.seconds,
        one.box,
        one.quality,
    )


def _face_seen(track: FaceTrack, look: Look) -> _Seen:
    best = track.best
    height, width = look.frames.shape[1:3]
    seconds = None
    if look.kind is MediaKind.VIDEO:
        first, last = (float(look.times[track.views[at].frame]) for at in (0, -1))
        step = float(np.median(np.diff(look.times))) if len(look.times) > 1 else look.duration
        seconds = (first, min(last + step, look.duration) if look.duration > last else last + step)
    return _Seen(Modality.FACE, track.vector, seconds, box_shares(best.face.box, width, height), best.quality)


def _voice_heard(voice: Voice) -> _Seen:
    return _Seen(Modality.VOICE, voice.vector, voice.seconds, None, voice.quality)

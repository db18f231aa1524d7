"""Who is in this medium: every face track and every voice, against every gallery and every claim."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from likeness_guard.domain import (
    Band,
    Box,
    Calibrations,
    Entry,
    Examination,
    Gallery,
    Judgement,
    Modality,
    Sighting,
)
from likeness_guard.ports import EntryStore, Vectors
from likeness_guard.service.faces import FaceTrack, box_shares, pooled_views, tracks_of
from likeness_guard.service.nature import FaceNature, Nature, NatureJudge, stranger_band
from likeness_guard.service.senses import Senses
from likeness_guard.service.templates import Kin, Likeness, TemplateBook
from likeness_guard.service.voices import Voice, voices_of
from trust_kernel.clock import Clock
from trust_kernel.media.refs import Look, MediaKind

Claims = Mapping[Modality, Collection[str]]
"""Subjects whose cameo was asked for, by what of them."""

_Portfolios = Mapping[str, Mapping[tuple[Modality, str], Vectors]]
"""Templates of who was asked for, rotated: by subject, then by modality and model version."""

_GALLERIES = (Gallery.CAMEO, Gallery.BLOCKLIST)
_STRANGER_SPEECH = 1.5
"""Seconds of speech from which an unknown voice counts."""
_ORDER = (Band.NONE, Band.UNSURE, Band.MATCH)


@dataclass(frozen=True, slots=True)
class _Seen:
    """A face track or a voice, before anybody is recognised.

    Attributes:
        vectors: by model version.
        spans: when; a voice has one for each turn, a face one, a picture none.
        speech: seconds heard; None for a face.
        stranger: the band of "nobody known", NONE where nothing can be said of a stranger.
        drawn: whether a face looks drawn.
    """

    modality: Modality
    vectors: Mapping[str, NDArray[np.float32]]
    spans: tuple[tuple[float, float] | None, ...]
    box: Box | None
    quality: float
    speech: float | None
    stranger: Band
    drawn: bool = False


@dataclass(frozen=True, slots=True)
class _Found:
    """Somebody who may be the one seen."""

    owner: str
    pack: str
    judged: Judgement


class Examiner:
    """Looks at decoded media.

    Args:
        senses: the networks.
        book: the galleries.
        entries: names and dates of blocklist entries.
        calibrations: what scores mean, by model version.
        clock: which entries stand today.
        natures: tells people from drawings and blurs, where nobody is recognised.
    """

    def __init__(
        self,
        senses: Senses,
        book: TemplateBook,
        entries: EntryStore,
        calibrations: Calibrations,
        clock: Clock,
        natures: NatureJudge,
    ) -> None:
        self._senses = senses
        self._book = book
        self._entries = entries
        self._calibrations = calibrations
        self._clock = clock
        self._natures = natures

    def examine(self, look: Look, claims: Claims) -> tuple[Examination, list[Likeness]]:
        """Everyone in one medium, strangers too; and the vectors of every track, by the models in use."""
        served = {modality: self._book.served(modality) for modality in Modality}
        asked_for = {subject for subjects in claims.values() for subject in subjects}
        own = {subject: self._book.portfolio(subject) for subject in asked_for}
        tracks = tracks_of(look, self._senses.detector, self._senses.face)
        natures = self._natures.natures_of(tracks, look.frames, self._senses.face.version)
        former = served[Modality.FACE][1:]
        faces = [self._face(track, look, nature, former) for track, nature in zip(tracks, natures, strict=True)]
        voices, speech = self._voices(look, served[Modality.VOICE][1:])
        seen = [*faces, *voices]
        known = [*self._recognised(faces, claims, own), *self._recognised(voices, claims, own)]
        sightings = [
            replace(sighting, seconds=span)
            for one, found in zip(seen, known, strict=True)
            for sighting in found
            for span in one.spans
        ]
        kept = [self._kept(one, found) for one, found in zip(seen, known, strict=True) if self._today(one)]
        return Examination(tuple(sightings), len(tracks), speech, self._made_with(served)), kept

    def _today(self, one: _Seen) -> bool:
        return self._senses.current(one.modality) in one.vectors

    def _kept(self, one: _Seen, found: Sequence[Sighting]) -> Likeness:
        pack = self._senses.current(one.modality)
        sure = (s.about for s in found if s.gallery is Gallery.CAMEO and s.band is Band.MATCH)
        return Likeness(one.modality, pack, one.vectors[pack], about=next(sure, None) or "")

    def _face(self, track: FaceTrack, look: Look, nature: Nature, former: Sequence[str]) -> _Seen:
        vectors = {self._senses.face.version: track.vector}
        for version in former:
            embedder = self._senses.former_face(version)
            if embedder is not None:
                rows = embedder.embed([(look.frames[view.frame], view.face) for view in track.views])
                vectors[version] = pooled_views(track.views, list(rows))
        best = track.best
        height, width = look.frames.shape[1:3]
        box = box_shares(best.face.box, width, height)
        stranger, drawn = stranger_band(nature), nature.kind is FaceNature.DRAWN
        return _Seen(Modality.FACE, vectors, (_span(track, look),), box, best.quality, None, stranger, drawn)

    def _voices(self, look: Look, former: Sequence[str]) -> tuple[list[_Seen], float]:
        heard = voices_of(look.audio, self._senses.activity, self._senses.voice)
        clear = Band.MATCH if heard.speech >= _STRANGER_SPEECH else Band.NONE
        found = [_voice(voice, self._senses.voice.version, clear) for voice in heard.voices]
        for version in former:
            embedder = self._senses.former_voice(version)
            if embedder is not None:  # it may part the speakers otherwise: strangers are told by today's alone
                others = voices_of(look.audio, self._senses.activity, embedder)
                found += [_voice(voice, version, Band.NONE) for voice in others.voices]
        return found, heard.speech

    def _recognised(self, seen: Sequence[_Seen], claims: Claims, own: _Portfolios) -> Iterator[list[Sighting]]:
        """Who each of some tracks of one modality may be; each sighting once, whenever it was."""
        for number, nearest in enumerate(self._nearest(seen)):
            one = seen[number]
            claimed = [*self._claimed(one, claims.get(one.modality, ()), own)]
            asked_for = {found.owner for found in claimed}
            known = [self._sighting(one, Gallery.CAMEO, found, claimed=True) for found in claimed]
            for gallery in _GALLERIES:
                found = self._best(one, gallery, nearest[gallery])
                if found is not None and found.judged.band is not Band.NONE and found.owner not in asked_for:
                    known.append(self._sighting(one, gallery, found))
            if not known and one.stranger is not Band.NONE:
                known.append(self._stranger(one, nearest))
            yield known

    def _nearest(self, seen: Sequence[_Seen]) -> list[dict[Gallery, dict[str, tuple[Kin, ...]]]]:
        """For each track, who is most like it, by gallery and model version: one search for all tracks."""
        found: list[dict[Gallery, dict[str, tuple[Kin, ...]]]] = [{g: {} for g in _GALLERIES} for _ in seen]
        for modality, pack in dict.fromkeys((one.modality, pack) for one in seen for pack in one.vectors):
            numbers = [n for n, one in enumerate(seen) if one.modality is modality and pack in one.vectors]
            vectors = np.stack([seen[n].vectors[pack] for n in numbers])
            for gallery in _GALLERIES:
                standing = self._on_the_list if gallery is Gallery.BLOCKLIST else None
                kin = self._book.closest(gallery, modality, pack, vectors, standing)
                for number, one in zip(numbers, kin, strict=True):
                    found[number][gallery][pack] = one
        return found

    def _best(self, one: _Seen, gallery: Gallery, nearest: Mapping[str, tuple[Kin, ...]]) -> _Found | None:
        """Who it is most surely, by whichever model."""
        found = []
        for pack, kin in nearest.items():
            if kin:
                size = self._book.size(gallery, one.modality)
                calibration = self._calibrations.of(pack)
                rivals = [other.score for other in kin[1:]]
                judged = calibration.judge(
                    kin[0].score, size=size, quality=one.quality, seconds=one.speech, rivals=rivals
                )
                found.append(_Found(kin[0].owner, pack, judged))
        return max(found, key=_sureness, default=None)

    def _on_the_list(self, owners: Sequence[str]) -> Mapping[str, Entry]:
        """Those whose entry stands today."""
        return self._entries.standing(owners, self._clock.now())

    def _claimed(self, one: _Seen, subjects: Collection[str], own: _Portfolios) -> Iterator[_Found]:
        """Subjects who were asked for and may be this one: verified 1:1 against their own templates."""
        for subject in subjects:
            found = []
            for pack, vector in one.vectors.items():
                templates = own[subject].get((one.modality, pack))
                if templates is not None:
                    score = self._book.likeness_to(templates, vector, pack)
                    judged = self._calibrations.of(pack).verify(score, quality=one.quality, seconds=one.speech)
                    found.append(_Found(subject, pack, judged))
            best = max(found, key=_sureness, default=None)
            if best is not None and best.judged.band is not Band.NONE:
                yield best

    def _sighting(self, one: _Seen, gallery: Gallery, found: _Found, *, claimed: bool = False) -> Sighting:
        entry: Entry | None = self._entries.entry(found.owner) if gallery is Gallery.BLOCKLIST else None
        judged = found.judged
        return Sighting(
            one.modality,
            gallery,
            found.owner,
            judged.band,
            judged.score,
            judged.threshold,
            judged.unsure_threshold,
            None,
            one.box,
            one.quality,
            name=entry.name if entry else "",
            probability=judged.probability,
            fpir=judged.fpir,
            fnir=judged.fnir,
            claimed=claimed,
            speech=one.speech,
            pack=found.pack,
            category=entry.category if entry else "",
        )

    def _stranger(self, one: _Seen, nearest: Mapping[Gallery, Mapping[str, tuple[Kin, ...]]]) -> Sighting:
        pack = self._senses.current(one.modality)
        best = max(_GALLERIES, key=lambda gallery: _score(nearest[gallery].get(pack, ())))
        kin = nearest[best].get(pack, ())
        score, rivals = _score(kin), [other.score for other in kin[1:]]
        size = self._book.size(best, one.modality)
        calibration = self._calibrations.of(pack)
        judged = calibration.judge(score, size=size, quality=one.quality, seconds=one.speech, rivals=rivals)
        return Sighting(
            one.modality,
            Gallery.STRANGER,
            None,
            one.stranger,
            score,
            judged.threshold,
            judged.unsure_threshold,
            None,
            one.box,
            one.quality,
            speech=one.speech,
            pack=pack,
            drawn=one.drawn,
        )

    def _made_with(self, served: Mapping[Modality, Sequence[str]]) -> Mapping[str, str]:
        facts = {"likeness:index": str(self._book.generation)}
        for modality, packs in served.items():
            calibration = self._calibrations.of(packs[0])
            facts[f"likeness:{modality}"] = " ".join(packs)
            facts[f"likeness:{modality}:calibration"] = calibration.digest
            for gallery in _GALLERIES:
                size = self._book.size(gallery, modality)
                match, unsure = calibration.bounds(size)
                facts[f"likeness:{modality}:{gallery}"] = f"{match:.4f}/{unsure:.4f} at {size}"
        return facts


def _sureness(found: _Found) -> tuple[int, float]:
    return _ORDER.index(found.judged.band), found.judged.probability


def _score(kin: Sequence[Kin]) -> float:
    return kin[0].score if kin else 0.0


def _span(track: FaceTrack, look: Look) -> tuple[float, float] | None:
    if look.kind is not MediaKind.VIDEO:
        return None
    first, last = (float(look.times[track.views[at].frame]) for at in (0, -1))
    step = float(np.median(np.diff(look.times))) if len(look.times) > 1 else look.duration
    return first, min(last + step, look.duration) if look.duration > last else last + step


def _voice(voice: Voice, version: str, stranger: Band) -> _Seen:
    return _Seen(Modality.VOICE, {version: voice.vector}, voice.turns, None, voice.quality, voice.speech, stranger)

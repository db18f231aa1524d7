"""Whose likeness was seen, how surely, and the pure rules for saying so."""

import bisect
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trust_kernel.errors import Broken

Share = float
"""A length as a share of the picture's width or height, in [0, 1]."""
Box = tuple[Share, Share, Share, Share]
"""x, y, width, height."""


class Modality(StrEnum):
    """What a likeness is made of."""

    FACE = "face"
    VOICE = "voice"


class Gallery(StrEnum):
    """Where a likeness was recognised; STRANGER where it was not."""

    CAMEO = "cameo"
    BLOCKLIST = "blocklist"
    STRANGER = "stranger"


class Band(StrEnum):
    """How sure a sighting is."""

    MATCH = "match"
    UNSURE = "unsure"
    """Between the two thresholds, or a stranger too poorly seen to say: a person must look."""
    NONE = "none"


class LikenessReason(StrEnum):
    """Reason codes of the likeness gates."""

    FACE_NO_CONSENT = "likeness:face:no_consent"
    VOICE_NO_CONSENT = "likeness:voice:no_consent"
    FACE_BLOCKLISTED = "likeness:face:blocklisted"
    VOICE_BLOCKLISTED = "likeness:voice:blocklisted"
    NAME_BLOCKLISTED = "likeness:name:blocklisted"
    NAME_UNSURE = "likeness:name:unsure"
    FACE_STRANGER = "likeness:face:stranger"
    VOICE_STRANGER = "likeness:voice:stranger"
    FACE_UNSURE = "likeness:face:unsure"
    VOICE_UNSURE = "likeness:voice:unsure"
    FACE_CONSENTED = "likeness:face:consented"
    VOICE_CONSENTED = "likeness:voice:consented"
    CLEAR = "likeness:guard:clear"
    INDEX_STALE = "likeness:index:stale"


@dataclass(frozen=True, slots=True)
class Sighting:
    """One face track or one voice, recognised in one gallery or in none.

    Attributes:
        about: subject or blocklist entry; None for a stranger.
        band: MATCH or UNSURE; for a stranger MATCH means "seen well enough to say that it is nobody known".
        score: cosine in [-1, 1]; for a stranger the best of all galleries, 0 where they are empty.
        threshold: the score from which this gallery, at its size, says match.
        unsure_threshold: the score from which it says unsure.
        seconds: [start, end) in the medium; None for a picture.
        box: where the face was seen best; None for a voice.
        quality: of the best view in [0, 1].
        name: of the blocklist entry.
    """

    modality: Modality
    gallery: Gallery
    about: str | None
    band: Band
    score: float
    threshold: float
    unsure_threshold: float
    seconds: tuple[float, float] | None
    box: Box | None
    quality: float
    name: str = ""


@dataclass(frozen=True, slots=True)
class Examination:
    """Everything that one look at one medium showed.

    Attributes:
        sightings: at least one for each face track and each voice.
        faces: face tracks.
        speech_seconds: seconds of speech.
        made_with: versions of models, thresholds and index, by name.
    """

    sightings: tuple[Sighting, ...]
    faces: int
    speech_seconds: float
    made_with: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Enrolled:
    """What an enrolment made.

    Attributes:
        face_templates: new face templates, 0 or 1: pictures pool into one.
        voice_templates: new voice templates, 0 or 1.
        portrait: uint8 RGB head and shoulders of the best face, at most 512 pixels a side; None without pictures.
    """

    face_templates: int
    voice_templates: int
    portrait: NDArray[np.uint8] | None


@dataclass(frozen=True, slots=True)
class NewEntry:
    """A blocklist entry to be made.

    Attributes:
        name: as the public knows the person.
        aliases: other names, spellings, scripts.
        category: free text, "politician" or "deceased artist" for example.
        faces: uint8 RGB pictures with one face each.
        voices: float32 mono sounds at 16 kHz.
    """

    name: str
    aliases: Sequence[str] = ()
    category: str = ""
    faces: Sequence[NDArray[np.uint8]] = ()
    voices: Sequence[NDArray[np.float32]] = ()


@dataclass(frozen=True, slots=True)
class Entry:
    """A blocklist entry, without its templates."""

    id: str
    name: str
    aliases: tuple[str, ...]
    category: str
    has_face: bool
    has_voice: bool


@dataclass(frozen=True, slots=True)
class NamedPerson:
    """A blocklisted person named in a text.

    Attributes:
        alias: the name or alias that was hit.
        span: characters [start, end) of the text as given.
        transformations: what disguised the name, in words.
        score: 1.0 for the plain name, less for looser likeness.
    """

    entry_id: str
    name: str
    alias: str
    span: tuple[int, int]
    transformations: tuple[str, ...]
    score: float


@dataclass(frozen=True, slots=True)
class IndexReadiness:
    """How far this process's index is behind the database.

    Attributes:
        generation: the newest change that the index holds.
        latest: the newest change committed.
        lag: changes to catch up with; every search catches up first.
        unreadable: templates made by another model version, which nothing can be compared with: enrol those people
            again.
    """

    generation: int
    latest: int
    lag: int
    unreadable: int = 0


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Two scores: from `match` up it is the person, from `unsure` up somebody must look."""

    match: float
    unsure: float

    def band(self, score: float) -> Band:
        """The band of a score."""
        if score >= self.match:
            return Band.MATCH
        return Band.UNSURE if score >= self.unsure else Band.NONE


@dataclass(frozen=True, slots=True)
class Curve:
    """Thresholds by gallery size for one model. Galleries smaller than the first size use its thresholds.

    Attributes:
        version: of the model that the curve was measured with.
        sizes: people in the gallery, increasing.
        points: thresholds at those sizes.
        verification: scores of two single samples of one person, at FMR 1 %.
    """

    version: str
    sizes: tuple[int, ...]
    points: tuple[Thresholds, ...]
    verification: float

    def at(self, size: int) -> Thresholds:
        """Thresholds for a gallery of `size` people: linear in the logarithm of the size, extrapolated past the end."""
        if size <= self.sizes[0] or len(self.sizes) == 1:
            return self.points[0]
        right = min(bisect.bisect_left(self.sizes, size), len(self.sizes) - 1)
        low, high = self.sizes[right - 1], self.sizes[right]
        share = math.log(size / low) / math.log(high / low)
        a, b = self.points[right - 1], self.points[right]
        return Thresholds(_between(a.match, b.match, share), _between(a.unsure, b.unsure, share))


def _between(a: float, b: float, share: float) -> float:
    return min(a + (b - a) * share, _HIGHEST)


_HIGHEST = 0.999


@dataclass(frozen=True, slots=True)
class Calibration:
    """Thresholds of both modalities, with the digest of the file that they came from."""

    digest: str
    curves: Mapping[Modality, Curve]

    def thresholds(self, modality: Modality, size: int) -> Thresholds:
        """Thresholds for one modality in a gallery of `size` people."""
        return self.curves[modality].at(size)


def calibration_of(document: Mapping[str, Any], digest: str) -> Calibration:
    """Read a calibration document as `benchmarks/likeness.py` writes it.

    Raises:
        Broken: ``likeness:calibration:malformed``.
    """
    try:
        curves = {modality: _curve(document[modality.value]) for modality in Modality}
    except (KeyError, TypeError, ValueError) as error:
        raise Broken("the calibration file cannot be read", code="likeness:calibration:malformed") from error
    return Calibration(digest, curves)


def _curve(part: Mapping[str, Any]) -> Curve:
    points = sorted(part["points"], key=lambda point: int(point["gallery"]))
    sizes = tuple(int(point["gallery"]) for point in points)
    pairs = tuple(Thresholds(float(point["match"]), float(point["unsure"])) for point in points)
    if not points or len(set(sizes)) != len(sizes) or any(pair.unsure > pair.match for pair in pairs):
        raise ValueError("thresholds must grow with the gallery, and unsure must not pass match")
    return Curve(str(part["version"]), sizes, pairs, float(part["verification"]))


def reason_of(sighting: Sighting, *, consented: bool) -> LikenessReason:
    """The reason code of a sighting, once the consent registry has said whether the subject consents."""
    face = sighting.modality is Modality.FACE
    if sighting.band is not Band.MATCH:
        return LikenessReason.FACE_UNSURE if face else LikenessReason.VOICE_UNSURE
    if sighting.gallery is Gallery.BLOCKLIST:
        return LikenessReason.FACE_BLOCKLISTED if face else LikenessReason.VOICE_BLOCKLISTED
    if sighting.gallery is Gallery.STRANGER:
        return LikenessReason.FACE_STRANGER if face else LikenessReason.VOICE_STRANGER
    if consented:
        return LikenessReason.FACE_CONSENTED if face else LikenessReason.VOICE_CONSENTED
    return LikenessReason.FACE_NO_CONSENT if face else LikenessReason.VOICE_NO_CONSENT

"""Whose likeness was seen, and how surely."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

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
    OUTPUT = "output"
    """What was made: faces and voices of releases and drafts."""


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
    NAME_HEARD = "likeness:name:heard"
    TEXT_PICTURED = "likeness:text:pictured"
    TEXT_UNSURE = "likeness:text:unsure"
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
        seconds: [start, end) in the medium: a face track, or one turn of a voice; None for a picture.
        box: where the face was seen best; None for a voice.
        quality: of the best view in [0, 1].
        name: of the blocklist entry.
        probability: in [0, 1], that it is this person, calibrated; 0 for a stranger.
        fpir: share of strangers who would score as high; 1 for a stranger.
        fnir: share of mates who would score lower; 0 for a stranger.
        claimed: whether the subject was asked for and the score is a verification of that claim (1:1), not a search.
        speech: seconds of speech that the voice was heard; None for a face.
        pack: version of the model that saw it.
        category: of the blocklist entry.
        drawn: whether a stranger's face looks drawn: in a reference it may be a photograph under a filter, in what was
            made it is nobody.
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
    probability: float = 0.0
    fpir: float = 1.0
    fnir: float = 0.0
    claimed: bool = False
    speech: float | None = None
    pack: str = ""
    category: str = ""
    drawn: bool = False


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
class IndexReadiness:
    """How far this process's index is behind the database.

    Attributes:
        generation: the newest change that the index holds.
        latest: the newest change committed.
        lag: changes of templates and names to catch up with; every search catches up first.
        unreadable: templates made by a model version that this deployment does not have, which nothing can be compared
            with: add that model, or enrol those people again.
        former: templates made by a former model version, which are searched as well until they are retired.
    """

    generation: int
    latest: int
    lag: int
    unreadable: int = 0
    former: int = 0


def reason_of(sighting: Sighting, *, consented: bool) -> LikenessReason:
    """The reason code of a sighting, once the consent registry has said whether the subject consents."""
    face = sighting.modality is Modality.FACE
    if sighting.band is not Band.MATCH:
        return LikenessReason.FACE_UNSURE if face else LikenessReason.VOICE_UNSURE
    if sighting.gallery is Gallery.BLOCKLIST:
        return LikenessReason.FACE_BLOCKLISTED if face else LikenessReason.VOICE_BLOCKLISTED
    if sighting.gallery is Gallery.STRANGER:
        return LikenessReason.FACE_STRANGER if face else LikenessReason.VOICE_STRANGER
    if consented and sighting.gallery is Gallery.CAMEO:
        return LikenessReason.FACE_CONSENTED if face else LikenessReason.VOICE_CONSENTED
    return LikenessReason.FACE_NO_CONSENT if face else LikenessReason.VOICE_NO_CONSENT

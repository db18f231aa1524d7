"""Reference media in, templates out: cameos and blocklist entries alike."""

from collections.abc import Sequence
from dataclasses import dataclass

from likeness_guard.domain import Calibration, Enrolled, Gallery, Modality
from likeness_guard.errors import EnrolmentFault
from likeness_guard.ports import (
    FaceDetector,
    FaceEmbedder,
    Picture,
    Sound,
    TemplateStore,
    Vectors,
    VoiceActivity,
    VoiceEmbedder,
)
from likeness_guard.service.faces import FaceView, pooled, portrait_of, views_of
from likeness_guard.service.templates import TemplateBook
from likeness_guard.service.voices import one_voice
from trust_kernel.errors import InvalidInput

LEAST_VOICE_SECONDS = 3.0
"""Seconds of speech, all sounds together, that make a voice template (EER at 2.5 s is twice that at 4 s)."""
_BYSTANDER = 0.4
"""A second face this wide, as a share of the first, makes a reference picture ambiguous."""


@dataclass(frozen=True, slots=True)
class Senses:
    """The four networks."""

    detector: FaceDetector
    face_embedder: FaceEmbedder
    activity: VoiceActivity
    voice_embedder: VoiceEmbedder


class Enrolment:
    """Makes templates.

    Args:
        senses: the networks.
        book: where templates are kept.
        store: for one transaction around them.
        calibration: says how alike two pictures of one person are at least.
    """

    def __init__(self, senses: Senses, book: TemplateBook, store: TemplateStore, calibration: Calibration) -> None:
        self._senses = senses
        self._book = book
        self._store = store
        self._same_face = calibration.curves[Modality.FACE].verification

    def enrol(self, owner: str, gallery: Gallery, faces: Sequence[Picture], voices: Sequence[Sound]) -> Enrolled:
        """Add templates to an owner; earlier ones stay.

        Raises:
            InvalidInput: an `EnrolmentFault`, with the field at fault (``faces.0``, ``voices``).
            NotFound: ``kernel:key:shredded``, the owner was forgotten: enrol under a new id.
        """
        views = [self._only_face(picture, number) for number, picture in enumerate(faces)]
        self._same_person(views)
        vectors = self._voice(voices)
        with self._store.together():
            if views:
                weights = [0.1 + view.quality for view in views]
                self._book.keep(owner, gallery, Modality.FACE, pooled([view.vector for view in views], weights))
            for vector in vectors:
                self._book.keep(owner, gallery, Modality.VOICE, vector)
        portrait = None
        if views:
            best = max(range(len(views)), key=lambda number: views[number].quality)
            portrait = portrait_of(faces[best], views[best].face)
        return Enrolled(int(bool(views)), len(vectors), portrait)

    def _only_face(self, picture: Picture, number: int) -> FaceView:
        views = views_of(picture, number, self._senses.detector, self._senses.face_embedder)
        field = f"faces.{number}"
        if not views:
            raise InvalidInput("no face can be seen in this picture", code=EnrolmentFault.NO_FACE, field=field)
        widest = views[0].face.box[2]
        if sum(view.face.box[2] >= _BYSTANDER * widest for view in views) > 1:
            raise InvalidInput("more than one face is in this picture", code=EnrolmentFault.SEVERAL_FACES, field=field)
        return views[0]

    def _same_person(self, views: Sequence[FaceView]) -> None:
        for number, view in enumerate(views):
            others = [float(view.vector @ other.vector) for other in views if other is not view]
            if others and max(others) < self._same_face:
                raise InvalidInput(
                    "this picture does not look like the person in the others",
                    code=EnrolmentFault.UNLIKE_FACES,
                    field=f"faces.{number}",
                )

    def _voice(self, voices: Sequence[Sound]) -> Vectors:
        vectors, spoken = one_voice(voices, self._senses.activity, self._senses.voice_embedder)
        if voices and (spoken < LEAST_VOICE_SECONDS or not len(vectors)):
            raise InvalidInput(
                f"{spoken:.1f} seconds of speech were heard",
                code=EnrolmentFault.VOICE_TOO_SHORT,
                field="voices",
                limit=f"{LEAST_VOICE_SECONDS:.0f} seconds",
            )
        return vectors

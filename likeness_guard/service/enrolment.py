"""Reference media in, templates out: cameos and blocklist entries alike."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from likeness_guard.domain import Enrolled, Gallery, Modality
from likeness_guard.errors import EnrolmentFault
from likeness_guard.ports import FaceEmbedder, Picture, Sound, TemplateStore, VoiceEmbedder
from likeness_guard.service.faces import FaceView, pooled_views, portrait_of, views_of
from likeness_guard.service.references import References
from likeness_guard.service.senses import Senses
from likeness_guard.service.templates import Likeness, TemplateBook
from likeness_guard.service.voices import one_voice
from trust_kernel.errors import InvalidInput

LEAST_VOICE_SECONDS = 3.0
"""Seconds of speech, all sounds together, that make a voice template (EER at 2.5 s is twice that at 4 s)."""
_BYSTANDER = 0.4
"""A second face this wide, as a share of the first, makes a reference picture ambiguous."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """Everything that the networks make of an enrolment, before anything is kept.

    Attributes:
        likenesses: templates to be, by the model in use and by former ones.
        portraits: uint8 RGB head and shoulders of each picture, in order.
        voices: float32 mono at 16 kHz, as sent.
        best: which portrait is the best one; None without pictures.
        seconds: of speech in the sounds.
    """

    likenesses: tuple[Likeness, ...]
    portraits: tuple[Picture, ...]
    voices: tuple[Sound, ...]
    best: int | None
    seconds: float

    @property
    def portrait(self) -> Picture | None:
        """The best portrait."""
        return None if self.best is None else self.portraits[self.best]


class Enrolment:
    """Makes templates, by the model in use and by every former one that is still searched.

    Args:
        senses: the networks.
        book: where templates are kept.
        store: for one transaction around them.
        references: what may be kept for later models.
        same_face: cosine that two pictures of one person have at least.
        former: model versions that are still searched beside the one in use.
    """

    def __init__(
        self,
        senses: Senses,
        book: TemplateBook,
        store: TemplateStore,
        references: References,
        same_face: Callable[[], float],
        former: Callable[[Modality], Sequence[str]],
    ) -> None:
        self._senses = senses
        self._book = book
        self._store = store
        self._references = references
        self._same_face = same_face
        self._former = former

    def enrol(
        self, owner: str, gallery: Gallery, faces: Sequence[Picture], voices: Sequence[Sound], *, keep: bool
    ) -> Enrolled:
        """Add templates to an owner; earlier ones stay.

        Args:
            owner: whose likeness.
            gallery: cameo or blocklist.
            faces: one face each.
            voices: 3 seconds of speech together.
            keep: whether reference media may be kept, sealed, so that a later model can make new templates of it.

        Raises:
            InvalidInput: an `EnrolmentFault`, with the field at fault (``faces.0``, ``voices``).
            NotFound: ``kernel:key:shredded``, the owner was forgotten: enrol under a new id.
        """
        return self.keep(owner, gallery, self.prepare(gallery, faces, voices), keep=keep)

    def prepare(self, gallery: Gallery, faces: Sequence[Picture], voices: Sequence[Sound]) -> Prepared:
        """Have the networks look and listen; keeps nothing, so no transaction need be open. Raises as `enrol`."""
        views = [self._only_face(picture, number) for number, picture in enumerate(faces)]
        self._same_person(views)
        if gallery is Gallery.CAMEO:  # pictures of public figures are pictures of pictures, often enough
            self._alive(faces, views)
        heard, seconds = self._voices(voices)
        portraits = tuple(portrait_of(picture, view.face) for picture, view in zip(faces, views, strict=True))
        best = max(range(len(views)), key=lambda number: views[number].quality, default=None)
        return Prepared((*self._faces(faces, views), *heard), portraits, tuple(voices), best, seconds)

    def keep(self, owner: str, gallery: Gallery, prepared: Prepared, *, keep: bool, look: str = "") -> Enrolled:
        """Add what was prepared to an owner's templates.

        Args:
            owner: whose likeness.
            gallery: cameo or blocklist.
            prepared: of `prepare`.
            keep: whether reference media may be kept, sealed.
            look: which look of the owner these are; one look can be dropped without the others.
        """
        with self._store.together():
            self._book.keep(owner, gallery, prepared.likenesses, look)
            if keep:
                self._references.keep(owner, gallery, prepared.portraits, prepared.voices, look)
        return Enrolled(int(bool(prepared.portraits)), int(bool(prepared.voices)), prepared.portrait)

    def face(self, embedder: FaceEmbedder, pictures: Sequence[Picture]) -> NDArray[np.float32] | None:
        """One vector of kept pictures of one person; None where no face is found in any."""
        views = [view for picture in pictures for view in views_of(picture, 0, self._senses.detector, embedder)[:1]]
        return pooled_views(views, [view.vector for view in views]) if views else None

    def voice(self, embedder: VoiceEmbedder, sounds: Sequence[Sound]) -> NDArray[np.float32] | None:
        """One vector of kept sounds of one person; None where there is no speech."""
        vectors, _ = one_voice(sounds, self._senses.activity, embedder)
        return vectors[0] if len(vectors) else None

    def _faces(self, pictures: Sequence[Picture], views: Sequence[FaceView]) -> list[Likeness]:
        if not views:
            return []
        made = [
            Likeness(Modality.FACE, self._senses.face.version, pooled_views(views, [view.vector for view in views]))
        ]
        seen = [(picture, view.face) for picture, view in zip(pictures, views, strict=True)]
        for version in self._former(Modality.FACE):
            embedder = self._senses.former_face(version)
            if embedder is not None:
                made.append(Likeness(Modality.FACE, version, pooled_views(views, list(embedder.embed(seen)))))
        return made

    def _voices(self, sounds: Sequence[Sound]) -> tuple[list[Likeness], float]:
        if not sounds:
            return [], 0.0
        vectors, spoken = one_voice(sounds, self._senses.activity, self._senses.voice)
        if spoken < LEAST_VOICE_SECONDS or not len(vectors):
            raise InvalidInput(
                f"{spoken:.1f} seconds of speech were heard",
                code=EnrolmentFault.VOICE_TOO_SHORT,
                field="voices",
                limit=f"{LEAST_VOICE_SECONDS:.0f} seconds",
            )
        made = [Likeness(Modality.VOICE, self._senses.voice.version, vector) for vector in vectors]
        for version in self._former(Modality.VOICE):
            embedder = self._senses.former_voice(version)
            vector = self.voice(embedder, sounds) if embedder is not None else None
            if vector is not None:
                made.append(Likeness(Modality.VOICE, version, vector))
        return made, spoken

    def _only_face(self, picture: Picture, number: int) -> FaceView:
        views = views_of(picture, number, self._senses.detector, self._senses.face)
        field = f"faces.{number}"
        if not views:
            raise InvalidInput("no face can be seen in this picture", code=EnrolmentFault.NO_FACE, field=field)
        widest = views[0].face.box[2]
        if sum(view.face.box[2] >= _BYSTANDER * widest for view in views) > 1:
            raise InvalidInput("more than one face is in this picture", code=EnrolmentFault.SEVERAL_FACES, field=field)
        return views[0]

    def _alive(self, pictures: Sequence[Picture], views: Sequence[FaceView]) -> None:
        liveness = self._senses.liveness
        if liveness is None or not views:
            return
        seen = [(picture, view.face) for picture, view in zip(pictures, views, strict=True)]
        for number, chance in enumerate(liveness.alive(seen).tolist()):
            if not chance >= liveness.threshold:
                raise InvalidInput(
                    "this may be a picture of a picture, a screen or a mask: take one of the living face",
                    code=EnrolmentFault.NOT_ALIVE,
                    field=f"faces.{number}",
                )

    def _same_person(self, views: Sequence[FaceView]) -> None:
        for number, view in enumerate(views):
            others = [float(view.vector @ other.vector) for other in views if other is not view]
            if others and max(others) < self._same_face():
                raise InvalidInput(
                    "this picture does not look like the person in the others",
                    code=EnrolmentFault.UNLIKE_FACES,
                    field=f"faces.{number}",
                )

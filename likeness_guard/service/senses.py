"""The networks that see and hear, today's and those before them."""

from collections.abc import Callable
from dataclasses import dataclass

from likeness_guard.domain import Modality
from likeness_guard.ports import FaceDetector, FaceEmbedder, LivenessDetector, VoiceActivity, VoiceEmbedder


def _none(_version: str) -> None:
    return None


@dataclass(frozen=True, slots=True)
class Senses:
    """The networks.

    Attributes:
        face: the embedder in use.
        voice: the embedder in use.
        liveness: tells a living face from a picture of one, at enrolment; None where no pack for it is in use.
        former_face: gives an embedder by version, None where this deployment has none such: templates that a former
            model made are searched with it until all are made anew.
        former_voice: likewise.
    """

    detector: FaceDetector
    activity: VoiceActivity
    face: FaceEmbedder
    voice: VoiceEmbedder
    liveness: LivenessDetector | None = None
    former_face: Callable[[str], FaceEmbedder | None] = _none
    former_voice: Callable[[str], VoiceEmbedder | None] = _none

    def current(self, modality: Modality) -> str:
        """Version of the embedder in use."""
        return self.face.version if modality is Modality.FACE else self.voice.version

    def face_of(self, version: str) -> FaceEmbedder | None:
        """The face embedder of a version, today's or a former one."""
        return self.face if version == self.face.version else self.former_face(version)

    def voice_of(self, version: str) -> VoiceEmbedder | None:
        """The voice embedder of a version, today's or a former one."""
        return self.voice if version == self.voice.version else self.former_voice(version)

    def dimensions(self, modality: Modality, version: str) -> int | None:
        """Length of the vectors of a version; None where this deployment does not have it."""
        embedder = self.face_of(version) if modality is Modality.FACE else self.voice_of(version)
        return embedder.dimensions if embedder is not None else None

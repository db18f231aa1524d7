"""The likeness guard's Python door."""

from collections.abc import Sequence

from likeness_guard.domain import (
    Band,
    Calibration,
    Enrolled,
    Entry,
    Examination,
    Gallery,
    IndexReadiness,
    LikenessReason,
    Modality,
    NamedPerson,
    NewEntry,
    Sighting,
    reason_of,
)
from likeness_guard.errors import EnrolmentFault
from likeness_guard.ports import (
    FaceDetector,
    FaceEmbedder,
    IndexMaker,
    NameMatcherMaker,
    Picture,
    Sound,
    TemplateStore,
    VoiceActivity,
    VoiceEmbedder,
)
from likeness_guard.service.blocklist import Blocklist
from likeness_guard.service.enrolment import Enrolment, Senses
from likeness_guard.service.examination import Examiner
from likeness_guard.service.templates import ModelFacts, TemplateBook
from trust_kernel.envelope import Keyring, KeyService
from trust_kernel.errors import Broken, InvalidInput
from trust_kernel.media.refs import Look


class LikenessGuard:
    """Knows enrolled people and blocked public figures by face, voice and name.

    Args:
        detector: finds faces.
        face_embedder: makes vectors of faces.
        activity: finds speech.
        voice_embedder: makes vectors of voices.
        store: templates and entries.
        keyring: seals templates under one key a person.
        keys: derives the secret rotations.
        make_index: an empty vector index.
        calibration: thresholds by gallery size, measured with these embedders.
        make_matcher: builds a name matcher; the kernel's unless given.

    Raises:
        Broken: ``likeness:calibration:foreign``, the calibration was measured with other models.
    """

    def __init__(
        self,
        *,
        detector: FaceDetector,
        face_embedder: FaceEmbedder,
        activity: VoiceActivity,
        voice_embedder: VoiceEmbedder,
        store: TemplateStore,
        keyring: Keyring,
        keys: KeyService,
        make_index: IndexMaker,
        calibration: Calibration,
        make_matcher: NameMatcherMaker | None = None,
    ) -> None:
        models = {
            Modality.FACE: ModelFacts(face_embedder.version, face_embedder.dimensions),
            Modality.VOICE: ModelFacts(voice_embedder.version, voice_embedder.dimensions),
        }
        for modality, facts in models.items():
            if calibration.curves[modality].version != facts.version:
                raise Broken(
                    f"the {modality} thresholds were not measured with {facts.version}",
                    code="likeness:calibration:foreign",
                )
        senses = Senses(detector, face_embedder, activity, voice_embedder)
        self._book = TemplateBook(store, keyring, keys, make_index, models)
        self._enrolment = Enrolment(senses, self._book, store, calibration)
        self._examiner = Examiner(senses, self._book, store, calibration)
        self._blocklist = Blocklist(store, self._book, self._enrolment, make_matcher)

    def enrol(self, subject_id: str, faces: Sequence[Picture], voices: Sequence[Sound]) -> Enrolled:
        """Add a version of a subject's cameo; earlier versions stay until `forget`.

        Args:
            subject_id: whose likeness.
            faces: uint8 RGB pictures with one face each; they pool into one template.
            voices: float32 mono sounds at 16 kHz, 3 seconds of speech together; they pool into one template.

        Raises:
            InvalidInput: an `EnrolmentFault`, with the field at fault (``faces.0``, ``voices``).
            NotFound: ``kernel:key:shredded``: a forgotten subject comes back under a new id only.
        """
        if not faces and not voices:
            raise InvalidInput("send pictures, sounds or both", code=EnrolmentFault.EMPTY, field="faces")
        return self._enrolment.enrol(subject_id, Gallery.CAMEO, faces, voices)

    def forget(self, subject_id: str) -> None:
        """Shred the subject's key and drop every template, in one transaction; joins an open one."""
        self._book.forget(subject_id)

    def examine(self, look: Look) -> Examination:
        """Everyone in one decoded medium. Covers every template committed before the call.

        Raises:
            Unavailable: ``model:pack:not_installed``, or the database does not answer.
        """
        return self._examiner.examine(look)

    def add_entry(self, entry: NewEntry) -> str:
        """Block a public figure; gives the entry's id.

        Raises:
            InvalidInput: an `EnrolmentFault`.
        """
        return self._blocklist.add(entry)

    def remove_entry(self, entry_id: str) -> None:
        """Lift a block; raises NotFound."""
        self._blocklist.remove(entry_id)

    def entries(self) -> Sequence[Entry]:
        """Every blocklist entry, by name."""
        return self._blocklist.entries()

    def named(self, text: str) -> tuple[NamedPerson, ...]:
        """Blocked people named in a text, however disguised."""
        return self._blocklist.named(text)

    def readiness(self) -> IndexReadiness:
        """How far this process's index is behind the database."""
        return self._book.readiness()

    def warm(self) -> None:
        """Load the index now instead of at the first search."""
        self._book.warm()


__all__ = [
    "Band",
    "Enrolled",
    "EnrolmentFault",
    "Entry",
    "Examination",
    "Gallery",
    "IndexReadiness",
    "LikenessGuard",
    "LikenessReason",
    "Modality",
    "NamedPerson",
    "NewEntry",
    "Sighting",
    "reason_of",
]

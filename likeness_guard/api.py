"""The likeness guard's Python door."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from likeness_guard.domain import (
    Appearance,
    Band,
    Calibrations,
    Enrolled,
    Entry,
    Examination,
    Gallery,
    IndexReadiness,
    Judgement,
    LikenessReason,
    Modality,
    NamedPerson,
    NewEntry,
    Sighting,
    reason_of,
)
from likeness_guard.domain.watching import Watched
from likeness_guard.errors import EnrolmentFault
from likeness_guard.ports import (
    EntryStore,
    IndexMaker,
    NameKeeper,
    NameMatcherMaker,
    PendingSearch,
    Picture,
    ReferenceCodec,
    ReferenceStore,
    SearchStore,
    Sound,
    TemplateStore,
)
from likeness_guard.ports.aftermath import Aftermath
from likeness_guard.ports.entries import Record
from likeness_guard.ports.watching import HeadFinder
from likeness_guard.service.blocklist import Blocklist
from likeness_guard.service.blocklist_similar import LookAlikes
from likeness_guard.service.enrolment import Enrolment, Prepared
from likeness_guard.service.examination import Claims, Examiner
from likeness_guard.service.nature import NatureJudge
from likeness_guard.service.outputs import Outputs
from likeness_guard.service.references import References
from likeness_guard.service.renewal import Renewal
from likeness_guard.service.rotation import Rotations
from likeness_guard.service.screening import Alike, Screened, Screening
from likeness_guard.service.senses import Senses
from likeness_guard.service.templates import TemplateBook
from likeness_guard.service.watching import Watcher
from trust_kernel.clock import Clock
from trust_kernel.envelope import Keyring, KeyService
from trust_kernel.errors import Conflict, InvalidInput, Unavailable
from trust_kernel.media.refs import Look


@dataclass(frozen=True, slots=True)
class Shelves:
    """Where everything is kept.

    Attributes:
        templates: of enrolled and blocked people.
        outputs: of tracks of what was made.
        entries: the blocklist.
        references: media kept for later models.
        searches: who is to be looked for in what was made.
    """

    templates: TemplateStore
    outputs: TemplateStore
    entries: EntryStore
    references: ReferenceStore
    searches: SearchStore


class LikenessGuard:
    """Knows enrolled people and blocked public figures by face, voice and name.

    Args:
        senses: the networks, today's and former ones.
        shelves: where everything is kept.
        keyring: seals templates under one key a person.
        keys: derives the secret rotations.
        codec: reference media to bytes and back.
        make_index: makes or opens a vector index.
        calibrations: what scores mean, by model version.
        clock: which blocklist entries stand today.
        record: the ledger, for changes of the blocklist.
        natures: tells drawings from people; without it no face counts as drawn.
        make_matcher: builds a name matcher; the kernel's unless given.
        name_keeper: keeps many names in files; none: in memory.
        heads: follows heads through recordings; without it none can be watched.
        after: told where somebody is blocked.

    Raises:
        Broken: ``likeness:calibration:foreign``, there is no calibration for a model in use.
    """

    blocklist: Blocklist
    """Public figures who are blocked: changes by people, with their accounts."""

    def __init__(
        self,
        *,
        senses: Senses,
        shelves: Shelves,
        keyring: Keyring,
        keys: KeyService,
        codec: ReferenceCodec,
        make_index: IndexMaker,
        calibrations: Calibrations,
        clock: Clock,
        record: Record,
        natures: NatureJudge | None = None,
        make_matcher: NameMatcherMaker | None = None,
        name_keeper: NameKeeper | None = None,
        heads: HeadFinder | None = None,
        after: Aftermath | None = None,
    ) -> None:
        for modality in Modality:
            calibrations.of(senses.current(modality))
        self._senses = senses
        self._shelves = shelves
        rotations = Rotations(keys)
        store = shelves.templates
        self._book = TemplateBook(store, keyring, rotations, make_index, senses)
        tracks = TemplateBook(shelves.outputs, keyring, rotations, make_index, senses, (Gallery.OUTPUT,))
        self._outputs = Outputs(tracks, shelves.outputs, self._book, calibrations, shelves.searches)
        self._references = References(shelves.references, codec, keyring)
        self._enrolment = Enrolment(
            senses,
            self._book,
            store,
            self._references,
            lambda: calibrations.of(senses.face.version).verification,
            self._former,
        )
        self._watcher = _watcher(senses, heads, calibrations)
        self._screening = Screening(self._book, shelves.entries, calibrations, clock)
        self._renewal = Renewal(senses, self._book, store, self._references, self._enrolment)
        self._examiner = Examiner(
            senses, self._book, shelves.entries, calibrations, clock, natures or NatureJudge(None)
        )

        def bounds(_modality: Modality, pack: str, size: int) -> tuple[float, float]:
            return calibrations.of(pack).bounds(size)

        self.blocklist = Blocklist(
            store,
            shelves.entries,
            self._book,
            self._enrolment,
            make_matcher,
            record=record,
            clock=clock,
            similar=LookAlikes(shelves.entries, self._book, bounds),
            blocked=self._outputs.ask,
            lifted=self._references.drop,
            after=after,
            name_keeper=name_keeper,
        )

    def _former(self, modality: Modality) -> Sequence[str]:
        """Former model versions that anything is still known by."""
        current = self._senses.current(modality)
        standing = {*self._shelves.templates.packs(), *self._shelves.outputs.packs()} - {current}
        return sorted(pack for pack in standing if self._senses.dimensions(modality, pack) is not None)

    def enrol(
        self, subject_id: str, faces: Sequence[Picture], voices: Sequence[Sound], *, keep_reference: bool = False
    ) -> Enrolled:
        """Add a version of a subject's cameo; earlier versions stay until `forget`.

        The person is then looked for in everything that was made.

        Args:
            subject_id: whose likeness.
            faces: uint8 RGB pictures with one face each; they pool into one template.
            voices: float32 mono sounds at 16 kHz, 3 seconds of speech together; they pool into one template.
            keep_reference: keep them, sealed, so that a later model can make new templates without asking again.

        Raises:
            InvalidInput: an `EnrolmentFault`, with the field at fault (``faces.0``, ``voices``).
            NotFound: ``kernel:key:shredded``: a forgotten subject comes back under a new id only.
        """
        return self.keep(subject_id, self.prepare(faces, voices), keep_reference=keep_reference)

    def prepare(self, faces: Sequence[Picture], voices: Sequence[Sound]) -> Prepared:
        """Make of pictures and sounds what an enrolment keeps, without keeping it: the slow half of `enrol`.

        Raises:
            InvalidInput: an `EnrolmentFault`, with the field at fault (``faces.0``, ``voices``).
        """
        if not faces and not voices:
            raise InvalidInput("send pictures, sounds or both", code=EnrolmentFault.EMPTY, field="faces")
        return self._enrolment.prepare(Gallery.CAMEO, faces, voices)

    def keep(self, subject_id: str, prepared: Prepared, *, keep_reference: bool, look: str = "") -> Enrolled:
        """Keep what was prepared, in the caller's transaction: the quick half of `enrol`.

        Args:
            subject_id: whose likeness.
            prepared: of `prepare`.
            keep_reference: as for `enrol`.
            look: which of the person's looks it is; `drop_look` takes it away again.

        Raises:
            NotFound: ``kernel:key:shredded``.
        """
        with self._shelves.templates.together():
            if not keep_reference:
                self._references.drop(subject_id)  # what was kept before was kept by a leave that is taken back now
            enrolled = self._enrolment.keep(subject_id, Gallery.CAMEO, prepared, keep=keep_reference, look=look)
            self._outputs.ask(subject_id, "enrolled")
        return enrolled

    def screen(self, prepared: Prepared, *, besides: str) -> Screened:
        """Who else in the registry or on the blocklist is like what was prepared, and whether it is like `besides`.

        Covers every template committed before the call. No network looks: it is a search alone.
        """
        return self._screening.screen(prepared, besides)

    def drop_look(self, subject_id: str, look: str) -> int:
        """Destroy one look's templates and kept media, in the caller's transaction; gives how many templates."""
        with self._shelves.templates.together():
            self._references.drop_look(subject_id, look)
            return self._shelves.templates.drop_look(subject_id, look)

    def models(self) -> str:
        """The versions in use, face and voice, as one text."""
        return " ".join(self._senses.current(modality) for modality in Modality)

    def template_versions(self, subject_id: str) -> dict[str, tuple[str, ...]]:
        """By look, the model versions that a subject's templates were made by."""
        found: dict[str, set[str]] = {}
        for row in self._shelves.templates.of_owner(subject_id):
            found.setdefault(row.look, set()).add(row.pack)
        return {look: tuple(sorted(packs)) for look, packs in found.items()}

    def forget(self, subject_id: str) -> None:
        """Shred the subject's key; drop every template, track of theirs and kept medium. Joins an open transaction."""
        with self._shelves.templates.together():
            # The key first: whoever seals a track under it meanwhile commits before, and is seen below, or fails.
            self._book.forget(subject_id)
            self._outputs.forget(subject_id)
            self._references.drop(subject_id)

    def examine(self, look: Look, *, claims: Claims | None = None, keep_as: str = "") -> Examination:
        """Everyone in one decoded medium. Covers every template committed before the call.

        Args:
            look: the medium.
            claims: subjects who were asked for; each track is verified against them 1:1, so that who was asked for is
                found at the threshold of a verification, and nobody else passes for them.
            keep_as: case under whose id the tracks are kept, so that people can be looked for in them later.

        Raises:
            Unavailable: ``model:pack:not_installed``, or the database does not answer.
        """
        examination, tracks = self._examiner.examine(look, claims or {})
        if keep_as:
            self._outputs.keep(keep_as, tracks)
        return examination

    def watch(self, look: Look) -> Watched:
        """How one head moves through a recording, whether its lips move, and whether it stays the same person.

        Raises:
            Unavailable: ``model:pack:not_installed``.
        """
        if self._watcher is None:
            raise Unavailable("nothing here can watch recordings", code="model:pack:not_installed")
        return self._watcher.watch(look)

    def discard(self, case_id: str) -> None:
        """Destroy what was kept of a case's output."""
        self._outputs.discard(case_id)

    def appearances(self, owner: str) -> tuple[Appearance, ...]:
        """Cases whose output shows or sounds like an enrolled or blocked person, the surest first."""
        return self._outputs.appearances(owner)

    def look_for(self, owner: str, cause: str) -> None:
        """Have a person looked for in everything that was made, in the caller's transaction."""
        self._outputs.ask(owner, cause)

    def searches_due(self, limit: int) -> tuple[PendingSearch, ...]:
        """People who are to be looked for."""
        return self._outputs.due(limit)

    def search_done(self, search_id: str) -> bool:
        """Strike a search off; False where somebody else did."""
        return self._outputs.done(search_id)

    def adopt(self, subject_id: str) -> int:
        """Make every track that surely shows a subject theirs: forgetting them destroys it. Gives how many."""
        return self._outputs.adopt(subject_id)

    def renew(self, limit: int = 20) -> int:
        """Make templates by the models in use for people known by a former one alone; gives for how many."""
        return self._renewal.renew(limit)

    def waiting(self) -> Sequence[str]:
        """Who is known by a former model alone and must enrol again, the first few hundred."""
        return self._renewal.waiting()

    def retire(self, pack: str) -> int:
        """Drop every template that a former model made; gives how many.

        Raises:
            Conflict: ``likeness:model:in_use``, the model is in use, or somebody is known by it alone.
        """
        if pack in {self._senses.current(modality) for modality in Modality}:
            raise Conflict(f"{pack} is in use", code="likeness:model:in_use")
        if self._renewal.known_alone(pack):
            raise Conflict(f"some people are known by {pack} alone", code="likeness:model:in_use")
        return self._shelves.templates.drop_pack(pack) + self._shelves.outputs.drop_pack(pack)

    def add_entry(self, entry: NewEntry) -> str:
        """Block a public figure; gives the entry's id. Who has reference media is looked for in all that was made.

        For code; people's changes, with their accounts, go through `blocklist`.

        Raises:
            InvalidInput: an `EnrolmentFault` or `BlocklistFault`.
        """
        return self.blocklist.add(entry)

    def remove_entry(self, entry_id: str) -> None:
        """Lift a block; raises NotFound."""
        self.blocklist.remove(entry_id)

    def entries(self) -> Sequence[Entry]:
        """Every blocklist entry, by name."""
        return self.blocklist.entries()

    def blocked(self, entry_ids: Iterable[str]) -> Mapping[str, Entry]:
        """Blocklist entries by id, whether they stand today or not; those that are not there are left out."""
        return self.blocklist.several(entry_ids)

    def enrolled_as(self, entry_id: str) -> frozenset[str]:
        """Enrolled people who surely are the person of a blocklist entry, by face or voice."""
        return self.blocklist.enrolled_as(entry_id)

    def named(self, text: str) -> tuple[NamedPerson, ...]:
        """Blocked people named in a text, however disguised."""
        return self.blocklist.named(text)

    def fence(self) -> int:
        """Number of the last change of the blocklist, which stays the last until the caller's transaction ends."""
        return self.blocklist.fence()

    def aliases(self, most: int) -> tuple[tuple[str, str], ...]:
        """(entry, name) of so many names of blocked people at most: for what can only listen for a list."""
        return self.blocklist.aliases(most)

    def readiness(self) -> IndexReadiness:
        """How far this process's index and names are behind the database."""
        at = self._book.readiness()
        return replace(at, lag=at.lag + self.blocklist.lag())

    def warm(self) -> None:
        """Load the index and the names now instead of at the first search."""
        self._book.warm()
        self.blocklist.warm()

    def warm_outputs(self) -> None:
        """Load the index of what was made now instead of at the first search."""
        self._outputs.warm()


def _watcher(senses: Senses, heads: HeadFinder | None, calibrations: Calibrations) -> Watcher | None:
    if heads is None:
        return None
    return Watcher(senses, heads, lambda: calibrations.of(senses.face.version).verification)


__all__ = [
    "Aftermath",
    "Alike",
    "Appearance",
    "Band",
    "Claims",
    "Enrolled",
    "EnrolmentFault",
    "Entry",
    "Examination",
    "Gallery",
    "IndexReadiness",
    "Judgement",
    "LikenessGuard",
    "LikenessReason",
    "Modality",
    "NamedPerson",
    "NewEntry",
    "PendingSearch",
    "Prepared",
    "Screened",
    "Senses",
    "Shelves",
    "Sighting",
    "Watched",
    "reason_of",
]

"""The faces and voices of everything that was made, kept so that a person can be looked for in it."""

from collections.abc import Iterable

from likeness_guard.domain import Appearance, Band, Calibrations, Gallery, Modality
from likeness_guard.ports import IndexName, PendingSearch, SearchStore, TemplateStore
from likeness_guard.service.templates import Likeness, TemplateBook


class Outputs:
    """Keeps tracks under the id of the case that made them, and finds people in them.

    Args:
        book: the log of tracks.
        store: for one transaction around a case's tracks.
        people: enrolled and blocked people.
        calibrations: say what a score means among so many tracks.
        searches: who is to be looked for.
    """

    def __init__(
        self,
        book: TemplateBook,
        store: TemplateStore,
        people: TemplateBook,
        calibrations: Calibrations,
        searches: SearchStore,
    ) -> None:
        self._book = book
        self._store = store
        self._people = people
        self._calibrations = calibrations
        self._searches = searches

    def keep(self, case_id: str, tracks: Iterable[Likeness]) -> None:
        """Keep what one look at a case's output showed, in place of what an earlier look showed."""
        with self._store.together():
            sealed = self._book.sealed(case_id, Gallery.OUTPUT, tracks)  # keys are locked before rows, everywhere
            self._store.drop_templates(case_id)
            self._store.add_templates(sealed)

    def discard(self, case_id: str) -> None:
        """Destroy a case's tracks and their key."""
        self._book.forget(case_id)

    def adopt(self, subject: str) -> int:
        """Seal every track that surely shows a subject under the subject's key; gives how many.

        What was made before somebody enrolled is theirs from then on: forgetting them destroys it.
        """
        adopted = 0
        for (modality, pack), turned in self._people.portfolio(subject).items():
            name, size = self._among(modality, pack)
            least, _ = self._calibrations.of(pack).bounds(size)
            adopted += self._book.hand_over([kin.generation for kin in self._book.alike(name, turned, least)], subject)
        return adopted

    def forget(self, subject: str) -> None:
        """Drop every track that shows a subject; its key is the subject's, which is destroyed as well."""
        self._store.drop_sealed_by(subject)

    def _among(self, modality: Modality, pack: str) -> tuple[IndexName, int]:
        name = IndexName(Gallery.OUTPUT, modality, pack)
        return name, max(1, self._book.held(name))

    def appearances(self, owner: str) -> tuple[Appearance, ...]:
        """Cases that show or sound like a person, the surest first.

        What a score means depends on how many tracks there are: among a million of them, thresholds are high.
        """
        found: dict[tuple[str, Modality], Appearance] = {}
        for (modality, pack), turned in self._people.portfolio(owner).items():
            name, size = self._among(modality, pack)
            calibration = self._calibrations.of(pack)
            _, least = calibration.bounds(size)
            for kin in self._book.alike(name, turned, least):
                judged = calibration.judge(kin.score, size=size, quality=1.0, seconds=None)
                appearance = Appearance(kin.owner, modality, judged)
                known = found.get((kin.owner, modality))
                if judged.band is not Band.NONE and (known is None or known.judgement.score < kin.score):
                    found[(kin.owner, modality)] = appearance
        return tuple(sorted(found.values(), key=lambda one: (-one.judgement.probability, one.case_id)))

    def ask(self, owner: str, cause: str) -> None:
        """Have a person looked for soon, in the caller's transaction."""
        self._searches.ask(owner, cause)

    def due(self, limit: int) -> tuple[PendingSearch, ...]:
        """Searches that are due."""
        return tuple(self._searches.due(limit))

    def done(self, search_id: str) -> bool:
        """Strike a search off; False where somebody else did."""
        return self._searches.done(search_id)

    def warm(self) -> None:
        """Load the index of tracks now instead of at the first search."""
        self._book.warm()

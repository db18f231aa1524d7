"""After a change of model: templates are made anew from kept media, while the former ones are still searched."""

import logging
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from likeness_guard.domain import Modality
from likeness_guard.ports import StoredTemplate, TemplateStore
from likeness_guard.service.enrolment import Enrolment
from likeness_guard.service.references import References
from likeness_guard.service.senses import Senses
from likeness_guard.service.templates import Likeness, TemplateBook
from trust_kernel.errors import Broken, NotFound

_log = logging.getLogger(__name__)


class Renewal:
    """Makes templates by the model in use for everybody who has none, a few at a time.

    Args:
        senses: the networks.
        book: keeps what is made.
        store: says who is left behind.
        references: kept media.
        enrolment: makes vectors of it.
    """

    def __init__(
        self, senses: Senses, book: TemplateBook, store: TemplateStore, references: References, enrolment: Enrolment
    ) -> None:
        self._senses = senses
        self._book = book
        self._store = store
        self._references = references
        self._enrolment = enrolment
        self._hopeless: set[tuple[Modality, str, str]] = set()

    def renew(self, limit: int) -> int:
        """Make new templates for up to `limit` people; gives how many got one.

        Who has no kept media keeps the former template, which is searched with the former model; they are asked to
        enrol again.
        """
        return sum(self._renewed(modality, owner) for modality in Modality for owner in self._due(modality, limit))

    def _due(self, modality: Modality, limit: int) -> list[StoredTemplate]:
        version = self._senses.current(modality)
        behind = self._store.left_behind(modality, version, limit + len(self._hopeless))
        people = {row.owner: row for row in behind if (modality, version, row.owner) not in self._hopeless}
        return list(people.values())[:limit]

    def _renewed(self, modality: Modality, row: StoredTemplate) -> bool:
        version = self._senses.current(modality)
        vectors: dict[str, NDArray[np.float32]] = {}
        try:
            vectors = self._vectors(modality, row.owner)
        except NotFound:  # forgotten in this moment
            return False
        except Broken as error:  # one person's damaged media must not stand in everybody's way
            _log.warning("what was kept of %s cannot be used: %s", row.owner, error.detail)
        if not vectors:
            self._hopeless.add((modality, version, row.owner))
            return False
        with self._store.together():
            standing = self._store.of_owner(row.owner)
            mine = [one for one in standing if one.modality is modality]
            if not mine or any(one.pack == version for one in mine):
                return False  # forgotten, or another process was faster
            # A look that was taken away meanwhile stays away; one whose media were not kept is asked for again.
            looks = {one.look for one in mine} & set(vectors)
            for look in sorted(looks):
                self._book.keep(row.owner, row.gallery, [Likeness(modality, version, vectors[look])], look)
            if not looks:
                return False
        return True

    def _vectors(self, modality: Modality, owner: str) -> dict[str, NDArray[np.float32]]:
        """A vector of each look of which media are kept."""
        if modality is Modality.FACE:
            pictures = self._references.pictures(owner)
            made = {look: self._enrolment.face(self._senses.face, kept) for look, kept in pictures.items()}
        else:
            sounds = self._references.sounds(owner)
            made = {look: self._enrolment.voice(self._senses.voice, kept) for look, kept in sounds.items()}
        return {look: vector for look, vector in made.items() if vector is not None}

    def waiting(self) -> Sequence[str]:
        """Owners who are known by a former model alone, the first few hundred."""
        return list(dict.fromkeys(row.owner for modality in Modality for row in self._left_behind(modality)))

    def known_alone(self, pack: str) -> bool:
        """Whether somebody is known by this former model and not by the one in use."""
        return any(pack in self._store.known_alone(m, self._senses.current(m)) for m in Modality)

    def _left_behind(self, modality: Modality) -> Sequence[StoredTemplate]:
        return self._store.left_behind(modality, self._senses.current(modality), _FEW_HUNDRED)


_FEW_HUNDRED = 300

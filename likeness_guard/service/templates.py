"""Sealed templates in the database, and the indexes that are only their cache (architecture, rules 3 and 8).

Templates of several model versions stand side by side. Each version has indexes of its own; whoever has no template by
the version in use is looked for with the version that they have, so that changing a model leaves nobody unguarded.
"""

import threading
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from likeness_guard.domain import Gallery, IndexReadiness, Modality
from likeness_guard.ports import (
    Change,
    IndexBatch,
    IndexMaker,
    IndexName,
    NewTemplate,
    StoredTemplate,
    TemplateIndex,
    TemplateStore,
    Vectors,
)
from likeness_guard.service.rotation import Rotations
from likeness_guard.service.senses import Senses
from trust_kernel.envelope import Keyring, Sealed
from trust_kernel.errors import Broken

_BATCH = 1000
_FIRST_K = 8
_MANY_K = 256
_ENOUGH = 4
"""Different people wanted for each vector: the best, and those that its score is set against."""


@dataclass(frozen=True, slots=True)
class Kin:
    """Somebody who was found, and how alike.

    Attributes:
        owner: subject, blocklist entry, or case.
        score: cosine in [-1, 1].
        generation: of their template.
    """

    owner: str
    score: float
    generation: int


@dataclass(frozen=True, slots=True)
class Likeness:
    """A unit vector and what made it, on its way into a book.

    Attributes:
        about: the subject whom it shows, where somebody enrolled was recognised: it is sealed under their key, so that
            forgetting them destroys it; else it is sealed under its owner's.
    """

    modality: Modality
    pack: str
    vector: NDArray[np.float32]
    about: str = ""


class TemplateBook:
    """Keeps, forgets and searches one log of templates.

    Args:
        store: the database's rows.
        keyring: seals each template under its owner's key.
        rotations: turn what is kept.
        make_index: makes an empty index, or opens a shared one.
        senses: the model versions that this deployment has; rows of others are not searched.
        galleries: what this log holds.
    """

    def __init__(
        self,
        store: TemplateStore,
        keyring: Keyring,
        rotations: Rotations,
        make_index: IndexMaker,
        senses: Senses,
        galleries: Sequence[Gallery] = (Gallery.CAMEO, Gallery.BLOCKLIST),
    ) -> None:
        self._store = store
        self._keyring = keyring
        self._rotations = rotations
        self._make_index = make_index
        self._senses = senses
        self._galleries = tuple(galleries)
        self._indexes: dict[IndexName, TemplateIndex] = {}
        self._opened = False
        self._generation = 0
        self._sizes: tuple[int, dict[tuple[Gallery, Modality], int]] = (-1, {})
        self._served: tuple[int, dict[Modality, tuple[str, ...]]] = (-1, {})
        self._lock = threading.Lock()

    def keep(self, owner: str, gallery: Gallery, likenesses: Iterable[Likeness], look: str = "") -> None:
        """Rotate, seal and store unit vectors, as one look of the owner's.

        Raises:
            Broken: ``likeness:template:malformed``, a vector is not finite or not of unit length.
        """
        sealed = self.sealed(owner, gallery, likenesses)
        self._store.add_templates([replace(one, look=look) for one in sealed])

    def sealed(self, owner: str, gallery: Gallery, likenesses: Iterable[Likeness]) -> list[NewTemplate]:
        """Rotate and seal unit vectors; locks their keys, in order of their ids. Raises as `keep`."""
        ordered = sorted(likenesses, key=lambda likeness: likeness.about or owner)
        return [self._sealed(owner, gallery, likeness) for likeness in ordered]

    def _sealed(self, owner: str, gallery: Gallery, likeness: Likeness) -> NewTemplate:
        vector = likeness.vector
        if not abs(float(np.linalg.norm(vector)) - 1.0) < _UNIT_SLACK:  # NaN is not below it either
            raise Broken("an embedding is not a unit vector", code="likeness:template:malformed")
        turned = self._rotations.turned(vector[None], likeness.pack)[0]
        context = context_of(gallery, likeness.modality, likeness.pack)
        key_id = likeness.about or owner
        sealed = self._keyring.seal(key_id, turned.tobytes(), context)
        return NewTemplate(owner, key_id, gallery, likeness.modality, likeness.pack, sealed)

    def forget(self, owner: str) -> None:
        """Destroy the owner's key and rows; every process drops the vectors at its next search."""
        with self._store.together():
            self._keyring.shred(owner)
            self._store.drop_templates(owner)

    def closest(
        self,
        gallery: Gallery,
        modality: Modality,
        pack: str,
        vectors: Vectors,
        standing: Callable[[Sequence[str]], Container[str]] | None = None,
    ) -> list[tuple[Kin, ...]]:
        """The people of a gallery most like each vector, best first, each once, confirmed against the database.

        The index first takes in every change committed until now. Only the few best are given; nobody where the
        gallery is empty.

        Args:
            gallery: whose likenesses.
            modality: seen or heard.
            pack: model version of the vectors.
            vectors: unit vectors (n, d).
            standing: those of some owners who count today; all of them if left out.
        """
        if not len(vectors):
            return []
        with self._lock:
            self._catch_up()
            index = self._indexes.get(IndexName(gallery, modality, pack))
            if index is None:
                return [()] * len(vectors)
            turned = self._rotations.turned(vectors, pack)
            k = _FIRST_K
            found = self._people(index, turned, k, standing)
            # One person's many templates, or entries of former days, must not hide who comes next.
            while k < len(index) and any(len(row) < (_ENOUGH if k < _MANY_K else 1) for row in found):
                k = min(len(index), k * 8)
                found = self._people(index, turned, k, standing)
        return found

    def _people(
        self,
        index: TemplateIndex,
        turned: Vectors,
        k: int,
        standing: Callable[[Sequence[str]], Container[str]] | None,
    ) -> list[tuple[Kin, ...]]:
        found = [_each_once(row) for row in self._confirmed(index, turned, k)]
        if standing is None:
            return found
        count = standing(list({kin.owner for row in found for kin in row}))
        return [tuple(kin for kin in row if kin.owner in count) for row in found]

    def alike(self, name: IndexName, turned: Vectors, least: float) -> list[Kin]:
        """Every template at least so alike to any of the vectors, the most alike first.

        Args:
            name: whose templates.
            turned: vectors (n, d), already rotated, as `portfolio` gives them.
            least: cosine.
        """
        with self._lock:
            self._catch_up()
            index = self._indexes.get(name)
            if index is None or not len(index):
                return []
            k, found = _FIRST_K, self._confirmed(index, turned, _FIRST_K)
            while k < len(index) and any(kin and kin[-1].score >= least for kin in found):
                k = min(len(index), k * 8)
                found = self._confirmed(index, turned, k)
        best: dict[int, Kin] = {}
        for kin in (one for row in found for one in row if one.score >= least):
            if kin.generation not in best or best[kin.generation].score < kin.score:
                best[kin.generation] = kin
        return sorted(best.values(), key=lambda kin: -kin.score)

    def hand_over(self, generations: Iterable[int], subject: str) -> int:
        """Seal templates anew under a subject's key; gives how many. What is under another subject's stays theirs."""
        with self._store.together():
            rows = [row for row in self._store.templates(generations).values() if row.key_id == row.owner]
            opened = zip(rows, self._vectors(rows), strict=True)
            # The key is locked before any row, here as where somebody is forgotten.
            new = {row.generation: self._resealed(row, vector, subject) for row, vector in opened if vector is not None}
            # Who deletes a row seals it anew: of two processes that found it, one.
            mine = self._store.drop_generations(list(new))
            self._store.add_templates([new[generation] for generation in sorted(mine)])
        return len(mine)

    def _resealed(self, row: StoredTemplate, turned: NDArray[np.float32], subject: str) -> NewTemplate:
        context = context_of(row.gallery, row.modality, row.pack)
        sealed = self._keyring.seal(subject, turned.astype("<f4").tobytes(), context)
        return NewTemplate(row.owner, subject, row.gallery, row.modality, row.pack, sealed)

    def portfolio(self, owner: str) -> Mapping[tuple[Modality, str], Vectors]:
        """The owner's standing templates, rotated, by modality and model version."""
        rows = [row for row in self._store.of_owner(owner) if self._dimensions(row) is not None]
        found: dict[tuple[Modality, str], list[NDArray[np.float32]]] = {}
        for row, vector in zip(rows, self._vectors(rows), strict=True):
            if vector is not None:
                found.setdefault((row.modality, row.pack), []).append(vector)
        return {key: np.stack(vectors) for key, vectors in found.items()}

    def likeness_to(self, own: Vectors, vector: NDArray[np.float32], pack: str) -> float:
        """Cosine of a unit vector with the most alike of somebody's templates by its model (see `portfolio`)."""
        return float((self._rotations.turned(vector[None], pack) @ own.T).max())

    def held(self, name: IndexName) -> int:
        """How many vectors an index holds now."""
        self.warm()
        index = self._indexes.get(name)
        return len(index) if index is not None else 0

    def size(self, gallery: Gallery, modality: Modality) -> int:
        """People in a gallery, as of the newest change taken in."""
        generation, sizes = self._sizes
        now = self._generation  # read before the database is: what comes meanwhile makes it out of date
        if generation != now:
            sizes = {(g, m): self._store.owners(g, m) for g in self._galleries for m in Modality}
            self._sizes = (now, sizes)
        return sizes[(gallery, modality)]

    def served(self, modality: Modality) -> tuple[str, ...]:
        """Model versions to look with: the one in use, and former ones that somebody is known by alone."""
        self.warm()
        generation, served = self._served
        now = self._generation
        if generation != now:
            served = {m: self._needed(m) for m in Modality}
            self._served = (now, served)
        return served[modality]

    def _needed(self, modality: Modality) -> tuple[str, ...]:
        current = self._senses.current(modality)
        former = {name.pack for name in list(self._indexes) if name.modality is modality} - {current}
        if not former:
            return (current,)
        return (current, *sorted(former & self._store.known_alone(modality, current)))

    @property
    def generation(self) -> int:
        """The newest change that the indexes hold."""
        return self._generation

    def readiness(self) -> IndexReadiness:
        """How far the indexes are behind; changes nothing."""
        latest = self._store.latest_generation()
        held = self._generation if self._opened or not latest else 0
        packs = self._store.packs()
        current = {self._senses.current(modality) for modality in Modality}
        known = {pack for pack in packs if any(self._senses.dimensions(m, pack) is not None for m in Modality)}
        return IndexReadiness(
            held,
            latest,
            max(0, latest - held),
            unreadable=sum(count for pack, count in packs.items() if pack not in known),
            former=sum(count for pack, count in packs.items() if pack in known - current),
        )

    def warm(self) -> None:
        """Take in every committed change, so that the first search does not have to."""
        with self._lock:
            self._catch_up()

    def _confirmed(self, index: TemplateIndex, turned: Vectors, k: int) -> list[list[Kin]]:
        keys, scores = index.search(turned, k)
        standing = self._store.templates({int(key) for key in keys.ravel() if key >= 0})
        return [
            [Kin(standing[key].owner, float(score), key) for key, score in zip(*row, strict=True) if key in standing]
            for row in zip(keys.tolist(), scores.tolist(), strict=True)
        ]

    def _catch_up(self) -> None:
        if not self._opened:
            self._open()
        while changes := self._store.changes_since(self._generation, _BATCH):
            self._take_in(changes)
            self._generation = changes[-1].generation

    def _open(self) -> None:
        """Open the indexes of every version that stands; a shared one may hold changes already."""
        packs = set(self._store.packs()) | {self._senses.current(modality) for modality in Modality}
        for pack in sorted(packs):
            for modality in Modality:
                self._index_of(modality, pack)
        reached = [index.generation for index in self._indexes.values()]
        if max(reached) > self._store.latest_generation():  # read after: others add to both all the time
            raise Broken("an index is ahead of the database: it is another one's", code="likeness:index:foreign")
        self._generation = min(reached)
        self._opened = True

    def _index_of(self, modality: Modality, pack: str) -> None:
        dimensions = self._senses.dimensions(modality, pack)
        if dimensions is None:
            return
        for gallery in self._galleries:
            name = IndexName(gallery, modality, pack)
            if name not in self._indexes:
                self._indexes[name] = self._make_index(name, dimensions)

    def _take_in(self, changes: Sequence[Change]) -> None:
        added = [change.template for change in changes if change.template is not None]
        readable = [template for template in added if self._dimensions(template) is not None]
        for modality, pack in {(template.modality, template.pack) for template in readable}:
            self._index_of(modality, pack)
        held: dict[IndexName, list[tuple[int, NDArray[np.float32]]]] = {}
        for template, vector in zip(readable, self._vectors(readable), strict=True):
            if vector is not None:  # else shredded: the row's own removal is a few generations ahead
                name = IndexName(template.gallery, template.modality, template.pack)
                held.setdefault(name, []).append((template.generation, vector))
        removed = np.asarray([change.removes for change in changes if change.removes is not None], np.int64)
        for name, index in self._indexes.items():
            new = held.get(name, [])
            dimensions = self._senses.dimensions(name.modality, name.pack) or 0
            vectors = np.stack([vector for _, vector in new]) if new else np.zeros((0, dimensions), np.float32)
            keys = np.asarray([key for key, _ in new], np.int64)
            index.apply(IndexBatch(keys, vectors, removed, changes[-1].generation))

    def _dimensions(self, template: StoredTemplate) -> int | None:
        return self._senses.dimensions(template.modality, template.pack)

    def _vectors(self, templates: Sequence[StoredTemplate]) -> list[NDArray[np.float32] | None]:
        """Open templates of known versions; None for a shredded one."""
        sealed = [Sealed(one.key_id, one.sealed, context_of(one.gallery, one.modality, one.pack)) for one in templates]
        found: list[NDArray[np.float32] | None] = []
        for template, data in zip(templates, self._keyring.open_many(sealed), strict=True):
            vector = None if data is None else np.frombuffer(data, "<f4").astype(np.float32)
            if vector is not None and vector.shape != (self._dimensions(template),):
                raise Broken("a template has the wrong length", code="likeness:template:malformed")
            found.append(vector)
        return found


_UNIT_SLACK = 1e-3


def _each_once(found: Sequence[Kin]) -> tuple[Kin, ...]:
    best: dict[str, Kin] = {}
    for kin in found:
        best.setdefault(kin.owner, kin)
    return tuple(best.values())


def context_of(gallery: Gallery, modality: Modality, pack: str) -> str:
    """What a template is sealed for: it opens as nothing else."""
    return f"likeness:template:{gallery}:{modality}:{pack}"

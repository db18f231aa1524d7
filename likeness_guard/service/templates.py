"""Sealed templates in the database, and the index that is only their cache (architecture, rules 3 and 8)."""

import hashlib
import threading
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from likeness_guard.domain import Gallery, IndexReadiness, Modality
from likeness_guard.ports import Change, IndexMaker, StoredTemplate, TemplateIndex, TemplateStore, Vectors
from trust_kernel.envelope import Keyring, KeyService
from trust_kernel.errors import Broken, NotFound

_BATCH = 1000
_FIRST_K = 8
_MANY_K = 256


@dataclass(frozen=True, slots=True)
class Kin:
    """A person in a gallery, and how alike."""

    owner: str
    score: float


@dataclass(frozen=True, slots=True)
class ModelFacts:
    """What the template book must know of an embedder."""

    version: str
    dimensions: int


class TemplateBook:
    """Keeps, forgets and searches templates.

    Args:
        store: the database's rows.
        keyring: seals each template under its owner's key.
        keys: derives the secret rotation of each modality.
        make_index: makes an empty index; one is kept for each gallery and modality.
        models: the embedders' versions; rows of other versions are not searched.
    """

    def __init__(
        self,
        store: TemplateStore,
        keyring: Keyring,
        keys: KeyService,
        make_index: IndexMaker,
        models: Mapping[Modality, ModelFacts],
    ) -> None:
        self._store = store
        self._keyring = keyring
        self._models = models
        self._rotations = {m: rotation(keys.derive(f"likeness:rotation:{m}"), models[m].dimensions) for m in Modality}
        self._indexes: dict[tuple[Gallery, Modality], TemplateIndex] = {
            (gallery, modality): make_index(models[modality].dimensions)
            for gallery in (Gallery.CAMEO, Gallery.BLOCKLIST)
            for modality in Modality
        }
        self._generation = 0
        self._lock = threading.Lock()

    def keep(self, owner: str, gallery: Gallery, modality: Modality, vector: NDArray[np.float32]) -> None:
        """Rotate, seal and store one unit vector."""
        turned = np.ascontiguousarray(vector @ self._rotations[modality], "<f4")
        pack = self._models[modality].version
        sealed = self._keyring.seal(owner, turned.tobytes(), _context(gallery, modality, pack))
        self._store.add_template(owner, gallery, modality, pack, sealed)

    def forget(self, owner: str) -> None:
        """Destroy the owner's key and rows; every process drops the vectors at its next search."""
        with self._store.together():
            self._keyring.shred(owner)
            self._store.drop_templates(owner)

    def closest(self, gallery: Gallery, modality: Modality, vectors: Vectors) -> list[Kin | None]:
        """The person of a gallery most like each vector, confirmed against the database; None in an empty gallery.

        The index first takes in every change committed until now.
        """
        if not len(vectors):
            return []
        turned = np.asarray(vectors @ self._rotations[modality], np.float32)
        with self._lock:
            self._catch_up()
            index = self._indexes[(gallery, modality)]
            found = self._confirmed(index, turned, _FIRST_K)
            if any(kin is None for kin in found) and len(index) > _FIRST_K:
                found = self._confirmed(index, turned, min(_MANY_K, len(index)))
        return found

    def size(self, gallery: Gallery, modality: Modality) -> int:
        """People in a gallery."""
        return self._store.owners(gallery, modality)

    @property
    def generation(self) -> int:
        """The newest change that the indexes hold."""
        return self._generation

    def readiness(self) -> IndexReadiness:
        """How far the indexes are behind; changes nothing."""
        latest = self._store.latest_generation()
        known = {facts.version for facts in self._models.values()}
        unreadable = sum(count for pack, count in self._store.packs().items() if pack not in known)
        return IndexReadiness(self._generation, latest, max(0, latest - self._generation), unreadable)

    def warm(self) -> None:
        """Take in every committed change, so that the first search does not have to."""
        with self._lock:
            self._catch_up()

    def _confirmed(self, index: TemplateIndex, turned: Vectors, k: int) -> list[Kin | None]:
        keys, scores = index.search(turned, k)
        standing = self._store.templates({int(key) for key in keys.ravel() if key >= 0})
        found: list[Kin | None] = []
        for row_keys, row_scores in zip(keys.tolist(), scores.tolist(), strict=True):
            hits = [(s, standing[key]) for key, s in zip(row_keys, row_scores, strict=True) if key in standing]
            found.append(Kin(hits[0][1].owner, float(hits[0][0])) if hits else None)
        return found

    def _catch_up(self) -> None:
        while changes := self._store.changes_since(self._generation, _BATCH):
            for change in changes:
                self._take_in(change)
                self._generation = change.generation
        for index in self._indexes.values():
            index.generation = self._generation

    def _take_in(self, change: Change) -> None:
        if change.template is not None:
            vector = self._opened(change.template)
            if vector is not None:
                index = self._indexes[(change.template.gallery, change.template.modality)]
                index.add(change.template.generation, vector)
        elif change.removes is not None:
            for index in self._indexes.values():
                index.remove(change.removes)

    def _opened(self, template: StoredTemplate) -> NDArray[np.float32] | None:
        facts = self._models[template.modality]
        if template.pack != facts.version:
            return None
        context = _context(template.gallery, template.modality, template.pack)
        try:
            data = self._keyring.open(template.owner, template.sealed, context)
        except NotFound:  # shredded: the row's own removal is a few generations ahead
            return None
        vector = np.frombuffer(data, "<f4")
        if vector.shape != (facts.dimensions,):
            raise Broken("a template has the wrong length", code="likeness:template:malformed")
        return np.asarray(vector, np.float32)


def _context(gallery: Gallery, modality: Modality, pack: str) -> str:
    return f"likeness:template:{gallery}:{modality}:{pack}"


def rotation(secret: bytes, dimensions: int) -> NDArray[np.float32]:
    """A secret orthogonal matrix, uniform (Haar), float32 (d, d): cosines stay, coordinates match nothing else.

    SHAKE-256 stretches the secret, Box and Muller make normal numbers of it, and a QR decomposition with positive
    diagonal (Mezzadri 2007) makes them a rotation; none of it depends on a library's random generator.
    """
    count = dimensions * dimensions
    stream = np.frombuffer(hashlib.shake_256(secret).digest(16 * count), "<u8")
    uniform = (stream.astype(np.float64) + 0.5) / 2.0**64
    radius = np.sqrt(-2 * np.log(np.clip(uniform[:count], 1e-300, 1.0)))
    normal = (radius * np.cos(2 * np.pi * uniform[count:])).reshape(dimensions, dimensions)
    q, r = np.linalg.qr(normal)
    return np.asarray(q * np.sign(np.diag(r)), np.float32)

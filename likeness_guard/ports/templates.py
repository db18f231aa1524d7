"""Where templates are kept and searched."""

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from likeness_guard.domain import Gallery, Modality
from likeness_guard.ports.senses import Picture, Sound, Vectors


@dataclass(frozen=True, slots=True)
class IndexName:
    """Which vectors an index holds: vectors of unlike models never share one.

    Attributes:
        gallery: whose likenesses.
        pack: version of the model that made the vectors.
    """

    gallery: Gallery
    modality: Modality
    pack: str

    @property
    def slug(self) -> str:
        """Letters, digits and underscores, at most 40, for tables and collections of a shared index."""
        return f"{self.gallery}_{self.modality}_{hashlib.sha256(self.pack.encode()).hexdigest()[:16]}"


@dataclass(frozen=True, slots=True)
class IndexBatch:
    """Changes to take in together.

    Attributes:
        keys: int64 (n,) of what is new.
        vectors: float32 (n, d), unit rows.
        removed: int64 (m,), keys to let go of; unknown ones are fine.
        generation: the newest change in the batch.
    """

    keys: NDArray[np.int64]
    vectors: Vectors
    removed: NDArray[np.int64]
    generation: int


class TemplateIndex(Protocol):
    """A cache of vectors that answers "who is most alike", exactly: it returns what a look at every vector would.

    An index may live in this process or be shared by many; then it remembers its generation between them.
    """

    @property
    def generation(self) -> int:
        """The newest change that this index holds; 0 when new."""
        ...

    def apply(self, batch: IndexBatch) -> None:
        """Let go of what was removed, hold what is new, then carry the batch's generation; again changes nothing.

        A generation never goes back: an older batch that comes late is held, the generation stays.

        Raises:
            InvalidInput: ``likeness:template:malformed``, a vector is not finite, not of unit length or not as long as
                the index's.
            Unavailable: a shared index does not answer.
        """
        ...

    def search(self, vectors: Vectors, k: int) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """Keys and cosines, both (n, k), best first; key -1 and cosine -1 where fewer than k are held.

        Raises:
            Unavailable: a shared index does not answer.
        """
        ...

    def __len__(self) -> int:
        """How many vectors are held."""
        ...


IndexMaker = Callable[[IndexName, int], TemplateIndex]
"""Makes (or opens, where it is shared) an index for vectors of so many dimensions."""


@dataclass(frozen=True, slots=True)
class NewTemplate:
    """A sealed template to be kept; `StoredTemplate` says what its parts are."""

    owner: str
    key_id: str
    gallery: Gallery
    modality: Modality
    pack: str
    sealed: bytes
    look: str = ""


@dataclass(frozen=True, slots=True)
class StoredTemplate:
    """A sealed template as the database holds it.

    Attributes:
        generation: order of commit; also its key in the index.
        owner: subject, blocklist entry, or the case whose output it is from.
        key_id: whose key it is sealed under: the owner's, but a recognised subject's where the owner is a case.
        pack: version of the model that made it.
        sealed: the rotated vector.
        look: which of the owner's looks it is of; empty where they have but one.
    """

    generation: int
    owner: str
    key_id: str
    gallery: Gallery
    modality: Modality
    pack: str
    sealed: bytes
    look: str = ""


@dataclass(frozen=True, slots=True)
class Change:
    """One committed change: a template added, or (where `template` is None) the one of generation `removes` gone."""

    generation: int
    template: StoredTemplate | None
    removes: int | None


class TemplateStore(Protocol):
    """The truth about one log of templates."""

    def together(self) -> AbstractContextManager[None]:
        """Everything inside commits together; joins an open transaction."""
        ...

    def add_templates(self, templates: Sequence[NewTemplate]) -> list[int]:
        """Keep sealed templates; gives their generations, which grow in order of commit."""
        ...

    def drop_templates(self, owner: str) -> int:
        """Delete every template of an owner, leaving tombstones; gives how many."""
        ...

    def drop_look(self, owner: str, look: str) -> int:
        """Delete the templates of one look of an owner, leaving tombstones; gives how many."""
        ...

    def drop_generations(self, generations: Sequence[int]) -> frozenset[int]:
        """Delete some templates, leaving tombstones; gives those that stood until now."""
        ...

    def drop_sealed_by(self, key_id: str) -> int:
        """Delete every template that is sealed under a key, leaving tombstones; gives how many."""
        ...

    def drop_pack(self, pack: str) -> int:
        """Delete every template that a model version made, leaving tombstones; gives how many."""
        ...

    def changes_since(self, generation: int, limit: int) -> Sequence[Change]:
        """Committed changes after a generation, oldest first; never the caller's own uncommitted ones."""
        ...

    def latest_generation(self) -> int:
        """The newest committed generation; 0 where nothing was ever added."""
        ...

    def templates(self, generations: Iterable[int]) -> Mapping[int, StoredTemplate]:
        """Those of the given templates that still stand."""
        ...

    def of_owner(self, owner: str) -> Sequence[StoredTemplate]:
        """Every standing template of an owner, oldest first."""
        ...

    def owners(self, gallery: Gallery, modality: Modality) -> int:
        """How many people a gallery holds."""
        ...

    def packs(self) -> Mapping[str, int]:
        """How many standing templates each model version made."""
        ...

    def known_alone(self, modality: Modality, pack: str) -> frozenset[str]:
        """Model versions that somebody is known by who has no template by `pack` in that modality."""
        ...

    def left_behind(self, modality: Modality, pack: str, limit: int) -> Sequence[StoredTemplate]:
        """The oldest template of each owner who has none by `pack` in that modality; `limit` owners, oldest first."""
        ...


@dataclass(frozen=True, slots=True)
class Reference:
    """A kept picture of a face or a kept sound, sealed under its owner's key."""

    id: str
    owner: str
    gallery: Gallery
    modality: Modality
    sealed: bytes
    look: str = ""


class ReferenceStore(Protocol):
    """Reference media that may be kept."""

    def keep(self, owner: str, gallery: Gallery, modality: Modality, sealed: bytes, look: str = "") -> str:
        """Keep sealed media of one look of an owner's; gives its id."""
        ...

    def drop_look(self, owner: str, look: str) -> None:
        """Delete what is kept of one look."""
        ...

    def of_owner(self, owner: str, modality: Modality) -> Sequence[Reference]:
        """What is kept of an owner, oldest first."""
        ...

    def drop(self, owner: str) -> None:
        """Delete all that is kept of an owner."""
        ...


class ReferenceCodec(Protocol):
    """Reference media as bytes."""

    def pack_face(self, picture: Picture) -> bytes:
        """A picture, small enough to keep and good enough to embed again."""
        ...

    def unpack_face(self, data: bytes) -> Picture:
        """The picture."""
        ...

    def pack_voice(self, sound: Sound) -> bytes:
        """A sound."""
        ...

    def unpack_voice(self, data: bytes) -> Sound:
        """The sound."""
        ...


@dataclass(frozen=True, slots=True)
class PendingSearch:
    """Somebody to be looked for in everything that was made.

    Attributes:
        owner: subject or blocklist entry.
        cause: "enrolled", "blocked" or "revoked".
    """

    id: str
    owner: str
    cause: str


class SearchStore(Protocol):
    """Searches that are due."""

    def ask(self, owner: str, cause: str) -> None:
        """Note a search, in the caller's transaction."""
        ...

    def due(self, limit: int) -> Sequence[PendingSearch]:
        """The oldest ones."""
        ...

    def done(self, search_id: str) -> bool:
        """Strike one off; False where somebody else did."""
        ...

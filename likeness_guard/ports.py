"""What the likeness guard needs, as roles."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from likeness_guard.domain import Entry, Gallery, Modality

Picture = NDArray[np.uint8]
"""uint8 RGB of shape (h, w, 3)."""
Sound = NDArray[np.float32]
"""float32 mono in [-1, 1] at 16 kHz, shape (m,)."""
Vectors = NDArray[np.float32]
"""float32 of shape (n, d); rows of unit length."""


@dataclass(frozen=True, slots=True)
class DetectedFace:
    """A face in a picture.

    Attributes:
        box: x, y, width, height in pixels; may reach beyond the picture.
        score: the detector's own confidence in [0, 1].
        landmarks: float64 (5, 2) in pixels.
        scheme: "dlib5" (the corners of both eyes, the base of the nose) or "arcface5" (eyes, nose, mouth corners).
    """

    box: tuple[float, float, float, float]
    score: float
    landmarks: NDArray[np.float64]
    scheme: str = "dlib5"


@dataclass(frozen=True, slots=True)
class Speech:
    """A stretch of speech.

    Attributes:
        start: seconds.
        end: seconds.
        sureness: mean probability of speech in [0, 1].
    """

    start: float
    end: float
    sureness: float


class FaceDetector(Protocol):
    """Finds faces."""

    def detect(self, picture: Picture) -> tuple[DetectedFace, ...]:
        """Every face, largest first; raises Unavailable where the model is not installed."""
        ...


class FaceEmbedder(Protocol):
    """Makes a vector of a face."""

    version: str
    """Pack name and version; vectors of unlike versions do not compare."""
    dimensions: int

    def embed(self, picture: Picture, faces: Sequence[DetectedFace]) -> Vectors:
        """Unit vectors (n, dimensions) of the faces of one picture."""
        ...


class VoiceActivity(Protocol):
    """Finds speech: tones and music are none."""

    def speech(self, sound: Sound) -> tuple[Speech, ...]:
        """Stretches of speech in order of time, not overlapping."""
        ...


class VoiceEmbedder(Protocol):
    """Makes vectors of a voice."""

    version: str
    """Pack name and version; vectors of unlike versions do not compare."""
    dimensions: int

    def partials(self, sound: Sound) -> tuple[Vectors, NDArray[np.float64]]:
        """Unit vectors (n, dimensions) of windows over `sound`, and their (n, 2) start and end in seconds.

        At least one window for a sound that is not empty.
        """
        ...


class TemplateIndex(Protocol):
    """A cache of vectors that answers "who is most alike"."""

    generation: int
    """The newest change that this index holds; 0 when new. The owner sets it."""

    def add(self, key: int, vector: NDArray[np.float32]) -> None:
        """Hold a unit vector; replaces what the key held."""
        ...

    def remove(self, key: int) -> None:
        """Let go of a vector; unknown keys are fine."""
        ...

    def search(self, vectors: Vectors, k: int) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """Keys and cosines, both (n, k), best first; key -1 where fewer than k are held."""
        ...

    def __len__(self) -> int:
        """How many vectors are held."""
        ...


IndexMaker = Callable[[int], TemplateIndex]
"""Makes an empty index for vectors of so many dimensions."""


@dataclass(frozen=True, slots=True)
class StoredTemplate:
    """A sealed template as the database holds it.

    Attributes:
        generation: order of commit; also its key in the index.
        owner: subject or blocklist entry.
        pack: version of the model that made it.
        sealed: the rotated vector, sealed under the owner's key.
    """

    generation: int
    owner: str
    gallery: Gallery
    modality: Modality
    pack: str
    sealed: bytes


@dataclass(frozen=True, slots=True)
class Change:
    """One committed change: a template added, or (where `template` is None) the one of generation `removes` gone."""

    generation: int
    template: StoredTemplate | None
    removes: int | None


class TemplateStore(Protocol):
    """The truth about templates and blocklist entries."""

    def together(self) -> AbstractContextManager[None]:
        """Everything inside commits together; joins an open transaction."""
        ...

    def add_template(self, owner: str, gallery: Gallery, modality: Modality, pack: str, sealed: bytes) -> int:
        """Keep a sealed template; gives its generation, which grows in order of commit."""
        ...

    def drop_templates(self, owner: str) -> int:
        """Delete every template of an owner, leaving tombstones; gives how many."""
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

    def owners(self, gallery: Gallery, modality: Modality) -> int:
        """How many people a gallery holds."""
        ...

    def packs(self) -> Mapping[str, int]:
        """How many templates each model version made."""
        ...

    def add_entry(self, entry: Entry) -> None:
        """Keep a blocklist entry."""
        ...

    def remove_entry(self, entry_id: str) -> bool:
        """Delete an entry; False where there is none."""
        ...

    def entries(self) -> Sequence[Entry]:
        """Every entry, by name."""
        ...

    def entry(self, entry_id: str) -> Entry | None:
        """One entry."""
        ...

    def entries_version(self) -> int:
        """Grows with every change of the entries."""
        ...


class NameHit(Protocol):
    """Where a text names somebody."""

    @property
    def entity(self) -> str: ...  # noqa: D102
    @property
    def alias(self) -> str: ...  # noqa: D102
    @property
    def span(self) -> tuple[int, int]: ...  # noqa: D102
    @property
    def transformations(self) -> tuple[str, ...]: ...  # noqa: D102
    @property
    def score(self) -> float: ...  # noqa: D102


class NameMatching(Protocol):
    """Finds names in a text, disguised or not."""

    def match(self, text: str) -> Sequence[NameHit]:
        """Every hit, with spans in the text as given."""
        ...


NameMatcherMaker = Callable[[Iterable[tuple[str, str]]], NameMatching]
"""Builds a matcher from (entity id, alias) pairs."""

"""Making, keeping and comparing what is known of reference media."""

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from copyright_optout.domain import Reference, ReferenceChange
from trust_kernel.media.sound_search import SoundScheme, SoundWords


class SoundPrinter(Protocol):
    """Makes fingerprints of sound that survive re-encoding."""

    name: str
    """With its version: prints that were made otherwise are never compared."""
    scheme: SoundScheme
    """How its words lie in time."""

    def prints(self, samples: NDArray[np.float32]) -> SoundWords:
        """Words of a sound, uint32 (n,), `scheme.step` seconds apart; 0 where there is nothing to compare.

        Args:
            samples: float32 mono in [-1, 1] at `trust_kernel.media.refs.SAMPLE_RATE`.

        Raises:
            Unavailable: what makes them is not there, or did not answer.
        """
        ...


class LooksEmbedder(Protocol):
    """A network that gives pictures of one character, however drawn, vectors that lie close together."""

    version: str
    """Name, version and digest of the model; empty where there is none."""
    dimensions: int
    threshold: float
    """Cosine from which a person must look."""

    @property
    def is_installed(self) -> bool:
        """Whether look-alikes are searched at all."""
        ...

    def embed(self, pictures: Sequence[NDArray[np.uint8]]) -> NDArray[np.float32]:
        """Unit vectors (n, dimensions) of pictures, uint8 RGB (h, w, 3).

        Raises:
            Broken: ``model:output:shape``, ``model:output:not_finite``.
        """
        ...


class WorkCodes(Protocol):
    """Makes ISCC codes (ISO 24138); empty texts where it cannot."""

    def of_picture(self, picture: NDArray[np.uint8]) -> str:
        """The Image-Code of a picture, uint8 RGB (h, w, 3)."""
        ...

    def of_text(self, title: str, description: str) -> str:
        """The Meta-Code of a title and a description."""
        ...

    def of_sound(self, chromaprint: SoundWords) -> str:
        """The Audio-Code of a sound's Chromaprint words."""
        ...


class WorkPrints(Protocol):
    """What one decoding of a file gives; `generator_gateway.ports.bindings.Prints` is such."""

    @property
    def pictures(self) -> tuple[str, ...]:
        """PDQ hashes of frames in time order, hex, one or several of each; frames with too little are left out."""
        ...

    @property
    def times(self) -> tuple[float, ...]:
        """Seconds of each of them."""
        ...

    @property
    def sound(self) -> tuple[int, ...]:
        """Words of `trust_kernel.media.sound_prints`."""
        ...

    @property
    def iscc(self) -> str:
        """The code of its bytes; empty where none is made."""
        ...


class WorkPrinter(Protocol):
    """Decodes a reference file, in a sandbox, and makes fingerprints of it."""

    def prints(self, path: Path) -> WorkPrints:
        """Fingerprints of a video, a picture or sound.

        Raises:
            InvalidInput: the file cannot be decoded, or is more than may be read.
            Unavailable: there is no room to decode in.
        """
        ...


class ReferenceStore(Protocol):
    """What is kept of reference media, in the database."""

    def add(self, reference: Reference) -> None:
        """Keep one, in the caller's transaction."""
        ...

    def of_claim(self, claim_id: str) -> Sequence[Reference]:
        """Those of a claim, oldest first."""
        ...

    def count(self, claim_id: str) -> int:
        """How many a claim has, texts not counted."""
        ...

    def drop(self, reference_id: str) -> None:
        """Forget one; nothing where there is none."""
        ...

    def find(self, reference_ids: Sequence[str]) -> Sequence[Reference]:
        """Some of them, as committed now."""
        ...

    def changes_since(self, generation: int, most: int) -> Sequence[ReferenceChange]:
        """The next claims changed after a generation, in the order of their generations; committed ones only.

        Args:
            generation: reached before; 0 for the beginning.
            most: claims. More come where the last generation has more: whoever reads goes on behind a whole one.
        """
        ...

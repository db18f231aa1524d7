"""Comparing what a prompt describes with what rights holders described."""

from collections.abc import Collection, Mapping, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]
"""Shape (n, d): one unit vector a text; what means the same points the same way."""
Vector = NDArray[np.float32]
"""Shape (d,): one of them."""
Described = tuple[str, str]
"""A claim's id, and the digest of one of its descriptions (`domain.describing.digest_of`)."""


class SentenceEmbedder(Protocol):
    """Turns sentences into vectors by what they mean, without a network."""

    @property
    def version(self) -> str:
        """Which model, for records; vectors of two versions do not compare. Empty where there is none."""
        ...

    def threshold(self, count: int) -> float:
        """Cosine from which two texts are alike enough for a person to look, as calibrated for this model.

        Args:
            count: descriptions that a prompt is compared with: among many, one is like it by chance.
        """
        ...

    def embed(self, texts: Sequence[str]) -> Vectors:
        """A unit vector for each text, in one pass; texts longer than the model reads are cut.

        Raises:
            Unavailable: its model is not installed.
        """
        ...


class NothingEmbedded:
    """Compares nothing: for a deployment that turned this off. No vector is like any other."""

    version = ""

    def threshold(self, count: int) -> float:
        """Nothing is as alike as that."""
        del count
        return 1.0

    def embed(self, texts: Sequence[str]) -> Vectors:
        """No vectors."""
        del texts
        return np.zeros((0, 0), np.float32)


class KeptVectors(Protocol):
    """Vectors of descriptions that some process made before, so that no other has to."""

    def of_claims(self, claim_ids: Collection[str], version: str) -> Mapping[Described, Vector]:
        """What the model of this version made of descriptions of these claims, as committed now."""
        ...

    def keep(self, version: str, vectors: Mapping[Described, Vector]) -> None:
        """Keep what was made, in a transaction of its own, until the claim ends or another model takes over.

        Of claims that are not active, or that are being changed just now, nothing is kept.

        Raises:
            Unavailable: the database does not answer.
        """
        ...


class NothingKept:
    """Every process makes its own."""

    def of_claims(self, claim_ids: Collection[str], version: str) -> Mapping[Described, Vector]:
        """Nothing."""
        del claim_ids, version
        return {}

    def keep(self, version: str, vectors: Mapping[Described, Vector]) -> None:
        """Nothing is kept."""

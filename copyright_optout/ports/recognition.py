"""Making and finding fingerprints of pictures."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from copyright_optout.domain import ClaimChange, Fingerprint

Hashes = NDArray[np.uint64]
"""Shape (n, 4): PDQ hashes as four words, the hash's first hex digits first."""


@dataclass(frozen=True, slots=True)
class View:
    """One way of looking at a picture: whole, without borders, a part of it.

    Attributes:
        turned: its hashes in all eight orientations, shape (8, 4), the first as it stands; of a window round a spot as
            it stands and mirrored, shape (2, 4).
        quality: 0 to 100.
        spot: whether it is a window round a spot, which is searched among its like alone.
    """

    turned: Hashes
    quality: int
    spot: bool = False


class PictureHasher(Protocol):
    """Makes fingerprints that survive re-encoding, resizing and recolouring."""

    def fingerprint(self, picture: NDArray[np.uint8]) -> Fingerprint:
        """The hash of a whole picture, uint8 RGB (h, w, 3)."""
        ...

    def references(self, picture: NDArray[np.uint8]) -> Sequence[Fingerprint]:
        """The hashes that are kept of a reference picture, so that cropped copies of it are found too."""
        ...

    def views(self, picture: NDArray[np.uint8]) -> Sequence[View]:
        """The hashes that are searched for, views with too little in them left out."""
        ...


@dataclass(frozen=True, slots=True)
class IndexHit:
    """A stored hash near a query.

    Attributes:
        query: row of the query.
        distance: bits of 256.
    """

    query: int
    claim_id: str
    distance: int


class FingerprintIndex(Protocol):
    """Finds stored hashes near given ones. A cache: what it says is confirmed against the claim."""

    def apply(self, changes: Sequence[ClaimChange]) -> None:
        """Replace what is known of each changed claim, in order; inactive ones are forgotten."""
        ...

    def search(self, queries: Hashes, within: int) -> Sequence[IndexHit]:
        """Every claim within that many bits of a query: the nearest hash of the claim for each query."""
        ...

    def __len__(self) -> int:
        """Hashes held."""
        ...

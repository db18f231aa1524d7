"""What the use-cases need, as roles."""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from copyright_optout.domain import Claim, ClaimChange, Fingerprint
from trust_kernel.media.refs import Look, MediaLimits

Hashes = NDArray[np.uint64]
"""Shape (n, 4): PDQ hashes as four words, the hash's first hex digits first."""


@dataclass(frozen=True, slots=True)
class View:
    """One way of looking at a picture: whole, without borders, a part of it.

    Attributes:
        turned: its hashes in all eight orientations, shape (8, 4); the first is as it stands.
        quality: 0 to 100.
    """

    turned: Hashes
    quality: int


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


class ClaimStore(Protocol):
    """The claims, in the database."""

    def transaction(self) -> AbstractContextManager[object]:
        """One unit of work; joins one that is open."""
        ...

    def add(self, claim: Claim, fingerprints: Iterable[Fingerprint]) -> None:
        """Keep a new claim."""
        ...

    def get(self, claim_id: str, *, lock: bool = False) -> Claim | None:
        """A claim, locked until the transaction ends if asked."""
        ...

    def replace(self, claim: Claim) -> None:
        """Keep a changed claim; a change of state gets the next generation."""
        ...

    def of_holder(self, rights_holder: str | None) -> Sequence[Claim]:
        """Claims of one rights holder, or of all, newest first."""
        ...

    def many(self, claim_ids: Iterable[str]) -> Mapping[str, Claim]:
        """The claims with these ids, as committed now."""
        ...

    def latest_generation(self) -> int:
        """Generation of the last committed change; 0 where there is none."""
        ...

    def changes_since(self, generation: int) -> Sequence[ClaimChange]:
        """Claims changed after a generation, in the order of their generations."""
        ...


class Record(Protocol):
    """The ledger: digests and codes only."""

    def append(self, kind: str, body: Mapping[str, str | int]) -> object:
        """Append inside the caller's transaction."""
        ...


class PictureDecoder(Protocol):
    """Decodes what somebody uploaded, in the sandbox."""

    def look(self, path: Path, limits: MediaLimits, *, field: str = "pictures") -> Look:
        """Decode a file; raises InvalidInput about `field` where it is no usable medium."""
        ...

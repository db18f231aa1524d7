"""Claims of rights holders, and what it means that something looks or is called like a claimed work."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from copyright_optout.errors import IllegalMove

MATCH_DISTANCE = 31
"""PDQ bits of 256 up to which two pictures are the same: the vPDQ default (ThreatExchange, "vpdq" README)."""

UNSURE_DISTANCE = 48
"""PDQ bits up to which a person must look. Different pictures came no nearer than 90 in our measurement."""

LEAST_QUALITY = 50
"""PDQ quality (0 to 100) below which a picture has too little in it to be compared: the vPDQ default."""

LEAST_SHARE = 0.8
"""Share of frames that must match for two videos to be the same: the vPDQ default."""

MOST_FRAMES = 24
"""Frames that are looked at in one medium."""

HASH_BITS = 256

MOST_NAMES = 200
LONGEST_NAME = 200
MOST_PICTURES = 50


class OptOutReason(StrEnum):
    """What this guard says to the gates."""

    CHARACTER_NAMED = "optout:character:named"
    WORK_NAMED = "optout:work:named"
    FRANCHISE_NAMED = "optout:franchise:named"
    CHARACTER_PICTURED = "optout:character:pictured"
    WORK_PICTURED = "optout:work:pictured"
    FRANCHISE_PICTURED = "optout:franchise:pictured"
    NAME_UNSURE = "optout:name:unsure"
    PICTURE_UNSURE = "optout:picture:unsure"
    LICENSED = "optout:claim:licensed"
    CLEAR = "optout:guard:clear"
    UNAVAILABLE = "optout:guard:unavailable"


class ClaimKind(StrEnum):
    """What is claimed."""

    CHARACTER = "character"
    WORK = "work"
    FRANCHISE = "franchise"


class ClaimState(StrEnum):
    """Where a claim stands. Only ACTIVE claims stop anything."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    VERIFIED = "verified"
    ACTIVE = "active"
    DISPUTED = "disputed"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"


_MOVES = MappingProxyType(
    {
        ClaimState.DRAFT: frozenset({ClaimState.SUBMITTED, ClaimState.WITHDRAWN}),
        ClaimState.SUBMITTED: frozenset({ClaimState.VERIFIED, ClaimState.ACTIVE, ClaimState.WITHDRAWN}),
        ClaimState.VERIFIED: frozenset({ClaimState.ACTIVE, ClaimState.WITHDRAWN}),
        ClaimState.ACTIVE: frozenset({ClaimState.DISPUTED, ClaimState.WITHDRAWN, ClaimState.EXPIRED}),
        ClaimState.DISPUTED: frozenset({ClaimState.ACTIVE, ClaimState.WITHDRAWN, ClaimState.EXPIRED}),
        ClaimState.WITHDRAWN: frozenset(),
        ClaimState.EXPIRED: frozenset(),
    }
)


def may_move(before: ClaimState, after: ClaimState) -> bool:
    """Whether a claim may go from one state to another; withdrawn and expired ones are final."""
    return after in _MOVES[before]


class Band(StrEnum):
    """How sure a resemblance is."""

    MATCH = "match"
    UNSURE = "unsure"


@dataclass(frozen=True, slots=True)
class Claim:
    """A rights holder's statement that a work or character may not be generated.

    Attributes:
        id: ``claim_…``.
        rights_holder: account id.
        title: what the rights holder calls it; searched for like the names.
        names: further names that it goes by.
        licensees: account ids that may generate it.
        territory: where the right holds, as the rights holder says; empty for everywhere. It is told, not applied.
        pictures: how many reference pictures were filed.
        expires_at: the moment from which it stops nothing, or None.
    """

    id: str
    rights_holder: str
    kind: ClaimKind
    title: str
    names: tuple[str, ...]
    licensees: tuple[str, ...]
    territory: str
    state: ClaimState
    pictures: int
    created_at: datetime
    changed_at: datetime
    expires_at: datetime | None = None

    @property
    def aliases(self) -> tuple[str, ...]:
        """Everything that a prompt is searched for."""
        return tuple(dict.fromkeys((self.title, *self.names)))

    def stands(self, at: datetime) -> bool:
        """Whether it stops anything at a moment; at `expires_at` itself it no longer does."""
        return self.state is ClaimState.ACTIVE and (self.expires_at is None or at < self.expires_at)

    def licenses(self, account_id: str) -> bool:
        """Whether an account may generate it: its rights holder and those it named."""
        return account_id == self.rights_holder or account_id in self.licensees

    def check_move(self, after: ClaimState) -> None:
        """Raises IllegalMove where the claim may not go to that state."""
        if not may_move(self.state, after):
            raise IllegalMove(f"a claim that is {self.state} cannot become {after}", field="state")


@dataclass(frozen=True, slots=True)
class NewClaim:
    """What a rights holder files.

    Attributes:
        rights_holder: account id.
        pictures: uint8 RGB of shape (h, w, 3), reference pictures of the work or character.
    """

    rights_holder: str
    kind: ClaimKind
    title: str
    names: Sequence[str] = ()
    pictures: Sequence[NDArray[np.uint8]] = ()
    licensees: Sequence[str] = ()
    territory: str = ""
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """The PDQ hash of a picture.

    Attributes:
        bits: 64 hex digits.
        quality: 0 to 100.
    """

    bits: str
    quality: int

    @property
    def is_usable(self) -> bool:
        """Whether there was enough in the picture."""
        return self.quality >= LEAST_QUALITY


@dataclass(frozen=True, slots=True)
class ClaimChange:
    """What an index must know of a claim that began or ceased to stand.

    Attributes:
        generation: of the change; grows in the order of commits.
        fingerprints: hex; empty where it does not stand.
    """

    claim_id: str
    generation: int
    active: bool
    aliases: tuple[str, ...] = ()
    fingerprints: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class NamedWork:
    """A claimed work that a text names.

    Attributes:
        span: characters [start, end) of the text.
        transformations: how the name was hidden; see `trust_kernel.names.NameHit`.
        score: 1.0 the name itself; [0.9, 1) disguised; [0.75, 0.9) misspelled, unsure.
    """

    claim: Claim
    alias: str
    span: tuple[int, int]
    transformations: tuple[str, ...]
    score: float

    @property
    def reason(self) -> OptOutReason:
        """The reason code for a gate's finding."""
        return NAMED[self.claim.kind] if self.score >= SURE_NAME else OptOutReason.NAME_UNSURE


SURE_NAME = 0.9
"""Score from which a name is meant."""


@dataclass(frozen=True, slots=True)
class PicturedWork:
    """A claimed work that a medium shows.

    Attributes:
        distance: bits of 256 between the nearest frame and the nearest reference picture.
        threshold: bits up to which it is a match.
        seconds: first and last frame that shows it.
        quality: PDQ quality of the nearest frame, 0 to 100.
    """

    claim_id: str
    kind: ClaimKind
    title: str
    band: Band
    distance: int
    threshold: int
    seconds: tuple[float, float]
    quality: int

    @property
    def score(self) -> float:
        """Share of bits that agree, in [0, 1]: higher is more alike, as findings want it."""
        return 1 - self.distance / HASH_BITS

    @property
    def score_threshold(self) -> float:
        """The score from which it is a match."""
        return 1 - self.threshold / HASH_BITS

    @property
    def reason(self) -> OptOutReason:
        """The reason code for a gate's finding."""
        return PICTURED[self.kind] if self.band is Band.MATCH else OptOutReason.PICTURE_UNSURE


MADE_WITH = MappingProxyType(
    {
        "optout:hash": "pdq",
        "optout:match_distance": str(MATCH_DISTANCE),
        "optout:unsure_distance": str(UNSURE_DISTANCE),
        "optout:least_quality": str(LEAST_QUALITY),
    }
)
"""What decisions of this guard are made with, for the record of a decision."""


@dataclass(frozen=True, slots=True)
class IndexReadiness:
    """How far this process has read.

    Attributes:
        generation: the last change in memory.
        latest: the last change committed.
    """

    generation: int
    latest: int

    @property
    def lag(self) -> int:
        """Changes not read yet; the next search reads them first."""
        return self.latest - self.generation


NAMED = MappingProxyType(
    {
        ClaimKind.CHARACTER: OptOutReason.CHARACTER_NAMED,
        ClaimKind.WORK: OptOutReason.WORK_NAMED,
        ClaimKind.FRANCHISE: OptOutReason.FRANCHISE_NAMED,
    }
)
PICTURED = MappingProxyType(
    {
        ClaimKind.CHARACTER: OptOutReason.CHARACTER_PICTURED,
        ClaimKind.WORK: OptOutReason.WORK_PICTURED,
        ClaimKind.FRANCHISE: OptOutReason.FRANCHISE_PICTURED,
    }
)

_MIRRORED = int("5" * (HASH_BITS // 4), 16)
_UPSIDE_DOWN = int(("0" * 4 + "f" * 4) * (HASH_BITS // 32), 16)


def alike(left: Sequence[str], right: Sequence[str]) -> bool:
    """Whether two lists of frame fingerprints are of the same video, or one of a part of the other.

    True where, for either list, at least 80 % of its frames lie within 31 bits of some frame of the other (the vPDQ
    defaults). The right one may be mirrored, upside down or both: flipping a picture negates every other column or row
    of its DCT, which in the hash is to invert those bits, give or take a few. Empty lists are like nothing.

    Args:
        left: PDQ hashes, 64 hex digits each.
        right: the same.
    """
    if not left or not right:
        return False
    ours = [int(bits, 16) for bits in left]
    theirs = [int(bits, 16) for bits in right]
    turns = (0, _MIRRORED, _UPSIDE_DOWN, _MIRRORED ^ _UPSIDE_DOWN)
    return any(_shares(ours, [bits ^ turn for bits in theirs]) >= LEAST_SHARE for turn in turns)


def _shares(left: Sequence[int], right: Sequence[int]) -> float:
    return max(_share(left, right), _share(right, left))


def _share(these: Sequence[int], those: Sequence[int]) -> float:
    near = sum(any((this ^ that).bit_count() <= MATCH_DISTANCE for that in those) for this in these)
    return near / len(these)

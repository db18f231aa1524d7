"""What it means that something looks like a claimed work."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

from copyright_optout.domain.claims import Claim, ClaimKind
from copyright_optout.domain.footage import Overlap
from copyright_optout.domain.reasons import OptOutReason

MATCH_DISTANCE = 31
"""PDQ bits of 256 up to which two pictures are the same: the vPDQ default (ThreatExchange, "vpdq" README)."""

UNSURE_DISTANCE = 47
"""PDQ bits up to which a person must look. Different pictures came no nearer than 90 in our measurement. 31 and 47 are
the last of their cost to the index, which goes by sixteenths of the bits (docs/decisions/0027)."""

LEAST_QUALITY = 50
"""PDQ quality (0 to 100) below which a picture has too little in it to be compared: the vPDQ default."""

LEAST_SHARE = 0.8
"""Share of frames that must match for two videos to be the same: the vPDQ default."""

LEAST_PICTURES = 3
"""Different pictures of a claimed video from which on a video that shows them is a match, however long both are."""

LEAST_SPOTS = 2
"""Windows round spots of one picture that make a match; one alone is for a person: two pictures may share a button."""

LEAST_SECONDS = 5.0
"""Seconds of a claimed sound from which on it is a match; what is shorter is for a person."""

MOST_FRAMES = 24
"""Frames that are looked at in one medium."""

HASH_BITS = 256


class Band(StrEnum):
    """How sure a resemblance is."""

    MATCH = "match"
    UNSURE = "unsure"


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """The PDQ hash of a picture.

    Attributes:
        bits: 64 hex digits.
        quality: 0 to 100.
        least: quality from which there is enough in it.
        spot: whether it is of a window round a spot, which is compared with its like alone.
    """

    bits: str
    quality: int
    least: int = field(default=LEAST_QUALITY, compare=False)
    spot: bool = False

    @property
    def is_usable(self) -> bool:
        """Whether there was enough in the picture."""
        return self.quality >= self.least


@dataclass(frozen=True, slots=True)
class PicturedWork:
    """A claimed work that a medium shows.

    Attributes:
        distance: bits of 256 between the nearest frame and the nearest reference picture, or between windows of both.
        threshold: bits up to which it is a match.
        seconds: first and last frame that shows it.
        quality: PDQ quality of the nearest frame, 0 to 100.
        overlap: with a claimed video; None where it is a claimed picture that is shown.
    """

    claim: Claim
    band: Band
    distance: int
    threshold: int
    seconds: tuple[float, float]
    quality: int
    overlap: Overlap | None = None

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
        return PICTURED[self.claim.terms.kind] if self.band is Band.MATCH else OptOutReason.PICTURE_UNSURE


PICTURED = MappingProxyType(
    {
        ClaimKind.CHARACTER: OptOutReason.CHARACTER_PICTURED,
        ClaimKind.WORK: OptOutReason.WORK_PICTURED,
        ClaimKind.FRANCHISE: OptOutReason.FRANCHISE_PICTURED,
        ClaimKind.STYLE: OptOutReason.STYLE_PICTURED,
        ClaimKind.MUSIC: OptOutReason.MUSIC_PICTURED,
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

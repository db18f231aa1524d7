"""Claims and hashes as others exchange them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from copyright_optout.domain.imports import ClaimImport, LineTrouble

LARGEST_FEED = 4_000_000
"""Bytes of a feed."""
MOST_ENTRIES = 4_000
"""Entries of a feed of reservations; fewer than the bytes of a list that say what it is, as those passed over are empty
lines there."""
MOST_HASHES = 20_000
"""Entries of a feed of hashes."""
OWN_TERM = "placet:claim"
"""Member that says what no other format can: what is not to be generated (docs/optouts.md)."""
OWN_NAMESPACE = "urn:placet:claim:1"
"""Namespace of that member in XML, and its prefix in JSON-LD."""


class FeedFormat(StrEnum):
    """What can be read and written."""

    TDMREP = "tdmrep"
    """W3C Community Group, TDM Reservation Protocol, final report of 2024-05-10: ``/.well-known/tdmrep.json``."""
    RSL = "rsl"
    """Really Simple Licensing 1.0, with its errata to 2026-08-07; the words of its drafts are read too."""
    TDMAI = "tdmai"
    """TDM-AI declarations, 2025-11-04: a reservation bound to an ISCC, in TDMRep's or in the IETF's words."""
    PDQ = "pdq"
    """A PDQ or vPDQ hash a line, as the file exchange of python-threatexchange and HMA reads it."""
    THREATEXCHANGE = "threatexchange"
    """Descriptors or updates of Meta's ThreatExchange, of type HASH_PDQ or HASH_VIDEO_VPDQ."""


HASHES = frozenset({FeedFormat.PDQ, FeedFormat.THREATEXCHANGE})
"""Formats that know pictures and videos, and no names."""


class Lost(StrEnum):
    """What one side says and the other cannot."""

    LICENCES = "licences"
    REFERENCES = "references"
    """Pictures, videos and sounds."""
    PROOF = "proof"
    TERMS = "terms"
    """Everything but that there are pictures: names, settings, territories, dates."""
    POLICY = "policy"
    """Where a licence can be had, and what it costs."""
    LIMITS = "limits"
    """Of whom, where or for which use something holds."""
    METADATA = "metadata"
    """Tags and descriptions of a hash; of an address, whose it is and what else is said of it."""
    ISCC = "iscc"
    """There is no code of this claim, and the format needs one: it was left out."""


Said = Mapping[str, str | list[str]]
"""Fields of a list of claims, see `copyright_optout.domain.imports.COLUMNS`."""


@dataclass(frozen=True, slots=True)
class FeedEntry:
    """One entry of a feed of reservations.

    Attributes:
        number: its place in the feed, from 1.
        about: what is reserved, as the format names it: a path or address, or an ISCC. Empty where it cannot be read.
        reserved: whether anything is.
        said: our own term, where the entry has it.
        lost: what it says besides, and a claim cannot.
    """

    number: int
    about: str
    reserved: bool = True
    said: object = None
    lost: frozenset[Lost] = frozenset()


@dataclass(frozen=True, slots=True)
class FeedClaim:
    """A claim on its way out.

    Attributes:
        about: as in `FeedEntry`.
        said: our own term.
    """

    about: str
    said: Said


@dataclass(frozen=True, slots=True)
class FeedFrame:
    """One frame of a video in a feed of hashes.

    Attributes:
        bits: 64 hex digits.
        quality: 0 to 100.
        second: when it is shown, from 0.
    """

    bits: str
    quality: int
    second: float


@dataclass(frozen=True, slots=True)
class FeedHash:
    """One entry of a feed of hashes: a picture, or a video.

    Attributes:
        bits: of a picture, 64 hex digits; empty of a video, and where the entry is neither.
        quality: 0 to 100; 100 where the feed does not say, because what is exchanged was looked at.
        label: what it is of, on its way out.
        frames: of a video.
        retracted: its source takes it back, or says that it is nothing to stop.
    """

    number: int
    bits: str
    quality: int = 100
    label: str = ""
    lost: frozenset[Lost] = frozenset()
    frames: tuple[FeedFrame, ...] = ()
    retracted: bool = False


@dataclass(frozen=True, slots=True)
class EntryNote:
    """What became of an entry that was not taken in whole.

    Attributes:
        number: its place in the feed, from 1: the same as its line in the report of the import.
        trouble: why nothing of it was taken in; None where something was.
        lost: what of it a claim cannot say.
    """

    number: int
    trouble: LineTrouble | None = None
    lost: frozenset[Lost] = frozenset()


@dataclass(frozen=True, slots=True)
class FeedReport:
    """What became of a feed.

    Attributes:
        job: takes in its claims, as drafts; None of a bank of hashes, or where no entry reserves anything.
        claim_id: of a bank of hashes.
        added: hashes that were not there yet, a video's all as one.
    """

    notes: Sequence[EntryNote]
    job: ClaimImport | None = None
    claim_id: str = ""
    added: int = 0


@dataclass(frozen=True, slots=True)
class FeedOut:
    """Claims as a feed.

    Attributes:
        claims: how many it has.
        lost: what they say, and it cannot.
    """

    document: bytes
    claims: int
    lost: frozenset[Lost]

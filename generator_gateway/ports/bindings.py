"""Finding a release by what a file looks and sounds like, or by what its mark says."""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Protocol

import numpy as np

SOUND_STEP = 0.032
"""Seconds from one sub-fingerprint of sound to the next."""


DETAIL = np.dtype([("x", ">i2"), ("y", ">i2"), ("scale", "u1"), ("around", "u1", 32)])
"""One detail of a frame: where it lies, in pixels; the number of the scale it was seen at; 256 bits around it."""


class BindingReason(StrEnum):
    """Why a soft binding could not be resolved."""

    ALGORITHM = "binding:algorithm:unknown"
    VALUE = "binding:value:malformed"
    CONTENT = "binding:content:unreadable"
    MANIFEST_ID = "binding:manifest:malformed"
    MANIFEST = "binding:manifest:unknown"
    STORE = "binding:manifest:damaged"


@dataclass(frozen=True, slots=True)
class Prints:
    """Fingerprints of one medium. They survive re-encoding; they prove nothing alone.

    Attributes:
        pictures: PDQ hashes (256 bits, hex) of sampled frames, in time order; empty without pictures.
        sound: 32-bit sub-fingerprints of the sound, in time order, one each `SOUND_STEP` seconds from the start; 0
            where there is nothing to compare. Empty without sound.
        iscc: ISCC composite code (ISO 24138) of the content; empty where none can be made.
        times: seconds of each of `pictures`; empty where they are not known.
        details: of each of `pictures`, `DETAIL` records that survive cropping; empty bytes for a frame whose details
            were not looked for. Not needed to find a release, but to tell a crop of it from another video.
    """

    pictures: tuple[str, ...] = ()
    sound: tuple[int, ...] = ()
    iscc: str = ""
    times: tuple[float, ...] = ()
    details: tuple[bytes, ...] = ()

    def between(self, start: float, end: float) -> "Prints":
        """What of these belongs to a stretch of time, in seconds; without the code of the whole."""
        first, last = max(0, round(start / SOUND_STEP)), max(0, round(end / SOUND_STEP))
        kept = [place for place, seconds in enumerate(self.times) if start <= seconds <= end]
        return Prints(
            pictures=tuple(self.pictures[place] for place in kept),
            sound=self.sound[first:last],
            times=tuple(self.times[place] - start for place in kept),
            details=tuple(self.details[place] for place in kept) if self.details else (),
        )


@dataclass(frozen=True, slots=True)
class ByteCodes:
    """What an ISCC says of a file's bytes.

    Attributes:
        data: the Data-Code's body, up to 16 bytes: near for byte streams that share most of their chunks.
        instance: the Instance-Code's body, up to 16 bytes: the beginning of the bytes' BLAKE3 hash.
    """

    data: bytes = b""
    instance: bytes = b""


@dataclass(frozen=True, slots=True)
class BindingMatch:
    """A release that a fingerprint or a mark points to.

    Attributes:
        case_id: the release.
        manifest_label: URN of its manifest.
        similarity: in [0, 100]; 100 for an exact binding. Of pictures and sound, the share of bits alike, times the
            share of frames that are.
        matched_by: "mark", "sound_mark", "pictures", "sound" or "iscc".
    """

    case_id: str
    manifest_label: str
    similarity: int
    matched_by: str


class PrintMaker(Protocol):
    """Makes fingerprints of files, somewhere safe from what a hostile file does to a decoder."""

    def prints(self, path: Path) -> Prints:
        """Fingerprints of a video, a picture or sound.

        Raises:
            InvalidInput: the file cannot be decoded.
        """
        ...


class Bindings(Protocol):
    """What every release is bound to. Releases that were withdrawn are found like those that stand."""

    def register(self, case_id: str, prints: Prints, manifest_digest: str) -> None:
        """Keep a release's fingerprints and its manifest store's blob, in the caller's transaction.

        The release itself is inserted before, in the same transaction; of its row the numbers are taken.

        Raises:
            NotFound: there is no such release.
        """
        ...

    def manifest(self, manifest_label: str) -> bytes | None:
        """The manifest store of a release that stands; None where there is none.

        A store holds a picture of the video, and of those that it is a remix of, so where one of them was withdrawn it
        is not given any more.
        """
        ...

    def by_mark(self, release_number: int) -> tuple[BindingMatch, ...]:
        """The release whose mark in pictures says this number; none or one."""
        ...

    def by_sound_mark(self, sound_number: int) -> tuple[BindingMatch, ...]:
        """Releases whose mark in sound says this number; rarely more than one."""
        ...

    def nearest(self, prints: Prints, limit: int = 10) -> tuple[BindingMatch, ...]:
        """Releases that look or sound alike, the most similar first; one entry for each way in which one does."""
        ...

    def by_codes(self, codes: ByteCodes, limit: int = 10) -> tuple[BindingMatch, ...]:
        """Releases whose files have the same bytes, or nearly so, the most similar first."""
        ...

    def fits(self, case_id: str, prints: Prints) -> tuple[BindingMatch, ...]:
        """The ways in which one release looks or sounds like these; none where it does not or has no fingerprints.

        Less is needed than for `nearest`, because a mark or a credential named the release; and pictures that show a
        part of the release's, cropped, turned or inset, are like them.
        """
        ...


class SaysNumbers(Protocol):
    """What was read of marks of one kind."""

    @property
    def payloads(self) -> tuple[int, ...]:
        """Every number found, that with the longest stretches first; none where nothing was found."""
        ...


class FoundMarks(Protocol):
    """What a file carries, as `watermark.api.MarksFound` says it."""

    @property
    def picture(self) -> SaysNumbers | None:
        """None where there are no pictures."""
        ...

    @property
    def sound(self) -> SaysNumbers | None:
        """None where there is no sound, or it was not listened to."""
        ...


class Finds(Protocol):
    """Reads marks; `watermark.api.MarkingService` does."""

    def read(self, path: Path, *, thorough: bool) -> FoundMarks:
        """Look and listen for marks in a file.

        Raises:
            InvalidInput: the file cannot be decoded.
            Unavailable: the detector is not installed.
        """
        ...

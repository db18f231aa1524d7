"""Finding a release by what a file looks and sounds like, or by what its mark says."""

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Prints:
    """Fingerprints of one medium. They survive re-encoding; they prove nothing alone.

    Attributes:
        pictures: PDQ hashes (256 bits, hex) of sampled frames, in time order; empty without pictures.
        sound: 32-bit sub-fingerprints of the sound, in time order; empty without sound.
        iscc: ISCC composite code (ISO 24138) of the content; empty where none can be made.
    """

    pictures: tuple[str, ...] = ()
    sound: tuple[int, ...] = ()
    iscc: str = ""


@dataclass(frozen=True, slots=True)
class BindingMatch:
    """A release that a fingerprint or a mark points to.

    Attributes:
        case_id: the release.
        manifest_label: URN of its manifest.
        similarity: in [0, 100]; 100 for an exact binding.
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
    """What every release is bound to."""

    def register(self, case_id: str, prints: Prints, manifest_digest: str) -> None:
        """Keep a release's fingerprints and its manifest store's blob, in the caller's transaction."""
        ...

    def manifest(self, manifest_label: str) -> bytes | None:
        """The manifest store of a release that stands or was withdrawn; None where there is none."""
        ...

    def by_mark(self, release_number: int) -> tuple[BindingMatch, ...]:
        """The release whose mark in pictures says this number; none or one."""
        ...

    def by_sound_mark(self, sound_number: int) -> tuple[BindingMatch, ...]:
        """Releases whose mark in sound says this number; rarely more than one."""
        ...

    def nearest(self, prints: Prints, limit: int = 10) -> tuple[BindingMatch, ...]:
        """Releases that look or sound alike, the most similar first."""
        ...

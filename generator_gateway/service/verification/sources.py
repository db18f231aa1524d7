"""What a verification asks, as roles."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from generator_gateway.ports import ReleaseRecord
from generator_gateway.ports.bindings import BindingMatch, PrintMaker, Prints
from generator_gateway.ports.verification import Proves
from watermark.api import CredentialReport, MarksFound


class Examines(Protocol):
    """Reads credentials in the sandbox; `watermark.api.CredentialService` is one."""

    def examine(
        self,
        path: Path,
        *,
        trust_anchors: Sequence[str] = (),
        tsa_anchors: Sequence[str] = (),
        manifest: bytes | None = None,
    ) -> CredentialReport:
        """What a file's credential, or a stored one held against it, is worth."""
        ...

    def crjson(self, path: Path, *, trust_anchors: Sequence[str] = (), tsa_anchors: Sequence[str] = ()) -> str | None:
        """A file's credential as crJSON; None where none can be read."""
        ...


class ReadsMarks(Protocol):
    """Looks for marks in the sandbox; `watermark.api.MarkingService` is one."""

    def read(self, path: Path, *, thorough: bool) -> MarksFound:
        """Look and listen.

        Raises:
            InvalidInput: the file cannot be decoded.
            Unavailable: the detector is not installed, or there is no key.
        """
        ...


class FindsReleases(Protocol):
    """The release rows, read."""

    def find(self, case_id: str) -> ReleaseRecord | None:
        """The release of a case."""
        ...

    def by_number(self, release_number: int) -> ReleaseRecord | None:
        """The release whose mark in pictures says this number."""
        ...

    def by_manifest(self, manifest_label: str) -> ReleaseRecord | None:
        """The release that a manifest belongs to."""
        ...


class FindsBindings(Protocol):
    """What releases are bound to, read; see `generator_gateway.ports.bindings.Bindings`."""

    def manifest(self, manifest_label: str) -> bytes | None:
        """The manifest store of a release."""
        ...

    def by_sound_mark(self, sound_number: int) -> tuple[BindingMatch, ...]:
        """Releases whose mark in sound says this number."""
        ...

    def nearest(self, prints: Prints, limit: int = 10) -> tuple[BindingMatch, ...]:
        """Releases that look or sound alike."""
        ...

    def fits(self, case_id: str, prints: Prints) -> tuple[BindingMatch, ...]:
        """The ways in which one release looks or sounds like these."""
        ...


@dataclass(frozen=True, slots=True)
class Sources:
    """What a verification asks.

    Attributes:
        credentials: about credentials.
        marks: about marks.
        prints: about fingerprints.
        bindings: which release is bound to them.
        releases: what became of it.
        ledger: whether the public record holds it.
        alike: whether two lists of frame hashes are of one video, or one of a part of the other.
        development: organisation that stands in certificates which nobody outside can trust; a note says so.
    """

    credentials: Examines
    marks: ReadsMarks
    prints: PrintMaker
    bindings: FindsBindings
    releases: FindsReleases
    ledger: Proves
    alike: Callable[[tuple[str, ...], tuple[str, ...]], bool]
    development: str = ""

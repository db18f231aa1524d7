"""What content credentials need, as roles."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from watermark.domain.credentials import CredentialClaim, Reading, TrustAnchors


class CredentialKey(Protocol):
    """A signing key and its certificates: a file, a KMS or an HSM."""

    @property
    def chain_pem(self) -> str:
        """The leaf certificate, then those that lead to its root, PEM."""
        ...

    @property
    def is_development(self) -> bool:
        """The certificates were made here and nobody else can trust them; the verify page says so."""
        ...

    def sign(self, data: bytes) -> bytes:
        """ES256 over `data` (ECDSA on P-256 with SHA-256): r then s, 32 bytes each, big-endian.

        Raises:
            Unavailable: the key does not answer.
        """
        ...


class AnchorShelf(Protocol):
    """Keeps the roots that our own certificates have led to."""

    def remember(self, anchors: TrustAnchors) -> None:
        """Keep roots, each once.

        Raises:
            Unavailable: they cannot be kept.
            Broken: one is not a certificate.
        """
        ...

    def believed(self) -> TrustAnchors:
        """Every root kept."""
        ...


@dataclass(frozen=True, slots=True)
class IngredientFile:
    """A file to be named as an ingredient.

    Attributes:
        path: the file.
        label: how the actions of the same manifest refer to it.
        relationship: parentOf or inputTo.
        title: shown by verifiers.
    """

    path: Path
    label: str
    relationship: str
    title: str


@dataclass(frozen=True, slots=True)
class PackedIngredient:
    """An ingredient, read in the sandbox, ready to be signed over.

    Attributes:
        file: what it came from.
        reading: what a validator says of its own credential.
        archive: the validator's own ingredient archive; None where it cannot take this kind of file.
    """

    file: IngredientFile
    reading: Reading
    archive: bytes | None


class CredentialReader(Protocol):
    """Reads credentials out of files that strangers made. Fetches nothing."""

    def read(self, path: Path, anchors: TrustAnchors, manifest: bytes | None = None) -> Reading:
        """Validate a file's credential.

        Args:
            path: the file.
            anchors: whom to believe.
            manifest: a manifest store from our records, to be held against the file in place of its own.

        Raises:
            InvalidInput: reading passed its limits, or the child process died.
            Broken: the anchors cannot be read.
        """
        ...

    def crjson(self, path: Path, anchors: TrustAnchors, manifest: bytes | None = None) -> str | None:
        """Give the credential as crJSON (C2PA's own JSON form), text as the validator wrote it, at most 8 MB.

        Args:
            path: the file.
            anchors: whom to believe.
            manifest: a manifest store from our records, to be held against the file in place of its own.

        Returns:
            None where no credential can be read.

        Raises:
            InvalidInput: reading passed its limits, or the child process died.
            Broken: the anchors cannot be read.
        """
        ...

    def pack(self, files: Sequence[IngredientFile], anchors: TrustAnchors) -> Sequence[PackedIngredient]:
        """Read and pack ingredients, in one go.

        Raises:
            InvalidInput: reading passed its limits, or the child process died.
            Broken: the anchors cannot be read.
        """
        ...


class CredentialSigner(Protocol):
    """Signs our own files."""

    @property
    def anchors(self) -> TrustAnchors:
        """The roots that its own certificates lead to, now and formerly, and those of its time-stamp authority."""
        ...

    @property
    def is_stamping(self) -> bool:
        """A time-stamp authority is configured: what is signed must bear its stamp."""
        ...

    def sign(
        self, source: Path, target: Path, claim: CredentialClaim, ingredients: Sequence[PackedIngredient]
    ) -> bytes:
        """Write a signed copy of a file of the claim's media type and give the manifest store.

        On failure `target` may hold anything: the caller writes to a temporary name.

        Raises:
            Unavailable: the key or the time-stamp authority does not answer.
            InvalidInput: the file cannot be signed.
        """
        ...

    def read_back(self, path: Path) -> Reading:
        """Validate a file that this signer has just written, in this process, under its own anchors."""
        ...

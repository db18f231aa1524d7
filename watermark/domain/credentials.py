"""Content credentials (C2PA 2.4): what we state about a release, and what a file's own credential says.

Three questions are kept apart: has the file changed since it was signed, who signed it, and does it say that AI made
it. None of the answers is ever "this is not AI".
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

CLAIM_ANCHORS = "urn:placet:claims"
"""The name under which anchors for claim signers are given to a validator; its trust explanation repeats it."""
STAMP_ANCHORS = "urn:placet:tsa"
"""The name under which anchors for time-stamp authorities are given to a validator."""
TRAINED_MEDIA = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"
"""IPTC digital source type of media that a trained model made."""
SIGNABLE = {"video/mp4": ".mp4", "image/jpeg": ".jpg", "image/png": ".png", "image/webp": ".webp", "audio/wav": ".wav"}
"""Media types that can be signed, and the suffix of each."""
THUMBNAIL_BYTES = 28_000
"""Largest thumbnail that is taken: with it, a chain of 20 remixes stays below 1 MB."""


class CredentialReason(StrEnum):
    """Why signing or reading a credential ended as it did."""

    TRUSTED = "watermark:credential:trusted"
    """Unchanged since it was signed by somebody whom our anchors vouch for."""
    UNTRUSTED = "watermark:credential:untrusted_signer"
    """Unchanged since it was signed, by somebody whom our anchors do not vouch for."""
    EXPIRED = "watermark:credential:expired_signer"
    """The signer's certificate ran out and no trusted time stamp says that it was signed before."""
    REVOKED = "watermark:credential:revoked_signer"
    """The signer's certificate was revoked."""
    WRONG_CERTIFICATE = "watermark:credential:wrong_certificate"
    """The signer's certificate is not one for signing claims (a time-stamp authority's, for example)."""
    TAMPERED = "watermark:credential:tampered"
    """The file, or its credential, changed after signing."""
    MALFORMED = "watermark:credential:malformed"
    """There is something, but it does not follow the standard, or the file cannot be read."""
    TOO_COSTLY = "watermark:credential:too_costly"
    """Reading passed its time or memory limit."""
    UNSIGNED = "watermark:credential:unsigned"
    """No credential. That proves nothing."""
    REMOTE_ONLY = "watermark:credential:remote_only"
    """The credential is said to be at an address on the net, which is not fetched."""
    UNSUPPORTED = "watermark:credential:unsupported"
    """A kind of file that holds no credentials, or none that can be read here."""
    RECOVERED = "watermark:credential:recovered"
    """Our credential was found through the watermark; this file differs from the one signed."""
    INGREDIENT = "watermark:credential:ingredient_failed"
    """Something that this file was made from did not verify."""
    IDENTITY = "watermark:credential:identity_unverified"
    """The credential names a person or organisation as its author, which cannot be confirmed."""
    SIGN_FAILED = "watermark:credential:sign_failed"
    """Signing failed: the key, the time-stamp authority or the file."""
    UNSTAMPED = "watermark:credential:unstamped"
    """A time stamp was asked for, and what came back is not one that our anchors vouch for."""
    RESERVED = "watermark:credential:reserved_label"
    """An extra assertion bears a label that is not for it."""
    UNVERIFIED = "watermark:credential:unverified"
    """What was signed did not verify; it must not go out."""
    ANCHORS = "watermark:credential:anchors_unreadable"
    """The configured trust anchors cannot be read."""


class CredentialState(StrEnum):
    """What a file's credential is worth."""

    TRUSTED = "trusted"
    VALID_UNTRUSTED = "valid_untrusted"
    TAMPERED = "tampered"
    NO_CREDENTIAL = "no_credential"
    REMOTE_MANIFEST_ONLY = "remote_manifest_only"
    MALFORMED = "malformed"
    UNSUPPORTED = "unsupported"
    RECOVERED = "recovered"


class AiClaim(StrEnum):
    """What the credential says about AI."""

    YES = "yes"
    """It says that a trained model made this, or part of it."""
    NO = "no"
    """There is a credential and it does not say so. This is not a statement that no AI was used."""
    UNKNOWN = "unknown"
    """There is no credential that can be read."""


@dataclass(frozen=True, slots=True)
class TrustAnchors:
    """Whom we believe.

    Attributes:
        claims: PEM texts with the roots of claim signers.
        stamps: PEM texts with the roots of time-stamp authorities.
    """

    claims: tuple[str, ...] = ()
    stamps: tuple[str, ...] = ()

    def joined(self, other: "TrustAnchors") -> "TrustAnchors":
        """Both."""
        return TrustAnchors(self.claims + other.claims, self.stamps + other.stamps)


@dataclass(frozen=True, slots=True)
class CredentialProfile:
    """What is the same in every credential that a deployment signs.

    Attributes:
        generator: name of the claim generator, shown by verifiers.
        version: its version.
        ownership_label: label of the co-ownership assertion: a reverse domain, without a version suffix.
        soft_binding_alg: name of the watermark algorithm for pictures; private, so a reverse domain.
        sound_binding_alg: the same for sound.
    """

    generator: str = "Placet"
    version: str = "0.1.0"
    ownership_label: str = "com.placet.co-ownership"
    soft_binding_alg: str = "com.placet.mark.1"
    sound_binding_alg: str = "com.placet.sound.1"


@dataclass(frozen=True, slots=True)
class Owner:
    """A co-owner, by pseudonym.

    Attributes:
        pseudonym: opaque; says nothing to whoever lacks the deployment's key.
        role: "requester" or "subject".
    """

    pseudonym: str
    role: str


@dataclass(frozen=True, slots=True)
class CredentialClaim:
    """What we state about one release.

    Attributes:
        title: shown by verifiers; never a person's name.
        release_number: what the watermark carries, in [0, 2**64).
        owners: everyone whose consent it needed, the requester first.
        ai_model: name of the backend that rendered.
        created_at: UTC.
        duration: seconds of video that carry the mark; 0 where not known, and for stills.
        thumbnail: JPEG, PNG or WebP bytes, or None; one above `THUMBNAIL_BYTES` is left out.
        parent: the release that this is a remix of.
        inputs: reference media that went into it.
        record: opaque id under which the deployment keeps the consent record; empty where there is none.
        sound_number: what the mark in the sound carries, in [0, 2**32); None where the sound carries none.
        source_type: IPTC digital source type, a URI: how it was made.
        media_type: of the file; one of `SIGNABLE`.
        extra_assertions: label and data of further statements, such as a jurisdiction asks for. One under
            cawg.metadata, c2pa.metadata, cawg.training-mining or c2pa.ai-disclosure adds to what is stated there.
    """

    title: str
    release_number: int
    owners: tuple[Owner, ...]
    ai_model: str
    created_at: datetime
    duration: float = 0.0
    thumbnail: bytes | None = field(default=None, repr=False)
    parent: Path | None = None
    inputs: tuple[Path, ...] = ()
    record: str = ""
    sound_number: int | None = None
    source_type: str = TRAINED_MEDIA
    media_type: str = "video/mp4"
    extra_assertions: tuple[tuple[str, Mapping[str, Any]], ...] = ()


@dataclass(frozen=True, slots=True)
class SignedCredential:
    """A file that was signed, and read back as trusted.

    Attributes:
        manifest_label: URN of the active manifest.
        manifest_digest: SHA-256 of the manifest store, hex.
        size: bytes of the signed file.
        manifest: the manifest store, for recovery through the watermark; some 15 KB a generation, and its thumbnails.
        stamped_at: time in the trusted time stamp, RFC 3339; empty where no authority is configured.
    """

    manifest_label: str
    manifest_digest: str
    size: int
    manifest: bytes = field(repr=False)
    stamped_at: str = ""


@dataclass(frozen=True, slots=True)
class LeafCertificate:
    """The signer's own certificate.

    Attributes:
        usages: extended key usages, dotted.
        has_run_out: its time was over when it was read.
    """

    usages: frozenset[str]
    has_run_out: bool = False


@dataclass(frozen=True, slots=True)
class Reading:
    """What a validator said, unjudged.

    Attributes:
        store: the validator's JSON; None where it raised.
        error: the kind of what it raised, "ManifestNotFound" for example; empty where it did not.
        message: what it said then.
        leaf: the claim signer's certificate; None where it cannot be read.
        known_elsewhere: the file is of a common kind that the validator does not take.
        recovered: the manifest came from our records, not from the file.
    """

    store: Mapping[str, Any] | None
    error: str = ""
    message: str = ""
    leaf: LeafCertificate | None = None
    known_elsewhere: bool = False
    recovered: bool = False


@dataclass(frozen=True, slots=True)
class SignerReport:
    """Who signed. Names are the certificate's own words: proof only where `trusted`.

    Attributes:
        organisation: O of the certificate's subject.
        common_name: CN of the certificate's subject.
        trusted: one of our anchors for claim signers vouches for the certificate.
        signed_at: time in a trusted time stamp, RFC 3339; empty where there is none.
    """

    organisation: str
    common_name: str
    trusted: bool
    signed_at: str


@dataclass(frozen=True, slots=True)
class ActionReport:
    """One step in the making, as stated.

    Attributes:
        action: "c2pa.created" for example.
        source_type: last word of the digital source type; empty where none is given.
        software: name of what did it.
        when: as stated, not verified.
    """

    action: str
    source_type: str
    software: str
    when: str


@dataclass(frozen=True, slots=True)
class IngredientReport:
    """Something that a file was made from.

    Attributes:
        title: as stated.
        relationship: parentOf, componentOf or inputTo.
        manifest_label: its own credential; empty where it has none.
        depth: 0 for an ingredient of this file, 1 for an ingredient of that one, and so on.
        faults: codes that say that it had changed, or cannot be read; empty where all is well.
        trusted: its signer was vouched for, as whoever built on it found; None where it has no credential.
    """

    title: str
    relationship: str
    manifest_label: str
    depth: int
    faults: tuple[str, ...]
    trusted: bool | None


@dataclass(frozen=True, slots=True)
class SoftBinding:
    """The watermark that the credential says is in the file.

    Attributes:
        alg: name of the watermark algorithm.
        value: base64, as stated.
        release_number: the value as a number, where it is under our own algorithm's name and as long as that asks:
            eight bytes for pictures; four for sound, which hold the release number's lowest bits.
    """

    alg: str
    value: str
    release_number: int | None


@dataclass(frozen=True, slots=True)
class CredentialReport:
    """What a file's credential says and is worth.

    Attributes:
        state: the verdict on file and signer.
        ai: what it says about AI.
        explanation: one plain sentence or two for the reader.
        reasons: reason codes, the state's own first.
        codes: failure codes of the C2PA standard for this file's own manifest, each once.
        signer: who signed; None without a readable credential.
        title: as stated.
        generator: the software that made the claim, as stated.
        actions: steps in the making.
        ingredients: what it was made from, depth first.
        soft_binding: the watermark stated, our own before another.
        owners: co-owners stated under our own label.
        manifest_label: URN of the active manifest; empty without one.
        sound_binding: our own watermark stated for the sound.
        document: the validator's JSON as it came, for whoever wants all of it: a stranger's words, never cleaned.
    """

    state: CredentialState
    ai: AiClaim
    explanation: str
    reasons: tuple[CredentialReason, ...]
    codes: tuple[str, ...] = ()
    signer: SignerReport | None = None
    title: str = ""
    generator: str = ""
    actions: tuple[ActionReport, ...] = ()
    ingredients: tuple[IngredientReport, ...] = ()
    soft_binding: SoftBinding | None = None
    owners: tuple[Owner, ...] | None = None
    manifest_label: str = ""
    sound_binding: SoftBinding | None = None
    document: Mapping[str, Any] | None = field(default=None, repr=False, compare=False)

    @property
    def ingredient_faults(self) -> tuple[IngredientReport, ...]:
        """The ingredients that did not verify."""
        return tuple(ingredient for ingredient in self.ingredients if ingredient.faults)

    @property
    def is_sound(self) -> bool:
        """The file is as its signer, known or not, left it."""
        return self.state in {CredentialState.TRUSTED, CredentialState.VALID_UNTRUSTED}

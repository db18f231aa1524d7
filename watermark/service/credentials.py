"""Signs releases, and says what the credential of any file is worth."""

import hashlib
import os
import tempfile
from collections.abc import Sequence
from pathlib import Path

from trust_kernel.errors import Broken, InvalidInput, Unavailable
from trust_kernel.media.reasons import MediaReason
from watermark.domain.credential_report import report_on, without_credential
from watermark.domain.credentials import (
    SIGNABLE,
    CredentialClaim,
    CredentialProfile,
    CredentialReason,
    CredentialReport,
    CredentialState,
    Reading,
    SignedCredential,
    TrustAnchors,
)
from watermark.ports.credentials import CredentialReader, CredentialSigner, IngredientFile, PackedIngredient

_CHILD_FAILURES = frozenset({MediaReason.DECODE_TOO_COSTLY, MediaReason.DECODE_FAILED})
_REFUSED = frozenset({CredentialState.TAMPERED, CredentialState.MALFORMED})
"""An ingredient whose credential is one of these is not built upon."""
_MAX_NUMBER = 1 << 64
_MAX_SOUND = 1 << 32


class CredentialService:
    """Signs and examines.

    Args:
        signer: signs our own files.
        reader: reads anybody's.
        profile: what is the same in every credential, as given to the signer.
        anchors: whom to believe besides ourselves.
    """

    def __init__(
        self,
        signer: CredentialSigner,
        reader: CredentialReader,
        profile: CredentialProfile,
        anchors: TrustAnchors = TrustAnchors(),  # noqa: B008 - frozen and empty
    ) -> None:
        self._signer = signer
        self._reader = reader
        self._profile = profile
        self._anchors = anchors

    def sign(self, source: Path, target: Path, claim: CredentialClaim) -> SignedCredential:
        """Sign a file; the target appears only once it reads back as trusted, stamped if so configured, and as claimed.

        Args:
            source: the marked file, of the claim's media type.
            target: where the signed copy goes; replaced if there.
            claim: what to state.

        Raises:
            InvalidInput: an ingredient, or one of its own, was changed or is unreadable; or the file cannot be signed.
            Unavailable: the key or the time-stamp authority does not answer, or the stamp is not one that we trust.
            Broken: what was signed does not verify.
        """
        _check_claim(claim)
        ingredients = self._checked_ingredients(claim)
        with tempfile.TemporaryDirectory(prefix=".signing-", dir=target.parent) as folder:
            draft = Path(folder) / f"signed{SIGNABLE[claim.media_type]}"
            manifest = self._signer.sign(source, draft, claim, ingredients)
            report = self._confirm(self._signer.read_back(draft), claim)
            _settle(draft)
            size = draft.stat().st_size
            draft.replace(target)
        stamped_at = report.signer.signed_at if report.signer else ""
        digest = hashlib.sha256(manifest).hexdigest()
        return SignedCredential(report.manifest_label, digest, size, manifest, stamped_at)

    def examine(
        self,
        path: Path,
        *,
        trust_anchors: Sequence[str] = (),
        tsa_anchors: Sequence[str] = (),
        manifest: bytes | None = None,
    ) -> CredentialReport:
        """Say what a file's credential is worth. Nothing is fetched.

        Args:
            path: any file; its name is not believed.
            trust_anchors: further PEM roots of claim signers.
            tsa_anchors: further PEM roots of time-stamp authorities.
            manifest: a manifest store from our records, found through the watermark, to hold against the file.

        Raises:
            Broken: the anchors cannot be read.
            Unavailable: the sandbox cannot run.
        """
        extra = TrustAnchors(tuple(trust_anchors), tuple(tsa_anchors))
        try:
            reading = self._reader.read(path, self._believed.joined(extra), manifest)
        except InvalidInput as error:
            if error.code not in _CHILD_FAILURES:
                raise
            reason = (
                CredentialReason.TOO_COSTLY
                if error.code == MediaReason.DECODE_TOO_COSTLY
                else CredentialReason.MALFORMED
            )
            return without_credential(CredentialState.MALFORMED, reason)
        return report_on(reading, self._profile)

    def crjson(
        self,
        path: Path,
        *,
        trust_anchors: Sequence[str] = (),
        tsa_anchors: Sequence[str] = (),
        manifest: bytes | None = None,
    ) -> str | None:
        """Give a file's credential as crJSON, the C2PA's own JSON form, for downloading; at most 8 MB.

        Args:
            path: any file; its name is not believed.
            trust_anchors: further PEM roots of claim signers.
            tsa_anchors: further PEM roots of time-stamp authorities.
            manifest: a manifest store from our records to hold against the file.

        Returns:
            None where no credential can be read.

        Raises:
            Broken: the anchors cannot be read.
            Unavailable: the sandbox cannot run.
        """
        extra = TrustAnchors(tuple(trust_anchors), tuple(tsa_anchors))
        try:
            return self._reader.crjson(path, self._believed.joined(extra), manifest)
        except InvalidInput as error:
            if error.code not in _CHILD_FAILURES:
                raise
            return None

    @property
    def _believed(self) -> TrustAnchors:
        return self._signer.anchors.joined(self._anchors)

    def _checked_ingredients(self, claim: CredentialClaim) -> Sequence[PackedIngredient]:
        files = [IngredientFile(path, f"input{at}", "inputTo", f"Reference {at}") for at, path in _numbered(claim)]
        if claim.parent is not None:
            files.insert(0, IngredientFile(claim.parent, "parent", "parentOf", "Parent"))
        packed = self._reader.pack(files, self._believed) if files else ()
        for ingredient in packed:
            self._check_ingredient(ingredient)
        return packed

    def _check_ingredient(self, ingredient: PackedIngredient) -> None:
        """Refuse what changed since it was signed, and what was made from something that had: however far back."""
        report = report_on(ingredient.reading, self._profile)
        field = "parent" if ingredient.file.relationship == "parentOf" else "inputs"
        if report.state in _REFUSED:
            raise InvalidInput(
                f"the credential of an ingredient reads {report.state}", code=CredentialReason.INGREDIENT, field=field
            )
        if report.ingredient_faults:
            raise InvalidInput(
                "something that an ingredient was itself made from did not verify",
                code=CredentialReason.INGREDIENT,
                field=field,
            )

    def _confirm(self, reading: Reading, claim: CredentialClaim) -> CredentialReport:
        report = report_on(reading, self._profile)
        if report.state is not CredentialState.TRUSTED or not _says(report, claim):
            raise Broken(
                f"what was signed reads {report.state} or says something else", code=CredentialReason.UNVERIFIED
            )
        if self._signer.is_stamping and not (report.signer and report.signer.signed_at):
            raise Unavailable(
                "what was signed bears no time stamp that our anchors vouch for", code=CredentialReason.UNSTAMPED
            )
        return report


def _check_claim(claim: CredentialClaim) -> None:
    if not 0 <= claim.release_number < _MAX_NUMBER:
        raise InvalidInput("a release number has 64 bits", field="release_number", limit="64 bits")
    if claim.sound_number is not None and not 0 <= claim.sound_number < _MAX_SOUND:
        raise InvalidInput("a mark in sound has 32 bits", field="sound_number", limit="32 bits")
    if claim.media_type not in SIGNABLE:
        raise InvalidInput("files of this type are not signed", code=CredentialReason.SIGN_FAILED, field="media_type")


def _says(report: CredentialReport, claim: CredentialClaim) -> bool:
    picture = report.soft_binding.release_number if report.soft_binding else None
    sound = report.sound_binding.release_number if report.sound_binding else None
    return (
        picture == (None if claim.media_type.startswith("audio/") else claim.release_number)
        and sound == claim.sound_number
        and report.owners == claim.owners
        and len(report.ingredients) >= len(claim.inputs) + (claim.parent is not None)
    )


def _numbered(claim: CredentialClaim) -> Sequence[tuple[int, Path]]:
    return tuple(enumerate(claim.inputs, start=1))


def _settle(path: Path) -> None:
    """Make the bytes durable before the name is."""
    with path.open("rb") as file:
        os.fsync(file.fileno())

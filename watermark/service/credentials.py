"""Signs releases, and says what the credential of any file is worth."""

import hashlib
import os
import tempfile
from collections.abc import Sequence
from pathlib import Path

from trust_kernel.errors import Broken, InvalidInput
from trust_kernel.media.reasons import MediaReason
from watermark.domain.credential_report import report_on, without_credential
from watermark.domain.credentials import (
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
        """Sign an MP4; the target appears only once the signed file reads back as trusted and says what was claimed.

        Args:
            source: the marked video.
            target: where the signed copy goes; replaced if there.
            claim: what to state.

        Raises:
            InvalidInput: an ingredient was changed or is not readable, or the video cannot be signed.
            Unavailable: the key or the time-stamp authority does not answer.
            Broken: what was signed does not verify.
        """
        if not 0 <= claim.release_number < _MAX_NUMBER:
            raise InvalidInput("a release number has 64 bits", field="release_number", limit="64 bits")
        ingredients = self._checked_ingredients(claim)
        with tempfile.TemporaryDirectory(prefix=".signing-", dir=target.parent) as folder:
            draft = Path(folder) / "signed.mp4"
            manifest = self._signer.sign(source, draft, claim, ingredients)
            label = self._confirm(self._signer.read_back(draft), claim)
            _settle(draft)
            size = draft.stat().st_size
            draft.replace(target)
        return SignedCredential(label, hashlib.sha256(manifest).hexdigest(), size, manifest)

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

    @property
    def _believed(self) -> TrustAnchors:
        return self._signer.anchors.joined(self._anchors)

    def _checked_ingredients(self, claim: CredentialClaim) -> Sequence[PackedIngredient]:
        files = [IngredientFile(path, f"input{at}", "inputTo", f"Reference {at}") for at, path in _numbered(claim)]
        if claim.parent is not None:
            files.insert(0, IngredientFile(claim.parent, "parent", "parentOf", "Parent"))
        packed = self._reader.pack(files, self._believed) if files else ()
        for ingredient in packed:
            state = report_on(ingredient.reading, self._profile).state
            if state in _REFUSED:
                raise InvalidInput(
                    f"the credential of an ingredient reads {state}",
                    code=CredentialReason.INGREDIENT,
                    field="parent" if ingredient.file.relationship == "parentOf" else "inputs",
                )
        return packed

    def _confirm(self, reading: Reading, claim: CredentialClaim) -> str:
        report = report_on(reading, self._profile)
        said = report.soft_binding.release_number if report.soft_binding else None
        if (
            report.state is not CredentialState.TRUSTED
            or said != claim.release_number
            or report.owners != claim.owners
            or len(report.ingredients) < len(claim.inputs) + (claim.parent is not None)
        ):
            raise Broken(
                f"what was signed reads {report.state} or says something else", code=CredentialReason.UNVERIFIED
            )
        return report.manifest_label


def _numbered(claim: CredentialClaim) -> Sequence[tuple[int, Path]]:
    return tuple(enumerate(claim.inputs, start=1))


def _settle(path: Path) -> None:
    """Make the bytes durable before the name is."""
    with path.open("rb") as file:
        os.fsync(file.fileno())

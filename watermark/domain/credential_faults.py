"""What a C2PA failure code is about: the file, the credential's form, the signer, a time stamp or a named author.

Codes are those of the C2PA specification 2.4, "Validation", and of CAWG Identity 1.x. A code that is not known is taken
for a fault of form, so that it can never leave a file trusted.
"""

from collections.abc import Iterable
from enum import Enum

_HARD_BINDINGS = ("dataHash", "bmffHash", "boxesHash", "collectionHash", "multiAssetHash")
BINDING_MATCHES = frozenset(f"assertion.{binding}.match" for binding in _HARD_BINDINGS)
"""Success codes that say that the file's bytes are those that were signed."""
BINDING_MISMATCHES = frozenset(f"assertion.{binding}.mismatch" for binding in _HARD_BINDINGS) | {
    "assertion.boxesHash.unknownBox",
    "assertion.collectionHash.incorrectFileCount",
}
"""Failure codes that say that they are not."""

_ALSO_CHANGED = BINDING_MISMATCHES | {
    "assertion.missing",
    "assertion.undeclared",
    "assertion.notRedacted",
    "assertion.selfRedacted",
    "assertion.hardBinding.redacted",
    "assertion.outsideManifest",
    "hashedURI.missing",
    "claimSignature.missing",
    "manifest.missing",
    "ingredient.manifest.missing",
    "ingredient.claimSignature.missing",
}
_SUCCESSES = (
    ".match",
    ".validated",
    ".trusted",
    ".accessible",
    ".insideValidity",
    ".notRevoked",
    ".well-formed",
    ".credential_valid",
)
_NOTES = (".additionalExclusionsPresent", ".skipped", ".unknownProvenance", ".deprecated")


class Fault(Enum):
    """What a failure code is about."""

    CHANGED = "bytes that the signature covers are not what was signed"
    FORM = "the credential does not follow the standard"
    SIGNER = "the signer's certificate"
    STAMP = "the time stamp"
    IDENTITY = "a named author, apart from the signer"


def fault_of(code: str) -> Fault:
    """Say what a failure code is about."""
    if code.startswith("signingCredential.") or code == "claimSignature.outsideValidity":
        return Fault.SIGNER
    if code.startswith("cawg."):
        return Fault.IDENTITY
    if code.startswith(("timeStamp.", "timeOfSigning.", "assertion.timestamp.")):
        return Fault.STAMP
    if code.endswith(".mismatch") or code in _ALSO_CHANGED:
        return Fault.CHANGED
    return Fault.FORM


def is_failure(code: str) -> bool:
    """Tell failures in a mixed list, as manifests before version 2 keep it, from successes and notes."""
    return bool(code) and not code.endswith(_SUCCESSES) and not code.endswith(_NOTES)


def material(codes: Iterable[str]) -> tuple[str, ...]:
    """The codes that say that something had changed or cannot be read; not those about who signed it."""
    return tuple(dict.fromkeys(code for code in codes if fault_of(code) in {Fault.CHANGED, Fault.FORM}))

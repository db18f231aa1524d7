"""Credentials without cryptography, and doors through which tests look."""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed

from trust_kernel.errors import Unavailable
from trust_kernel.media.sandbox import ChildLimits
from watermark.adapters.c2pa_signing import manifest_definition
from watermark.domain.credentials import (
    CLAIM_ANCHORS,
    CredentialClaim,
    CredentialProfile,
    LeafCertificate,
    Reading,
    TrustAnchors,
)
from watermark.ports.credentials import CredentialKey, IngredientFile, PackedIngredient

_MARK = b"\nfake credential:"
_LEAF = LeafCertificate(frozenset({"1.3.6.1.4.1.62558.2.1"}))


class InlineChild:
    """Calls the function in this process: fast, and only for files that tests made."""

    def call(
        self, function: Callable[..., Mapping[str, object]], /, *, limits: ChildLimits, **arguments: object
    ) -> Mapping[str, Any]:
        del limits
        return function(**arguments)


class FakeKeyService:
    """A key service that holds a key, signs digests, and can go down or answer nonsense."""

    def __init__(self, key: ec.EllipticCurvePrivateKey) -> None:
        self._key = key
        self.is_down = False
        self.answer: bytes | None = None

    def sign_digest(self, digest: bytes) -> bytes:
        if self.is_down:
            raise ConnectionRefusedError("nobody there")
        return self.answer or self._key.sign(digest, ec.ECDSA(Prehashed(hashes.SHA256())))


class DeadKey:
    """A key service that does not answer."""

    is_development = False

    def __init__(self, chain_pem: str) -> None:
        self.chain_pem = chain_pem

    def sign(self, data: bytes) -> bytes:
        del data
        raise Unavailable("the key service does not answer", code="kms:key:down")


class FakeSigner:
    """Appends what c2pa's reader would say to the file."""

    def __init__(self, key: CredentialKey | None = None, profile: CredentialProfile | None = None) -> None:
        self._key = key
        self._profile = profile or CredentialProfile()

    @property
    def anchors(self) -> TrustAnchors:
        return TrustAnchors(("fake root",))

    @property
    def is_stamping(self) -> bool:
        return False

    def sign(
        self, source: Path, target: Path, claim: CredentialClaim, ingredients: Sequence[PackedIngredient]
    ) -> bytes:
        if self._key is not None:
            self._key.sign(b"claim")
        content = source.read_bytes()
        definition = json.loads(manifest_definition(claim, self._profile, ingredients))
        definition["ingredients"] = [
            {"title": found.file.title, "relationship": found.file.relationship} for found in ingredients
        ]
        label = f"urn:c2pa:{hashlib.sha256(content).hexdigest()[:32]}"
        store = {
            "active_manifest": label,
            "manifests": {label: definition},
            "digest": hashlib.sha256(content).hexdigest(),
        }
        manifest = json.dumps(store).encode()
        target.write_bytes(content + _MARK + manifest)
        return manifest

    def read_back(self, path: Path) -> Reading:
        return FakeReader().read(path, self.anchors)


class FakeReader:
    """Reads what `FakeSigner` wrote."""

    def read(self, path: Path, anchors: TrustAnchors, manifest: bytes | None = None) -> Reading:
        content, mark, embedded = path.read_bytes().partition(_MARK)
        if not mark and manifest is None:
            return Reading(None, error="ManifestNotFound")
        store = json.loads(manifest or embedded)
        return Reading(_judged(store, content, anchors), leaf=_LEAF, recovered=manifest is not None)

    def crjson(self, path: Path, anchors: TrustAnchors, manifest: bytes | None = None) -> str | None:
        store = self.read(path, anchors, manifest).store
        return None if store is None else json.dumps({"manifests": list(store["manifests"].values())})

    def pack(self, files: Sequence[IngredientFile], anchors: TrustAnchors) -> Sequence[PackedIngredient]:
        return [PackedIngredient(file, self.read(file.path, anchors), b"archive") for file in files]


def _judged(store: dict[str, Any], content: bytes, anchors: TrustAnchors) -> dict[str, Any]:
    place = f"self#jumbf=/c2pa/{store['active_manifest']}/c2pa.signature"
    success = [{"code": "claimSignature.validated", "url": place}]
    failure = []
    if "fake root" in anchors.claims:
        words = f"signing certificate trusted, found in [{CLAIM_ANCHORS}] trust anchors"
        success.append({"code": "signingCredential.trusted", "url": place, "explanation": words})
    else:
        failure.append({"code": "signingCredential.untrusted", "url": place})
    if hashlib.sha256(content).hexdigest() == store["digest"]:
        success.append({"code": "assertion.bmffHash.match"})
    else:
        failure.append({"code": "assertion.bmffHash.mismatch"})
    return {**store, "validation_results": {"activeManifest": {"success": success, "failure": failure}}}

"""Signing our own MP4s with c2pa-python: claim version 2, C2PA 2.4, with the key behind a port."""

import base64
import io
import json
from collections.abc import Callable, Sequence
from datetime import UTC
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from trust_kernel.errors import InvalidInput, PlacetError, Unavailable
from watermark.adapters.c2pa_reading import read_here
from watermark.adapters.c2pa_settings import c2pa_settings
from watermark.domain.credential_store import text
from watermark.domain.credentials import (
    TRAINED_MEDIA,
    CredentialClaim,
    CredentialProfile,
    CredentialReason,
    Reading,
    TrustAnchors,
)
from watermark.ports.credentials import CredentialKey, PackedIngredient

SPEC_VERSION = "2.4"
_MIME = "video/mp4"
_THUMBNAIL = "thumbnail"
_NUMBER_BYTES = 8
_NOT_ALLOWED = {"use": "notAllowed"}


class C2paSigner:
    """A `CredentialSigner`.

    Args:
        key: gives the key to sign with, asked before each signing, so that a certificate can be renewed.
        profile: what is the same in every credential.
        tsa_url: RFC 3161 time-stamp authority; without one a file stops verifying the day that its leaf runs out.
        stamps: PEM roots of that authority.
    """

    def __init__(
        self,
        key: Callable[[], CredentialKey],
        profile: CredentialProfile,
        *,
        tsa_url: str | None = None,
        stamps: Sequence[str] = (),
    ) -> None:
        self._key = key
        self._profile = profile
        self._tsa_url = tsa_url
        self._stamps = tuple(stamps)

    @property
    def anchors(self) -> TrustAnchors:
        """The last certificate of our own chain, and the roots of our time-stamp authority."""
        return _anchors(self._key(), self._stamps)

    def sign(
        self, source: Path, target: Path, claim: CredentialClaim, ingredients: Sequence[PackedIngredient]
    ) -> bytes:
        """Write a signed copy and give the manifest store."""
        from c2pa import Builder, C2paError, C2paSigningAlg, Context, Signer

        key = self._key()
        asked = _Asked(key)
        settings = c2pa_settings(_anchors(key, self._stamps), self._tsa_url)
        try:
            with (
                Context.from_dict(settings) as context,
                Signer.from_callback(asked.sign, C2paSigningAlg.ES256, key.chain_pem, self._tsa_url) as signer,
                Builder(manifest_definition(claim, self._profile, ingredients), context=context) as builder,
                source.open("rb") as unsigned,
                target.open("w+b") as signed,
            ):
                if claim.thumbnail:
                    builder.add_resource(_THUMBNAIL, io.BytesIO(claim.thumbnail))
                for ingredient in ingredients:
                    if ingredient.archive is not None:
                        builder.add_ingredient_from_archive(io.BytesIO(ingredient.archive))
                return bytes(builder.sign(signer, _MIME, unsigned, signed))
        except C2paError as error:
            raise _failure(error, asked, stamped=self._tsa_url is not None) from error

    def read_back(self, path: Path) -> Reading:
        """Validate what was just written, under our own anchors."""
        return read_here(path, self.anchors)


class _Asked:
    """Calls the key, and keeps its error, which c2pa would swallow."""

    def __init__(self, key: CredentialKey) -> None:
        self._key = key
        self.error: PlacetError | None = None

    def sign(self, data: bytes) -> bytes:
        try:
            return self._key.sign(data)
        except PlacetError as error:
            self.error = error
            raise


def _failure(error: Exception, asked: _Asked, *, stamped: bool) -> PlacetError:
    if asked.error is not None:
        return asked.error
    words = str(error)
    if words.startswith("Signature") or (stamped and "stamp" in words.lower()):
        return Unavailable("the credential could not be signed", code=CredentialReason.SIGN_FAILED)
    return InvalidInput("the video cannot carry a credential", code=CredentialReason.SIGN_FAILED, field="video")


def _anchors(key: CredentialKey, stamps: tuple[str, ...]) -> TrustAnchors:
    root = x509.load_pem_x509_certificates(key.chain_pem.encode())[-1]
    return TrustAnchors((root.public_bytes(Encoding.PEM).decode(),), stamps)


def manifest_definition(
    claim: CredentialClaim, profile: CredentialProfile, ingredients: Sequence[PackedIngredient]
) -> str:
    """The manifest that states `claim`, as c2pa's builder takes it: JSON."""
    definition: dict[str, Any] = {
        "claim_version": 2,
        "claim_generator_info": [
            {"name": profile.generator, "version": profile.version, "specVersion": SPEC_VERSION},
        ],
        "title": text(claim.title),
        "format": _MIME,
        "assertions": [
            _created("c2pa.actions.v2", {"actions": _actions(claim, profile, ingredients), "allActionsIncluded": True}),
            _created("c2pa.soft-binding", _soft_binding(claim, profile)),
            _created("c2pa.ai-disclosure", {"modelType": "c2pa.types.model", "modelName": claim.ai_model}),
            _created(profile.ownership_label, _ownership(claim)),
            {"label": "cawg.training-mining", "data": {"entries": _no_training()}},
            {"label": "cawg.metadata", "kind": "Json", "data": _metadata(claim)},
        ],
        # What c2pa cannot pack is still named, without its content.
        "ingredients": [_unpacked(ingredient) for ingredient in ingredients if ingredient.archive is None],
    }
    if claim.thumbnail:
        definition["thumbnail"] = {"format": "image/jpeg", "identifier": _THUMBNAIL}
    return json.dumps(definition)


def _created(label: str, data: dict[str, Any]) -> dict[str, Any]:
    return {"label": label, "created": True, "data": data}


def _actions(
    claim: CredentialClaim, profile: CredentialProfile, ingredients: Sequence[PackedIngredient]
) -> list[dict[str, Any]]:
    when = claim.created_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    parents = [found.file.label for found in ingredients if found.file.relationship == "parentOf"]
    inputs = [found.file.label for found in ingredients if found.file.relationship != "parentOf"]
    rendered: dict[str, Any] = {
        "action": "c2pa.edited" if parents else "c2pa.created",
        "when": when,
        "softwareAgent": {"name": claim.ai_model},
        "digitalSourceType": TRAINED_MEDIA,
    }
    if inputs:
        rendered["parameters"] = {"ingredientIds": inputs}
    marked = {
        "action": "c2pa.watermarked.bound",
        "when": when,
        "softwareAgent": {"name": profile.generator, "version": profile.version},
    }
    opened = [{"action": "c2pa.opened", "when": when, "parameters": {"ingredientIds": parents}}] if parents else []
    return [*opened, rendered, marked]


def _soft_binding(claim: CredentialClaim, profile: CredentialProfile) -> dict[str, Any]:
    scope = {"timespan": {"start": 0, "end": round(claim.duration * 1000)}} if claim.duration else {}
    # c2pa's JSON cannot say "byte string": base64 text it is.
    value = base64.b64encode(claim.release_number.to_bytes(_NUMBER_BYTES, "big")).decode()
    return {
        "alg": profile.soft_binding_alg,
        "blocks": [{"scope": scope, "value": value}],
        "pad": "",
    }


def _ownership(claim: CredentialClaim) -> dict[str, Any]:
    owners = [{"pseudonym": owner.pseudonym, "role": owner.role} for owner in claim.owners]
    return {"owners": owners, **({"record": claim.record} if claim.record else {})}


def _no_training() -> dict[str, Any]:
    uses = ("cawg.ai_training", "cawg.ai_generative_training", "cawg.ai_inference", "cawg.data_mining")
    return dict.fromkeys(uses, _NOT_ALLOWED)


def _metadata(claim: CredentialClaim) -> dict[str, Any]:
    return {
        "@context": {
            "dc": "http://purl.org/dc/elements/1.1/",
            "Iptc4xmpExt": "http://iptc.org/std/Iptc4xmpExt/2008-02-29/",
        },
        "dc:title": text(claim.title),
        "Iptc4xmpExt:DigitalSourceType": TRAINED_MEDIA,
    }


def _unpacked(ingredient: PackedIngredient) -> dict[str, Any]:
    file = ingredient.file
    return {
        "title": file.title,
        "relationship": file.relationship,
        "label": file.label,
        "format": "application/octet-stream",
        "instance_id": f"urn:placet:ingredient:{file.label}",
    }

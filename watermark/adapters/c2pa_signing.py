"""Signing our own videos, pictures and sounds with c2pa-python: claim version 2, C2PA 2.4, the key behind a port."""

import base64
import io
import json
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from trust_kernel.errors import InvalidInput, PlacetError, Unavailable
from watermark.adapters.c2pa_reading import media_type_of, read_here
from watermark.adapters.c2pa_settings import c2pa_settings
from watermark.domain.credential_report import NUMBER_BYTES, SOUND_BYTES
from watermark.domain.credential_store import text
from watermark.domain.credentials import (
    THUMBNAIL_BYTES,
    CredentialClaim,
    CredentialProfile,
    CredentialReason,
    Reading,
    TrustAnchors,
)
from watermark.ports.credentials import AnchorShelf, CredentialKey, PackedIngredient

SPEC_VERSION = "2.4"
_THUMBNAIL = "thumbnail"
_RESERVED = ("c2pa.actions", "c2pa.soft-binding", "c2pa.hash.", "c2pa.ingredient", "c2pa.thumbnail", "cawg.identity")
"""What an extra assertion may not be: each says something that only signing itself can know."""
_NOT_ALLOWED = {"use": "notAllowed"}


class C2paSigner:
    """A `CredentialSigner`.

    Args:
        key: gives the key to sign with, asked before each signing, so that a certificate can be renewed.
        profile: what is the same in every credential.
        tsa_url: RFC 3161 time-stamp authority; without one a file stops verifying the day that its leaf runs out.
        stamps: PEM roots of that authority; a stamp that neither these nor the lists vouch for is not let out.
        listed: anchors of public lists, believed as long as they stand there: they are not remembered.
        former: keeps the roots that keys lead to, so that what was signed before a rotation is still believed.
    """

    def __init__(
        self,
        key: Callable[[], CredentialKey],
        profile: CredentialProfile,
        *,
        tsa_url: str | None = None,
        stamps: Sequence[str] = (),
        listed: TrustAnchors = TrustAnchors(),  # noqa: B008 - frozen and empty
        former: AnchorShelf | None = None,
    ) -> None:
        self._key = key
        self._profile = profile
        self._tsa_url = tsa_url
        self._stamps = tuple(stamps)
        self._listed = listed
        self._former = former

    @property
    def anchors(self) -> TrustAnchors:
        """Our own root, those of our time-stamp authority, those before them, and the listed ones."""
        return self._joined(_anchors(self._key(), self._stamps))

    @property
    def is_stamping(self) -> bool:
        """A time-stamp authority is configured."""
        return self._tsa_url is not None

    def sign(
        self, source: Path, target: Path, claim: CredentialClaim, ingredients: Sequence[PackedIngredient]
    ) -> bytes:
        """Write a signed copy and give the manifest store."""
        from c2pa import Builder, C2paError, C2paSigningAlg, Context, Signer

        key = self._key()
        asked = _Asked(key)
        anchors = _anchors(key, self._stamps)
        if self._former is not None:
            self._former.remember(anchors)
        settings = c2pa_settings(self._joined(anchors), self._tsa_url)
        try:
            with (
                Context.from_dict(settings) as context,
                Signer.from_callback(asked.sign, C2paSigningAlg.ES256, key.chain_pem, self._tsa_url) as signer,
                Builder(manifest_definition(claim, self._profile, ingredients), context=context) as builder,
                source.open("rb") as unsigned,
                target.open("w+b") as signed,
            ):
                if _thumbnail_type(claim):
                    builder.add_resource(_THUMBNAIL, io.BytesIO(claim.thumbnail or b""))
                for ingredient in ingredients:
                    if ingredient.archive is not None:
                        builder.add_ingredient_from_archive(io.BytesIO(ingredient.archive))
                return bytes(builder.sign(signer, claim.media_type, unsigned, signed))
        except C2paError as error:
            raise _failure(error, asked, stamped=self._tsa_url is not None) from error

    def read_back(self, path: Path) -> Reading:
        """Validate what was just written, under our own anchors."""
        return read_here(path, self.anchors)

    def _joined(self, anchors: TrustAnchors) -> TrustAnchors:
        before = self._former.believed() if self._former is not None else TrustAnchors()
        return anchors.joined(before).joined(self._listed)


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
    return InvalidInput("the file cannot carry a credential", code=CredentialReason.SIGN_FAILED, field="video")


def _anchors(key: CredentialKey, stamps: tuple[str, ...]) -> TrustAnchors:
    root = x509.load_pem_x509_certificates(key.chain_pem.encode())[-1]
    return TrustAnchors((root.public_bytes(Encoding.PEM).decode(),), stamps)


def manifest_definition(
    claim: CredentialClaim, profile: CredentialProfile, ingredients: Sequence[PackedIngredient]
) -> str:
    """The manifest that states `claim`, as c2pa's builder takes it: JSON.

    Raises:
        InvalidInput: an extra assertion bears the label of one that only we state.
    """
    definition: dict[str, Any] = {
        "claim_version": 2,
        "claim_generator_info": [
            {"name": profile.generator, "version": profile.version, "specVersion": SPEC_VERSION},
        ],
        "title": text(claim.title),
        "format": claim.media_type,
        "assertions": _assertions(claim, profile, ingredients),
        # What c2pa cannot pack is still named, without its content.
        "ingredients": [_unpacked(ingredient) for ingredient in ingredients if ingredient.archive is None],
    }
    thumbnail = _thumbnail_type(claim)
    if thumbnail:
        definition["thumbnail"] = {"format": thumbnail, "identifier": _THUMBNAIL}
    return json.dumps(definition)


def _assertions(
    claim: CredentialClaim, profile: CredentialProfile, ingredients: Sequence[PackedIngredient]
) -> list[dict[str, Any]]:
    fixed = [
        _created("c2pa.actions.v2", {"actions": _actions(claim, profile, ingredients), "allActionsIncluded": True}),
        _created("c2pa.soft-binding", _picture_binding(claim, profile)),
        _created(profile.ownership_label, _ownership(claim)),
    ]
    if claim.media_type.startswith("audio/"):
        del fixed[1]
    if claim.sound_number is not None:
        fixed.append(_created("c2pa.soft-binding", _sound_binding(claim, claim.sound_number, profile)))
    stated: dict[str, dict[str, Any]] = {
        "c2pa.ai-disclosure": {"modelType": "c2pa.types.model", "modelName": claim.ai_model},
        "cawg.training-mining": {"entries": _no_training()},
        "cawg.metadata": _metadata(claim),
    }
    for label, data in claim.extra_assertions:
        if label.split("__")[0].startswith(_RESERVED) or label == profile.ownership_label:
            raise InvalidInput(
                f"an extra assertion may not be a {text(label)}",
                code=CredentialReason.RESERVED,
                field="extra_assertions",
            )
        stated[label] = _merged(stated.get(label, {}), data)
    return fixed + [_stated(label, data) for label, data in stated.items()]


def _stated(label: str, data: dict[str, Any]) -> dict[str, Any]:
    if label.startswith("cawg."):
        # CAWG's are gathered, not created: their authors are named apart from the claim generator.
        return {"label": label, "data": data, **({"kind": "Json"} if label.endswith("metadata") else {})}
    return _created(label, data) | ({"kind": "Json"} if label.endswith("metadata") else {})


def _merged(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    """Both, the second's word last; objects in them are merged alike."""
    merged = dict(one)
    for key, value in other.items():
        held = merged.get(key)
        merged[key] = _merged(held, value) if isinstance(held, Mapping) and isinstance(value, Mapping) else value
    return merged


def _thumbnail_type(claim: CredentialClaim) -> str | None:
    """Media type of the thumbnail; None where there is none, or none that is taken."""
    if not claim.thumbnail or len(claim.thumbnail) > THUMBNAIL_BYTES:
        return None
    kind = media_type_of(claim.thumbnail[:16])
    return kind if kind in {"image/jpeg", "image/png", "image/webp"} else None


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
        "digitalSourceType": claim.source_type,
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


def _picture_binding(claim: CredentialClaim, profile: CredentialProfile) -> dict[str, Any]:
    return _binding(claim, profile.soft_binding_alg, claim.release_number.to_bytes(NUMBER_BYTES, "big"))


def _sound_binding(claim: CredentialClaim, number: int, profile: CredentialProfile) -> dict[str, Any]:
    return _binding(claim, profile.sound_binding_alg, number.to_bytes(SOUND_BYTES, "big"))


def _binding(claim: CredentialClaim, alg: str, value: bytes) -> dict[str, Any]:
    scope = {"timespan": {"start": 0, "end": round(claim.duration * 1000)}} if claim.duration else {}
    # c2pa's JSON cannot say "byte string": base64 text it is.
    return {"alg": alg, "blocks": [{"scope": scope, "value": base64.b64encode(value).decode()}], "pad": ""}


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
        "Iptc4xmpExt:DigitalSourceType": claim.source_type,
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

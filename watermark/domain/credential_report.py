"""From what a validator said to what a person is told. Pure.

The verdict is derived from the codes, never from the validator's own summary, because that summary takes a time-stamp
authority's certificate for a signer's, and a named author who cannot be confirmed for a fault of the file.
"""

import base64
import binascii
import re
from collections.abc import Iterator

from watermark.domain.credential_faults import (
    BINDING_MATCHES,
    BINDING_MISMATCHES,
    Fault,
    fault_of,
    is_failure,
    material,
)
from watermark.domain.credential_store import Json, Store, items, mapping, objects, text
from watermark.domain.credentials import (
    CLAIM_ANCHORS,
    STAMP_ANCHORS,
    ActionReport,
    AiClaim,
    CredentialProfile,
    CredentialReason,
    CredentialReport,
    CredentialState,
    IngredientReport,
    LeafCertificate,
    Owner,
    Reading,
    SignerReport,
    SoftBinding,
)
from watermark.domain.key_usages import (
    ANY_USAGE,
    CLAIM_SIGNING,
    DOCUMENT_SIGNING,
    EMAIL_PROTECTION,
    OCSP_SIGNING,
    TIME_STAMPING,
)

CLAIM_USAGES = frozenset({CLAIM_SIGNING, EMAIL_PROTECTION, DOCUMENT_SIGNING})
"""What may be asked of claim signers."""
OTHER_USAGES = frozenset({TIME_STAMPING, OCSP_SIGNING, ANY_USAGE})
"""A certificate with one of these does not sign claims (C2PA 2.4, 14.5)."""

_AI_SOURCES = frozenset(
    {
        "trainedalgorithmicmedia",
        "compositewithtrainedalgorithmicmedia",
        "compositesynthetic",
        "trainedalgorithmicdata",
    }
)
"""IPTC and C2PA digital source types, lower case, that say that a trained model was at work."""
_AI_ASSERTION = re.compile(r"(?<![a-z])(gen(erative)?[-_.]?ai|ai[-_.]?(generat\w*|disclosure))(?![a-z])", re.IGNORECASE)
"""Labels such as com.adobe.generative-ai (Firefly 1.0 gives no source type) and c2pa.ai-disclosure."""
NUMBER_BYTES = 8
SOUND_BYTES = 4
"""Bytes of a release number as the marks in picture and sound carry it."""
_METADATA = ("c2pa.metadata", "cawg.metadata", "stds.metadata", "stds.iptc", "stds.iptc.photo-metadata")
_PART_OF = frozenset({"parentOf", "componentOf"})

_WORDS = {
    CredentialState.TRUSTED: "This file has not changed since it was signed by a signer whom we trust.",
    CredentialState.VALID_UNTRUSTED: "This file has not changed since it was signed; we cannot vouch for the signer.",
    CredentialState.TAMPERED: "This file, or its credential, was changed after it was signed.",
    CredentialState.NO_CREDENTIAL: "This file carries no content credential. That proves nothing, either way.",
    CredentialState.REMOTE_MANIFEST_ONLY: (
        "This file only says where on the net its credential lies. We do not fetch addresses that a file names."
    ),
    CredentialState.MALFORMED: "This file, or its credential, does not follow the standard and cannot be checked.",
    CredentialState.UNSUPPORTED: "We cannot read content credentials in this kind of file.",
    CredentialState.RECOVERED: "The credential was recovered; this file differs from the one that was signed.",
}
_REASONS = {
    CredentialState.TRUSTED: CredentialReason.TRUSTED,
    CredentialState.VALID_UNTRUSTED: CredentialReason.UNTRUSTED,
    CredentialState.TAMPERED: CredentialReason.TAMPERED,
    CredentialState.NO_CREDENTIAL: CredentialReason.UNSIGNED,
    CredentialState.REMOTE_MANIFEST_ONLY: CredentialReason.REMOTE_ONLY,
    CredentialState.MALFORMED: CredentialReason.MALFORMED,
    CredentialState.UNSUPPORTED: CredentialReason.UNSUPPORTED,
    CredentialState.RECOVERED: CredentialReason.RECOVERED,
}
_SIGNER_WORDS = {
    CredentialReason.EXPIRED: "The signer's certificate has run out, and no trusted time stamp says when it signed.",
    CredentialReason.REVOKED: "The signer's certificate was revoked.",
    CredentialReason.WRONG_CERTIFICATE: "The signer's certificate is not one for signing credentials.",
}
_AI_WORDS = {
    AiClaim.YES: "It says that AI made it, or a part of it.",
    AiClaim.NO: "It does not say that AI was used; that is no proof that none was.",
    AiClaim.UNKNOWN: "",
}


def report_on(reading: Reading, profile: CredentialProfile) -> CredentialReport:
    """Derive the report from a reading. Never raises on a stranger's data."""
    if reading.store is None:
        return _unreadable(reading)
    store = Store(reading.store)
    if not store.is_whole:
        return without_credential(CredentialState.MALFORMED)
    trusted, signer_faults = _trust(store, reading.leaf)
    state = _state(store, trusted=trusted, recovered=reading.recovered)
    ai = _ai_claim(store)
    ingredients = tuple(_ingredients(store))
    reasons = _reasons(state, signer_faults, ingredients, store.failures)
    return CredentialReport(
        state=state,
        ai=ai,
        explanation=_explanation(state, ai, reasons),
        reasons=reasons,
        codes=store.failures,
        signer=_signer(store, trusted=trusted),
        title=text(store.active.get("title")),
        generator=_generator(store.active),
        actions=tuple(_actions(store)),
        ingredients=ingredients,
        soft_binding=_soft_binding(store, profile),
        owners=_owners(store, profile),
        manifest_label=text(store.label),
        sound_binding=_sound_binding(store, profile),
        document=reading.store,
    )


def without_credential(state: CredentialState, reason: CredentialReason | None = None) -> CredentialReport:
    """The report on a file in which no credential can be read."""
    return CredentialReport(state, AiClaim.UNKNOWN, _WORDS[state], (reason or _REASONS[state],))


def _unreadable(reading: Reading) -> CredentialReport:
    if reading.error in {"ManifestNotFound", "JumbfNotFound"}:
        return without_credential(CredentialState.NO_CREDENTIAL)
    if reading.error in {"Remote", "RemoteManifest"}:
        return without_credential(CredentialState.REMOTE_MANIFEST_ONLY)
    if reading.error == "TooLarge":
        return without_credential(CredentialState.MALFORMED, CredentialReason.TOO_COSTLY)
    if reading.error == "NotSupported" and reading.known_elsewhere:
        return without_credential(CredentialState.UNSUPPORTED)
    return without_credential(CredentialState.MALFORMED)


def _trust(store: Store, leaf: LeafCertificate | None) -> tuple[bool, tuple[CredentialReason, ...]]:
    """Whether the signer is vouched for, and what is wrong with the certificate.

    Three things must agree: no failure about the signer; the validator's success names our anchors for claims, not
    those for time stamps; and the certificate's own usages are a claim signer's, for many roots are in both public
    lists.
    """
    faults = [code for code in store.failures if fault_of(code) is Fault.SIGNER]
    vouched = store.succeeded("signingCredential.trusted", saying=f"[{CLAIM_ANCHORS}]")
    usable = leaf is not None and bool(leaf.usages & CLAIM_USAGES) and not leaf.usages & OTHER_USAGES
    has_run_out = leaf is not None and leaf.has_run_out and not _is_stamped(store)
    reasons: list[CredentialReason] = []
    if any(code.endswith("revoked") for code in faults):
        reasons.append(CredentialReason.REVOKED)
    if has_run_out or "signingCredential.expired" in faults or "claimSignature.outsideValidity" in faults:
        reasons.append(CredentialReason.EXPIRED)
    if "signingCredential.invalid" in faults or (leaf is not None and not usable):
        reasons.append(CredentialReason.WRONG_CERTIFICATE)
    return vouched and usable and not faults and not has_run_out, tuple(reasons)


def _state(store: Store, *, trusted: bool, recovered: bool) -> CredentialState:
    failures = store.failures
    faults = {fault_of(code) for code in failures}
    changed = {code for code in failures if fault_of(code) is Fault.CHANGED}
    if recovered and trusted and changed and changed <= BINDING_MISMATCHES and Fault.FORM not in faults:
        return CredentialState.RECOVERED
    # An ingredient that failed already when this was signed is the signer's statement, and shown; one that fails only
    # now means that the credential's bytes were changed since.
    if changed or any(fault_of(code) is Fault.CHANGED for code in store.new_ingredient_failures):
        return CredentialState.TAMPERED
    if Fault.FORM in faults or not store.succeeded("claimSignature.validated"):
        return CredentialState.MALFORMED
    if not store.successes & BINDING_MATCHES:
        return CredentialState.MALFORMED
    return CredentialState.TRUSTED if trusted else CredentialState.VALID_UNTRUSTED


def _reasons(
    state: CredentialState,
    signer_faults: tuple[CredentialReason, ...],
    ingredients: tuple[IngredientReport, ...],
    failures: tuple[str, ...],
) -> tuple[CredentialReason, ...]:
    reasons = [_REASONS[state], *signer_faults]
    if any(ingredient.faults for ingredient in ingredients):
        reasons.append(CredentialReason.INGREDIENT)
    if any(fault_of(code) is Fault.IDENTITY for code in failures):
        reasons.append(CredentialReason.IDENTITY)
    return tuple(reasons)


def _explanation(state: CredentialState, ai: AiClaim, reasons: tuple[CredentialReason, ...]) -> str:
    sentences = [_WORDS[state], *(_SIGNER_WORDS[reason] for reason in reasons if reason in _SIGNER_WORDS)]
    if CredentialReason.INGREDIENT in reasons:
        sentences.append("Something that it was made from had been changed, or cannot be checked.")
    sentences.append(_AI_WORDS[ai])
    return " ".join(filter(None, sentences))


def _ai_claim(store: Store) -> AiClaim:
    """What the active manifest, and those of whatever is part of this file, say about AI."""
    entered: set[str] = set()
    waiting = [store.label]
    while waiting:
        label = waiting.pop()
        if label in entered:
            continue
        entered.add(label)
        manifest = mapping(store.manifests.get(label))
        if _claims_ai(store, manifest):
            return AiClaim.YES
        for ingredient in objects(manifest.get("ingredients")):
            if ingredient.get("relationship") in _PART_OF:
                if _source(ingredient.get("digitalSourceType")).lower() in _AI_SOURCES:
                    return AiClaim.YES
                waiting.append(str(ingredient.get("active_manifest", "")))
    return AiClaim.NO


def _claims_ai(store: Store, manifest: Json) -> bool:
    labels = (text(assertion.get("label")) for assertion in objects(manifest.get("assertions")))
    if any(_AI_ASSERTION.search(label) for label in labels):
        return True
    held: list[object] = list(store.assertions(manifest, "c2pa.actions"))
    held += [data for label in _METADATA for data in store.assertions(manifest, label)]
    return any(source.lower() in _AI_SOURCES for source in _sources(held))


def _sources(held: list[object]) -> Iterator[str]:
    """Every digital source type anywhere in some data; without recursion, because a stranger chose its depth."""
    waiting = list(held)
    while waiting:
        value = waiting.pop()
        waiting.extend(items(value))
        for key, below in mapping(value).items():
            if key.rsplit(":", 1)[-1].lower() == "digitalsourcetype":
                yield from map(_source, [below, *items(below)])
            waiting.append(below)


def _source(value: object) -> str:
    return re.split(r"[/:#]", text(value))[-1].strip()


def _signer(store: Store, *, trusted: bool) -> SignerReport:
    info = mapping(store.active.get("signature_info"))
    return SignerReport(
        organisation=text(info.get("issuer")),
        common_name=text(info.get("common_name")),
        trusted=trusted,
        signed_at=text(info.get("time")) if _is_stamped(store) else "",
    )


def _is_stamped(store: Store) -> bool:
    """Tell whether one of our anchors for time stamps vouches for the stamp: the validator takes any anchor's word."""
    return store.succeeded("timeStamp.trusted", saying=f"trust list: {STAMP_ANCHORS}")


def _generator(manifest: Json) -> str:
    for info in objects(manifest.get("claim_generator_info")):
        return f"{text(info.get('name'))} {text(info.get('version'))}".strip()
    return text(manifest.get("claim_generator"))


def _actions(store: Store) -> Iterator[ActionReport]:
    for data in store.assertions(store.active, "c2pa.actions"):
        for action in objects(data.get("actions")):
            agent = action.get("softwareAgent")
            yield ActionReport(
                action=text(action.get("action")),
                source_type=_source(action.get("digitalSourceType")),
                software=text(agent) or text(mapping(agent).get("name")),
                when=text(action.get("when")),
            )


def _ingredients(store: Store) -> Iterator[IngredientReport]:
    for depth, ingredient, failed, succeeded in store.ingredients():
        label = text(ingredient.get("active_manifest"))
        yield IngredientReport(
            title=text(ingredient.get("title")),
            relationship=text(ingredient.get("relationship")),
            manifest_label=label,
            depth=depth,
            faults=material(filter(is_failure, failed)),
            trusted="signingCredential.trusted" in succeeded if label else None,
        )


def _soft_binding(store: Store, profile: CredentialProfile) -> SoftBinding | None:
    """Our own mark in the picture; else the first that is stated and is not our mark in the sound."""
    stated = [binding for binding in _bindings(store, profile) if binding.alg != profile.sound_binding_alg]
    ours = (binding for binding in stated if binding.alg == profile.soft_binding_alg)
    return next(ours, next(iter(stated), None))


def _sound_binding(store: Store, profile: CredentialProfile) -> SoftBinding | None:
    stated = _bindings(store, profile)
    return next((binding for binding in stated if binding.alg == profile.sound_binding_alg), None)


def _bindings(store: Store, profile: CredentialProfile) -> Iterator[SoftBinding]:
    sizes = {profile.soft_binding_alg: NUMBER_BYTES, profile.sound_binding_alg: SOUND_BYTES}
    for data in store.assertions(store.active, "c2pa.soft-binding"):
        alg = text(data.get("alg"))
        for block in objects(data.get("blocks")):
            value = text(block.get("value"), 1000)
            yield SoftBinding(alg, value, _number(value, sizes[alg]) if alg in sizes else None)


def _number(value: str, size: int) -> int | None:
    try:
        raw = base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        return None
    return int.from_bytes(raw, "big") if len(raw) == size else None


def _owners(store: Store, profile: CredentialProfile) -> tuple[Owner, ...] | None:
    for data in store.assertions(store.active, profile.ownership_label):
        return tuple(
            Owner(text(owner.get("pseudonym")), text(owner.get("role"))) for owner in objects(data.get("owners"))
        )
    return None

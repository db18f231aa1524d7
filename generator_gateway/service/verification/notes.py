"""What else is to be said: faults beside the sentence, and what absence does not prove. Pure."""

from collections.abc import Iterator

from generator_gateway.ports.verification import Fit, MarkEvidence, MarkState, Statement, standing_notes, told
from generator_gateway.service.verification.facts import speaking
from generator_gateway.service.verification.headline import HOLDS, Findings
from generator_gateway.service.verification.texts import shown
from watermark.api import CredentialReason, CredentialState

_MOST_INGREDIENTS = 10
_SIGNER = {
    CredentialReason.EXPIRED: "verify:note:signer_expired",
    CredentialReason.REVOKED: "verify:note:signer_revoked",
    CredentialReason.WRONG_CERTIFICATE: "verify:note:signer_wrong_certificate",
    CredentialReason.IDENTITY: "verify:note:identity_unverified",
}


def notes_of(found: Findings, development: str) -> tuple[Statement, ...]:
    """Every note, what matters most first; each once."""
    notes = (
        *standing_notes(found.releases),
        *_ingredients(found),
        *_credential(found, development),
        *_picture(found),
        *_sound(found),
        *_fingerprint(found),
        *_ledger(found),
        *_absence(found),
    )
    return tuple(dict.fromkeys(notes))


def _ingredients(found: Findings) -> Iterator[Statement]:
    faults = speaking(found).ingredient_faults
    for fault in faults[:_MOST_INGREDIENTS]:
        title = shown(fault.title)
        codes = shown(", ".join(fault.faults), 200)
        code = "ingredient_failed" if title else "untitled_ingredient_failed"
        yield told(f"verify:note:{code}", title=title, faults=codes)
    if len(faults) > _MOST_INGREDIENTS:
        yield told("verify:note:more_ingredients_failed", count=len(faults) - _MOST_INGREDIENTS)


def _credential(found: Findings, development: str) -> Iterator[Statement]:
    credential = found.credential
    for reason in credential.reasons:
        if reason in _SIGNER:
            yield told(_SIGNER[reason])
    signer = speaking(found).signer
    if development and signer is not None and signer.organisation == development:
        yield told("verify:note:development")
    # A withdrawn release's own credential is not asked for any more, so a file that claims to be it may be.
    if found.shown and credential.is_sound and (found.claimed is None or found.recovered is not None):
        yield told("verify:note:signed_by_another")
    if found.shown and credential.state is CredentialState.TAMPERED:
        yield told("verify:note:own_credential_broken")
    if found.contradicted:
        yield told("verify:note:credential_unconfirmed")
    if found.recovered is not None and found.signed_here is None:
        whole = found.recovered.state in HOLDS
        yield told("verify:note:recovered" if whole else "verify:note:not_recovered")


def _picture(found: Findings) -> Iterator[Statement]:
    yield from _unfitting(found.picture, "mark")
    signed = found.signed_here
    if signed is not None and any(span.video_id != signed.video_id for span in found.picture.spans):
        yield told("verify:note:mark_disagrees")
    if found.picture.altered:
        yield told("verify:note:picture_altered")


def _sound(found: Findings) -> Iterator[Statement]:
    for span in found.foreign_sound:
        elsewhere = "sound_of_another" if found.shown or found.signed_here else "sound_from_here"
        yield told(f"verify:note:{elsewhere}", start=span.start, end=span.end)
    yield from _unfitting(found.sound, "sound_mark")
    if found.sound.speed != 1:
        yield told("verify:note:sound_speed", percent=round(100 * found.sound.speed))


def _unfitting(evidence: MarkEvidence, what: str) -> Iterator[Statement]:
    codes = {Fit.DIFFERS: "copied", Fit.UNCONFIRMED: "unconfirmed", Fit.UNKNOWN: "unknown"}
    for span in evidence.spans:
        if span.fit in codes:
            yield told(f"verify:note:{what}_{codes[span.fit]}", start=span.start, end=span.end)


def _fingerprint(found: Findings) -> Iterator[Statement]:
    if found.releases and not any(release.is_certain for release in found.releases):
        best = max(match.similarity for match in found.fingerprint.matches)
        yield told("verify:note:resembles", similarity=best)


def _ledger(found: Findings) -> Iterator[Statement]:
    if any(not release.ledger_proved for release in found.releases):
        yield told("verify:note:not_in_ledger")


def _absence(found: Findings) -> Iterator[Statement]:
    if found.credential.state is CredentialState.NO_CREDENTIAL:
        yield told("verify:note:no_credential")
    states = {found.picture.state, found.sound.state}
    if MarkState.NOT_LOOKED in states:
        yield told("verify:note:marks_not_looked")
    elif MarkState.UNREADABLE in states:
        yield told("verify:note:undecodable")
    elif MarkState.FOUND not in states and MarkState.NOT_FOUND in states:
        yield told("verify:note:no_mark")
    if found.picture.state is MarkState.FOUND and found.sound.state is MarkState.NOT_FOUND:
        yield told("verify:note:sound_unmarked")
    if not found.releases:
        yield told("verify:note:absence")

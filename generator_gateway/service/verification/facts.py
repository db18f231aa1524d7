"""Three facts and consent, each its own question: who signed, AI or not, unchanged or not, do they still agree. Pure.

A fault on the signer's side (a certificate that ran out, was revoked or is of the wrong kind) is told of the signer and
is never called a change of the file.
"""

from collections.abc import Mapping
from datetime import UTC, datetime

from generator_gateway.ports.verification import Fact, Facts, MarkState, ReleaseEvidence, Tone, told
from generator_gateway.service.verification.headline import HOLDS, Findings
from generator_gateway.service.verification.texts import shown
from watermark.api import AiClaim, CredentialReason, CredentialReport, CredentialState

_SIGNER_FAULTS: Mapping[CredentialReason, str] = {
    CredentialReason.REVOKED: "revoked",
    CredentialReason.EXPIRED: "expired",
    CredentialReason.WRONG_CERTIFICATE: "wrong_certificate",
}
_UNCHANGED: Mapping[CredentialState, tuple[Tone, str]] = {
    CredentialState.TRUSTED: (Tone.GOOD, "unchanged"),
    CredentialState.VALID_UNTRUSTED: (Tone.GOOD, "unchanged"),
    CredentialState.TAMPERED: (Tone.BAD, "changed"),
    CredentialState.NO_CREDENTIAL: (Tone.NONE, "unsigned"),
    CredentialState.REMOTE_MANIFEST_ONLY: (Tone.NONE, "remote"),
    CredentialState.MALFORMED: (Tone.NONE, "unreadable"),
    CredentialState.UNSUPPORTED: (Tone.NONE, "unsupported"),
    CredentialState.RECOVERED: (Tone.CAUTION, "differs"),
}


def facts_of(found: Findings, development: str) -> Facts:
    """Answer the questions.

    Args:
        found: every layer's answer.
        development: organisation in certificates that nobody outside can trust.
    """
    return Facts(_signer(found, development), _ai(found), _integrity(found), consent_fact(found.releases))


def speaking(found: Findings) -> CredentialReport:
    """The credential that speaks for the file: its own, or the stored one where that holds and its own is gone."""
    recovered = found.recovered
    if recovered is not None and recovered.state in HOLDS and not found.credential.is_sound:
        return recovered
    return found.credential


def fact(tone: Tone, question: str, answer: str, *, caution: str = "", **values: str | float) -> Fact:
    """The answer to a question: its codes are named after both."""
    return Fact(
        tone,
        told(f"verify:{question}:{answer}"),
        told(f"verify:{question}:{answer}_because", **values),
        told(f"verify:{question}:{caution}") if caution else None,
    )


def _signer(found: Findings, development: str) -> Fact:
    credential = speaking(found)
    signer = credential.signer
    if signer is None:
        return fact(Tone.NONE, "signer", "nobody")
    name = shown(signer.organisation or signer.common_name)
    for reason, answer in _SIGNER_FAULTS.items():
        if reason in credential.reasons:
            return fact(Tone.CAUTION, "signer", answer, caution="own_words", name=name)
    if credential.state in {CredentialState.TAMPERED, CredentialState.MALFORMED}:
        return fact(Tone.CAUTION, "signer", "broken", caution="own_words", name=name)
    if development and signer.organisation == development:
        return fact(Tone.PLAIN, "signer", "development", caution="development_caution")
    if signer.trusted:
        stamped = bool(signer.signed_at)
        return fact(
            Tone.GOOD, "signer", "trusted_stamped" if stamped else "trusted", name=name, at=_moment(signer.signed_at)
        )
    return fact(Tone.CAUTION, "signer", "untrusted", caution="own_words", name=name)


def _ai(found: Findings) -> Fact:
    if found.signed_here is not None or found.shown:
        whole = found.signed_here is not None or found.shown_throughout
        return fact(Tone.PLAIN, "ai", "made_here" if whole else "some_made_here")
    credential = found.credential
    if credential.state in {CredentialState.TAMPERED, CredentialState.MALFORMED}:
        return fact(Tone.NONE, "ai", "not_believed" if credential.ai is AiClaim.YES else "unknown")
    if credential.ai is AiClaim.YES:
        return fact(Tone.PLAIN, "ai", "claimed")
    if found.foreign_sound:
        return fact(Tone.PLAIN, "ai", "sound_made_here")
    if MarkState.FOUND in {found.picture.state, found.sound.state}:
        return fact(Tone.CAUTION, "ai", "marked")
    return fact(Tone.NONE, "ai", "no_claim" if credential.ai is AiClaim.NO else "unknown")


def _integrity(found: Findings) -> Fact:
    credential = found.credential
    tone, answer = _UNCHANGED[credential.state]
    if found.recovered is not None and not credential.is_sound:
        tone, answer = Tone.CAUTION, "differs" if found.recovered.state in HOLDS else "differs_unproved"
        # Where the stored one holds as a whole, its own is all that a file without any has lost.
        if found.recovered.state is CredentialState.TRUSTED and credential.state is CredentialState.NO_CREDENTIAL:
            tone, answer = _UNCHANGED[CredentialState.TRUSTED]
    if CredentialReason.TOO_COSTLY in credential.reasons:
        tone, answer = Tone.NONE, "too_costly"
    return fact(tone, "unchanged", answer)


def consent_fact(releases: tuple[ReleaseEvidence, ...]) -> Fact:
    """Whether the people in some releases still agree; what only resembles one is nobody's."""
    certain = [release for release in releases if release.is_certain]
    gone = [release for release in certain if release.is_withdrawn]
    if gone:
        return fact(Tone.BAD, "consent", "withdrawn" if len(gone) == len(certain) else "some_withdrawn")
    if any(release.is_taken_down for release in certain):
        return fact(Tone.BAD, "consent", "taken_down")
    if not certain:
        return fact(Tone.NONE, "consent", "unknown")
    return fact(Tone.GOOD, "consent", _people(certain[0]) if len(certain) == 1 else "active")


def _people(release: ReleaseEvidence) -> str:
    return {0: "active_nobody", 1: "active_one"}.get(release.people, "active")


def _moment(stamp: str) -> str:
    """A time-stamp's RFC 3339 text as people read it; as it came where it is none."""
    try:
        return f"{datetime.fromisoformat(stamp).astimezone(UTC):%Y-%m-%d %H:%M} UTC"
    except ValueError:
        return stamp

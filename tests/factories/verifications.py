"""Verifications of files that nobody needs to have: the findings are written down, the sentences follow from them."""

import hashlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from generator_gateway.api import Fit, MarkEvidence, MarkSpan, MarkState, ReleaseEvidence, Verification
from generator_gateway.ports.verification import FingerprintEvidence, FingerprintMatch, FoundBy
from generator_gateway.service.verification.facts import facts_of
from generator_gateway.service.verification.headline import Findings, headline_of
from generator_gateway.service.verification.notes import notes_of
from generator_gateway.service.verification.timeline import timeline_of
from watermark.api import (
    AiClaim,
    CredentialReason,
    CredentialReport,
    CredentialState,
    IngredientReport,
    SignerReport,
)

OUT = datetime(2026, 1, 2, 3, 4, tzinfo=UTC)
DEVELOPMENT = "Placet development"
KNOWN = SignerReport("Example Studio", "Example Studio signing", trusted=True, signed_at="2026-01-02T03:04:00Z")
STRANGER = SignerReport("Somebody", "somebody.example", trusted=False, signed_at="")
TESTER = SignerReport(DEVELOPMENT, "Placet development signer", trusted=True, signed_at="")
UNSIGNED = CredentialReport(CredentialState.NO_CREDENTIAL, AiClaim.UNKNOWN, "", (CredentialReason.UNSIGNED,))
UNMARKED = MarkEvidence(MarkState.NOT_FOUND, 1.3, 7.0, seconds=10.0)
ABSENT = MarkEvidence(MarkState.ABSENT)
UNREADABLE = MarkEvidence(MarkState.UNREADABLE)
NOT_NEEDED = FingerprintEvidence(MarkState.NOT_LOOKED)
LABEL = "urn:c2pa:6f3f2d6e-9d0c-4a4b-8a55-0a1f7a2f6c11"


def a_credential(
    state: CredentialState = CredentialState.TRUSTED,
    ai: AiClaim = AiClaim.YES,
    signer: SignerReport | None = KNOWN,
    *,
    title: str = "A ferry at sunrise",
    codes: tuple[str, ...] = (),
    reasons: tuple[CredentialReason, ...] = (),
    ingredients: tuple[IngredientReport, ...] = (),
) -> CredentialReport:
    """A credential that can be read."""
    return CredentialReport(
        state,
        ai,
        "",
        reasons,
        codes=codes,
        signer=signer,
        title=title,
        generator="Placet 0.1.0",
        ingredients=ingredients,
        manifest_label=LABEL,
    )


def a_release(
    letter: str, found_by: FoundBy = FoundBy.WATERMARK, *, people: int = 2, withdrawn: bool = False
) -> ReleaseEvidence:
    """A release called ``video_`` and its letter."""
    return ReleaseEvidence(
        found_by=found_by,
        video_id=f"video_{letter}",
        consent="withdrawn" if withdrawn else "active",
        released_at=OUT,
        withdrawn_at=OUT + timedelta(days=9) if withdrawn else None,
        people=people,
        ledger_index=41,
        ledger_proved=True,
    )


def a_mark(*spans: tuple[float, float, Fit, str | None], seconds: float = 10.0, altered: bool = False) -> MarkEvidence:
    """A mark over some seconds: start, end, fit, and the letter of the release that it names."""
    found = tuple(
        MarkSpan(start, end, fit, f"video_{letter}" if letter else None, "1", 31.0) for start, end, fit, letter in spans
    )
    return MarkEvidence(MarkState.FOUND, 31.0, 7.0, 1e-13, found, seconds, altered=altered)


def a_verification(
    *releases: ReleaseEvidence,
    credential: CredentialReport = UNSIGNED,
    recovered: CredentialReport | None = None,
    picture: MarkEvidence = UNMARKED,
    sound: MarkEvidence = UNMARKED,
    fingerprint: FingerprintEvidence = NOT_NEEDED,
    name: str = "film",
) -> Verification:
    """What follows from these findings; with none, that nothing was found. Other names have other digests."""
    found = Findings(credential, recovered, picture, sound, fingerprint, releases)
    return Verification(
        sha256=hashlib.sha256(name.encode()).hexdigest(),
        size=4_217_088,
        headline=headline_of(found),
        facts=facts_of(found, DEVELOPMENT),
        credential=credential,
        picture=picture,
        sound=sound,
        fingerprint=fingerprint,
        recovered_credential=recovered,
        releases=releases,
        timeline=timeline_of(found),
        seconds=max(picture.seconds, sound.seconds),
        notes=notes_of(found, DEVELOPMENT),
    )


def _recovered() -> Verification:
    stored = replace(a_credential(CredentialState.RECOVERED), codes=("assertion.bmffHash.mismatch",))
    whole = a_mark((0, 10, Fit.SAME, "a"), altered=True)
    return a_verification(a_release("a"), recovered=stored, picture=whole, sound=a_mark((0, 10, Fit.SAME, "a")))


def _spliced() -> Verification:
    picture = a_mark((0, 3.9, Fit.SAME, "a"), (5.2, 9, Fit.SAME, "b"), (9, 11.5, Fit.DIFFERS, "c"), seconds=14)
    sound = a_mark((0, 5.5, Fit.SAME, "a"), (7, 9.5, Fit.UNCONFIRMED, None), (10, 13, Fit.UNKNOWN, None), seconds=14)
    return a_verification(a_release("a"), a_release("b", withdrawn=True), picture=picture, sound=sound)


def _tampered() -> Verification:
    fault = IngredientReport("Reference clip", "componentOf", LABEL, 0, ("assertion.bmffHash.mismatch",), trusted=False)
    broken = a_credential(
        CredentialState.TAMPERED, signer=STRANGER, codes=("assertion.bmffHash.mismatch",), ingredients=(fault,)
    )
    return a_verification(credential=broken)


def _copied() -> Verification:
    return a_verification(picture=a_mark((0, 10, Fit.DIFFERS, "a")), sound=ABSENT)


def _alike() -> Verification:
    matches = (FingerprintMatch("video_a", "pictures", 93), FingerprintMatch("video_a", "sound", 71))
    resembling = FingerprintEvidence(MarkState.FOUND, matches)
    return a_verification(a_release("a", FoundBy.FINGERPRINT), fingerprint=resembling)


def _signed() -> Verification:
    whole = a_mark((0, 10, Fit.SAME, "a"))
    own = a_credential(signer=TESTER, title="")
    return a_verification(a_release("a", FoundBy.CREDENTIAL), credential=own, picture=whole, sound=whole)


def _withdrawn() -> Verification:
    whole = a_mark((0, 10, Fit.SAME, "a"))
    gone = a_release("a", FoundBy.CREDENTIAL, withdrawn=True)
    return a_verification(gone, credential=a_credential(), picture=whole, sound=whole)


def _malformed() -> Verification:
    broken = CredentialReport(CredentialState.MALFORMED, AiClaim.UNKNOWN, "", (CredentialReason.MALFORMED,))
    return a_verification(credential=broken, picture=UNREADABLE, sound=UNREADABLE)


def examples() -> dict[str, Verification]:
    """One verification of each kind that a page has to show, by name."""
    return {
        "signed": _signed(),
        "withdrawn": _withdrawn(),
        "recovered": _recovered(),
        "spliced": _spliced(),
        "copied": _copied(),
        "tampered": _tampered(),
        "alike": _alike(),
        "elsewhere": a_verification(credential=a_credential(), sound=ABSENT),
        "nothing": a_verification(),
        "malformed": _malformed(),
    }

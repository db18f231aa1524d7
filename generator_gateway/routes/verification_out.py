"""A verification as JSON: every sentence beside its code and values, in the reader's language."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pydantic import BaseModel, Field

from generator_gateway.ports.verification import (
    STANDING,
    STANDING_CODES,
    Fact,
    ReleaseEvidence,
    Statement,
    Verification,
)
from generator_gateway.service.verification.texts import shown
from generator_gateway.wording import Wording
from watermark.api import CredentialReport

_LONG = 200


class StatementOut(BaseModel):
    """A sentence, and what it was made of."""

    code: str
    values: dict[str, str | int | float] = Field(default_factory=dict)
    sentence: str


class FactOut(BaseModel):
    """The answer to one question."""

    tone: str
    answer: StatementOut
    explanation: StatementOut
    caution: StatementOut | None


class FactsOut(BaseModel):
    """Who signed, AI or not, unchanged or not, consent."""

    signer: FactOut
    ai: FactOut
    unchanged: FactOut
    consent: FactOut


class SignerOut(BaseModel):
    """Who signed, in the certificate's own words; proof of nothing unless trusted."""

    organisation: str
    common_name: str
    trusted: bool
    signed_at: str


class IngredientOut(BaseModel):
    """Something that the file was made from and that does not hold."""

    title: str
    relationship: str
    depth: int
    faults: list[str]


class CredentialOut(BaseModel):
    """What a content credential says.

    Attributes:
        state: trusted, valid_untrusted, tampered, no_credential, remote_manifest_only, malformed, unsupported or
            recovered.
        ai: yes, no or unknown; what the credential claims, never what we guess.
        reasons: reason codes, the state's own first.
        codes: failure codes of the C2PA standard.
    """

    state: str
    ai: str
    signer: SignerOut | None
    title: str
    generator: str
    manifest: str | None
    explanation: str
    reasons: list[str]
    codes: list[str]
    ingredient_faults: list[IngredientOut]


class SpanOut(BaseModel):
    """Seconds that carry one mark; fit: same, differs, unconfirmed or unknown."""

    start: float
    end: float
    fit: str
    video_id: str | None
    key_id: str
    confidence: float


class WatermarkOut(BaseModel):
    """What was found of a mark, in pictures or in sound."""

    state: str
    confidence: float | None
    threshold: float | None
    chance: float | None
    matches: bool | None
    spans: list[SpanOut]
    seconds: float
    speed: float
    altered: bool
    presence: float | None


class FingerprintMatchOut(BaseModel):
    """A release that the file resembles."""

    video_id: str
    by: str
    similarity: int


class FingerprintOut(BaseModel):
    """What the file resembles; a resemblance proves nothing alone."""

    state: str
    matches: list[FingerprintMatchOut]


class ReleaseOut(BaseModel):
    """A release that the file is or comes from; nobody is named."""

    video_id: str
    found_by: str
    consent: str
    released_at: datetime
    withdrawn_at: datetime | None
    people: int
    ledger_index: int
    ledger_proved: bool


class SegmentOut(BaseModel):
    """A stretch of the timeline; number: which of `releases`, from 1; 0 where none."""

    track: str
    start: float
    end: float
    fit: str | None
    number: int
    label: StatementOut


class VerificationOut(BaseModel):
    """Everything that is known about a file; the sentence comes first."""

    sentence: str
    language: str
    headline: StatementOut
    facts: FactsOut
    sha256: str
    size: int
    seconds: float
    credential: CredentialOut
    recovered_credential: CredentialOut | None
    watermark: WatermarkOut
    sound_watermark: WatermarkOut
    fingerprint: FingerprintOut
    release: ReleaseOut | None
    releases: list[ReleaseOut]
    recovered: bool
    timeline: list[SegmentOut]
    notes: list[StatementOut]
    kept_until: datetime | None = None


def verification_out(found: Verification, words: Wording) -> VerificationOut:
    """A verification as JSON."""
    return VerificationOut(
        sentence=sentence_of(found, words),
        language=words.language,
        headline=statement_out(found.headline, words),
        facts=FactsOut(
            signer=fact_out(found.facts.signer, words),
            ai=fact_out(found.facts.ai, words),
            unchanged=fact_out(found.facts.unchanged, words),
            consent=fact_out(found.facts.consent, words),
        ),
        sha256=found.sha256,
        size=found.size,
        seconds=found.seconds,
        credential=_credential(found.credential),
        recovered_credential=_credential(found.recovered_credential) if found.recovered_credential else None,
        watermark=WatermarkOut.model_validate(found.picture, from_attributes=True),
        sound_watermark=WatermarkOut.model_validate(found.sound, from_attributes=True),
        fingerprint=FingerprintOut.model_validate(found.fingerprint, from_attributes=True),
        release=release_out(found.release) if found.release else None,
        releases=[release_out(release) for release in found.releases],
        recovered=found.recovered,
        timeline=[
            SegmentOut(
                track=segment.track,
                start=segment.start,
                end=segment.end,
                fit=segment.fit,
                number=segment.number,
                label=statement_out(segment.label, words),
            )
            for segment in found.timeline
        ],
        notes=[statement_out(note, words) for note in found.notes],
    )


def sentence_of(found: Verification, words: Wording) -> str:
    """The plain sentence: the headline, and that it was withdrawn or taken down where it was."""
    notes = (note for note in found.notes if note in STANDING)
    return " ".join(words.say(said.code, said.values) for said in (found.headline, *notes))


def statement_out(said: Statement, words: Wording) -> StatementOut:
    """A statement with its sentence."""
    return StatementOut(code=said.code, values=dict(said.values), sentence=words.say(said.code, said.values))


def fact_out(fact: Fact, words: Wording) -> FactOut:
    """A fact with its sentences."""
    return FactOut(
        tone=fact.tone,
        answer=statement_out(fact.answer, words),
        explanation=statement_out(fact.explanation, words),
        caution=statement_out(fact.caution, words) if fact.caution else None,
    )


def release_out(release: ReleaseEvidence) -> ReleaseOut:
    """A release as JSON."""
    return ReleaseOut.model_validate(release, from_attributes=True)


def reworded(kept: VerificationOut, words: Wording) -> VerificationOut:
    """The same verification in another language: every sentence is made again of its code and values."""
    document = _again(kept.model_dump(mode="json"), words)
    again = VerificationOut.model_validate(document)
    again.language = words.language
    settle_sentence(again)
    return again


def settle_sentence(out: VerificationOut) -> None:
    """Make the plain sentence anew of the headline and the notes."""
    notes = (note.sentence for note in out.notes if note.code in STANDING_CODES)
    out.sentence = " ".join((out.headline.sentence, *notes))


def _again(value: Any, words: Wording) -> Any:
    if isinstance(value, list):
        return [_again(item, words) for item in value]
    if not isinstance(value, Mapping):
        return value
    if value.keys() == {"code", "values", "sentence"}:
        return {**value, "sentence": words.say(value["code"], value["values"].items())}
    return {key: _again(item, words) for key, item in value.items()}


def _credential(report: CredentialReport) -> CredentialOut:
    signer = report.signer
    return CredentialOut(
        state=report.state,
        ai=report.ai,
        signer=SignerOut(
            organisation=shown(signer.organisation),
            common_name=shown(signer.common_name),
            trusted=signer.trusted,
            signed_at=shown(signer.signed_at),
        )
        if signer
        else None,
        title=shown(report.title, _LONG),
        generator=shown(report.generator, _LONG),
        manifest=shown(report.manifest_label, _LONG) or None,
        explanation=report.explanation,
        reasons=list(report.reasons),
        codes=[shown(code) for code in report.codes],
        ingredient_faults=[
            IngredientOut(
                title=shown(fault.title, _LONG),
                relationship=shown(fault.relationship),
                depth=fault.depth,
                faults=[shown(code) for code in fault.faults],
            )
            for fault in report.ingredient_faults
        ],
    )

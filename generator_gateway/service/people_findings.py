"""What gates say of people on the blocklist, as findings: of today's requests, and of what was released before."""

from generator_gateway.ports import NewAppearance
from likeness_guard.api import Band, Entry, LikenessReason, Modality
from trust_kernel.decisions import Evidence, Finding, Outcome, Stage

PERSON_NAMED = 0.80
"""Score from which a person is meant: a misspelt public figure is refused, not queued. Scale: trust_kernel.names."""
NAMES_GATE = "prompt:names"
LIKENESS_GATE = "likeness:media"
GALLERY = "blocklist"
BLOCKLISTED = {Modality.FACE: LikenessReason.FACE_BLOCKLISTED, Modality.VOICE: LikenessReason.VOICE_BLOCKLISTED}
DOUBTFUL = {Modality.FACE: LikenessReason.FACE_UNSURE, Modality.VOICE: LikenessReason.VOICE_UNSURE}
THOUSAND = 1000
MILLION = 1_000_000


def of_name(entry_id: str, score: float, evidence: Evidence, stage: Stage = Stage.REQUEST) -> Finding:
    """Somebody on the blocklist is named.

    Args:
        entry_id: who.
        score: 1.0 for the plain name, less for looser likeness.
        evidence: where.
        stage: at which look.
    """
    sure = score >= PERSON_NAMED
    return Finding(
        gate=NAMES_GATE,
        stage=stage,
        outcome=Outcome.MATCH if sure else Outcome.UNSURE,
        reason=LikenessReason.NAME_BLOCKLISTED if sure else LikenessReason.NAME_UNSURE,
        evidence=evidence,
        score=score,
        threshold=PERSON_NAMED,
        about=entry_id,
        facts={"gallery": GALLERY},
    )


def of_track(found: NewAppearance, entry: Entry) -> Finding:
    """Somebody on the blocklist was found in a track of what was made, as the look at it would say today."""
    sure, modality = found.band == Band.MATCH, Modality(found.modality)
    return Finding(
        gate=LIKENESS_GATE,
        stage=Stage.OUTPUT,
        outcome=Outcome.MATCH if sure else Outcome.UNSURE,
        reason=(BLOCKLISTED if sure else DOUBTFUL)[modality],
        evidence=Evidence("output"),
        score=found.score,
        about=entry.id,
        facts={
            "gallery": GALLERY,
            "modality": modality.value,
            "category": entry.category.value,
            "claimed": False,
            "probability": round(found.probability * THOUSAND),
            "false_positives": round(found.fpir * MILLION),
            "assurance": "",
        },
    )

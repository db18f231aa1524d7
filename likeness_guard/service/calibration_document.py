"""Calibration documents: everything that was measured with one pack, as JSON."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from likeness_guard.domain import Modality
from likeness_guard.domain.calibration import SCHEMA
from likeness_guard.domain.rates import Targets
from likeness_guard.ports import FaceDetector, FaceEmbedder, VoiceActivity, VoiceEmbedder
from likeness_guard.service.calibrating import (
    LEAST_PEOPLE,
    Samples,
    gallery_scores,
    group_spread,
    held_out,
    joined,
    measured,
    pair_scores,
    sizes_for,
)
from likeness_guard.service.known_people import Recording, Seen, enrolled_voices, faces_of, probe_voices
from trust_kernel.errors import InvalidInput

PRIOR = 0.5
"""Share of probes whose person is in the gallery: says nothing either way, and is written into the document."""

_SEED = 20_261_101
_QUALITIES = (("poor", 0.0), ("fair", 0.3), ("good", 0.6))
_LENGTHS = (("1.5 s", 0.0), ("2.5 s", 2.4), ("4 s", 3.8), ("8 s", 7.5))
"""Bands of speech and the seconds that they begin at; the first one holds all that is shorter."""
_POORER_FACES = 800
"""Pictures made poorer at most; each costs as much as a good one."""
_RIVAL_WEIGHT = 0.7
_RIVALS_FROM = 100
"""People from which setting scores against rivals finds more mates: with 30 it finds fewer."""
_VERIFICATION_FMR = 0.01


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a calibration is made for.

    Attributes:
        pack: version of the embedder.
        data: what it is measured on, in words.
    """

    pack: str
    targets: Targets
    data: str = ""


def face_document(
    recordings: Sequence[Recording], detector: FaceDetector, embedder: FaceEmbedder, wanted: Wanted
) -> dict[str, Any]:
    """Measure a face pack: clean pictures, and as many made poorer as fill the bands below.

    Raises:
        InvalidInput: too few people, or nobody with two pictures.
    """
    clean = faces_of(recordings, detector, embedder)
    rng = np.random.default_rng(_SEED)
    chosen = rng.permutation(len(recordings))[:_POORER_FACES]
    poorer = faces_of(recordings, detector, embedder, poorer=rng, chosen=[int(number) for number in chosen])
    parts = []
    for number, (name, floor) in enumerate(_QUALITIES):
        ceiling = _QUALITIES[number + 1][1] if number + 1 < len(_QUALITIES) else 2.0
        seen = clean if name == "good" else poorer
        inside = seen.where((seen.quality >= floor) & (seen.quality < ceiling))
        parts.append(_Part(name, inside, floor, 0.0))
    notes = [f"a face was found in {_share(poorer)} of pictures that were made small, dark or out of focus"]
    return _document(Modality.FACE, wanted, clean.samples, parts, clean.missed, notes)


def voice_document(
    recordings: Sequence[Recording], activity: VoiceActivity, embedder: VoiceEmbedder, wanted: Wanted
) -> dict[str, Any]:
    """Measure a voice pack: clips cut to several lengths, quiet and in noise.

    What counts as good is what 19 of 20 quiet clips of that length reach.

    Raises:
        InvalidInput: too few people, or nobody with two clips.
    """
    enrolled = enrolled_voices(recordings, activity, embedder)
    clean = probe_voices(recordings, activity, embedder)
    noisy = probe_voices(recordings, activity, embedder, noise=np.random.default_rng(_SEED))
    parts, notes = [], []
    for number, (name, floor) in enumerate(_LENGTHS):
        ceiling = _LENGTHS[number + 1][1] if number + 1 < len(_LENGTHS) else np.inf
        quiet, loud = ((one.seconds >= floor) & (one.seconds < ceiling) for one in (clean, noisy))
        if not quiet.any():
            continue
        good = float(np.floor(np.quantile(clean.quality[quiet], 0.05) * 1000) / 1000)
        below = (noisy.where(loud & (noisy.quality < good)), clean.where(quiet & (clean.quality < good)))
        parts.append(_Part(f"{name}, good", clean.where(quiet & (clean.quality >= good)), good, floor))
        parts.append(_Part(f"{name}, poor", joined(*below), 0.0, floor))
        if loud.any():
            passing = float((noisy.quality[loud] >= good).mean())
            notes.append(f"{name}: {passing:.0%} of clips in noise of 0 to 15 dB count as good")
    return _document(Modality.VOICE, wanted, enrolled.samples, parts, enrolled.missed, notes)


@dataclass(frozen=True, slots=True)
class _Part:
    name: str
    probes: Samples
    quality: float
    seconds: float


def _document(
    modality: Modality, wanted: Wanted, enrolled: Samples, parts: Sequence[_Part], missed: int, notes: Sequence[str]
) -> dict[str, Any]:
    targets = wanted.targets
    rivals = _rivals(enrolled)
    enough = [part for part in parts if np.unique(part.probes.people).size >= LEAST_PEOPLE and _mates(part, enrolled)]
    if not enough:
        raise InvalidInput(f"no condition stands on {LEAST_PEOPLE} people")
    conditions = [_measured(part, enrolled, targets, rivals) for part in enough]
    left_out = [part.name for part in parts if part not in enough]
    said = [*notes, *(f"{name}: too few people; the next poorer band is used, or the poorest" for name in left_out)]
    clean = pair_scores(enrolled, enrolled)
    best = max(enough, key=lambda part: (part.seconds, part.quality))
    check = held_out(enrolled, best.probes, targets, _SEED)
    said.append(
        f"thresholds from one half of the people, on the other half, gallery of {check['gallery']}: FPIR "
        f"{check['fpir_at_match']:.2%} where {targets.fpir:.2%} was wanted; extrapolated from an eighth of that size: "
        f"{check['fpir_at_extrapolated_match']:.2%}"
    )
    match = next(one for one in conditions if one["name"] == best.name)["pairs"]["match"]
    return {
        "schema": SCHEMA,
        "pack": wanted.pack,
        "modality": modality.value,
        "data": wanted.data,
        "people": int(np.unique(enrolled.people).size),
        "samples": len(enrolled.people),
        "missed": missed,
        "targets": {
            "fpir": targets.fpir,
            "unsure_fpir": targets.unsure_fpir,
            "fmr": targets.fmr,
            "unsure_fmr": targets.unsure_fmr,
        },
        "prior": PRIOR,
        "verification": round(clean.threshold(_VERIFICATION_FMR), 5),
        "held_out": check,
        "conditions": conditions,
        "groups": group_spread(enrolled, match),
        "notes": said,
    }


def _measured(part: _Part, enrolled: Samples, targets: Targets, rivals: dict[str, float] | None) -> dict[str, Any]:
    return measured(
        part.name,
        enrolled,
        part.probes,
        targets,
        quality=part.quality,
        seconds=part.seconds,
        seed=_SEED,
        rivals=rivals,
    )


def _rivals(enrolled: Samples) -> dict[str, float] | None:
    """How scores are set against rivals; None where the people do not fill a gallery in which that helps."""
    people = int(np.unique(enrolled.people).size)
    size = sizes_for(people)[-1] if people >= LEAST_PEOPLE else 0
    if size < _RIVALS_FROM:
        return None
    usual = gallery_scores(enrolled, enrolled, size, _SEED, trials=4).unmated_next[:, :3]
    reference = float(np.exp(np.log(np.maximum(1 - usual, 1e-6)).mean()))
    return {"weight": _RIVAL_WEIGHT, "reference": round(reference, 5), "least": _RIVALS_FROM}


def _mates(part: _Part, enrolled: Samples) -> bool:
    same = part.probes.people[:, None] == enrolled.people[None]
    return bool((same & (part.probes.sources[:, None] != enrolled.sources[None])).any())


def _share(seen: Seen) -> str:
    found = len(seen.samples.people)
    return f"{found / max(1, found + seen.missed):.0%}"

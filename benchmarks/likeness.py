"""How well the likeness guard tells people apart, with intervals.

    python -m benchmarks.likeness --data DIR [--models CACHE] [--json OUT]

DIR holds `faces_manifest.csv` and `voices_manifest.csv` (columns file, identity; further ones are groups) and folders
`faces`, `voices`; one of the two is enough. Terms are those of ISO/IEC 19795-1.

Pairs: every picture (clip) with every other one. Galleries: one sample a person enrolled, over 60 random draws of the
gallery; the threshold is where 1 % of those not in it are taken for somebody, TPIR is the share of mates who are found
above it and first. `face_tpir_fpir1` sets scores against rivals as the product does, `face_tpir_fpir1_cosine` does not.
`centroid3` enrols three pictures a person where there are so many, and probes with what is left. Noise (white, 10 dB)
and reverberation are laid on the probe; the enrolled clip is clean. Intervals are over people.

The calibration itself is made by `placet models calibrate`; what the shipped one does to these people is under
"shipped".
"""

import argparse
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.degradations import noisy, reverberant
from benchmarks.intervals import Figure, Pairs, Searches, figures, joined
from likeness_guard.adapters.calibrations import load_calibrations
from likeness_guard.adapters.known_people_files import recordings_in
from likeness_guard.adapters.packs import model_store
from likeness_guard.adapters.stack import EmbeddedModels, embedded_models
from likeness_guard.domain import Band, Modality
from likeness_guard.domain.calibration import Calibration
from likeness_guard.domain.rates import AgainstRivals
from likeness_guard.ports import Sound
from likeness_guard.service.calibrating import Samples, group_spread
from likeness_guard.service.known_people import Recording, Seen, enrolled_voices, faces_of
from trust_kernel.errors import Broken
from trust_kernel.inference.sessions import SessionFactory

_DRAWS = 60
_FACES, _VOICES = 266, 55
_SHARE = 0.515
"""Of the people, in the gallery, where there are fewer than twice as many as it should hold."""
_SEED = 20_261_101
_CENTROID = 3
_NEXT = 8

Rule = Callable[[np.ndarray[Any, np.dtype[np.float64]]], np.ndarray[Any, np.dtype[np.float64]]]
"""Rows of falling scores, one a person, to the score that is compared with the threshold."""


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--models", type=Path, help="where packs are kept [default: the demo's cache]")
    parser.add_argument("--json", "--out", dest="json", type=Path)
    chosen = parser.parse_args()
    models = _models(chosen.models)
    document: dict[str, Any] = {"metrics": {}, "galleries": {}, "people": {}, "groups": {}, "shipped": {}}
    if (chosen.data / "faces_manifest.csv").is_file():
        _faces(recordings_in(chosen.data, Modality.FACE), models, document)
    if (chosen.data / "voices_manifest.csv").is_file():
        _voices(recordings_in(chosen.data, Modality.VOICE), models, document)
    for name, found in document["metrics"].items():
        print(f"{name:28} {found['value']:.4f}  [{found['low']:.4f}, {found['high']:.4f}]")
    print(json.dumps({name: part for name, part in document.items() if name != "metrics"}, indent=1))
    if chosen.json:
        chosen.json.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")


def _models(cache: Path | None) -> EmbeddedModels:
    if cache is None:
        from placet.demo.deployment import shared_model_cache

        cache = shared_model_cache()
    store = model_store(cache)
    for name in store.names():
        store.pull(name)
    return embedded_models(store, SessionFactory())


def _faces(recordings: list[Recording], models: EmbeddedModels, document: dict[str, Any]) -> None:
    began = time.perf_counter()
    seen = faces_of(recordings, models.detector, models.face_embedder)
    document["people"]["face"] = _facts(seen, began, len(recordings))
    samples = seen.samples
    people = _people(recordings)
    size = gallery_size(samples, _FACES)
    against = _shipped_rivals(models.face_embedder.version, size)
    pairs = Pairs.of(samples, samples)
    metrics = {f"face_{name}": found for name, found in figures(pairs.figures, people).items()}
    metrics["face_tpir_fpir1"] = _tpir(searches(samples, size, against), people)
    metrics["face_tpir_fpir1_cosine"] = _tpir(searches(samples, size, plain), people)
    document["galleries"]["face"] = size
    several = np.unique(samples.people, return_counts=True)[1] > _CENTROID
    if several.sum() > 1:
        metrics["face_tpir_fpir1_centroid3"] = _tpir(searches(samples, size, against, enrol=_CENTROID), people)
        document["galleries"]["face_centroid3"] = {"people": size, "probed": int(min(several.sum(), size))}
    _add(document, metrics)
    document["groups"]["face"] = group_spread(samples, pairs.threshold(1e-3))
    document["shipped"]["face"] = _shipped(models.face_embedder.version, seen, seen, size)


def _voices(recordings: list[Recording], models: EmbeddedModels, document: dict[str, Any]) -> None:
    began = time.perf_counter()
    seen = enrolled_voices(recordings, models.activity, models.voice_embedder)
    document["people"]["voice"] = _facts(seen, began, len(recordings))
    samples, people = seen.samples, _people(recordings)
    size = gallery_size(samples, _VOICES)
    pairs = Pairs.of(samples, samples)
    metrics = {f"voice_{name}": found for name, found in figures(pairs.figures, people).items()}
    metrics["voice_tpir_fpir1"] = _tpir(searches(samples, size, plain), people)
    rng = np.random.default_rng(_SEED)
    changes: dict[str, Callable[[Sound], Sound]] = {
        "noise10db": lambda sound: noisy(sound, 10.0, rng),
        "reverb": lambda sound: reverberant(sound, rng),
    }
    for name, change in changes.items():
        worse = enrolled_voices([_changed(one, change) for one in recordings], models.activity, models.voice_embedder)
        metrics[f"voice_eer_{name}"] = figures(Pairs.of(samples, worse.samples).figures, people)["eer"]
        both = Pairs.of(worse.samples, worse.samples)
        metrics[f"voice_eer_{name}_both"] = figures(both.figures, people)["eer"]
        document["people"]["voice"][f"missed_{name}"] = worse.missed
    _add(document, metrics)
    document["galleries"]["voice"] = size
    document["groups"]["voice"] = group_spread(samples, pairs.threshold(1e-3))
    document["shipped"]["voice"] = _shipped(models.voice_embedder.version, seen, seen, size)


def _tpir(found: Searches, people: int) -> Figure:
    return figures(found.figures, people)["tpir_fpir1"]


def _changed(recording: Recording, change: Callable[[Sound], Sound]) -> Recording:
    sound = recording.sound
    assert sound is not None
    return Recording(recording.person, sound=lambda: change(sound()), groups=recording.groups)


def gallery_size(samples: Samples, wanted: int) -> int:
    """As many as wanted, or about half of the people."""
    return min(wanted, int(np.unique(samples.people).size * _SHARE))


def plain(ranked: np.ndarray[Any, np.dtype[np.float64]]) -> np.ndarray[Any, np.dtype[np.float64]]:
    """The best score alone."""
    return ranked[:, 0]


def _shipped_rivals(version: str, size: int) -> Rule:
    """How the shipped calibration sets scores against rivals in a gallery of this size, for good views."""
    try:
        calibration = load_calibrations().of(version)
    except Broken:
        return plain
    condition = calibration.condition(1.0, None)
    against = condition.rivals
    if against is None or size < against.galleries[0].size:
        return plain
    same = condition.judged(-1.0, size, 0.5).threshold

    def rule(ranked: np.ndarray[Any, np.dtype[np.float64]]) -> np.ndarray[Any, np.dtype[np.float64]]:
        return np.asarray([_against(against, row, same) for row in ranked.tolist()])

    return rule


def _against(against: AgainstRivals, row: list[float], same: float) -> float:
    rivals = [score for score in row[1:] if score < same]
    return 1 - (1 - row[0]) * against.factor(rivals) if len(rivals) >= 3 else row[0]


def searches(samples: Samples, size: int, rule: Rule, enrol: int = 1) -> Searches:
    """Probe galleries of `size` people with `enrol` samples each, over random draws.

    With more than one sample an enrolment, whoever has samples left is enrolled first, and only they are mates.
    """
    rng = np.random.default_rng([_SEED, size, enrol])
    people, counts = np.unique(samples.people, return_counts=True)
    rows = {int(person): np.flatnonzero(samples.people == person) for person in people}
    parts = []
    for _ in range(_DRAWS):
        order = rng.permutation(people)
        if enrol > 1:
            left = counts[np.searchsorted(people, order)] > enrol
            order = np.concatenate([order[left], order[~left]])
        chosen = order[:size]
        used = [rng.permutation(rows[int(person)])[:enrol] for person in chosen]
        gallery = np.stack([_pooled(samples.vectors[each]) for each in used])
        parts.append(_search(samples, chosen, gallery, np.concatenate(used), rule))
    return joined(parts)


def _pooled(vectors: np.ndarray[Any, np.dtype[np.float32]]) -> np.ndarray[Any, np.dtype[np.float32]]:
    mean = vectors.mean(axis=0)
    return np.asarray(mean / np.linalg.norm(mean), np.float32)


def _search(samples: Samples, chosen: Any, gallery: Any, used: Any, rule: Rule) -> Searches:
    scores = (samples.vectors @ gallery.T).astype(np.float64)
    best = scores.argmax(axis=1)
    wide = min(_NEXT, scores.shape[1])
    ranked = -np.sort(np.partition(-scores, wide - 1, axis=1)[:, :wide], axis=1)
    compared = rule(ranked)
    inside = np.isin(samples.people, chosen)
    mates = inside.copy()
    mates[used] = False
    right = chosen[best] == samples.people
    return Searches(
        np.where(right, compared, -2.0)[mates], samples.people[mates], compared[~inside], samples.people[~inside]
    )


def _shipped(version: str, enrolled: Seen, probes: Seen, size: int) -> dict[str, Any]:
    """What the shipped calibration says and does on these people: rates at its thresholds, and its probabilities."""
    try:
        calibration = load_calibrations().of(version)
    except Broken as error:
        return {"none": str(error)}
    rng = np.random.default_rng([_SEED, 3])
    people = np.unique(enrolled.samples.people)
    rows = {int(person): np.flatnonzero(enrolled.samples.people == person) for person in people}
    mates: list[tuple[float, Band, bool]] = []
    strangers: list[tuple[float, Band, bool]] = []
    for _ in range(5):
        chosen = rng.choice(people, size, replace=False)
        used = np.asarray([rng.choice(rows[int(person)]) for person in chosen])
        scores = probes.samples.vectors @ enrolled.samples.vectors[used].T
        for number in range(len(scores)):
            person = probes.samples.people[number]
            inside = bool(person in chosen)
            if not (inside and number in used):
                judged = _judged(calibration, probes, number, scores[number], size)
                right = bool(chosen[scores[number].argmax()] == person)
                (mates if inside else strangers).append((*judged, right))
    return {"gallery": size, "digest": calibration.digest, **_outcome(mates, strangers)}


def _judged(calibration: Calibration, probes: Seen, number: int, scores: Any, size: int) -> tuple[float, Band]:
    ranked = np.sort(scores)[::-1][:_NEXT].tolist()
    seconds = float(probes.seconds[number]) or None
    quality = float(probes.quality[number])
    found = calibration.judge(ranked[0], size=size, quality=quality, seconds=seconds, rivals=ranked[1:])
    return found.probability, found.band


def _outcome(mates: list[tuple[float, Band, bool]], strangers: list[tuple[float, Band, bool]]) -> dict[str, Any]:
    def share(parts: list[tuple[float, Band, bool]], *bands: Band, right: bool = False) -> float:
        reached = sum(band in bands and was >= right for _, band, was in parts)
        return round(reached / max(1, len(parts)), 5)

    said = np.asarray([probability for probability, _, _ in mates + strangers])
    was = np.asarray([float(right) for _, _, right in mates] + [0.0] * len(strangers))
    weights = np.concatenate([np.full(len(part), 0.5 / max(1, len(part))) for part in (mates, strangers)])
    cells = np.minimum((said * 10).astype(int), 9)
    gaps = [abs(float((weights * (said - was))[cells == cell].sum())) for cell in range(10)]
    return {
        "fpir_match": share(strangers, Band.MATCH),
        "fpir_unsure_or_match": share(strangers, Band.MATCH, Band.UNSURE),
        "found": share(mates, Band.MATCH, right=True),
        "found_or_held": share(mates, Band.MATCH, Band.UNSURE, right=True),
        "expected_calibration_error": round(sum(gaps), 4),
        "brier": round(float((weights * (said - was) ** 2).sum()), 4),
    }


def _add(document: dict[str, Any], metrics: dict[str, Figure]) -> None:
    document["metrics"].update({name: found.as_json() for name, found in metrics.items()})


def _people(recordings: list[Recording]) -> int:
    return len({one.person for one in recordings})


def _facts(seen: Seen, began: float, files: int) -> dict[str, Any]:
    people, counts = np.unique(seen.samples.people, return_counts=True)
    spent = (time.perf_counter() - began) * 1000 / max(1, files)
    return {
        "people": int(people.size),
        "with_one_sample": int((counts == 1).sum()),
        "samples": len(seen.samples.people),
        "missed": seen.missed,
        "milliseconds": round(spent, 1),
    }


if __name__ == "__main__":
    main()

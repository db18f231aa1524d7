"""How well the likeness guard tells people apart, and the thresholds that follow.

    python -m benchmarks.likeness --data DIR --models CACHE [--out calibration.json] [--note TEXT]

DIR holds `faces_manifest.csv` and `voices_manifest.csv` (columns file, identity) and folders `faces`, `voices`.
Reports EER and TAR at fixed FMR for pairs, TPIR and FNIR at a fixed FPIR for galleries of several sizes (ISO/IEC
19795-1 terms), and milliseconds. Thresholds past the data's own size follow an exponential tail fitted to the highest
non-mated scores; such points say "extrapolated".
"""

import argparse
import csv
import itertools
import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from likeness_guard.adapters.packs import model_store
from likeness_guard.adapters.stack import EmbeddedModels, embedded_models
from likeness_guard.service.faces import views_of
from likeness_guard.service.voices import one_voice
from trust_kernel.inference.sessions import SessionFactory

Floats = NDArray[np.float32]

_MATCH_FPIR = 0.01
_UNSURE_FPIR = 0.05
_TRIALS = 60
# Smaller galleries use the threshold of ten people: their false alarms fall at next to no cost in misses.
_FACE_SIZES = (10, 30, 100, 266, 500)
_VOICE_SIZES = (10, 25, 55, 80)
_BEYOND = (1_000, 10_000, 100_000, 1_000_000)
_SEED = 20_261_101


@dataclass(frozen=True)
class Samples:
    """Vectors (n, d), the person of each, files where nothing was found, and milliseconds a sample."""

    vectors: Floats
    people: NDArray[np.int64]
    missed: int
    milliseconds: float


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--models", type=Path, required=True)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--note", default="", help="what the data is, for the calibration file")
    chosen = parser.parse_args()
    store = model_store(chosen.models)
    for name in store.names():
        store.pull(name)
    models = embedded_models(store, SessionFactory())
    document: dict[str, Any] = {"data": chosen.note, "fpir": {"match": _MATCH_FPIR, "unsure": _UNSURE_FPIR}}
    document["face"] = _report("face", faces(chosen.data, models), models.face_embedder.version, _FACE_SIZES)
    document["voice"] = _report("voice", voices(chosen.data, models), models.voice_embedder.version, _VOICE_SIZES)
    if chosen.out:
        chosen.out.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")


def faces(data: Path, models: EmbeddedModels) -> Samples:
    """Embed the most prominent face of every picture."""
    import cv2

    def embed(path: Path) -> Floats | None:
        stored = cv2.imread(str(path))
        assert stored is not None, path
        picture = np.asarray(cv2.cvtColor(stored, cv2.COLOR_BGR2RGB), np.uint8)
        views = views_of(picture, 0, models.detector, models.face_embedder)
        middle = np.asarray([picture.shape[1], picture.shape[0]]) / 2
        views.sort(key=lambda v: float(np.linalg.norm(np.asarray(v.face.box[:2]) + v.face.box[2] / 2 - middle)))
        return views[0].vector if views else None

    return _embedded(data, "faces", embed)


def voices(data: Path, models: EmbeddedModels) -> Samples:
    """Embed every clip."""
    import soundfile

    def embed(path: Path) -> Floats | None:
        sound, rate = soundfile.read(path, dtype="float32")
        assert rate == 16_000
        vectors, _ = one_voice([sound], models.activity, models.voice_embedder)
        return vectors[0] if len(vectors) else None

    return _embedded(data, "voices", embed)


def _embedded(data: Path, kind: str, embed: Any) -> Samples:
    with (data / f"{kind}_manifest.csv").open(encoding="utf-8") as file:
        rows = [(data / kind / row["file"], row["identity"]) for row in csv.DictReader(file)]
    numbers = {identity: n for n, identity in enumerate(sorted({identity for _, identity in rows}))}
    began = time.perf_counter()
    vectors = [(embed(path), numbers[identity]) for path, identity in rows]
    spent = (time.perf_counter() - began) * 1000 / len(rows)
    found = [(vector, person) for vector, person in vectors if vector is not None]
    people = np.asarray([person for _, person in found], np.int64)
    return Samples(np.stack([vector for vector, _ in found]), people, len(rows) - len(found), spent)


def _report(name: str, samples: Samples, version: str, sizes: Sequence[int]) -> dict[str, Any]:
    pairs = verification(samples)
    points = [identification(samples, size) for size in sizes]
    points += extrapolated(samples, points[-1])
    for earlier, later in itertools.pairwise(points):  # noise must not make a larger gallery laxer
        later["match"] = max(later["match"], earlier["match"])
        later["unsure"] = max(later["unsure"], earlier["unsure"])
    people = len(set(samples.people.tolist()))
    print(f"{name}: {len(samples.people)} samples, {people} people, {samples.missed} missed, "
          f"{samples.milliseconds:.1f} ms each")  # fmt: skip
    print("  " + ", ".join(f"{key} {value:.4f}" for key, value in pairs.items()))
    for point in points:
        print("  " + json.dumps(point))
    return {
        "version": version,
        "samples": len(samples.people),
        "people": people,
        "missed": samples.missed,
        "pairs": {key: round(value, 5) for key, value in pairs.items()},
        "verification": round(pairs["threshold@fmr1e-2"], 4),
        "points": points,
    }


def verification(samples: Samples) -> dict[str, float]:
    """EER, and TAR and threshold at fixed FMR, over all pairs."""
    scores = samples.vectors @ samples.vectors.T
    upper = np.triu(np.ones(scores.shape, bool), 1)
    same = samples.people[:, None] == samples.people[None]
    mated, unmated = np.sort(scores[upper & same]), np.sort(scores[upper & ~same])
    cuts = np.unique(mated)
    fnmr = np.searchsorted(mated, cuts) / len(mated)
    fmr = 1 - np.searchsorted(unmated, cuts) / len(unmated)
    crossing = int(np.argmin(np.abs(fnmr - fmr)))
    found = {"eer": float((fnmr[crossing] + fmr[crossing]) / 2)}
    for rate in ("1e-2", "1e-3", "1e-4"):
        cut = float(np.quantile(unmated, 1 - float(rate)))
        found[f"threshold@fmr{rate}"] = cut
        found[f"tar@fmr{rate}"] = float((mated >= cut).mean())
    return found


def identification(samples: Samples, size: int) -> dict[str, Any]:
    """Thresholds for one FPIR in galleries of `size` people, one sample each, over random draws of the gallery."""
    rng = np.random.default_rng(_SEED + size)
    people = np.unique(samples.people)
    highest: list[NDArray[np.float32]] = []
    mates: list[NDArray[np.float32]] = []
    for _ in range(_TRIALS if size > 10 else _TRIALS * 4):
        chosen = rng.choice(people, size, replace=False)
        enrolled = np.asarray([rng.choice(np.flatnonzero(samples.people == person)) for person in chosen])
        inside = np.isin(samples.people, chosen)
        highest.append((samples.vectors[~inside] @ samples.vectors[enrolled].T).max(axis=1))
        probes = np.setdiff1d(np.flatnonzero(inside), enrolled)
        scores = samples.vectors[probes] @ samples.vectors[enrolled].T
        right = samples.people[enrolled][scores.argmax(axis=1)] == samples.people[probes]
        mates.append(np.where(right, scores.max(axis=1), -1.0))
    outside, mated = np.concatenate(highest), np.concatenate(mates)
    match, unsure = (float(np.quantile(outside, 1 - rate)) for rate in (_MATCH_FPIR, _UNSURE_FPIR))
    return {
        "gallery": size,
        "match": round(match, 4),
        "unsure": round(unsure, 4),
        "fpir": _MATCH_FPIR,
        "fnir": round(float((mated < match).mean()), 4),
        "fnir_unsure": round(float((mated < unsure).mean()), 4),
        "extrapolated": False,
    }


def extrapolated(samples: Samples, last: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Thresholds past the data: the top 0.1 % of non-mated scores falls off exponentially."""
    scores = samples.vectors @ samples.vectors.T
    unmated = scores[samples.people[:, None] != samples.people[None]]
    floor = float(np.quantile(unmated, 0.999))
    scale = float((unmated[unmated > floor] - floor).mean())
    found = []
    for size in _BEYOND:
        if size > last["gallery"]:
            step = scale * float(np.log(size / last["gallery"]))
            match, unsure = (round(min(last[key] + step, 0.999), 4) for key in ("match", "unsure"))
            found.append({"gallery": size, "match": match, "unsure": unsure, "fpir": _MATCH_FPIR, "extrapolated": True})
    return found


if __name__ == "__main__":
    main()

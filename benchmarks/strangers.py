"""How well a photographed stranger is told from a drawn face, and what filters, blur and distance do to it.

    python -m benchmarks.strangers --data DIR --drawings DIR [--photos DIR] [--json OUT] [--fit NATURE.json]

--data holds `faces_manifest.csv` (columns file, identity) and a folder `faces`; --drawings a folder for each source of
drawings; --photos more photographs, of other cameras than the first set's. Only faces that the detector finds count.

The logistic regression on the embedder's vectors is fitted without what it is then tried on: half of the people, and
one source of drawings at a time, are kept out in turn. The limit is set so that 2 % of photographs, plain or worn, of
the people kept out count as drawn. --fit writes the regression on all of it. Intervals: Wilson, 95 %.
"""

import argparse
import csv
import json
import math
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from benchmarks.face_filters import STYLES, WEAR, applied, blur, coarse
from likeness_guard.adapters.packs import model_store
from likeness_guard.adapters.stack import EmbeddedModels, embedded_models
from likeness_guard.ports import DetectedFace, Picture
from likeness_guard.service.nature import detail_of
from trust_kernel.inference.sessions import SessionFactory

Floats = NDArray[np.float64]

_HELD_PHOTOS = 0.02
_RIDGE = 5.0
_WEIGHT = 1000.0
_FILTERED_PEOPLE = 300
_LONGEST = 1280
_Z = 1.96
_BLURS = (2, 3, 4, 5, 6, 8)


@dataclass
class Set:
    """Vectors by kind, with the half of the people that each is of."""

    vectors: dict[str, list[Floats]] = field(default_factory=dict)
    halves: dict[str, list[int]] = field(default_factory=dict)

    def add(self, kind: str, vector: Any, half: int = 0) -> None:
        """Take one vector."""
        self.vectors.setdefault(kind, []).append(np.asarray(vector, np.float64))
        self.halves.setdefault(kind, []).append(half)

    def of(self, kinds: Sequence[str], half: int | None = None) -> Floats:
        """Vectors (n, d) of some kinds, of one half of the people or both."""
        chosen = [
            vector
            for kind in kinds
            for vector, own in zip(self.vectors.get(kind, []), self.halves.get(kind, []), strict=True)
            if half is None or own == half
        ]
        return np.stack(chosen) if chosen else np.zeros((0, 0))


@dataclass(frozen=True)
class Regression:
    """weights . vector + offset: log-odds of "drawn"."""

    weights: Floats
    offset: float

    def score(self, vectors: Floats) -> Floats:
        """Log-odds (n,) of vectors (n, d)."""
        return vectors @ self.weights + self.offset if len(vectors) else np.zeros(0)


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--drawings", type=Path, required=True)
    parser.add_argument("--photos", type=Path)
    parser.add_argument("--models", type=Path, default=Path.home() / ".cache/placet/models")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--fit", type=Path)
    chosen = parser.parse_args()
    models = embedded_models(model_store(chosen.models), SessionFactory())
    people, details = _photographs(chosen.data, models)
    drawings, found = _drawings(chosen.drawings, models)
    elsewhere = _drawings(chosen.photos, models)[0] if chosen.photos else Set()
    report = {"found": found, "detail": details, **_tried(people, drawings, elsewhere)}
    print(json.dumps(report, indent=1))
    if chosen.json:
        chosen.json.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    if chosen.fit:
        document = _fitted(people, drawings, models.face_embedder.version)
        chosen.fit.write_text(json.dumps(document) + "\n", encoding="utf-8")


def _photographs(data: Path, models: EmbeddedModels) -> tuple[Set, dict[str, Any]]:
    """Every picture as it is; of some people one picture under every filter, found where the plain one was."""
    with (data / "faces_manifest.csv").open(encoding="utf-8") as file:
        rows = sorted(csv.DictReader(file), key=lambda row: zlib.crc32(row["file"].encode()))
    result, filtered, details = Set(), set[str](), dict[str, list[float]]()
    for row in rows:
        picture = _read(data / "faces" / row["file"])
        face = _middle(models.detector.detect([picture])[0], picture)
        if face is None:
            continue
        half = zlib.crc32(row["identity"].encode()) % 2
        result.add("plain", models.face_embedder.embed([(picture, face)])[0], half)
        if row["identity"] in filtered or len(filtered) >= _FILTERED_PEOPLE:
            continue
        filtered.add(row["identity"])
        names = [*WEAR, *STYLES]
        vectors = models.face_embedder.embed([(applied(name, picture), face) for name in names])
        for name, vector in zip(names, vectors, strict=True):
            result.add(name, vector, half)
        for label, other in _degraded(picture):
            details.setdefault(label, []).append(detail_of(other, face))
    return result, {label: [round(float(v), 4) for v in np.percentile(d, (5, 50, 95))] for label, d in details.items()}


def _degraded(picture: Picture) -> Iterator[tuple[str, Picture]]:
    yield "plain", picture
    for sigma in _BLURS:
        yield f"blur of {sigma} px", blur(sigma)(picture)
    yield "a fifth of its pixels a side", coarse(0.2)(picture)


def _drawings(folder: Path, models: EmbeddedModels) -> tuple[Set, dict[str, list[int]]]:
    """Every face in the pictures of each sub-folder; pictures, and those in which a face was found."""
    result, found = Set(), {}
    for source in sorted(path for path in folder.iterdir() if path.is_dir()):
        pictures = sorted(
            path for path in source.rglob("*") if path.suffix.lower() in {".png", ".jpg", ".jpeg", ".webp"}
        )
        with_face = 0
        for path in pictures:
            try:
                picture = _read(path)
            except OSError:
                continue
            faces = models.detector.detect([picture])[0]
            with_face += bool(faces)
            for vector in models.face_embedder.embed([(picture, face) for face in faces]):
                result.add(source.name, vector)
        found[source.name] = [len(pictures), with_face]
    return result, found


def _tried(people: Set, drawings: Set, elsewhere: Set) -> dict[str, Any]:
    """Shares that count as drawn, out of sample."""
    counts: dict[str, list[int]] = {}
    sources = list(drawings.vectors)
    for half in (0, 1):
        everything, limit = _limited(people, half, drawings.of(sources))
        for kind in ("plain", *WEAR, *STYLES):
            _count(counts, f"photo: {kind}", everything.score(people.of([kind], 1 - half)) >= limit)
        if half:
            continue  # what both halves could try is tried once
        for kind in elsewhere.vectors:
            _count(counts, f"photo elsewhere: {kind}", everything.score(elsewhere.of([kind])) >= limit)
        for source in sources:
            others, own_limit = _limited(people, half, drawings.of([name for name in sources if name != source]))
            _count(counts, f"drawn: {source}", others.score(drawings.of([source])) >= own_limit)
    return {"counts as drawn": {name: _interval(*pair) for name, pair in counts.items()}}


def _limited(people: Set, half: int, drawn: Floats) -> tuple[Regression, float]:
    """A regression fitted on one half of the people, and its limit, set on the other."""
    fitted = _regression([people.of(["plain"], half), people.of([*WEAR], half)], drawn)
    others = np.concatenate([people.of(["plain"], 1 - half), people.of([*WEAR], 1 - half)])
    return fitted, float(np.quantile(fitted.score(others), 1 - _HELD_PHOTOS))


def _fitted(people: Set, drawings: Set, version: str) -> dict[str, Any]:
    """The regression on everything, and the mean of the limits that were set out of sample."""
    drawn = drawings.of([*drawings.vectors])
    final = _regression([people.of(["plain"]), people.of([*WEAR])], drawn)
    limit = float(np.mean([_limited(people, half, drawn)[1] for half in (0, 1)]))
    return {
        "version": version,
        "weights": [round(float(weight), 5) for weight in final.weights],
        "offset": round(final.offset, 5),
        "drawn_from": round(limit, 4),
    }


def _regression(photographs: Sequence[Floats], drawn: Floats) -> Regression:
    """Logistic regression by Newton's method, ridge on standardised columns; photographs and drawings weigh alike."""
    parts = [*photographs, drawn]
    columns = np.concatenate(parts)
    target = np.concatenate([np.zeros(len(columns) - len(drawn)), np.ones(len(drawn))])
    shares = [1 / len(photographs)] * len(photographs) + [1.0]
    weight = np.concatenate([np.full(len(part), share / len(part)) for part, share in zip(parts, shares, strict=True)])
    weight *= _WEIGHT / 2
    mean, spread = columns.mean(axis=0), columns.std(axis=0) + 1e-6
    design = np.column_stack([(columns - mean) / spread, np.ones(len(columns))])
    ridge = np.append(np.full(columns.shape[1], _RIDGE), 0.0)
    beta = np.zeros(design.shape[1])
    for _ in range(30):
        odds = 1 / (1 + np.exp(-np.clip(design @ beta, -30, 30)))
        curve = (design * (weight * odds * (1 - odds) + 1e-6)[:, None]).T @ design + np.diag(ridge)
        step = np.linalg.solve(curve, design.T @ (weight * (odds - target)) + ridge * beta)
        beta -= np.clip(step, -2, 2)
        if np.abs(step).max() < 1e-5:
            break
    weights = beta[:-1] / spread
    return Regression(weights, float(beta[-1] - weights @ mean))


def _count(counts: dict[str, list[int]], name: str, hits: NDArray[np.bool_]) -> None:
    pair = counts.setdefault(name, [0, 0])
    pair[0] += int(hits.sum())
    pair[1] += len(hits)


def _interval(hits: int, tries: int) -> Mapping[str, float]:
    if not tries:
        return {"faces": 0}
    share, room = hits / tries, _Z**2 / tries
    middle = (share + room / 2) / (1 + room)
    reach = _Z * math.sqrt(share * (1 - share) / tries + room / tries / 4) / (1 + room)
    return {
        "faces": tries,
        "share": round(share, 4),
        "low": round(max(0.0, middle - reach), 4),
        "high": round(min(1.0, middle + reach), 4),
    }


def _read(path: Path) -> Picture:
    picture: Image.Image = Image.open(path)
    if picture.mode in {"RGBA", "LA", "P", "PA"}:
        layer = picture.convert("RGBA")
        picture = Image.new("RGB", layer.size, (255, 255, 255))
        picture.paste(layer, mask=layer.getchannel("A"))
    whole = picture.convert("RGB")
    whole.thumbnail((_LONGEST, _LONGEST))
    return np.asarray(whole, np.uint8)


def _middle(faces: Sequence[DetectedFace], picture: Picture) -> DetectedFace | None:
    centre = np.asarray(picture.shape[1::-1]) / 2

    def away(face: DetectedFace) -> float:
        return float(np.linalg.norm(np.asarray(face.box[:2]) + np.asarray(face.box[2:]) / 2 - centre))

    return min(faces, key=away, default=None)


if __name__ == "__main__":
    main()

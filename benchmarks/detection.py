"""How surely faces are found when a picture is turned, tilted, small, dark, framed or inset, and how far vectors move.

    python -m benchmarks.detection --data DIR [--models CACHE] [--of 300] [--json OUT]

DIR holds `faces_manifest.csv` (columns file, identity) and a folder `faces`. The face nearest to the middle of each
picture as given is the reference; a condition finds it where a box's middle lies within 0.35 of a box of it. *cosine*
is between the vectors of the reference and of the same face found in the changed picture. *others* counts further
faces, a picture: people in the background, or mistakes. The first row is the reference itself, so its recall is of all
pictures; the others' is of the pictures with a reference.
"""

import argparse
import csv
import random
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.measure import machine
from benchmarks.table import Row, save, show
from likeness_guard.adapters.packs import model_store
from likeness_guard.adapters.stack import EmbeddedModels, embedded_models
from likeness_guard.ports import DetectedFace, Picture
from trust_kernel.inference.sessions import SessionFactory

_SEED = 20_261_122
_SAME_PLACE = 0.35
_FAR = 0.9
"""A cosine below which a match is out of reach in any gallery."""
_DARK = 0.15
_INSET = (180, 180)
"""A quarter of the height of a 720p frame."""

Matrix = NDArray[np.float64]
Change = Callable[[Picture, "Reference"], tuple[Picture, Matrix]]
"""Changes a picture; gives it with the 2x3 matrix from the old coordinates to the new."""


@dataclass(frozen=True, slots=True)
class Reference:
    """A picture's own face.

    Attributes:
        middle: x, y in pixels.
    """

    file: str
    middle: NDArray[np.float64]
    width: float
    vector: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Found:
    """What one condition did to one picture; `cosine` is None where the face was missed."""

    cosine: float | None
    others: int
    milliseconds: float


def turned(quarters: int) -> Change:
    """Whole picture, by quarter turns anticlockwise."""

    def change(picture: Picture, _: Reference) -> tuple[Picture, Matrix]:
        height, width = picture.shape[:2]
        matrices = {
            1: [[0, 1, 0], [-1, 0, width - 1]],
            2: [[-1, 0, width - 1], [0, -1, height - 1]],
            3: [[0, -1, height - 1], [1, 0, 0]],
        }
        return np.ascontiguousarray(np.rot90(picture, quarters)), np.asarray(matrices[quarters], np.float64)

    return change


def tilted(degrees: float) -> Change:
    """About the face; the corners are black."""

    def change(picture: Picture, reference: Reference) -> tuple[Picture, Matrix]:
        import cv2

        middle = tuple(reference.middle.tolist())
        matrix = np.asarray(cv2.getRotationMatrix2D(middle, degrees, 1.0), np.float64)
        return np.asarray(cv2.warpAffine(picture, matrix, picture.shape[1::-1]), np.uint8), matrix

    return change


def shrunk(side: float) -> Change:
    """So that the face's box is `side` pixels wide."""

    def change(picture: Picture, reference: Reference) -> tuple[Picture, Matrix]:
        import cv2

        scale = side / reference.width
        small = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        return np.asarray(small, np.uint8), _affine(scale)

    return change


def darkened(picture: Picture, _: Reference) -> tuple[Picture, Matrix]:
    """To 15 % of its light."""
    return np.asarray(picture * _DARK, np.uint8), _affine()


def bordered(picture: Picture, _: Reference) -> tuple[Picture, Matrix]:
    """In a drawn frame."""
    import cv2

    framed = cv2.copyMakeBorder(picture, 60, 60, 60, 60, cv2.BORDER_CONSTANT, value=(200, 30, 30))
    cv2.rectangle(framed, (20, 20), (framed.shape[1] - 20, framed.shape[0] - 20), (255, 220, 0), 8)
    return np.asarray(framed, np.uint8), _affine(1.0, 60, 60)


def mirrored(picture: Picture, _: Reference) -> tuple[Picture, Matrix]:
    """Left for right."""
    return np.ascontiguousarray(picture[:, ::-1]), np.asarray([[-1, 0, picture.shape[1] - 1], [0, 1, 0]], np.float64)


def inset(quarters: int) -> Change:
    """A quarter of the height of a 720p frame, in its corner, over a noisy slope of colours; turned or not."""

    def change(picture: Picture, reference: Reference) -> tuple[Picture, Matrix]:
        import cv2

        first, matrix = turned(quarters)(picture, reference) if quarters else (picture, _affine())
        small = cv2.resize(first, _INSET, interpolation=cv2.INTER_AREA)
        frame = _backdrop()
        frame[520:700, 1080:1260] = small
        scale = _INSET[0] / picture.shape[1]
        return frame, scale * matrix + np.asarray([[0, 0, 1080], [0, 0, 520]], np.float64)

    return change


def _backdrop() -> Picture:
    rng = np.random.default_rng(_SEED)
    down, across = np.mgrid[0:720, 0:1280]
    slope = np.stack([down / 3, across / 6, 255 - down / 3], axis=2) + rng.normal(0, 8, (720, 1280, 3))
    return np.asarray(np.clip(slope, 0, 255), np.uint8)


def _affine(scale: float = 1.0, across: float = 0.0, down: float = 0.0) -> Matrix:
    return np.asarray([[scale, 0, across], [0, scale, down]], np.float64)


CONDITIONS: Mapping[str, Change] = {
    **{f"turned by {90 * quarters}": turned(quarters) for quarters in (1, 2, 3)},
    **{f"tilted by {degrees}": tilted(degrees) for degrees in (15, 30, 45)},
    **{f"face of {side} pixels": shrunk(side) for side in (60, 40, 30, 20)},
    "dark (15 %)": darkened,
    "drawn border": bordered,
    "mirrored": mirrored,
    "inset, a quarter of 720p": inset(0),
    "inset, turned by 90": inset(1),
}


def pictures_of(data: Path, most: int) -> Iterator[tuple[str, Picture]]:
    """So many pictures of the set, drawn at random, always the same ones; all for 0."""
    import cv2

    with (data / "faces_manifest.csv").open(encoding="utf-8") as file:
        names = sorted(row["file"] for row in csv.DictReader(file))
    for name in random.Random(_SEED).sample(names, min(most, len(names)) if most else len(names)):  # noqa: S311 - a sample
        stored = cv2.imread(str(data / "faces" / name))
        assert stored is not None, name
        yield name, np.asarray(cv2.cvtColor(stored, cv2.COLOR_BGR2RGB), np.uint8)


def reference_of(models: EmbeddedModels, file: str, picture: Picture) -> tuple[Reference | None, Found]:
    """The picture's own face, and what finding it took."""
    faces, spent = _detected(models, picture)
    if not faces:
        return None, Found(None, 0, spent)
    middle = np.asarray(picture.shape[1::-1]) / 2
    face = min(faces, key=lambda one: float(np.linalg.norm(_middle(one) - middle)))
    vector = models.face_embedder.embed([(picture, face)])[0]
    return Reference(file, _middle(face), face.box[2], vector), Found(1.0, len(faces) - 1, spent)


def tried(models: EmbeddedModels, change: Change, picture: Picture, reference: Reference) -> Found:
    """Look for the reference in a changed picture."""
    changed, matrix = change(picture, reference)
    expected = matrix @ np.asarray([*reference.middle, 1.0])
    faces, spent = _detected(models, changed)
    here = [face for face in faces if np.linalg.norm(_middle(face) - expected) < _SAME_PLACE * face.box[2]]
    if not here:
        return Found(None, len(faces), spent)
    vector = models.face_embedder.embed([(changed, here[0])])[0]
    return Found(float(vector @ reference.vector), len(faces) - len(here), spent)


def several(models: EmbeddedModels, pictures: Sequence[Picture]) -> Row:
    """Pictures of one size in sheets of two by three: in how many of the six cells a face is found."""
    sheets = [pictures[start : start + 6] for start in range(0, len(pictures) - 5, 6)]
    found, total, spent = 0, 0, [0.0]
    for six in sheets:
        if len({picture.shape for picture in six}) > 1:
            continue
        height, width = six[0].shape[:2]
        sheet = np.concatenate([np.concatenate(six[:3], axis=1), np.concatenate(six[3:], axis=1)])
        faces, milliseconds = _detected(models, sheet)
        found += len({(int(_middle(face)[0] // width), int(_middle(face)[1] // height)) for face in faces})
        total += len(six)
        spent.append(milliseconds)
    recall = found / max(1, total)
    return {"condition": "six in one picture", "found": found, "of": total, "recall": recall, "cpu ms": max(spent)}


def _detected(models: EmbeddedModels, picture: Picture) -> tuple[tuple[DetectedFace, ...], float]:
    used = time.process_time()
    faces = models.detector.detect([picture])[0]
    return faces, (time.process_time() - used) * 1000


def _middle(face: DetectedFace) -> NDArray[np.float64]:
    x, y, width, height = face.box
    return np.asarray([x + width / 2, y + height / 2])


def _summed(name: str, results: Sequence[Found]) -> Row:
    cosines = np.asarray([one.cosine for one in results if one.cosine is not None] or [0.0])
    found = sum(one.cosine is not None for one in results)
    return {
        "condition": name,
        "found": found,
        "of": len(results),
        "recall": found / max(1, len(results)),
        "cosine mean": float(cosines.mean()),
        "cosine p5": float(np.quantile(cosines, 0.05)),
        f"below {_FAR}": float((cosines < _FAR).mean()),
        "others": sum(one.others for one in results) / max(1, len(results)),
        "cpu ms": float(np.median([one.milliseconds for one in results])),
    }


def measured(models: EmbeddedModels, pictures: Sequence[tuple[str, Picture]]) -> list[Row]:
    """Every condition over the pictures."""
    first = [(picture, *reference_of(models, file, picture)) for file, picture in pictures]
    rows = [_summed("as given", [found for _, _, found in first])]
    known = [(picture, reference) for picture, reference, _ in first if reference is not None]
    for name, change in CONDITIONS.items():
        rows.append(_summed(name, [tried(models, change, *pair) for pair in known]))
    return rows


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--models", type=Path, help="where model packs are kept; the shared cache if not given")
    parser.add_argument("--of", type=int, default=300, help="pictures; 0 for all")
    parser.add_argument("--json", type=Path, help="where the figures go")
    chosen = parser.parse_args(arguments)
    if chosen.models is None:
        from placet.demo.deployment import shared_model_cache

        chosen.models = shared_model_cache()
    store = model_store(chosen.models)
    for name in store.names():
        store.pull(name)
    models = embedded_models(store, SessionFactory())
    pictures = list(pictures_of(chosen.data, chosen.of))
    rows, sheets = measured(models, pictures), [several(models, [picture for _, picture in pictures])]
    show(f"{len(pictures)} pictures", rows)
    show("several faces", sheets)
    save(chosen.json, {"machine": machine(), "pictures": len(pictures), "rows": rows, "several": sheets})


if __name__ == "__main__":
    main()

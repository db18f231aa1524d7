"""Face embedders and detectors in insightface packs (extra `insightface`).

insightface's code is MIT; every model that it publishes is for non-commercial research, unless a signed licence lies
beside it. Production refuses such a pack unless the operator states the licence that they hold.
"""

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from likeness_guard.adapters.alignment import arcface_crop
from likeness_guard.adapters.recipes import DetectorRecipe
from likeness_guard.adapters.vectors import checked, unit
from likeness_guard.ports import DetectedFace, Picture, Vectors
from trust_kernel.errors import Broken, NotPermitted, Unavailable
from trust_kernel.inference.packs import sha256_of
from trust_kernel.inference.reasons import ModelReason

_BATCH = 16
_SCRFD_SIDE = 640
"""What SCRFD's packs were trained at; a network of fixed size has its own."""
_LEAST_SIDE = 4.0


@dataclass(frozen=True, slots=True)
class PackLicence:
    """What insightface itself says of a pack.

    Attributes:
        status: insightface's own word, ``default_non_commercial`` for example.
        commercial: a signed licence in the pack lets it be used commercially.
        message: one sentence.
    """

    status: str
    commercial: bool
    message: str


def inspect_licence(directory: Path) -> PackLicence:
    """Read a pack's licence with insightface's own check of its signature.

    Raises:
        Unavailable: ``model:extra:missing``.
    """
    try:
        from insightface.model_zoo.model_license import inspect_model_package_license
    except ImportError as error:
        raise _missing() from error
    found = inspect_model_package_license(directory)
    return PackLicence(str(found.status), bool(found.commercial_use_permitted), str(found.message))


class InsightFaceEmbedder:
    """ArcFace-shaped recognition over one pack directory.

    Args:
        directory: absolute path of a pack: ONNX files, one of them for recognition.
        dimensions: length of its vectors.
        production: refuse packs without a commercial licence.
        stated_licence: the licence that the operator says they hold for this pack; empty for none.
        version: what to call its vectors; made from the directory and the file where nothing is given.

    Raises:
        NotPermitted: ``likeness:model:non_commercial``.
        Unavailable: insightface is not installed, or the directory holds no recognition model.
    """

    def __init__(
        self,
        directory: Path,
        *,
        dimensions: int = 512,
        production: bool = False,
        stated_licence: str = "",
        version: str = "",
    ) -> None:
        if production and not stated_licence and not inspect_licence(directory).commercial:
            raise NotPermitted(
                "insightface's published models are for non-commercial research: state the licence that you hold",
                code="likeness:model:non_commercial",
            )
        file, self._model = _of_task(directory, "recognition")
        self.licence = stated_licence or inspect_licence(directory).message
        self.version = version or f"insightface-{directory.name}-{sha256_of(file)[:12]}"
        self.dimensions = dimensions

    def embed(self, faces: Sequence[tuple[Picture, DetectedFace]]) -> Vectors:
        """Unit vectors (n, dimensions); each crop and its mirror image are averaged.

        Raises:
            InvalidInput: ``likeness:face:unalignable``.
            Broken: ``model:output:shape``, ``model:output:not_finite``.
        """
        if not faces:
            return np.zeros((0, self.dimensions), np.float32)
        side = int(self._model.input_size[0])
        crops = [arcface_crop(picture, face, side)[:, :, ::-1] for picture, face in faces]  # insightface takes BGR
        return unit(self._run(crops) + self._run([crop[:, ::-1] for crop in crops]))

    def _run(self, crops: Sequence[Picture]) -> Vectors:
        # Some packs have a fixed batch of one.
        step = 1 if isinstance(self._model.input_shape[0], int) else _BATCH
        parts = [[np.ascontiguousarray(crop) for crop in crops[at : at + step]] for at in range(0, len(crops), step)]
        rows = [checked(self._model.get_feat(part), len(part), self.dimensions) for part in parts]
        return unit(np.concatenate(rows))


class InsightFaceDetector:
    """SCRFD over one pack directory: boxes and arcface5's five points.

    Args:
        directory: absolute path of a pack: ONNX files, one of them for detection with landmarks.
        recipe: thresholds.

    Raises:
        Unavailable: insightface is not installed, or the directory holds no such model.
    """

    def __init__(self, directory: Path, recipe: DetectorRecipe) -> None:
        _, self._model = _of_task(directory, "detection")
        if not getattr(self._model, "use_kps", False):
            raise Unavailable("the pack's detector gives no landmarks", code=ModelReason.PACK_NOT_INSTALLED)
        self._model.nms_thresh = recipe.overlap
        self._score = recipe.score
        self._size = self._model.input_size or (_SCRFD_SIDE, _SCRFD_SIDE)
        self._lock = threading.Lock()

    def detect(self, pictures: Sequence[Picture]) -> tuple[tuple[DetectedFace, ...], ...]:
        """Every face of each uint8 RGB picture, largest first.

        Raises:
            Broken: ``model:output:not_finite``.
        """
        return tuple(self._detect_one(picture) for picture in pictures)

    def _detect_one(self, picture: Picture) -> tuple[DetectedFace, ...]:
        with self._lock:  # it keeps its anchors between calls
            boxes, points = self._model.detect(
                np.ascontiguousarray(picture[:, :, ::-1]), input_size=self._size, det_thresh=self._score
            )
        if not len(boxes):
            return ()
        if not (np.isfinite(boxes).all() and np.isfinite(points).all()):
            raise Broken("the model gives numbers that are not finite", code=ModelReason.OUTPUT_NOT_FINITE)
        faces = [
            DetectedFace((x0, y0, x1 - x0, y1 - y0), min(1.0, max(0.0, score)), five.astype(np.float64), "arcface5")
            for (x0, y0, x1, y1, score), five in zip(boxes.tolist(), points, strict=True)
            if min(x1 - x0, y1 - y0) >= _LEAST_SIDE
        ]
        return tuple(sorted(faces, key=lambda face: -face.box[2] * face.box[3]))


def _of_task(directory: Path, task: str) -> tuple[Path, Any]:
    try:
        from insightface.model_zoo import get_model
    except ImportError as error:
        raise _missing() from error
    for file in sorted(directory.glob("*.onnx")):
        model = get_model(str(file), providers=["CPUExecutionProvider"])
        if getattr(model, "taskname", "") == task:
            return file, model
    raise Unavailable(f"the pack holds no {task} model", code=ModelReason.PACK_NOT_INSTALLED)


def _missing() -> Unavailable:
    return Unavailable("install the extra: insightface", code=ModelReason.EXTRA_MISSING)

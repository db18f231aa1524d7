"""Face embedders in insightface packs (extra `insightface`).

insightface's code is MIT; every model that it publishes is for non-commercial research. Production refuses such a pack
unless the operator states the licence that they hold.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from likeness_guard.ports import DetectedFace, Picture, Vectors
from trust_kernel.errors import InvalidInput, NotPermitted, Unavailable
from trust_kernel.inference.packs import sha256_of

# ArcFace's template for 112 x 112: eyes, nose, mouth corners (insightface.utils.face_align.arcface_dst).
_TEMPLATE = np.asarray(
    [[38.2946, 51.6963], [73.5318, 51.5014], [56.0252, 71.7366], [41.5493, 92.3655], [70.7299, 92.2041]]
)
_TEMPLATE_SIDE = 112.0
_NOSE_BASE = 6.0
"""Pixels of the template from the tip of the nose down to its base, dlib's fifth point."""


class InsightFaceEmbedder:
    """ArcFace-shaped recognition over one pack directory.

    Args:
        directory: absolute path of a pack: ONNX files, one of them for recognition.
        dimensions: length of its vectors.
        production: refuse packs without a stated commercial licence.
        stated_licence: the licence that the operator says they hold for this pack; empty for none.

    Raises:
        NotPermitted: ``likeness:model:non_commercial``.
        Unavailable: insightface is not installed, or the directory holds no recognition model.
    """

    def __init__(
        self, directory: Path, *, dimensions: int = 512, production: bool = False, stated_licence: str = ""
    ) -> None:
        if production and not stated_licence:
            raise NotPermitted(
                "insightface's published models are for non-commercial research: state the licence that you hold",
                code="likeness:model:non_commercial",
            )
        file, self._model = _recognition(directory)
        self.licence = stated_licence or "non-commercial research only"
        self.version = f"insightface-{directory.name}-{sha256_of(file)[:12]}"
        self.dimensions = dimensions

    def embed(self, picture: Picture, faces: Sequence[DetectedFace]) -> Vectors:
        """Unit vectors (n, dimensions); each crop and its mirror image are averaged."""
        if not faces:
            return np.zeros((0, self.dimensions), np.float32)
        side = int(self._model.input_size[0])
        crops = [_aligned(picture, face, side)[:, :, ::-1] for face in faces]  # insightface takes BGR
        raw = np.asarray(self._model.get_feat([np.ascontiguousarray(crop) for crop in crops]), np.float32)
        mirrored = np.asarray(self._model.get_feat([np.ascontiguousarray(c[:, ::-1]) for c in crops]), np.float32)
        total = _unit(raw) + _unit(mirrored)
        if total.shape[1] != self.dimensions:
            raise InvalidInput(f"this pack gives {total.shape[1]} numbers a face, not {self.dimensions}")
        return _unit(total)


def _recognition(directory: Path) -> tuple[Path, Any]:
    try:
        from insightface.model_zoo import get_model
    except ImportError as error:
        raise Unavailable("install the extra: insightface", code="model:extra:missing") from error
    for file in sorted(directory.glob("*.onnx")):
        model = get_model(str(file), providers=["CPUExecutionProvider"])
        if getattr(model, "taskname", "") == "recognition":
            return file, model
    raise Unavailable("the pack holds no recognition model", code="model:pack:not_installed")


def _unit(rows: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray(rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12), np.float32)


def _aligned(picture: Picture, face: DetectedFace, side: int) -> Picture:
    import cv2

    target = _TEMPLATE.copy()
    points = face.landmarks
    if face.scheme == "dlib5":
        # dlib: corners of the right-hand eye, corners of the left-hand eye, base of the nose
        points = np.stack([points[2:4].mean(axis=0), points[:2].mean(axis=0), points[4]])
        target = target[:3] + np.asarray([[0, 0], [0, 0], [0, _NOSE_BASE]])
    matrix = _similarity(points, target * (side / _TEMPLATE_SIDE))
    return np.asarray(cv2.warpAffine(picture, matrix, (side, side)), np.uint8)


def _similarity(source: NDArray[np.float64], target: NDArray[np.float64]) -> NDArray[np.float64]:
    """The 2x3 rotation, scale and shift that brings `source` nearest to `target` (least squares)."""
    a, b = source - source.mean(axis=0), target - target.mean(axis=0)
    scale = (a * a).sum()
    cosine, sine = (a * b).sum() / scale, (a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]).sum() / scale
    turn = np.asarray([[cosine, -sine], [sine, cosine]])
    return np.concatenate([turn, (target.mean(axis=0) - turn @ source.mean(axis=0))[:, None]], axis=1)

"""YuNet-shaped face detectors through OpenCV's own decoder."""

import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from likeness_guard.adapters.recipes import DetectorRecipe
from likeness_guard.ports import DetectedFace, Picture
from trust_kernel.errors import Broken
from trust_kernel.inference.reasons import ModelReason

_MOST = 5000
_LEAST_SIDE = 4.0


class YuNetDetector:
    """Boxes and arcface5's five points; needs a face pack that aligns by "arcface5".

    Args:
        recipe: thresholds.
        path: gives the .onnx file.
    """

    def __init__(self, recipe: DetectorRecipe, path: Callable[[], Path]) -> None:
        self._recipe = recipe
        self._path = path
        self._loaded: Any = None
        self._lock = threading.Lock()

    def detect(self, pictures: Sequence[Picture]) -> tuple[tuple[DetectedFace, ...], ...]:
        """Every face of each uint8 RGB picture, largest first.

        Raises:
            Broken: ``model:output:shape``, the network is not of YuNet's shape.
        """
        return tuple(self._detect_one(picture) for picture in pictures)

    def _detect_one(self, picture: Picture) -> tuple[DetectedFace, ...]:
        import cv2

        scale = min(1.0, self._recipe.longest / max(picture.shape[:2]))
        size = (max(1, round(picture.shape[1] * scale)), max(1, round(picture.shape[0] * scale)))
        small = picture if scale == 1.0 else cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
        with self._lock:  # the decoder keeps the size of its input between calls
            try:
                net = self._net()
                net.setInputSize(size)
                _, rows = net.detect(np.ascontiguousarray(small[:, :, ::-1]))
            except cv2.error as error:
                raise Broken("the model is not shaped as YuNet is", code=ModelReason.OUTPUT_SHAPE) from error
        found = [] if rows is None else [_face(row, scale) for row in np.asarray(rows, np.float64)]
        whole = [face for face in found if min(face.box[2:]) >= _LEAST_SIDE]
        return tuple(sorted(whole, key=lambda face: -face.box[2] * face.box[3]))

    def _net(self) -> Any:
        import cv2

        if self._loaded is None:
            self._loaded = cv2.FaceDetectorYN.create(
                str(self._path()), "", (320, 320), self._recipe.score, self._recipe.overlap, _MOST
            )
        return self._loaded


def _face(row: np.ndarray[Any, np.dtype[np.float64]], scale: float) -> DetectedFace:
    if row.shape != (15,) or not np.isfinite(row).all():
        raise Broken("the model gives no boxes", code=ModelReason.OUTPUT_NOT_FINITE)
    x, y, width, height = (row[:4] / scale).tolist()
    points = row[4:14].reshape(5, 2) / scale  # the person's right eye first: arcface5's order
    return DetectedFace((x, y, width, height), float(min(1.0, max(0.0, row[14]))), points, "arcface5")

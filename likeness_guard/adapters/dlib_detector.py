"""Faces by dlib's HOG detector and MTCNN together, aligned by dlib's five landmarks.

Neither detector is enough: HOG misses turned and small faces (45 of 9,094 LFW pictures), MTCNN a few others. Their
boxes are merged; a box that only one of them saw must be surer.
"""

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from likeness_guard.adapters.mtcnn import Mtcnn
from likeness_guard.ports import DetectedFace, Picture

_Box = tuple[float, float, float, float]

_ENLARGE_BELOW = 640
"""Pictures with a shorter long side are enlarged, at most twice: HOG finds faces from 80 pixels on."""
_SHRINK_ABOVE = 1280
_ALONE_HOG = 0.2
"""HOG margin from which a face counts that MTCNN did not see (measured: no false face in scikit-image's pictures)."""
_ALONE_MTCNN = 0.97
_SAME_FACE = 0.3
_HOG_FULL = 2.0
"""A HOG margin of this size counts as certain."""


class DlibFaceDetector:
    """HOG and, where given, MTCNN; five landmarks.

    Args:
        landmarks: gives the path of the 5-point shape predictor.
        mtcnn: the second detector; None for HOG alone.
    """

    def __init__(self, landmarks: Callable[[], Path], mtcnn: Mtcnn | None = None) -> None:
        self._landmarks = landmarks
        self._mtcnn = mtcnn
        self._loaded: tuple[Any, Any] | None = None
        self._lock = threading.Lock()

    def detect(self, picture: Picture) -> tuple[DetectedFace, ...]:
        """Every face of one uint8 RGB picture, largest first."""
        import dlib

        with self._lock:  # the HOG detector keeps its pyramid between calls
            if self._loaded is None:
                self._loaded = (dlib.get_frontal_face_detector(), dlib.shape_predictor(str(self._landmarks())))
            hog, predictor = self._loaded
            picture = np.ascontiguousarray(picture)
            seen = self._merged(_hog_boxes(hog, picture), self._mtcnn_boxes(picture))
            faces = [_landmarked(dlib, predictor, picture, box, score) for box, score in seen]
        return tuple(sorted(faces, key=lambda face: -face.box[2] * face.box[3]))

    def _mtcnn_boxes(self, picture: Picture) -> list[tuple[_Box, float]]:
        if self._mtcnn is None:
            return []
        return [(_as_hog(found.corners), found.score) for found in self._mtcnn.find(picture)]

    def _merged(self, by_hog: list[tuple[_Box, float]], by_mtcnn: list[tuple[_Box, float]]) -> list[tuple[_Box, float]]:
        alone = _ALONE_HOG if self._mtcnn else 0.0
        kept: list[tuple[_Box, float]] = []
        confirmed: set[int] = set()
        for box, margin in by_hog:
            pairs = [number for number, (other, _) in enumerate(by_mtcnn) if overlap(box, other) > _SAME_FACE]
            confirmed.update(pairs)
            if pairs or margin >= alone:
                sure = max((by_mtcnn[number][1] for number in pairs), default=0.5 + margin / (2 * _HOG_FULL))
                kept.append((box, min(1.0, sure)))
        kept += [found for number, found in enumerate(by_mtcnn) if number not in confirmed and found[1] >= _ALONE_MTCNN]
        return kept


def overlap(a: _Box, b: _Box) -> float:
    """Intersection over union of two boxes (x, y, width, height)."""
    wide = min(a[0] + a[2], b[0] + b[2]) - max(a[0], b[0])
    high = min(a[1] + a[3], b[1] + b[3]) - max(a[1], b[1])
    common = max(0.0, wide) * max(0.0, high)
    return common / (a[2] * a[3] + b[2] * b[3] - common) if common else 0.0


def _hog_boxes(hog: Any, picture: Picture) -> list[tuple[_Box, float]]:
    import cv2

    longest = max(picture.shape[:2])
    scale = min(2.0, _ENLARGE_BELOW / longest) if longest < _ENLARGE_BELOW else min(1.0, _SHRINK_ABOVE / longest)
    if scale != 1.0:
        how = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
        picture = np.asarray(cv2.resize(picture, None, fx=scale, fy=scale, interpolation=how))
    boxes, margins, _ = hog.run(picture, 0, 0.0)
    return [
        ((b.left() / scale, b.top() / scale, b.width() / scale, b.height() / scale), float(margin))
        for b, margin in zip(boxes, margins, strict=True)
    ]


def _as_hog(corners: tuple[float, float, float, float]) -> _Box:
    """The square that HOG would have drawn: the landmark model was trained on such (ratios measured)."""
    x0, y0, x1, y1 = corners
    side = 0.45 * ((x1 - x0) + (y1 - y0))
    across, down = (x0 + x1) / 2, (y0 + y1) / 2 + 0.06 * (y1 - y0)
    return across - side / 2, down - side / 2, side, side


def _landmarked(dlib: Any, predictor: Any, picture: Picture, box: _Box, score: float) -> DetectedFace:
    left, top, right, bottom = (round(v) for v in (box[0], box[1], box[0] + box[2], box[1] + box[3]))
    shape = predictor(picture, dlib.rectangle(left, top, right, bottom))
    points = np.asarray([(part.x, part.y) for part in shape.parts()], np.float64)
    return DetectedFace(box, score, points)

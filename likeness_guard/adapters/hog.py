"""dlib's HOG detector: the second opinion. Source: King, "Max-Margin Object Detection" (2015)."""

import threading
from typing import Any

import numpy as np

from likeness_guard.adapters.boxes import XYWH, overlap
from likeness_guard.ports import Picture

_SEARCHED_SIDE = 640
"""Long side that a picture is brought to, enlarged at most twice: HOG finds faces from 80 pixels on."""
_EVERYTHING = -1.0
_NOTHING = -10.0
_SAME_PLACE = 0.3


class HogDetector:
    """Upright faces by gradients.

    The detector keeps its pyramid between calls and takes half a second to make, so one serves all in turn.
    """

    def __init__(self) -> None:
        self._detector: Any = None
        self._lock = threading.Lock()

    def find(self, picture: Picture) -> list[tuple[XYWH, float]]:
        """Boxes of at least 80 pixels (in the picture brought to 640) and their margins, from 0 up."""
        import cv2

        scale = min(2.0, _SEARCHED_SIDE / max(picture.shape[:2]))
        if scale != 1.0:
            how = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
            picture = np.asarray(cv2.resize(picture, None, fx=scale, fy=scale, interpolation=how), np.uint8)
        return [
            ((b.left() / scale, b.top() / scale, b.width() / scale, b.height() / scale), margin)
            for b, margin in self._run(picture, 0.0)
        ]

    def margin_at(self, picture: Picture, place: XYWH) -> float:
        """The best margin of a face at `place`; -10 where HOG sees none even at -1."""
        seen = (((b.left(), b.top(), b.width(), b.height()), margin) for b, margin in self._run(picture, _EVERYTHING))
        return max((margin for box, margin in seen if overlap(box, place) > _SAME_PLACE), default=_NOTHING)

    def _run(self, picture: Picture, least: float) -> list[tuple[Any, float]]:
        import dlib

        with self._lock:
            if self._detector is None:
                self._detector = dlib.get_frontal_face_detector()
            boxes, margins, _ = self._detector.run(np.ascontiguousarray(picture), 0, least)
        return [(box, float(margin)) for box, margin in zip(boxes, margins, strict=True)]

"""MTCNN in numpy and ONNX Runtime: a pyramid of proposals, refined twice."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from likeness_guard.ports import Picture
from trust_kernel.inference.sessions import Session

_Floats = NDArray[np.float32]

_CELL = 12
_STRIDE = 2
_FACTOR = 0.709
"""Step of the pyramid: halves the area (Zhang et al. 2016)."""
_THRESHOLDS = (0.6, 0.7, 0.7)
_REFINE_BATCH = 256


@dataclass(frozen=True, slots=True)
class Proposal:
    """A face box: x0, y0, x1, y1 in pixels, and a probability."""

    corners: tuple[float, float, float, float]
    score: float


class Mtcnn:
    """Finds face boxes.

    Args:
        pnet: proposal network.
        rnet: refining network.
        onet: output network.
        min_face: smallest face side looked for, in pixels of the picture as searched.
        max_side: larger pictures are shrunk to this many pixels on the long side first.
    """

    def __init__(
        self,
        pnet: Callable[[], Session],
        rnet: Callable[[], Session],
        onet: Callable[[], Session],
        min_face: int = 32,
        max_side: int = 960,
    ) -> None:
        self._nets = (pnet, rnet, onet)
        self._min_face = min_face
        self._max_side = max_side

    def find(self, picture: Picture) -> tuple[Proposal, ...]:
        """Boxes of one uint8 RGB picture, most certain first."""
        import cv2

        shrink = min(1.0, self._max_side / max(picture.shape[:2]))
        if shrink < 1.0:
            picture = np.asarray(cv2.resize(picture, None, fx=shrink, fy=shrink, interpolation=cv2.INTER_AREA))
        boxes = self._propose(picture)
        for number, side in ((1, 24), (2, 48)):
            if not len(boxes):
                return ()
            boxes = self._refine(picture, boxes, number, side)
        boxes = boxes[_suppress(boxes, 0.7, by_smaller=True)]
        return tuple(
            Proposal((x0 / shrink, y0 / shrink, x1 / shrink, y1 / shrink), score)
            for x0, y0, x1, y1, score in boxes.tolist()
        )

    def _propose(self, picture: Picture) -> _Floats:
        import cv2

        height, width = picture.shape[:2]
        scale = _CELL / self._min_face
        net = self._nets[0]()
        found = [np.zeros((0, 9), np.float32)]
        while min(height, width) * scale >= _CELL:
            size = (int(width * scale + 1), int(height * scale + 1))
            small = np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8)
            offsets, faces = net.run({"pictures": _normalised(small[None])})
            rows, columns = np.nonzero(faces[0, 1] >= _THRESHOLDS[0])
            corner = np.stack([columns, rows], 1).astype(np.float32) * _STRIDE
            ends = np.concatenate([np.floor((corner + 1) / scale), np.floor((corner + _CELL) / scale)], axis=1)
            level = np.concatenate([ends, faces[0, 1, rows, columns][:, None], offsets[0][:, rows, columns].T], axis=1)
            found.append(level[_suppress(level, 0.5)].astype(np.float32))
            scale *= _FACTOR
        boxes = np.concatenate(found)
        boxes = boxes[_suppress(boxes, 0.7)]
        span = np.tile(boxes[:, 2:4] - boxes[:, :2], 2)
        return _squared(np.concatenate([boxes[:, :4] + boxes[:, 5:9] * span, boxes[:, 4:5]], axis=1))

    def _refine(self, picture: Picture, boxes: _Floats, number: int, side: int) -> _Floats:
        crops, kept = _crops(picture, boxes, side)
        boxes = boxes[kept]
        if not len(boxes):
            return boxes
        net = self._nets[number]()
        parts = [net.run({"pictures": crops[at : at + _REFINE_BATCH]}) for at in range(0, len(crops), _REFINE_BATCH)]
        offsets = np.concatenate([part[0] for part in parts])
        faces = np.concatenate([part[-1] for part in parts])[:, 1]
        passing = faces > _THRESHOLDS[number]
        boxes = np.concatenate([boxes[passing, :4], faces[passing, None]], axis=1)
        offsets = offsets[passing]
        if number == 1:
            picked = _suppress(boxes, 0.7)
            boxes, offsets = boxes[picked], offsets[picked]
        span = np.tile(boxes[:, 2:4] - boxes[:, :2] + 1, 2)
        moved = np.concatenate([boxes[:, :4] + offsets * span, boxes[:, 4:5]], axis=1)
        return _squared(moved) if number == 1 else moved


def _normalised(pictures: NDArray[np.uint8]) -> _Floats:
    floats: _Floats = (pictures.astype(np.float32) - np.float32(127.5)) * np.float32(1 / 128)
    return np.ascontiguousarray(floats.transpose(0, 3, 1, 2))


def _crops(picture: Picture, boxes: _Floats, side: int) -> tuple[_Floats, list[int]]:
    import cv2

    height, width = picture.shape[:2]
    crops, kept = [], []
    for number, (x0, y0, x1, y1) in enumerate(boxes[:, :4].astype(int).tolist()):
        left, top, right, bottom = max(x0 - 1, 0), max(y0 - 1, 0), min(x1, width), min(y1, height)
        if right > left and bottom > top:
            crop = picture[top:bottom, left:right]
            crops.append(np.asarray(cv2.resize(crop, (side, side), interpolation=cv2.INTER_AREA)))
            kept.append(number)
    if not crops:
        return np.zeros((0, 3, side, side), np.float32), kept
    return _normalised(np.stack(crops)), kept


def _squared(boxes: _Floats) -> _Floats:
    size = boxes[:, 2:4] - boxes[:, :2]
    side = size.max(axis=1, keepdims=True) if len(boxes) else size[:, :1]
    start = boxes[:, :2] + size * 0.5 - side * 0.5
    return np.concatenate([start, start + side, boxes[:, 4:5]], axis=1).astype(np.float32)


def _suppress(boxes: NDArray[np.floating], limit: float, *, by_smaller: bool = False) -> list[int]:
    """Greedy non-maximum suppression; gives the rows kept, best first."""
    if not len(boxes):
        return []
    x0, y0, x1, y1 = boxes[:, :4].T
    area = (x1 - x0 + 1) * (y1 - y0 + 1)
    order = np.argsort(-boxes[:, 4])
    kept: list[int] = []
    while order.size:
        best, rest = order[0], order[1:]
        kept.append(int(best))
        wide = np.maximum(0.0, np.minimum(x1[best], x1[rest]) - np.maximum(x0[best], x0[rest]) + 1)
        high = np.maximum(0.0, np.minimum(y1[best], y1[rest]) - np.maximum(y0[best], y0[rest]) + 1)
        common = wide * high
        base = np.minimum(area[best], area[rest]) if by_smaller else area[best] + area[rest] - common
        order = rest[common / base <= limit]
    return kept

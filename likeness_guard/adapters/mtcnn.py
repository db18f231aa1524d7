"""MTCNN in numpy and ONNX Runtime: a pyramid of proposals, refined twice, many pictures and turns at a time.

Source: Zhang et al., "Joint Face Detection and Alignment Using Multi-task Cascaded Convolutional Networks" (2016).
"""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from likeness_guard.adapters.boxes import Floats, squared, suppressed
from likeness_guard.ports import Picture
from trust_kernel.errors import Broken
from trust_kernel.inference.sessions import Session

_CELL = 12
"""Side of the picture that the proposal network judges at one place."""
_STRIDE = 2
_FACTOR = 0.6
"""Step of the pyramid. The paper's 0.709 takes a third longer and finds hardly more (60 LFW pictures)."""
_PROPOSED = 0.7
"""Probability from which a place is looked at again. The paper's 0.6 gives a third more places, no more faces."""
_REFINED, _FINAL = 0.7, 0.7
_LEAST_HALF = 48
_ENOUGH = 20
"""Pixels of face that the networks are content with."""
_SIDES = (_CELL, 24, 48)
_BATCH = 128
_MOST_PROPOSALS = 400
"""Proposals of one search that are looked at, best first: a picture made to raise thousands must not stall a worker."""
_QUARTERS = 4

_Item = TypeVar("_Item")


@dataclass(frozen=True, slots=True)
class Search:
    """One picture to be searched one way up.

    Attributes:
        picture: uint8 RGB (h, w, 3).
        min_face: smallest face side looked for, in its pixels.
        turn: quarter turns anticlockwise to apply first, 0 to 3.
        least: probability from which a place is looked at again.
    """

    picture: Picture
    min_face: float
    turn: int = 0
    least: float = _PROPOSED


@dataclass(frozen=True, slots=True)
class Proposal:
    """A face.

    Attributes:
        corners: x0, y0, x1, y1 in pixels of the picture as given, not as turned.
        score: probability.
        points: float64 (5, 2), the same pixels: the eye on the left when upright, the other eye, nose, mouth corners.
        turn: of the search that found it.
    """

    corners: tuple[float, float, float, float]
    score: float
    points: NDArray[np.float64]
    turn: int = 0

    @property
    def roll(self) -> float:
        """Degrees that the face is turned clockwise from upright, in (-180, 180]."""
        across = self.points[1] - self.points[0]
        return float(np.degrees(np.arctan2(across[1], across[0])))


@dataclass(frozen=True, slots=True)
class _Source:
    """A turned picture and its halves, the largest of them `shrink` times smaller than what was given."""

    levels: tuple[Picture, ...]
    shrink: int


class Mtcnn:
    """Finds face boxes and five points.

    Args:
        pnet: proposal network.
        rnet: refining network.
        onet: output network.
        threads: searches, and batches of crops, that run side by side.
    """

    def __init__(
        self,
        pnet: Callable[[], Session],
        rnet: Callable[[], Session],
        onet: Callable[[], Session],
        threads: int = 2,
    ) -> None:
        self._nets = (pnet, rnet, onet)
        self._threads = threads

    def find(self, searches: Sequence[Search]) -> tuple[tuple[Proposal, ...], ...]:
        """Faces of each search, most certain first.

        Raises:
            Broken: ``model:output:shape``, a network gives what it should not.
        """
        with ThreadPoolExecutor(self._threads) as pool:
            sources = tuple(pool.map(_prepared, searches))
            found = tuple(pool.map(self._propose, searches, sources))
            for stage in (1, 2):
                found = self._refine(pool, sources, found, stage)
        return tuple(map(_proposals, searches, sources, found))

    def _propose(self, search: Search, source: _Source) -> Floats:
        net = self._nets[0]()
        found = [np.zeros((0, 9), np.float32)]
        for scale, small in _pyramid(source.levels, _CELL * source.shrink / search.min_face):
            offsets, faces = net.run({"pictures": _normalised(small[None])})[:2]
            if offsets.shape[:2] != (1, 4) or faces.shape != (1, 2, *offsets.shape[2:]):
                raise _misshapen()
            rows, columns = np.nonzero(faces[0, 1] >= search.least)
            corner = np.stack([columns, rows], 1).astype(np.float32) * _STRIDE
            ends = np.concatenate([np.floor((corner + 1) / scale), np.floor((corner + _CELL) / scale)], axis=1)
            level = np.concatenate([ends, faces[0, 1, rows, columns][:, None], offsets[0][:, rows, columns].T], axis=1)
            level = _best(level)
            found.append(level[suppressed(level, 0.5)].astype(np.float32))
        boxes = _best(np.concatenate(found))
        boxes = boxes[suppressed(boxes, 0.7)]
        span = np.tile(boxes[:, 2:4] - boxes[:, :2], 2)
        return squared(np.concatenate([boxes[:, :4] + boxes[:, 5:9] * span, boxes[:, 4:5]], axis=1))

    def _refine(
        self, pool: ThreadPoolExecutor, sources: Sequence[_Source], found: Sequence[Floats], stage: int
    ) -> tuple[Floats, ...]:
        """One more network over the boxes of all searches: batches are filled across pictures."""
        net = self._nets[stage]()
        rows = [(source.levels, box) for source, boxes in zip(sources, found, strict=True) for box in boxes]

        def judge(part: Sequence[tuple[Sequence[Picture], Floats]]) -> list[Floats]:
            outputs = net.run({"pictures": _normalised(_crops(part, _SIDES[stage]))})
            widths = (4, 2) if stage == 1 else (4, 10, 2)
            if [output.shape for output in outputs] != [(len(part), width) for width in widths]:
                raise _misshapen()
            return outputs

        parts = list(pool.map(judge, list(_batches(rows, _BATCH))))
        if not parts:
            return tuple(np.zeros((0, 5 if stage == 1 else 15), np.float32) for _ in found)
        outputs = [np.concatenate([part[place] for part in parts]) for place in range(len(parts[0]))]
        ends = np.cumsum([len(boxes) for boxes in found])[:-1]
        split = [np.split(output, ends) for output in outputs]
        settle = _settled_roughly if stage == 1 else _settled
        return tuple(settle(boxes, *(output[number] for output in split)) for number, boxes in enumerate(found))


def _settled_roughly(boxes: Floats, offsets: Floats, faces: Floats) -> Floats:
    passing = faces[:, 1] > _REFINED
    boxes, offsets = np.concatenate([boxes[passing, :4], faces[passing, 1:]], axis=1), offsets[passing]
    picked = suppressed(boxes, 0.7)
    return squared(_moved(boxes[picked], offsets[picked]))


def _settled(boxes: Floats, offsets: Floats, points: Floats, faces: Floats) -> Floats:
    """Rows of x0, y0, x1, y1, score, five x, five y."""
    passing = faces[:, 1] > _FINAL
    boxes, offsets, points = (
        np.concatenate([boxes[passing, :4], faces[passing, 1:]], axis=1),
        *(part[passing] for part in (offsets, points)),
    )
    size = boxes[:, 2:4] - boxes[:, :2] + 1
    across = boxes[:, :1] + points[:, :5] * size[:, :1] - 1
    down = boxes[:, 1:2] + points[:, 5:] * size[:, 1:] - 1
    moved = _moved(boxes, offsets)
    return np.concatenate([moved, across, down], axis=1)[suppressed(moved, 0.7, by_smaller=True)]


def _moved(boxes: Floats, offsets: Floats) -> Floats:
    span = np.tile(boxes[:, 2:4] - boxes[:, :2] + 1, 2)
    return np.concatenate([boxes[:, :4] + offsets * span, boxes[:, 4:5]], axis=1)


def _proposals(search: Search, source: _Source, rows: Floats) -> tuple[Proposal, ...]:
    height, width = (side / source.shrink for side in search.picture.shape[:2])
    found = []
    for row in rows.astype(np.float64):
        corners = source.shrink * _unturned(row[:4].reshape(2, 2), search.turn, width, height)
        points = source.shrink * _unturned(np.stack([row[5:10], row[10:15]], 1), search.turn, width, height)
        (x0, y0), (x1, y1) = corners.min(axis=0).tolist(), corners.max(axis=0).tolist()
        found.append(Proposal((x0, y0, x1, y1), float(row[4]), points, search.turn))
    return tuple(found)


def _prepared(search: Search) -> _Source:
    """The picture the way up that is searched, and its half, quarter, and so on: sources to shrink from.

    Shrinking every level and crop from the whole picture takes longer than the networks do; and where only large faces
    are looked for, the whole is not needed at all.
    """
    import cv2

    levels, shrink = [search.picture], 1
    while min(levels[-1].shape[:2]) >= 2 * _LEAST_HALF:
        size = (levels[-1].shape[1] // 2, levels[-1].shape[0] // 2)
        levels.append(np.asarray(cv2.resize(levels[-1], size, interpolation=cv2.INTER_AREA), np.uint8))
    while len(levels) > 1 and search.min_face / shrink >= 2 * _ENOUGH:
        del levels[0]
        shrink *= 2
    return _Source(tuple(np.ascontiguousarray(np.rot90(level, search.turn)) for level in levels), shrink)


def _unturned(points: NDArray[np.float64], turn: int, width: float, height: float) -> NDArray[np.float64]:
    """Points (n, 2) of a picture turned anticlockwise, in the picture of `width` x `height` before."""
    x, y = points.T
    places = ((x, y), (width - 1 - y, x), (width - 1 - x, height - 1 - y), (y, height - 1 - x))
    return np.stack(places[turn % _QUARTERS], axis=1)


def _pyramid(levels: Sequence[Picture], scale: float) -> Iterator[tuple[float, NDArray[np.uint8]]]:
    """The picture ever smaller, and by how much."""
    import cv2

    height, width = levels[0].shape[:2]
    while min(height, width) * scale >= _CELL:
        size = (int(width * scale + 1), int(height * scale + 1))
        base = levels[_half(levels, 1 / scale)]
        yield scale, np.asarray(cv2.resize(base, size, interpolation=cv2.INTER_AREA), np.uint8)
        scale *= _FACTOR


def _half(levels: Sequence[Picture], shrink: float) -> int:
    """Which of the halves still has twice the pixels that are left after shrinking the whole by `shrink`."""
    return min(len(levels) - 1, max(0, int(np.log2(max(shrink, 1.0))) - 1))


def _normalised(pictures: NDArray[np.uint8]) -> Floats:
    floats: Floats = (pictures.astype(np.float32) - np.float32(127.5)) * np.float32(1 / 128)
    return np.ascontiguousarray(floats.transpose(0, 3, 1, 2))


def _crops(rows: Sequence[tuple[Sequence[Picture], Floats]], side: int) -> NDArray[np.uint8]:
    """The parts of pictures inside boxes, uint8 (n, side, side, 3); black where a box misses its picture."""
    import cv2

    crops = np.zeros((len(rows), side, side, 3), np.uint8)
    for crop, (levels, box) in zip(crops, rows, strict=True):
        number = _half(levels, float(box[2] - box[0]) / side)
        x0, y0, x1, y1 = (box[:4] / 2**number).astype(int).tolist()
        inner = levels[number][max(y0 - 1, 0) : max(y1, 0), max(x0 - 1, 0) : max(x1, 0)]
        if inner.size:
            cv2.resize(inner, (side, side), dst=crop, interpolation=cv2.INTER_AREA)
    return crops


def _best(rows: NDArray[Any]) -> NDArray[Any]:
    return rows if len(rows) <= _MOST_PROPOSALS else rows[np.argsort(-rows[:, 4])[:_MOST_PROPOSALS]]


def _batches(rows: Sequence[_Item], size: int) -> Iterator[Sequence[_Item]]:
    return (rows[start : start + size] for start in range(0, len(rows), size))


def _misshapen() -> Broken:
    return Broken("a detection network gives arrays of another shape", code="model:output:shape")

"""Faces by MTCNN, any way up, with dlib's HOG detector where MTCNN is unsure, aligned by dlib's five landmarks.

Of 9,094 LFW pictures HOG alone misses 45 and MTCNN 1. HOG costs twice as much and holds the interpreter, so it is asked
only about single faces, and about whole pictures in which MTCNN sees nobody.
"""

import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from likeness_guard.adapters.boxes import XYWH, overlap
from likeness_guard.adapters.hog import HogDetector
from likeness_guard.adapters.mtcnn import Mtcnn, Proposal, Search
from likeness_guard.ports import DetectedFace, Picture

_ALONE_HOG = 0.2
"""HOG margin from which a face counts that MTCNN did not see (measured: no false face in scikit-image's pictures)."""
_HOG_FULL = 2.0
"""A HOG margin of this size counts as certain."""
_SURE = 0.97
"""MTCNN's probability from which an upright face needs no second opinion."""
_SURE_TURNED = 0.985
"""The same for a face found in the turned picture: there three tries are made, and false ones reached .965."""
_AGREED = 0.0
_AGREED_TURNED = 0.5
"""HOG margins, on the straightened face, that make an unsure one count."""
_MOST_ASKED = 24
"""Unsure faces of one picture that HOG is asked about, 3 ms each; further ones count as faces, unsure as they are."""
_SAME_FACE = 0.3
_HALF_QUARTER = 45.0
_TOGETHER = 12
"""Pictures that share batches: enough to fill them, few enough for memory."""
_LONG_SHARE = 32
_SMALLEST, _SMALLEST_LARGE = 20.0, 40.0
"""The smallest face looked for: a 32nd of the long side within these, in pixels. Smaller ones recognise nobody."""
_TURNED_SHARE = 16
_PROPOSED_TURNED = 0.8
"""Turned pictures raise more false proposals: only the likelier ones are worth their time."""
_TINY = 12.0
_TINY_BELOW = 700
"""Pictures with a shorter long side are searched again for tiny faces where nothing was found."""
_DARK = 96.0
"""Luma (99th percentile) below which a picture is brightened for a second look."""
_BRIGHT = 224.0
_STRAIGHT_SIDE = 240
_STRAIGHT_SHARE = 0.45
"""A straightened face: the side of its picture, and the part of it that the face fills. The landmark model was trained
on upright faces of about this size, and gives whole pixels: of a small face these would be coarse in the picture."""


def _boxes() -> tuple[XYWH, ...]:
    """The middle square of a straightened face and its neighbours: a little aside, a little larger and smaller."""
    side = _STRAIGHT_SIDE * _STRAIGHT_SHARE
    middle = _STRAIGHT_SIDE / 2
    return tuple(
        (middle + (across - scale / 2) * side, middle + (down - scale / 2) * side, side * scale, side * scale)
        for across, down in ((0.0, 0.0), (0.05, 0.0), (-0.05, 0.0), (0.0, 0.05), (0.0, -0.05))
        for scale in (0.9, 1.0, 1.1)
    )


_BOXES = _boxes()
"""Landmarks found from each of these are averaged: they hang on the box, and MTCNN's is no exact square of HOG's
(EER on LFW's 1,316 pictures .0103 from one box, .0090 from these 15)."""


@dataclass(frozen=True, slots=True)
class _Found:
    """A face to be aligned: the square that HOG would have drawn, before turning by `roll` about its middle."""

    box: XYWH
    score: float
    roll: float = 0.0


class DlibFaceDetector:
    """MTCNN and HOG; five landmarks.

    Args:
        landmarks: gives the path of the 5-point shape predictor.
        mtcnn: the first detector; None for HOG alone.
    """

    def __init__(self, landmarks: Callable[[], Path], mtcnn: Mtcnn | None = None) -> None:
        self._landmarks = landmarks
        self._mtcnn = mtcnn
        self._hog = HogDetector()
        self._predictor: Any = None
        self._lock = threading.Lock()

    def detect(self, pictures: Sequence[Picture]) -> tuple[tuple[DetectedFace, ...], ...]:
        """Every face of each uint8 RGB picture, largest first; turned and tilted ones too."""
        groups = (pictures[start : start + _TOGETHER] for start in range(0, len(pictures), _TOGETHER))
        return tuple(faces for group in groups for faces in self._detect_some(group))

    def _detect_some(self, pictures: Sequence[Picture]) -> tuple[tuple[DetectedFace, ...], ...]:
        whole = [np.ascontiguousarray(picture) for picture in pictures]
        found = self._searched(whole, first_look)
        empty = [number for number, faces in enumerate(found) if not faces]
        for number, faces in zip(empty, self._second_look([whole[number] for number in empty]), strict=True):
            found[number] = faces
        return tuple(self._aligned(picture, faces) for picture, faces in zip(whole, found, strict=True))

    def _searched(self, pictures: Sequence[Picture], plan: Callable[[Picture], Sequence[Search]]) -> list[list[_Found]]:
        if self._mtcnn is None:
            return [[] for _ in pictures]
        searches = [(number, search) for number, picture in enumerate(pictures) for search in plan(picture)]
        answers = zip(searches, self._mtcnn.find([search for _, search in searches]), strict=True)
        found: list[list[_Found]] = [[] for _ in pictures]
        for number, group in groupby(answers, key=lambda answer: answer[0][0]):
            proposals = [proposal for _, proposed in group for proposal in proposed]
            found[number] = self._judged(pictures[number], proposals)
        return found

    def _judged(self, picture: Picture, proposals: Iterable[Proposal]) -> list[_Found]:
        """One face a place, the surest, where it is sure enough or HOG agrees.

        Where two ways up are both sure of one place, HOG decides which it is.
        """
        kept: list[_Found] = []
        asked = 0
        for proposal in sorted(proposals, key=lambda p: (p.turn > 0 or p.score < _SURE, -p.score)):
            face = _Found(_as_hog(proposal), min(1.0, proposal.score), proposal.roll)
            sure, agreed = (_SURE_TURNED, _AGREED_TURNED) if proposal.turn else (_SURE, _AGREED)
            rival = next((n for n, other in enumerate(kept) if overlap(face.box, other.box) > _SAME_FACE), None)
            if rival is not None:
                if proposal.score >= sure and _otherwise_up(face, kept[rival]) and asked < _MOST_ASKED:
                    asked += 1
                    kept[rival] = max(kept[rival], face, key=lambda one: self._margin(picture, one))
                continue
            unsure = proposal.score < sure and asked < _MOST_ASKED
            asked += unsure
            if not unsure or self._margin(picture, face) >= agreed:
                kept.append(face)
        return kept

    def _margin(self, picture: Picture, face: _Found) -> float:
        straight, _ = _straightened(picture, face)
        side = _STRAIGHT_SIDE * _STRAIGHT_SHARE
        start = (_STRAIGHT_SIDE - side) / 2
        return self._hog.margin_at(straight, (start, start, side, side))

    def _second_look(self, pictures: Sequence[Picture]) -> list[list[_Found]]:
        """Where MTCNN saw nobody: HOG on the whole picture, then smaller faces, then a brightened picture."""
        found = [self._by_hog(picture) for picture in pictures]
        empty = [number for number, faces in enumerate(found) if not faces]
        for number, faces in zip(empty, self._searched([pictures[n] for n in empty], closer_look), strict=True):
            found[number] = faces
        return found

    def _by_hog(self, picture: Picture) -> list[_Found]:
        least = _ALONE_HOG if self._mtcnn else 0.0
        seen = [(box, margin) for box, margin in self._hog.find(picture) if margin >= least]
        return [_Found(box, min(1.0, 0.5 + margin / (2 * _HOG_FULL))) for box, margin in seen]

    def _aligned(self, picture: Picture, faces: Iterable[_Found]) -> tuple[DetectedFace, ...]:
        import dlib

        with self._lock:
            if self._predictor is None:
                self._predictor = dlib.shape_predictor(str(self._landmarks()))
        aligned = [_landmarked(dlib, self._predictor, picture, face) for face in faces]
        return tuple(sorted(aligned, key=lambda face: -face.box[2] * face.box[3]))


def first_look(picture: Picture) -> list[Search]:
    """Upright for faces down to 20 or 40 pixels, and turned by each quarter for larger ones."""
    longest = max(picture.shape[:2])
    upright = min(max(_SMALLEST, longest / _LONG_SHARE), _SMALLEST_LARGE)
    turned = max(_SMALLEST, longest / _TURNED_SHARE)
    return [Search(picture, upright), *(Search(picture, turned, turn, _PROPOSED_TURNED) for turn in (1, 2, 3))]


def closer_look(picture: Picture) -> list[Search]:
    """For tiny faces where the picture is small, and for any where it is dark."""
    small = max(picture.shape[:2]) < _TINY_BELOW
    brighter = _brightened(picture)
    if brighter is None:
        return [Search(picture, _TINY)] if small else []
    return [Search(brighter, _TINY), *first_look(brighter)[1:]] if small else first_look(brighter)


def _otherwise_up(one: _Found, other: _Found) -> bool:
    return abs((one.roll - other.roll + 180) % 360 - 180) > _HALF_QUARTER


def _brightened(picture: Picture) -> Picture | None:
    """A dark picture with its brightest places made white; None for a picture that is not dark."""
    brightest = float(np.percentile(picture[::4, ::4].max(axis=2), 99))
    if not 0 < brightest < _DARK:
        return None
    return np.asarray(np.clip(picture * (_BRIGHT / brightest), 0, 255), np.uint8)


def _as_hog(proposal: Proposal) -> XYWH:
    """The square that HOG would have drawn: the landmark model was trained on such (ratios measured)."""
    x0, y0, x1, y1 = proposal.corners
    side = 0.45 * ((x1 - x0) + (y1 - y0))
    quarter = np.radians(90 * round(proposal.roll / 90))
    drop = 0.06 * (abs(np.cos(quarter)) * (y1 - y0) + abs(np.sin(quarter)) * (x1 - x0))
    across = (x0 + x1) / 2 - drop * float(np.sin(quarter))
    down = (y0 + y1) / 2 + drop * float(np.cos(quarter))
    return across - side / 2, down - side / 2, side, side


def _straightened(picture: Picture, face: _Found) -> tuple[Picture, NDArray[np.float64]]:
    """The face upright in the middle of a square, and the 2x3 matrix from the picture to it."""
    import cv2

    x, y, width, height = face.box
    middle = (x + width / 2, y + height / 2)
    scale = _STRAIGHT_SIDE * _STRAIGHT_SHARE / width
    matrix: NDArray[np.float64] = np.asarray(cv2.getRotationMatrix2D(middle, face.roll, scale), np.float64)
    matrix[:, 2] += _STRAIGHT_SIDE / 2 - np.asarray(middle, np.float64)
    size = (_STRAIGHT_SIDE, _STRAIGHT_SIDE)
    return np.asarray(cv2.warpAffine(picture, matrix, size, flags=cv2.INTER_LINEAR), np.uint8), matrix


def _landmarked(dlib: Any, predictor: Any, picture: Picture, face: _Found) -> DetectedFace:
    straight, matrix = _straightened(picture, face)
    points = np.mean([_points(dlib, predictor, straight, box) for box in _BOXES], axis=0)
    back = np.linalg.inv(np.concatenate([matrix, [[0, 0, 1]]]))
    return DetectedFace(face.box, face.score, points @ back[:2, :2].T + back[:2, 2], roll=face.roll)


def _points(dlib: Any, predictor: Any, picture: Picture, box: XYWH) -> NDArray[np.float64]:
    left, top, right, bottom = (round(v) for v in (box[0], box[1], box[0] + box[2], box[1] + box[3]))
    shape = predictor(picture, dlib.rectangle(left, top, right, bottom))
    return np.asarray([(part.x, part.y) for part in shape.parts()], np.float64)

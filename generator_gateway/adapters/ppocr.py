"""Text in pictures by PaddleOCR's networks (PP-OCRv6 small), whose ONNX files come inside rapidocr's wheel.

The package is never imported, so nothing of what it depends on is needed. One network marks where letters are
(Liao et al., "Real-time Scene Text Detection with Differentiable Binarization", AAAI 2020), each marked place is
turned upright and cut out, and another reads it (CTC: Graves et al., ICML 2006). What comes in was decoded in the
sandbox; the networks run here, on plain arrays.
"""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from generator_gateway.ports.reading import ReadLine
from trust_kernel.errors import Broken
from trust_kernel.inference.reasons import ModelReason
from trust_kernel.inference.sessions import Session

Picture = NDArray[np.uint8]

LONGEST = 960
"""Pixels of the longer side that is searched; larger pictures are made smaller, which costs the smallest letters."""
_STRIDE = 32
_ENLARGED = 480
"""Pictures with a smaller longer side are enlarged to it, at most by four: the detector misses letters under 8 px."""
_MOST_ENLARGED = 4.0
_MARKED = 0.3
_SURE = 0.5
_UNCLIP = 1.6
"""Thresholds and growth of a marked place, as rapidocr 3.10 ships them for these networks (config.yaml)."""
_LEAST_SIDE = 3
_MOST_PLACES = 100
"""Places read in one picture, the largest first: a page of small print must not take minutes."""
_LETTER_HEIGHT = 48
_WIDEST = 1536
"""Pixels of a line at the reader's height; longer lines are squeezed."""
_UPRIGHT = 1.5
_DOUBTFUL = 0.9
"""A line read with less confidence is read upside down as well, and the surer reading counts."""
_LEAST_CONFIDENCE = 0.5
"""Lines below are noise: textures read as letters."""


@dataclass(frozen=True, slots=True)
class Letters:
    """What the reader's classes stand for: a blank first, then each letter, then a space."""

    signs: Sequence[str]

    @classmethod
    def parse(cls, text: str) -> "Letters":
        """From the pack's file: one letter a line."""
        return cls(("", *text.split("\n"), " "))


class PaddleReader:
    """A `TextReader`; nothing is loaded before the first picture.

    Args:
        version: of the packs, for records.
        detector: gives the network that marks letters.
        reader: gives the network that reads a line.
        letters: gives what its classes stand for.
        longest: pixels of the longer side that is searched.
    """

    def __init__(
        self,
        version: str,
        detector: Callable[[], Session],
        reader: Callable[[], Session],
        letters: Callable[[], Letters],
        *,
        longest: int = LONGEST,
    ) -> None:
        self.version = version
        self._detector = detector
        self._reader = reader
        self._make_letters = letters
        self._letters: Letters | None = None
        self._longest = longest
        self._lock = threading.Lock()

    def read(self, picture: Picture) -> tuple[ReadLine, ...]:
        """Every line, from top to bottom and from left to right.

        Raises:
            Unavailable: ``model:pack:not_installed``.
            Broken: ``model:pack:changed``, or ``model:output:shape``, ``model:output:not_finite``.
        """
        height, width = picture.shape[:2]
        if min(height, width) < _LEAST_SIDE:
            return ()
        lines = [self._line(picture, quad) for quad in self._places(picture)]
        return tuple(_in_order([line for line in lines if line.text and line.confidence >= _LEAST_CONFIDENCE]))

    def _places(self, picture: Picture) -> list[NDArray[np.float32]]:
        """Corners of each marked place, in pixels of the picture, clockwise from the top left: float32 (4, 2)."""
        import cv2

        height, width = picture.shape[:2]
        scale = _scale(max(height, width), self._longest)
        sides = [max(_STRIDE, round(side * scale / _STRIDE) * _STRIDE) for side in (width, height)]
        resized = cv2.resize(picture, sides, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
        session = self._detector()
        marked = np.asarray(session.run({session.inputs[0]: _normal(np.asarray(resized, np.uint8))})[0])[0, 0]
        if marked.shape != (sides[1], sides[0]):
            raise Broken("the text detector gave another shape", code=ModelReason.OUTPUT_SHAPE)
        ratio = np.array([width / sides[0], height / sides[1]], np.float32)
        return [quad * ratio for quad in _quads(marked)]

    def _line(self, picture: Picture, quad: NDArray[np.float32]) -> ReadLine:
        height, width = picture.shape[:2]
        strip = _cut(picture, quad)
        text, confidence = self._text(strip)
        if confidence < _DOUBTFUL:
            turned, other = self._text(np.ascontiguousarray(strip[::-1, ::-1]))
            if other > confidence:
                text, confidence = turned, other
        left, top = np.clip(quad.min(axis=0) / (width, height), 0, 1)
        right, bottom = np.clip(quad.max(axis=0) / (width, height), 0, 1)
        box = (float(left), float(top), float(right - left), float(bottom - top))
        return ReadLine(text.strip(), confidence, box)

    def _text(self, strip: Picture) -> tuple[str, float]:
        """The text of an upright line and the mean probability of its letters; "" and 0 where it holds none."""
        import cv2

        wide = min(_WIDEST, max(16, round(strip.shape[1] * _LETTER_HEIGHT / strip.shape[0])))
        resized = cv2.resize(strip, (wide, _LETTER_HEIGHT), interpolation=cv2.INTER_LINEAR)
        session = self._reader()
        chances = np.asarray(session.run({session.inputs[0]: _normal(np.asarray(resized, np.uint8))})[0])[0]
        signs = self._signs().signs
        if chances.shape[-1] != len(signs):
            raise Broken("the text reader has other letters", code=ModelReason.OUTPUT_SHAPE)
        if not np.isfinite(chances).all():
            raise Broken("the text reader gave numbers that are not finite", code=ModelReason.OUTPUT_NOT_FINITE)
        return _decoded(chances, signs)

    def _signs(self) -> Letters:
        with self._lock:
            if self._letters is None:
                self._letters = self._make_letters()
            return self._letters


def _scale(longer: int, longest: int) -> float:
    if longer > longest:
        return longest / longer
    return min(_MOST_ENLARGED, max(1.0, _ENLARGED / longer))


def _normal(picture: Picture) -> NDArray[np.float32]:
    """RGB (h, w, 3) as the networks take it: (1, 3, h, w), blue first, in [-1, 1]."""
    scaled = picture[:, :, ::-1].astype(np.float32) / 127.5 - 1.0
    return np.ascontiguousarray(scaled.transpose(2, 0, 1)[None])


def _quads(marked: NDArray[np.float32]) -> list[NDArray[np.float32]]:
    """Turned rectangles around what is marked, grown to hold whole letters, the largest first."""
    import cv2

    mask = cv2.dilate((marked > _MARKED).astype(np.uint8), np.ones((2, 2), np.uint8))
    contours, _ = cv2.findContours(mask, cv2.RETR_LIST, cv2.CHAIN_APPROX_SIMPLE)
    found: list[NDArray[np.float32]] = []
    for contour in sorted(contours, key=cv2.contourArea, reverse=True)[:_MOST_PLACES]:
        centre, (wide, high), turn = cv2.minAreaRect(contour)
        if min(wide, high) < _LEAST_SIDE or _mean_inside(marked, contour) < _SURE:
            continue
        # The network is trained to mark letters shrunk by this much (the paper's equation 10, undone for a rectangle).
        grown = 2 * wide * high * _UNCLIP / (2 * (wide + high))
        found.append(_clockwise(cv2.boxPoints((centre, (wide + grown, high + grown), turn))))
    return found


def _mean_inside(marked: NDArray[np.float32], contour: NDArray[Any]) -> float:
    import cv2

    left, top, wide, high = cv2.boundingRect(contour)
    inside = np.zeros((high, wide), np.uint8)
    cv2.fillPoly(inside, [contour - np.array([[left, top]])], (1,))
    return float(cv2.mean(marked[top : top + high, left : left + wide], inside)[0])


def _clockwise(corners: NDArray[Any]) -> NDArray[np.float32]:
    """Corners from the top left on, for a line that is turned by less than 45 degrees."""
    by_x = corners[np.argsort(corners[:, 0], kind="stable")]
    left = by_x[:2][np.argsort(by_x[:2, 1], kind="stable")]
    right = by_x[2:][np.argsort(by_x[2:, 1], kind="stable")]
    return np.array([left[0], right[0], right[1], left[1]], np.float32)


def _cut(picture: Picture, quad: NDArray[np.float32]) -> Picture:
    """The picture inside four corners, upright; a place that is much higher than wide is a line on its side."""
    import cv2

    wide = max(1, round(float(max(np.linalg.norm(quad[0] - quad[1]), np.linalg.norm(quad[3] - quad[2])))))
    high = max(1, round(float(max(np.linalg.norm(quad[0] - quad[3]), np.linalg.norm(quad[1] - quad[2])))))
    target = np.array([[0, 0], [wide, 0], [wide, high], [0, high]], np.float32)
    strip = cv2.warpPerspective(
        picture,
        cv2.getPerspectiveTransform(quad, target),
        (wide, high),
        borderMode=cv2.BORDER_REPLICATE,
        flags=cv2.INTER_CUBIC,
    )
    upright = np.rot90(strip) if high >= _UPRIGHT * wide else strip
    return np.ascontiguousarray(upright, np.uint8)


def _decoded(chances: NDArray[np.float32], signs: Sequence[str]) -> tuple[str, float]:
    """The likeliest sign at each step, repeats and blanks left out; the mean probability of what is kept."""
    best = chances.argmax(axis=1)
    kept = (best != 0) & np.concatenate([[True], best[1:] != best[:-1]])
    if not kept.any():
        return "", 0.0
    confidence = float(chances[np.arange(len(best)), best][kept].mean())
    return "".join(signs[int(index)] for index in best[kept]), confidence


def _in_order(lines: Sequence[ReadLine]) -> list[ReadLine]:
    """As they are read: rows from the top, and each row from the left; a row is what overlaps by half its height."""
    rows: list[list[ReadLine]] = []
    for line in sorted(lines, key=lambda line: line.box[1] + line.box[3] / 2):
        middle = line.box[1] + line.box[3] / 2
        if rows and _within(middle, rows[-1][0].box):
            rows[-1].append(line)
        else:
            rows.append([line])
    return [line for row in rows for line in sorted(row, key=lambda line: line.box[0])]


def _within(middle: float, box: tuple[float, float, float, float]) -> bool:
    return box[1] <= middle <= box[1] + box[3] and middle - (box[1] + box[3] / 2) < box[3] / 2

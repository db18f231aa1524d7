"""Fingerprints of pictures by PDQ.

PDQ forgives re-encoding, resizing and recolouring, but hardly any cropping: 3 % off each side costs about 30 bits. So
of each reference picture some crops are kept, centred and with a part of one side or of two that meet cut off, and
whole, trimmed, centred and framed parts of each frame are searched. Pieces from anywhere, and copies turned by some
degrees, are found by windows round spots (`spots`), which are compared with each other alone.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from copyright_optout.adapters.pdq_hash import SIDE, pdq, pdq_dihedral, pdq_mirrored
from copyright_optout.adapters.spots import windows
from copyright_optout.domain import LEAST_QUALITY, Fingerprint
from copyright_optout.ports import View
from trust_kernel.media.refs import Look

Picture = NDArray[np.uint8]

WORKING_SIDE = 384
"""Pixels of the longer side from which parts are cut."""

REFERENCE_CROPS = (0.96, 0.92, 0.88, 0.84, 0.8, 0.76, 0.7)
FOOTAGE_CROPS = (0.92, 0.84, 0.76)
"""The same of frames of reference videos, of which there are many: crops are found by spots too."""
QUERY_CROPS = (0.92, 0.84, 0.76, 0.68, 0.6)
"""Shares of width and height, centred: each step is about as much as PDQ forgives."""
SIDE_CUTS = (0.05, 0.1, 0.15, 0.2, 0.25)
"""Shares of the width or height that are cut off one side of a reference picture, or off two that meet."""

REFERENCE_SPOTS = 48
"""Windows of a reference picture."""
TURNED_SPOTS = 9
TURNS = (-12.0, -9.0, -6.0, -3.0, 3.0, 6.0, 9.0, 12.0)
"""So many of them are kept turned by so many degrees too: PDQ forgives about two."""
FOOTAGE_SPOTS = 9
"""Windows of a frame of a reference video."""
QUERY_SPOTS = 24
"""Windows of a frame that is searched."""

_FLAT = 24
"""Grey levels by which a border line may vary and still be a border."""

_SMALLEST = 32
_LINE_STEP = 12.0
_LINE_SHARE = 0.25
_SIDE_SHARE = 0.7
_MOST_LINES = 6
_MOST_FRAMED = 6
_LEAST_FRAMED = 0.2
_MOST_FRAMED_AREA = 0.95


class PdqHasher:
    """PDQ over several views of a picture.

    Args:
        least_quality: 0 to 100, below which there is too little in a picture.
    """

    def __init__(self, least_quality: int = LEAST_QUALITY) -> None:
        self._least = least_quality

    def fingerprint(self, picture: Picture) -> Fingerprint:
        """The hash of a whole picture, uint8 RGB (h, w, 3)."""
        return self._fingerprint(_working(picture))

    def fingerprints(self, look: Look) -> tuple[str, ...]:
        """Hashes that are kept of all frames of a look, hex, whole and cropped; those with too little are left out."""
        small = [_working(frame) for frame in look.frames]
        return tuple(one.bits for frame in small for one in self._footage(frame) if one.is_usable)

    def references(self, picture: Picture) -> Sequence[Fingerprint]:
        """The whole picture first, then without its borders, centred crops, without parts of its sides, and spots."""
        small = _working(picture)
        trimmed = _trimmed(small)
        parts = self._kept(small, (trimmed, *_centres(trimmed, REFERENCE_CROPS), *_sides(trimmed)))
        return [*parts, *self._spots(small, REFERENCE_SPOTS), *self._spots(small, TURNED_SPOTS, TURNS)]

    def _footage(self, small: Picture) -> Sequence[Fingerprint]:
        trimmed = _trimmed(small)
        parts = self._kept(small, (trimmed, *_centres(trimmed, FOOTAGE_CROPS)))
        return [*parts, *self._spots(small, FOOTAGE_SPOTS)]

    def _kept(self, small: Picture, parts: Iterable[Picture]) -> Sequence[Fingerprint]:
        whole, others = self._fingerprint(small), map(self._fingerprint, parts)
        further = {one.bits: one for one in others if one.is_usable and one.bits != whole.bits}
        return [whole, *further.values()]

    def views(self, picture: Picture) -> Sequence[View]:
        """Whole, trimmed, centred and framed parts, each in eight orientations; and windows round spots, in two."""
        small = _working(picture)
        seen = (*map(_view, _parts(small)), *_spots(small))
        return [view for view in seen if view.quality >= self._least]

    def _spots(self, small: Picture, most: int, turns: Sequence[float] = (0.0,)) -> Sequence[Fingerprint]:
        """Those with enough in them, each once."""
        bits, qualities = pdq_mirrored(windows(small, most, turns))
        hexed = (row.tobytes().hex() for row in np.packbits(bits[:, 0], axis=1))
        made = (Fingerprint(*each, self._least, spot=True) for each in zip(hexed, qualities.tolist(), strict=True))
        return list({one.bits: one for one in made if one.is_usable}.values())

    def _fingerprint(self, picture: Picture) -> Fingerprint:
        bits, quality = pdq(_square(picture))
        return Fingerprint(np.packbits(bits).tobytes().hex(), quality, self._least)


def _view(picture: Picture) -> View:
    orientations, quality = pdq_dihedral(_square(picture))
    return View(np.packbits(orientations, axis=1).view(">u8").astype(np.uint64), quality)


def _spots(small: Picture) -> Iterator[View]:
    bits, qualities = pdq_mirrored(windows(small, QUERY_SPOTS))
    words = np.packbits(bits, axis=2).view(">u8").astype(np.uint64)
    return (View(turned, int(quality), spot=True) for turned, quality in zip(words, qualities, strict=True))


def _square(picture: Picture) -> Picture:
    return _resized(picture, SIDE, SIDE)


def _working(picture: Picture) -> Picture:
    height, width = picture.shape[:2]
    scale = min(1.0, WORKING_SIDE / max(height, width))
    return _resized(picture, max(1, round(width * scale)), max(1, round(height * scale)))


def _resized(picture: Picture, width: int, height: int) -> Picture:
    import cv2

    shrinks = width * height < picture.shape[0] * picture.shape[1]
    method = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(np.ascontiguousarray(picture), (width, height), interpolation=method), dtype=np.uint8)


def _parts(picture: Picture) -> Iterator[Picture]:
    yield picture
    trimmed = _trimmed(picture)
    if trimmed.shape != picture.shape:
        yield trimmed
    height, width = trimmed.shape[:2]
    side = min(height, width)
    if side < max(height, width):
        top, left = (height - side) // 2, (width - side) // 2
        yield trimmed[top : top + side, left : left + side]
    yield from (_centred(trimmed, share) for share in QUERY_CROPS)
    yield from (picture[top:bottom, left:right] for top, bottom, left, right in _framed(picture))


def _centres(picture: Picture, shares: Iterable[float]) -> Iterator[Picture]:
    yield from (_centred(picture, share) for share in shares)


def _sides(picture: Picture) -> Iterator[Picture]:
    height, width = picture.shape[:2]
    for cut in SIDE_CUTS:
        rows, columns = round(height * cut), round(width * cut)
        yield from (picture[rows:], picture[: height - rows], picture[:, columns:], picture[:, : width - columns])
        yield from (picture[rows:, columns:], picture[rows:, : width - columns])
        yield from (picture[: height - rows, columns:], picture[: height - rows, : width - columns])


def _centred(picture: Picture, share: float) -> Picture:
    height, width = picture.shape[:2]
    top, left = round(height * (1 - share) / 2), round(width * (1 - share) / 2)
    return picture[top : height - top, left : width - left]


def _trimmed(picture: Picture) -> Picture:
    """Without letterbox and pillarbox: plain bars of one colour and one width on opposite sides."""
    rows = _bar(picture, 1)
    level = picture[rows : picture.shape[0] - rows]
    columns = _bar(level, 0)
    return level[:, columns : level.shape[1] - columns]


def _bar(picture: Picture, along: int) -> int:
    """Rows of the plain bar at the top that has its like at the bottom, or columns where `along` is 0; 0 for none."""
    edges = picture[[0, -1]] if along else picture[:, [0, -1]]
    if (np.ptp(edges, axis=along) > _FLAT).any():
        return 0  # as with most pictures
    lowest, highest = picture.min(axis=along).astype(int), picture.max(axis=along).astype(int)
    plain = (highest - lowest).max(axis=1) <= _FLAT
    of_one_colour = plain & (np.abs(highest - highest[0]).max(axis=1) <= _FLAT)
    both = of_one_colour & of_one_colour[::-1]
    rows = int(np.argmin(both)) if not both.all() else 0
    return rows if 2 * rows <= len(both) - _SMALLEST else 0


def _framed(picture: Picture) -> list[tuple[int, int, int, int]]:
    """Rectangles (top, bottom, left, right) with straight edges on all sides: a picture in the picture."""
    grey: NDArray[np.float32] = picture.astype(np.float32) @ np.full(3, 1 / 3, np.float32)
    across: NDArray[np.bool_] = np.abs(np.diff(grey, axis=1)) > _LINE_STEP
    down: NDArray[np.bool_] = np.abs(np.diff(grey, axis=0)) > _LINE_STEP
    height, width = grey.shape
    columns, rows = _lines(across, axis=0), _lines(down, axis=1)
    upright = {at: _edge_so_far(across[:, max(0, at - 2) : at + 1].max(axis=1)) for at in columns}
    level = {at: _edge_so_far(down[max(0, at - 2) : at + 1].max(axis=0)) for at in rows}
    found: list[tuple[float, tuple[int, int, int, int]]] = []
    for left in (0, *columns):
        for right in (*columns, width):
            for top in (0, *rows):
                for bottom in (*rows, height):
                    if right - left < _LEAST_FRAMED * width or bottom - top < _LEAST_FRAMED * height:
                        continue
                    if (right - left) * (bottom - top) > _MOST_FRAMED_AREA * width * height:
                        continue
                    sides = _support(upright, level, (top, bottom, left, right))
                    if sides >= _SIDE_SHARE:
                        found.append((sides, (top, bottom, left, right)))
    return [box for _, box in sorted(found, reverse=True)[:_MOST_FRAMED]]


def _lines(edges: NDArray[np.bool_], axis: int) -> list[int]:
    """Places of the straightest lines, strongest first; a line lies before the pixel of that number."""
    strength = edges.mean(axis=axis)
    lines: list[int] = []
    for place in np.argsort(-strength, kind="stable"):
        if strength[place] < _LINE_SHARE or len(lines) == _MOST_LINES:
            break
        if all(abs(int(place) + 1 - line) > 2 for line in lines):  # noqa: PLR2004 - one edge is blurred over a few pixels
            lines.append(int(place) + 1)
    return lines


def _edge_so_far(edge: NDArray[np.bool_]) -> list[int]:
    """How many of the first n pixels of a line are an edge, for n from 0."""
    return [0, *np.cumsum(edge).tolist()]


def _support(
    upright: Mapping[int, Sequence[int]], level: Mapping[int, Sequence[int]], box: tuple[int, int, int, int]
) -> float:
    """Share of the weakest side that is an edge; the frame's own sides are given."""
    top, bottom, left, right = box
    sides = [(upright[at][bottom] - upright[at][top]) / (bottom - top) for at in (left, right) if at in upright]
    sides += [(level[at][right] - level[at][left]) / (right - left) for at in (top, bottom) if at in level]
    return min(sides, default=0.0)

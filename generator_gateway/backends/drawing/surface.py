"""Pixels and how they are laid over each other.

Everything is converted once to BT.709 Y'CbCr, limited range, 4:4:4, and composited there: alpha blending is linear, so
it is the same in either space, and a frame then needs no colour conversion, only its two chroma planes halved.
"""

from dataclasses import dataclass
from typing import Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
"""uint8 (h, w, 3): Y', Cb, Cr on a canvas; R, G, B while something is being painted."""

Colour = tuple[int, int, int]
"""R, G, B, each in [0, 255]."""

# ITU-R BT.709-6, limited range, rows Y', Cb, Cr over R'G'B' in [0, 255].
_KR, _KB = 0.2126, 0.0722
_KG = 1 - _KR - _KB
_MATRIX = np.array(
    [
        [219 / 255 * _KR, 219 / 255 * _KG, 219 / 255 * _KB],
        [-112 / 255 * _KR / (1 - _KB), -112 / 255 * _KG / (1 - _KB), 112 / 255],
        [112 / 255, -112 / 255 * _KG / (1 - _KR), -112 / 255 * _KB / (1 - _KR)],
    ],
    np.float32,
)
_OFFSET = np.array([16, 128, 128], np.float32)

PHASES = 4
"""Sub-pixel positions that a strip is kept at: slow camera moves would step visibly on whole pixels."""


@dataclass(frozen=True, slots=True)
class Moment:
    """A point in the film.

    Attributes:
        seconds: since the start.
        share: of the whole, [0, 1].
        index: frame number.
    """

    seconds: float
    share: float
    index: int


class Layer(Protocol):
    """Something that paints itself on a canvas."""

    def paint(self, canvas: Pixels, moment: Moment) -> None:
        """Paint over what is already on the canvas (Y'CbCr 4:4:4)."""
        ...


def to_video(rgb: NDArray[np.floating] | Pixels) -> Pixels:
    """Convert RGB in [0, 255], shape (h, w, 3), to BT.709 limited-range Y'CbCr of the same shape."""
    plane = cv2.transform(np.ascontiguousarray(rgb, np.float32), _MATRIX) + _OFFSET
    return np.asarray(np.clip(plane + 0.5, 0, 255), np.uint8)


def video_colour(colour: Colour) -> tuple[int, int, int]:
    """One colour in Y'CbCr."""
    y, cb, cr = to_video(np.array([[colour]], np.uint8))[0, 0]
    return int(y), int(cb), int(cr)


def tint(colour: Colour) -> NDArray[np.float32]:
    """A colour to multiply and add with, float32 (3,)."""
    return np.asarray(colour, np.float32)


def mix(first: Colour, second: Colour, share: float) -> Colour:
    """The colour at `share` of the way from one to the other."""
    r, g, b = (round(a + (z - a) * share) for a, z in zip(first, second, strict=True))
    return r, g, b


def premultiply(rgb: NDArray[np.floating] | Pixels, alpha: NDArray[np.floating]) -> tuple[Pixels, Pixels]:
    """Make the two factors of a blend: Y'CbCr times alpha, and 255 times (1 - alpha) in three channels.

    Args:
        rgb: (h, w, 3) in [0, 255].
        alpha: (h, w) in [0, 1].
    """
    cover = np.repeat(np.clip(alpha, 0, 1)[..., None], 3, axis=2).astype(np.float32)
    ink = to_video(rgb).astype(np.float32) * cover
    return np.asarray(ink + 0.5, np.uint8), np.asarray((1 - cover) * 255 + 0.5, np.uint8)


def lay(canvas: Pixels, ink: Pixels, clear: Pixels) -> None:
    """Blend premultiplied ink over a canvas of the same shape, in place."""
    cv2.multiply(canvas, clear, dst=canvas, scale=1 / 255)
    cv2.add(canvas, ink, dst=canvas)


class Strip:
    """A wide picture that slides sideways under the camera.

    Rows from `solid` down are opaque and copied, rows above are blended: a ridge costs little more than its outline.

    Args:
        rgb: (h, w + travel, 3) in [0, 255].
        alpha: (h, w + travel) in [0, 1].
        top: canvas row of the first row.
        start: offset in pixels at the beginning of the film, in [0, travel].
        end: offset at its end.
    """

    def __init__(
        self, rgb: NDArray[np.floating] | Pixels, alpha: NDArray[np.floating], top: int, start: float, end: float
    ) -> None:
        clear_rows = np.flatnonzero(alpha.min(axis=1) < 1)
        self._solid = int(clear_rows[-1]) + 1 if len(clear_rows) else 0
        filled = np.flatnonzero(alpha.max(axis=1) > 0)
        first = int(filled[0]) if len(filled) else 0
        self._top, self._solid = top + first, self._solid - first
        self._start, self._end = start, end
        ink, clear = premultiply(rgb[first:], alpha[first:])
        count = PHASES if start != end else 1
        self._ink = [_shifted(ink, phase / PHASES) for phase in range(count)]
        self._clear = [_shifted(clear[: max(self._solid, 1)], phase / PHASES) for phase in range(count)]

    def paint(self, canvas: Pixels, moment: Moment) -> None:
        """Paint at this moment's offset."""
        self.paint_at(canvas, self._start + (self._end - self._start) * ease(moment.share))

    def paint_at(self, canvas: Pixels, offset: float) -> None:
        """Paint with the strip's column `offset` at the canvas's left edge."""
        whole = int(np.floor(offset * PHASES + 0.5))
        column, phase = divmod(whole, PHASES) if len(self._ink) > 1 else (round(offset), 0)
        ink = self._ink[phase]
        height, width = canvas.shape[:2]
        column = min(max(column, 0), ink.shape[1] - width)
        bottom = min(height, self._top + ink.shape[0])
        edge = min(bottom, self._top + self._solid)
        if edge > self._top:
            rows = slice(0, edge - self._top)
            lay(
                canvas[self._top : edge],
                ink[rows, column : column + width],
                self._clear[phase][rows, column : column + width],
            )
        if bottom > edge:
            canvas[edge:bottom] = ink[edge - self._top : bottom - self._top, column : column + width]


def _shifted(picture: Pixels, share: float) -> Pixels:
    if share == 0 or picture.size == 0:
        return picture
    return np.asarray(cv2.addWeighted(picture[:, :-1], 1 - share, picture[:, 1:], share, 0), np.uint8)


class Sprite:
    """A cut-out that can be put anywhere, turned and scaled.

    Args:
        rgba: uint8 (h, w, 4), straight alpha.
        anchor: x, y in the sprite's own pixels that is put on the asked place; its middle by default.
    """

    def __init__(self, rgba: NDArray[np.uint8], anchor: tuple[float, float] | None = None) -> None:
        self.height, self.width = rgba.shape[:2]
        self.anchor = anchor or (self.width / 2, self.height / 2)
        ink, clear = premultiply(rgba[..., :3], rgba[..., 3].astype(np.float32) / 255)
        self._four = np.dstack([ink, 255 - clear[..., 0]])

    def put(self, canvas: Pixels, x: float, y: float, scale: float = 1.0, turn: float = 0.0) -> None:
        """Blend the sprite in, its anchor at x, y; `turn` in degrees, anticlockwise."""
        matrix: NDArray[np.float64] = np.array(cv2.getRotationMatrix2D(self.anchor, turn, scale), np.float64)
        matrix[:, 2] += np.array([x - self.anchor[0], y - self.anchor[1]])
        corners = matrix @ np.array([[0, self.width, 0, self.width], [0, 0, self.height, self.height], [1, 1, 1, 1]])
        left, top = (int(np.floor(value)) - 1 for value in corners.min(axis=1))
        right, bottom = (int(np.ceil(value)) + 1 for value in corners.max(axis=1))
        left, top = max(left, 0), max(top, 0)
        right, bottom = min(right, canvas.shape[1]), min(bottom, canvas.shape[0])
        if right <= left or bottom <= top:
            return
        matrix[:, 2] -= (left, top)
        seen = cv2.warpAffine(self._four, matrix, (right - left, bottom - top), flags=cv2.INTER_LINEAR)
        clear = cv2.bitwise_not(cv2.extractChannel(seen, 3))
        lay(
            canvas[top:bottom, left:right],
            np.asarray(cv2.cvtColor(seen, cv2.COLOR_BGRA2BGR), np.uint8),
            np.asarray(cv2.merge((clear, clear, clear)), np.uint8),
        )


class Backdrop:
    """A still picture that fills the frame.

    Args:
        rgb: (h, w, 3) in [0, 255] of the canvas's size.
    """

    def __init__(self, rgb: NDArray[np.floating]) -> None:
        # A little noise keeps long gradients from banding in eight bits.
        grain = np.random.default_rng(7).normal(0, 0.7, rgb.shape[:2])[..., None]
        self._picture = to_video(np.clip(rgb + grain, 0, 255))

    def paint(self, canvas: Pixels, moment: Moment) -> None:  # noqa: ARG002 - it stands still
        """Fill the canvas."""
        canvas[:] = self._picture


def ease(share: float) -> float:
    """A camera move that starts and ends gently: smoothstep mixed with an even pace."""
    return 0.5 * share + 0.5 * share * share * (3 - 2 * share)

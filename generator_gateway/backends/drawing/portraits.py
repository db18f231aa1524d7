"""Granted likenesses: cut-out portraits in oval frames, large enough to be recognised in the output.

The gate that looks at the output must see who is in it, so a portrait is cropped to the head, kept sharp, never
covered, and moves little.
"""

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from generator_gateway.backends.drawing.lettering import tag
from generator_gateway.backends.drawing.plan import Plan
from generator_gateway.backends.drawing.surface import Moment, Pixels, Sprite, tint
from generator_gateway.ports import CameoReference

_ROOM = 2.35
"""Height of the crop in heights of the face box: hair, chin and a little shoulder."""
_ASPECT = 0.8
_LARGEST_SEARCH = 480
_LOOKING = threading.Lock()
"""A detector works on one picture at a time."""


@dataclass(frozen=True, slots=True)
class _Hung:
    sprite: Sprite
    tag: Sprite
    x: float
    y: float
    size: float
    phase: float


class Portraits:
    """All cameos of an order that have a portrait, side by side."""

    def __init__(self, plan: Plan, cameos: Sequence[CameoReference]) -> None:
        shown = [(cameo.handle, cameo.portrait) for cameo in cameos if cameo.portrait is not None]
        self._plan = plan
        self._hung = [
            self._hang(handle, portrait, number, len(shown)) for number, (handle, portrait) in enumerate(shown)
        ]

    def _hang(self, handle: str, portrait: NDArray[np.uint8], number: int, count: int) -> _Hung:
        plan = self._plan
        columns = count if plan.width >= plan.height else min(count, 2)
        lines = -(-count // columns)
        pitch = min(plan.width / columns, plan.width * 0.4)
        tall = min(plan.height * (0.66 if lines == 1 else 0.78 / lines), pitch * 0.9 / _ASPECT)
        row, column = divmod(number, columns)
        here = min(columns, count - row * columns)
        x = plan.width / 2 + (column - (here - 1) / 2) * pitch
        y = plan.height * 0.44 + (row - (lines - 1) / 2) * tall * 1.12
        return _Hung(
            Sprite(_framed(head_of(portrait), round(tall * _ASPECT), round(tall), plan.unit)),
            tag(f"@{handle}", 17 * plan.unit),
            x,
            y,
            tall,
            number * 1.7,
        )

    def paint(self, canvas: Pixels, moment: Moment) -> None:
        """Hang the portraits, swaying a little."""
        unit = self._plan.unit
        for hung in self._hung:
            at = moment.seconds + hung.phase
            scale = 1.0 + 0.035 * np.sin(at * 0.5)
            x = hung.x + np.sin(at * 0.7) * 7 * unit
            y = hung.y + np.sin(at * 0.9 + 0.6) * 4 * unit
            hung.sprite.put(canvas, float(x), float(y), float(scale), float(np.sin(at * 0.6) * 1.2))
            hung.tag.put(canvas, float(x), float(y + hung.size * 0.5 * scale + 14 * unit))


def head_of(portrait: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Crop a portrait to the head, `_ASPECT` wide; the middle of it where no face is found.

    Args:
        portrait: uint8 RGB (h, w, 3).

    Returns:
        A crop whose edges may repeat the portrait's where the head is near them.
    """
    height, width = portrait.shape[:2]
    box = _largest_face(portrait)
    if box is None:
        tall = min(height, width / _ASPECT)
        middle, top = width / 2, (height - tall) * 0.35
    else:
        left, face_top, right, bottom = box
        tall = min((bottom - face_top) * _ROOM, max(height, width) * 1.2)
        middle, top = (left + right) / 2, (face_top + bottom) / 2 - tall * 0.5
    wide = tall * _ASPECT
    matrix = np.array([[1, 0, middle - wide / 2], [0, 1, top]], np.float64)
    size = (max(8, round(wide)), max(8, round(tall)))
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    crop = cv2.warpAffine(portrait, matrix, size, flags=flags, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(crop, np.uint8)


@cache
def _detector() -> Any:
    """Made once: that takes longer than to look."""
    import dlib  # its HOG detector needs no model file

    return dlib.get_frontal_face_detector()


def _largest_face(portrait: NDArray[np.uint8]) -> tuple[float, float, float, float] | None:
    height, width = portrait.shape[:2]
    share = min(1.0, _LARGEST_SEARCH / max(height, width))
    size = (max(1, round(width * share)), max(1, round(height * share)))
    small = np.ascontiguousarray(cv2.resize(portrait, size, interpolation=cv2.INTER_AREA))
    with _LOOKING:
        found = _detector()(small, 1)
    if not found:
        return None
    best = max(found, key=lambda box: box.area())
    return best.left() / share, best.top() / share, best.right() / share, best.bottom() / share


def _framed(head: NDArray[np.uint8], wide: int, tall: int, unit: float) -> NDArray[np.uint8]:
    """An oval cut-out with a thin pale rim and a soft shadow, RGBA, larger than asked by the shadow's reach."""
    shadow = max(4, round(16 * unit))
    how = cv2.INTER_AREA if head.shape[0] > tall else cv2.INTER_CUBIC
    inner = np.asarray(cv2.resize(head, (wide, tall), interpolation=how), np.float32)
    rows, columns = np.ogrid[: tall + 2 * shadow, : wide + 2 * shadow]
    across = (columns - shadow - wide / 2 + 0.5) / (wide / 2)
    down = (rows - shadow - tall / 2 + 0.5) / (tall / 2)
    # A superellipse: rounder than a box, roomier for hair and chin than an ellipse.
    reach = (np.abs(across) ** 2.6 + np.abs(down) ** 2.6) ** (1 / 2.6)
    pixels = min(wide, tall) / 2
    body = np.clip((1 - reach) * pixels, 0, 1)
    rim = np.clip((reach - 1) * pixels + 3.2 * unit + 0.5, 0, 1) * body
    cast = np.clip(1 - (reach - 0.97) * pixels / shadow, 0, 1) ** 2 * 0.42
    picture = np.zeros((*reach.shape, 3), np.float32)
    picture[shadow : shadow + tall, shadow : shadow + wide] = inner
    picture += (tint((250, 247, 240)) - picture) * np.asarray(rim * 0.92, np.float32)[..., None]
    alpha = np.maximum(body, cast)
    own = (body / np.maximum(alpha, 1e-6))[..., None]
    rgb = picture * own + tint((10, 12, 18)) * (1 - own)
    return np.asarray(np.dstack([np.clip(rgb, 0, 255), alpha * 255]) + 0.5, np.uint8)

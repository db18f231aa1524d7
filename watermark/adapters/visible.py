"""The visible mark: a short translucent text that wanders over the whole picture.

It tells honest viewers that the video was generated. It does not stop anyone who wants it gone, but it makes them work:
it moves without a stop, on a path that nobody knows beforehand, over the middle as well as the edges, and its size and
opacity drift.
"""

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from watermark.adapters.keystream import KeyStream
from watermark.ports.marks import YuvFrame

_HEIGHT = 0.062
"""Font size as a share of the picture's shorter side: 22 pixels at 360p."""
_WIDEST = 0.6
"""Most of the picture's width that the text may take."""
_SMALLEST = 8
_SIZES = 8
"""Sizes that are rendered beforehand; the drift moves between them."""
_SIZE_DRIFT = 0.14
_OPACITY, _OPACITY_DRIFT = 0.58, 0.12
_WHITE, _BLACK, _GREY = 235.0, 16.0, 128.0
"""Limited-range luma of white and black; chroma of grey."""


@dataclass(frozen=True)
class _Stamp:
    """A rendered text: float32 cover in [0, 1] and luma to blend in, both (h, w), and cover (h/2, w/2) for chroma."""

    cover: NDArray[np.float32]
    luma: NDArray[np.float32]
    chroma_cover: NDArray[np.float32]


class WanderingLabel:
    """A `FrameOverlay` that draws a label along a keyed path.

    The path is a Lissajous figure with keyed periods of 5 to 9 seconds. It passes the very middle of the picture within
    the first two seconds, and reaches all four edges.

    Args:
        label: what it says, a few words.
        key: secret bytes; equal keys and sizes give equal paths.
        width: pixels of every frame that will come.
        height: pixels.
    """

    def __init__(self, label: str, key: bytes, width: int, height: int) -> None:
        draws = KeyStream(key, f"visible:v1:{width}x{height}").unit(7, "path")
        self._period_x = 5.0 + 1.7 * draws[0]
        self._period_y = self._period_x * (1.2 + 0.15 * draws[1])
        self._middle_at = 0.3 + 1.7 * draws[2]
        self._direction = 1.0 if draws[3] < 0.5 else -1.0  # noqa: PLR2004 - a fair coin
        self._drift_phase = 2 * math.pi * draws[4]
        self._size_period = 3.1 + draws[5]
        self._opacity_period = 2.3 + draws[6]
        self._stamps = _render_sizes(label, width, height)
        self._size = (width, height)

    def position(self, seconds: float) -> tuple[float, float]:
        """Where the label is at a time: shares of the way it can go, across and down, each in [0, 1]."""
        since = 2 * math.pi * (seconds - self._middle_at)
        across = 0.5 + 0.5 * math.sin(since / self._period_x)
        down = 0.5 + 0.5 * self._direction * math.sin(since / self._period_y)
        return across, down

    def draw(self, frame: YuvFrame) -> YuvFrame:
        """A copy of the frame with the label; only the label's box is touched."""
        drift = math.sin(2 * math.pi * frame.seconds / self._size_period + self._drift_phase)
        stamp = self._stamps[round((drift + 1) / 2 * (_SIZES - 1))]
        glow = math.sin(2 * math.pi * frame.seconds / self._opacity_period + self._drift_phase)
        opacity = np.float32(_OPACITY + _OPACITY_DRIFT * glow)
        height, width = stamp.cover.shape
        across, down = self.position(frame.seconds)
        # Even places, so that luma and chroma keep in step.
        left = int(across * (self._size[0] - width)) // 2 * 2
        top = int(down * (self._size[1] - height)) // 2 * 2
        return replace(
            frame,
            y=_blend(frame.y, stamp.cover * opacity, stamp.luma, (top, left)),
            u=_blend(frame.u, stamp.chroma_cover * opacity, _GREY, (top // 2, left // 2)),
            v=_blend(frame.v, stamp.chroma_cover * opacity, _GREY, (top // 2, left // 2)),
        )


def _blend(
    plane: NDArray[np.uint8], cover: NDArray[np.float32], value: NDArray[np.float32] | float, at: tuple[int, int]
) -> NDArray[np.uint8]:
    drawn = plane.copy()
    top, left = at
    box = drawn[top : top + cover.shape[0], left : left + cover.shape[1]]
    cover = cover[: box.shape[0], : box.shape[1]]
    if isinstance(value, np.ndarray):
        value = value[: box.shape[0], : box.shape[1]]
    box[:] = np.rint(box + cover * (value - box)).astype(np.uint8)
    return drawn


def _render_sizes(label: str, width: int, height: int) -> list[_Stamp]:
    middle = max(_HEIGHT * min(width, height), _SMALLEST)
    wide = _render(label, middle * (1 + _SIZE_DRIFT)).cover.shape[1]
    middle *= min(1.0, _WIDEST * width / wide)
    drifts = np.linspace(-_SIZE_DRIFT, _SIZE_DRIFT, _SIZES)
    return [_render(label, float(middle * (1 + drift))) for drift in drifts]


def _render(label: str, size: float) -> _Stamp:
    """The label in white with a black outline, which reads on any ground."""
    from PIL import Image, ImageDraw, ImageFont

    font = ImageFont.load_default(size)
    stroke = max(1, round(size / 14))
    left, top, right, bottom = font.getbbox(label, stroke_width=stroke)
    width, height = (math.ceil(right - left) + 2) // 2 * 2, (math.ceil(bottom - top) + 2) // 2 * 2
    outline, fill = Image.new("L", (width, height)), Image.new("L", (width, height))
    ImageDraw.Draw(outline).text((-left, -top), label, fill=255, font=font, stroke_width=stroke)
    ImageDraw.Draw(fill).text((-left, -top), label, fill=255, font=font)
    cover = np.asarray(outline, np.float32) / np.float32(255)
    white = np.asarray(fill, np.float32) / np.float32(255)
    return _Stamp(
        cover=cover,
        luma=np.float32(_BLACK) + np.float32(_WHITE - _BLACK) * white,
        chroma_cover=np.asarray(cover.reshape(height // 2, 2, width // 2, 2).mean(axis=(1, 3)), np.float32),
    )

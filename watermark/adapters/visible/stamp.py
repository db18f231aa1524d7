"""A text and a logo as one stamp, and how it is blended into 4:2:0 planes.

The ink is white, or the logo's own colours; around it lies a thin dark outline and a soft shadow, which grows darker
over bright ground. So the stamp reads on white, on black and on anything busy.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from watermark.adapters.visible import lettering
from watermark.ports.marks import YuvFrame

WHITE, BLACK, GREY = 235.0, 16.0, 128.0
"""Limited-range luma of white and black; chroma of grey."""
_LOGO_HEIGHT = 1.15
"""Height of the logo against the size of the font."""
_GAP = 0.35
_LINE = 1.3
_OUTLINE, _SHADOW = 0.055, 0.16
"""Width of the outline and reach of the shadow against the size of the font."""
_BT709 = np.array(
    [[0.1826, 0.6142, 0.0620], [-0.1006, -0.3386, 0.4392], [0.4392, -0.3989, -0.0403]],
    np.float32,
)
"""RGB to limited-range Y'CbCr, ITU-R BT.709-6, 8 bits, offsets aside."""

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Stamp:
    """What to blend in, at its largest.

    Attributes:
        luma: float32 (h, w, 3): cover of the ink in [0, 1], its luma times that, cover of the shadow in [0, 1].
        chroma: float32 (h, w, 3): cover of the ink, its two chroma values times that.
    """

    luma: Floats
    chroma: Floats

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels."""
        return self.luma.shape[1], self.luma.shape[0]


def render(lines: list[str], size: float, logo: NDArray[np.uint8] | None, *, plate: bool = False) -> Stamp:
    """Draw a stamp.

    Args:
        lines: the text.
        size: of the font, pixels.
        logo: uint8 RGBA (h, w, 4), put in front of the text and as high as one line; None for none.
        plate: a dark plate behind it all, instead of outline and shadow.
    """
    import cv2

    margin = math.ceil(size * (_SHADOW + _OUTLINE)) + 2
    colours = _laid_out(lines, size, logo, margin)
    ink = np.asarray(colours[:, :, 3], np.float32) / np.float32(255)
    outline = _grown(ink, size * _OUTLINE)
    if plate:
        shadow = np.ones_like(ink)
    else:
        reach = size * _SHADOW
        around = cv2.GaussianBlur(_grown(outline, reach / 2), (0, 0), max(reach / 2, 0.5))
        # Not under the ink, which is translucent and would be dimmed.
        shadow = np.maximum(outline, around) * (1 - ink)
    yuv = colours[:, :, :3].astype(np.float32) @ _BT709.T + np.array([BLACK, GREY, GREY], np.float32)
    premultiplied = yuv * ink[:, :, None]
    return Stamp(
        luma=np.ascontiguousarray(np.dstack([ink, premultiplied[:, :, 0], shadow]), np.float32),
        chroma=np.ascontiguousarray(np.dstack([ink, premultiplied[:, :, 1:]]), np.float32),
    )


def _laid_out(lines: list[str], size: float, logo: NDArray[np.uint8] | None, margin: int) -> NDArray[np.uint8]:
    """The logo and the lines beside each other, uint8 RGBA."""
    texts = [lettering.line(text, size) for text in lines if text]
    step = round(size * _LINE)
    high = max([step * (len(texts) - 1) + texts[0].shape[0]] if texts else [0])
    mark = _fitted(logo, size * _LOGO_HEIGHT) if logo is not None else None
    indent = mark.shape[1] + (round(size * _GAP) if texts else 0) if mark is not None else 0
    inside = max(high, mark.shape[0] if mark is not None else 0)
    wide = indent + max((text.shape[1] for text in texts), default=0)
    # Even sides, so that half of them is whole.
    page = np.zeros(((inside + 2 * margin + 1) // 2 * 2, (wide + 2 * margin + 1) // 2 * 2, 4), np.uint8)
    page[:, :, :3] = 255
    for number, text in enumerate(texts):
        top, left = margin + (inside - high) // 2 + number * step, margin + indent
        box = page[top : top + text.shape[0], left : left + text.shape[1], 3]
        np.maximum(box, text[: box.shape[0]], out=box)
    if mark is not None:
        top = margin + (inside - mark.shape[0]) // 2
        page[top : top + mark.shape[0], margin : margin + mark.shape[1]] = mark
    return page


def _fitted(logo: NDArray[np.uint8], height: float) -> NDArray[np.uint8]:
    """The logo at a height, or at four times that width where it is very wide."""
    import cv2

    scale = min(height / logo.shape[0], 4 * height / logo.shape[1])
    size = max(1, round(logo.shape[1] * scale)), max(1, round(logo.shape[0] * scale))
    values = logo.astype(np.float32)
    alpha = values[:, :, 3:] / 255
    # With the alpha multiplied in, or hidden colours would bleed into the edge.
    values[:, :, :3] *= alpha
    way = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    small = np.clip(cv2.resize(values, size, interpolation=way).reshape(size[1], size[0], 4), 0, 255)
    small[:, :, :3] = np.clip(small[:, :, :3] * 255 / np.maximum(small[:, :, 3:], 1), 0, 255)
    return np.asarray(np.rint(small), np.uint8)


def _grown(cover: Floats, by: float) -> Floats:
    import cv2

    side = 2 * max(1, round(by)) + 1
    brush = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))
    return np.asarray(cv2.dilate(cover, brush), np.float32)


def blend(
    planes: YuvFrame, stamp: Stamp, *, at: tuple[float, float], scale: float, opacity: float, shade: float
) -> None:
    """Blend a stamp into planes that may be written to.

    Args:
        planes: where to.
        stamp: what.
        at: left and top in pixels; fractions move it between pixels.
        scale: of its size, at most 1.
        opacity: of the ink, in [0, 1].
        shade: of the shadow, in [0, 1].
    """
    _blend_luma(planes.y, _placed(stamp.luma, at, scale, planes.y.shape), opacity, shade)
    half = at[0] / 2, at[1] / 2
    chroma = _placed(stamp.chroma, half, scale / 2, planes.u.shape)
    for plane, channel in ((planes.u, 1), (planes.v, 2)):
        box = plane[chroma.rows, chroma.columns]
        ink = chroma.values[:, :, 0] * np.float32(opacity)
        box[:] = np.rint(box * (1 - ink) + chroma.values[:, :, channel] * np.float32(opacity))


@dataclass(frozen=True, slots=True)
class _Placed:
    """A stamp's values on the pixels of a plane that it touches."""

    values: Floats
    rows: slice
    columns: slice


def _placed(values: Floats, at: tuple[float, float], scale: float, shape: tuple[int, ...]) -> _Placed:
    import cv2

    left, top = math.floor(at[0]), math.floor(at[1])
    right = min(shape[1], math.ceil(at[0] + values.shape[1] * scale) + 1)
    bottom = min(shape[0], math.ceil(at[1] + values.shape[0] * scale) + 1)
    left, top = max(0, min(left, shape[1] - 1)), max(0, min(top, shape[0] - 1))
    size = max(1, right - left), max(1, bottom - top)
    # Centres of pixels lie at halves; hence the shift by (scale - 1) / 2.
    move = np.array([[scale, 0, at[0] - left + (scale - 1) / 2], [0, scale, at[1] - top + (scale - 1) / 2]], np.float32)
    moved = np.asarray(cv2.warpAffine(values, move, size, flags=cv2.INTER_LINEAR), np.float32)
    return _Placed(moved, slice(top, top + size[1]), slice(left, left + size[0]))


def _blend_luma(plane: NDArray[np.uint8], placed: _Placed, opacity: float, shade: float) -> None:
    box = plane[placed.rows, placed.columns]
    shadow = placed.values[:, :, 2] * np.float32(shade)
    ground = box + shadow * (np.float32(BLACK) - box)
    ink = placed.values[:, :, 0] * np.float32(opacity)
    box[:] = np.rint(ground * (1 - ink) + placed.values[:, :, 1] * np.float32(opacity))

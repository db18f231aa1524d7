"""Small pictures for pages: a poster and a sprite sheet. Runs inside the child process only (`Sandbox.call`)."""

import io
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from trust_kernel.media import footage, pictures

_POSTER_MOMENT = 1 / 3
_WEBP_QUALITY = 80
_JPEG_QUALITY = 82
_PICTURE_READERS = frozenset({"JPEG", "PNG", "WEBP", "AVIF", "GIF"})


def poster(*, source: str, reader: str, longest: int, max_pixels: int, max_seconds: float) -> dict[str, Any]:
    """One picture of a video or picture as WebP: ``{"bytes": uint8 (n,)}``. A video's is from a third of its length."""
    bounds: dict[str, Any] = {"longest": longest, "max_pixels": max_pixels, "max_seconds": max_seconds}
    frames = _frames(source, reader, [_POSTER_MOMENT], shares=True, **bounds)
    return {"bytes": _encoded(frames[0], "WEBP", quality=_WEBP_QUALITY, method=4)}


def still(
    *, source: str, reader: str, at_seconds: float, longest: int, max_pixels: int, max_seconds: float
) -> dict[str, Any]:
    """The frame on show at a moment: ``{"frame": uint8 (h, w, 3)}``."""
    bounds: dict[str, Any] = {"longest": longest, "max_pixels": max_pixels, "max_seconds": max_seconds}
    return {"frame": _frames(source, reader, [at_seconds], shares=False, **bounds)[0]}


def spritesheet(
    *, source: str, reader: str, columns: int, rows: int, longest: int, max_pixels: int, max_seconds: float
) -> dict[str, Any]:
    """Frames at even distances, row by row, as one JPEG: ``{"bytes": uint8 (n,)}``; `longest` bounds a tile."""
    bounds: dict[str, Any] = {"longest": longest, "max_pixels": max_pixels, "max_seconds": max_seconds}
    moments = [place / (columns * rows) for place in range(columns * rows)]
    frames = _frames(source, reader, moments, shares=True, **bounds)
    return {"bytes": _encoded(_tiled(frames, columns), "JPEG", quality=_JPEG_QUALITY)}


def _frames(
    source: str, reader: str, moments: list[float], *, shares: bool, longest: int, max_pixels: int, max_seconds: float
) -> NDArray[np.uint8]:
    if reader in _PICTURE_READERS:
        frames = pictures.look(source=source, reader=reader, longest=longest, max_pixels=max_pixels)["frames"][:1]
    else:
        bounds: dict[str, Any] = {"longest": longest, "max_pixels": max_pixels, "max_seconds": max_seconds}
        frames = footage.frames_at(source=source, reader=reader, moments=moments, shares=shares, **bounds)["frames"]
    return np.asarray(frames)


def _tiled(frames: NDArray[np.uint8], columns: int) -> NDArray[np.uint8]:
    count, height, width, _ = frames.shape
    columns = min(columns, count)
    rows = -(-count // columns)
    sheet = np.zeros((rows * height, columns * width, 3), np.uint8)
    for place, frame in enumerate(frames):
        top, left = place // columns * height, place % columns * width
        sheet[top : top + height, left : left + width] = frame
    return sheet


def _encoded(picture: NDArray[np.uint8], kind: str, **options: int) -> NDArray[np.uint8]:
    buffer = io.BytesIO()
    Image.fromarray(picture).save(buffer, kind, **options)
    return np.frombuffer(buffer.getvalue(), np.uint8)

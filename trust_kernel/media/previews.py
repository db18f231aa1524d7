"""Small pictures for pages and credentials. Runs inside the child process only (`Sandbox.call`)."""

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
    frames, _ = _frames(source, reader, [_POSTER_MOMENT], shares=True, **bounds)
    return {"bytes": _webp(Image.fromarray(frames[0]))}


def still(
    *, source: str, reader: str, at_seconds: float, longest: int, max_pixels: int, max_seconds: float
) -> dict[str, Any]:
    """The frame on show at a moment: ``{"frame": uint8 (h, w, 3)}``."""
    bounds: dict[str, Any] = {"longest": longest, "max_pixels": max_pixels, "max_seconds": max_seconds}
    frames, _ = _frames(source, reader, [at_seconds], shares=False, **bounds)
    return {"frame": frames[0]}


def stills(
    *,
    source: str,
    reader: str,
    longest: int,
    small: int,
    columns: int,
    rows: int,
    tile: int,
    max_pixels: int,
    max_seconds: float,
) -> dict[str, Any]:
    """The pictures that stand for a video or a picture, of one decode.

    Args:
        source: path.
        reader: the decoder.
        longest: pixels of the poster's longer side, at most.
        small: the same of a smaller poster.
        columns: of the sheet.
        rows: of the sheet.
        tile: pixels of the longer side of a tile of the sheet.
        max_pixels: of a frame as stored.
        max_seconds: of the file.

    Returns:
        ``poster`` and ``small``, WebP, from a third of the length; ``sheet``, JPEG, frames at even distances, row by
        row: uint8 (n,) each.
    """
    even = [place / (columns * rows) for place in range(columns * rows)]
    moments = sorted([*even, _POSTER_MOMENT])
    bounds: dict[str, Any] = {"longest": longest, "max_pixels": max_pixels, "max_seconds": max_seconds}
    frames, places = _frames(source, reader, moments, shares=True, **bounds)
    poster_at = moments.index(_POSTER_MOMENT)
    shown = Image.fromarray(frames[places[poster_at]])
    tiles = [pictures.fitted(Image.fromarray(frames[place]), tile) for place in np.unique(np.delete(places, poster_at))]
    return {
        "poster": _webp(shown),
        "small": _webp(pictures.fitted(shown, small)),
        "sheet": _encoded(_tiled(tiles, columns), "JPEG", quality=_JPEG_QUALITY),
    }


def _frames(
    source: str, reader: str, moments: list[float], *, shares: bool, longest: int, max_pixels: int, max_seconds: float
) -> tuple[NDArray[np.uint8], NDArray[np.intp]]:
    """Frames, and which of them is on show at each moment."""
    if reader in _PICTURE_READERS:
        frames = pictures.look(source=source, reader=reader, longest=longest, max_pixels=max_pixels)["frames"][:1]
        return np.asarray(frames), np.zeros(len(moments), np.intp)
    bounds: dict[str, Any] = {"longest": longest, "max_pixels": max_pixels, "max_seconds": max_seconds}
    found = footage.frames_at(source=source, reader=reader, moments=moments, shares=shares, **bounds)
    return np.asarray(found["frames"]), np.asarray(found["places"])


def _tiled(tiles: list[Image.Image], columns: int) -> Image.Image:
    columns = min(columns, len(tiles))
    width, height = tiles[0].size
    sheet = Image.new("RGB", (columns * width, -(-len(tiles) // columns) * height))
    for place, one in enumerate(tiles):
        sheet.paste(one, (place % columns * width, place // columns * height))
    return sheet


def _webp(picture: Image.Image) -> NDArray[np.uint8]:
    return _encoded(picture, "WEBP", quality=_WEBP_QUALITY, method=4)


def _encoded(picture: Image.Image, kind: str, **options: int) -> NDArray[np.uint8]:
    buffer = io.BytesIO()
    picture.save(buffer, kind, **options)
    return np.frombuffer(buffer.getvalue(), np.uint8)

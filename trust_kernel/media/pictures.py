"""Decodes still pictures. Runs inside the child process only (`Sandbox.call`)."""

from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

from trust_kernel.errors import InvalidInput
from trust_kernel.media.damage import PILLOW_DAMAGE
from trust_kernel.media.reasons import MediaReason

_ORIENTATION = 0x0112
_UPRIGHT = 1
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""EXIF 2.32, tag Orientation."""
_LYING = frozenset({5, 6, 7, 8})
_WHITE = (255, 255, 255)
_MOST_PICTURES = 4
"""Pictures in one JPEG: the photograph, a gain map, a depth map and a preview."""


def look(*, source: str, reader: str, longest: int, max_pixels: int) -> dict[str, Any]:
    """Decode a picture and give what a `Look` holds, by its field names.

    Where parts are transparent and hide another picture there are two frames: as shown on white, and with the
    transparency dropped, because a model that reads the file may see either. Every picture of a JPEG that holds
    several is looked at.

    Raises:
        InvalidInput: too large (said before decoding, by its header), damaged, animated.
    """
    picture = _open(source, reader, max_pixels)
    try:
        width, height = picture.size
        if _orientation(picture) in _LYING:
            width, height = height, width
        shown = _shown(picture, longest)
        shown += _further(picture, longest, max_pixels, shown[0].shape)
    except InvalidInput:
        raise
    except PILLOW_DAMAGE as error:
        _refuse(error)
    frames = np.stack(shown)
    facts = {"width": width, "height": height, "duration": 0.0}
    empty = np.zeros(0, np.float32)
    return {"kind": "image", "frames": frames, "times": np.zeros(len(frames)), "audio": empty, **facts}


def is_animated(*, source: str, reader: str) -> dict[str, Any]:
    """Say whether a picture moves: ``{"animated": bool}``."""
    picture = _open(source, reader, max_pixels=None)
    try:
        return {"animated": bool(getattr(picture, "is_animated", False))}
    except PILLOW_DAMAGE as error:
        _refuse(error)


def _open(source: str, reader: str, max_pixels: int | None) -> Image.Image:
    Image.MAX_IMAGE_PIXELS = None  # ours, below, is stricter, and an error instead of a warning
    try:
        picture = Image.open(source, formats=[reader])
        if max_pixels is not None:
            _check_size(picture, max_pixels)
        most = _MOST_PICTURES if reader == "JPEG" else 1
        if max_pixels is not None and _count(picture) > most:
            detail = "the file holds too many pictures" if most > 1 else "send a moving picture as a video"
            raise InvalidInput(detail, code=MediaReason.PICTURE_ANIMATED, limit=f"{most} in a file")
    except UnidentifiedImageError as error:
        raise InvalidInput("the picture is damaged", code=MediaReason.PICTURE_DAMAGED) from error
    except PILLOW_DAMAGE as error:
        _refuse(error)
    return picture


def _shown(picture: Image.Image, longest: int) -> list[NDArray[np.uint8]]:
    turn = _orientation(picture)
    picture.draft("RGB", (longest, longest))  # a JPEG is unpacked no larger than needed
    picture.load()
    picture = _to_eight_bits(picture)
    if "A" in picture.getbands() or "transparency" in picture.info:
        layers = _layers(picture.convert("RGBA"))
    else:
        layers = [picture.convert("RGB")]
    return [np.asarray(_turned(fitted(layer, longest), turn)) for layer in layers]


def _further(picture: Image.Image, longest: int, max_pixels: int, shape: tuple[int, ...]) -> list[NDArray[np.uint8]]:
    """The other pictures of a JPEG (CIPA DC-007), whichever a reader may show; each whole, in a frame of `shape`."""
    found = []
    for number in range(1, _count(picture)):
        picture.seek(number)
        _check_size(picture, max_pixels)
        found += [_framed(layer, shape) for layer in _shown(picture, longest)]
    return found


def _framed(layer: NDArray[np.uint8], shape: tuple[int, ...]) -> NDArray[np.uint8]:
    height, width = shape[:2]
    frame = Image.new("RGB", (width, height))
    inside = ImageOps.contain(Image.fromarray(layer), (width, height))
    frame.paste(inside, ((width - inside.width) // 2, (height - inside.height) // 2))
    return np.asarray(frame)


def _count(picture: Image.Image) -> int:
    return int(getattr(picture, "n_frames", 1))


def _check_size(picture: Image.Image, max_pixels: int) -> None:
    if picture.width * picture.height > max_pixels:
        raise InvalidInput("the picture is too large", code=MediaReason.PICTURE_TOO_LARGE, limit=f"{max_pixels} pixels")


def _layers(picture: Image.Image) -> list[Image.Image]:
    alpha = picture.getchannel("A")
    bare = picture.convert("RGB")
    if alpha.getextrema() == (255, 255):
        return [bare]
    shown = Image.new("RGB", picture.size, _WHITE)
    shown.paste(bare, mask=alpha)
    return [shown] if shown.tobytes() == bare.tobytes() else [shown, bare]


def _to_eight_bits(picture: Image.Image) -> Image.Image:
    """Pillow clips wide gray values when it converts; scale them instead."""
    if not picture.mode.startswith("I"):
        return picture
    values = np.asarray(picture).astype(np.float32)
    return Image.fromarray(np.clip(values / 257, 0, 255).astype(np.uint8))


def fitted(picture: Image.Image, longest: int) -> Image.Image:
    """The picture, its longer side at most so many pixels."""
    scale = longest / max(picture.size)
    if scale >= 1:
        return picture
    size = (max(1, round(picture.width * scale)), max(1, round(picture.height * scale)))
    return picture.resize(size, Image.Resampling.LANCZOS, reducing_gap=2.0)


def _orientation(picture: Image.Image) -> int:
    try:
        return int(picture.getexif().get(_ORIENTATION, _UPRIGHT))
    except PILLOW_DAMAGE:
        return _UPRIGHT  # cameras write broken EXIF; viewers then show the picture as it is stored


def _turned(picture: Image.Image, orientation: int) -> Image.Image:
    turn = _TURNS.get(orientation)
    return picture if turn is None else picture.transpose(turn)


def _refuse(error: BaseException) -> NoReturn:
    if isinstance(error, InvalidInput):
        raise error
    if "too large" in str(error).lower() or "too much memory" in str(error).lower():
        # Pillow's guards against compressed text and colour profiles that unpack to far more than a picture's notes.
        raise InvalidInput(
            "the picture unpacks to too much", code=MediaReason.PICTURE_TOO_LARGE, limit="1 MiB a text chunk"
        ) from error
    raise InvalidInput("the picture is damaged or cut off", code=MediaReason.PICTURE_DAMAGED) from error

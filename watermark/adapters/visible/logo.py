"""The operator's logo: a PNG of any size, taken apart with care."""

import io
import struct

import numpy as np
from numpy.typing import NDArray

from trust_kernel.errors import InvalidInput
from trust_kernel.media.damage import PILLOW_DAMAGE
from watermark.domain.marks import WatermarkReason

MAX_BYTES = 4_000_000
MAX_SIDE = 4096
_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_HEADER = 24


def check(data: bytes) -> None:
    """Say whether bytes can be a logo, by their header alone; nothing is unpacked.

    Raises:
        InvalidInput: not a PNG, or more than 4 MB, or a side of more than 4096 pixels.
    """
    if len(data) > MAX_BYTES:
        raise _refused("The logo is too large a file.", f"{MAX_BYTES} bytes")
    if not data.startswith(_SIGNATURE) or data[12:16] != b"IHDR" or len(data) < _HEADER:
        raise _refused("The logo is not a PNG.", None)
    width, height = struct.unpack(">II", data[16:_HEADER])
    if not (0 < width <= MAX_SIDE and 0 < height <= MAX_SIDE):
        raise _refused("The logo has too many pixels.", f"{MAX_SIDE} pixels a side")


def decode(data: bytes) -> NDArray[np.uint8]:
    """The logo as uint8 RGBA (h, w, 4). For the child process.

    Raises:
        InvalidInput: see `check`; or it is damaged.
    """
    from PIL import Image

    check(data)
    try:
        picture = Image.open(io.BytesIO(data), formats=["PNG"])
        return np.asarray(picture.convert("RGBA"))
    except PILLOW_DAMAGE as error:
        raise _refused("The logo is damaged.", None) from error


def _refused(detail: str, limit: str | None) -> InvalidInput:
    return InvalidInput(detail, code=WatermarkReason.UNUSABLE, field="visible_logo", limit=limit)

"""Kept reference media as JPEG and 16-bit PCM."""

import io
import zlib

import numpy as np
from PIL import Image

from likeness_guard.ports import Picture, Sound

_QUALITY = 95
"""With full colour: the embedding of a face moves by less than 0.002 (cosine)."""
_FULL_SCALE = 32767.0


class JpegAndPcm:
    """Pictures as JPEG of quality 95 without colour subsampling, sounds as deflated 16-bit samples."""

    def pack_face(self, picture: Picture) -> bytes:
        """A uint8 RGB picture as JPEG."""
        out = io.BytesIO()
        Image.fromarray(picture).save(out, "JPEG", quality=_QUALITY, subsampling=0)
        return out.getvalue()

    def unpack_face(self, data: bytes) -> Picture:
        """The picture; the bytes were sealed here, so they are ours."""
        with Image.open(io.BytesIO(data), formats=["JPEG"]) as picture:
            return np.asarray(picture.convert("RGB"), np.uint8)

    def pack_voice(self, sound: Sound) -> bytes:
        """Samples in [-1, 1], cut there, as little-endian int16."""
        return zlib.compress((np.clip(sound, -1.0, 1.0) * _FULL_SCALE).astype("<i2").tobytes())

    def unpack_voice(self, data: bytes) -> Sound:
        """The samples."""
        return np.asarray(np.frombuffer(zlib.decompress(data), "<i2") / _FULL_SCALE, np.float32)

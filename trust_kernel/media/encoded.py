"""Pixels and samples as files that anybody can open."""

import io
import wave

import numpy as np
from numpy.typing import NDArray

from trust_kernel.media.refs import SAMPLE_RATE


def as_png(picture: NDArray[np.uint8]) -> bytes:
    """A uint8 RGB picture (h, w, 3) as a PNG file."""
    from PIL import Image

    file = io.BytesIO()
    Image.fromarray(picture).save(file, "PNG")
    return file.getvalue()


def as_wav(samples: NDArray[np.float32]) -> bytes:
    """Samples, float32 mono at SAMPLE_RATE in [-1, 1], as a WAV file of 16 bits, which every browser plays."""
    file = io.BytesIO()
    with wave.open(file, "wb") as track:
        track.setnchannels(1)
        track.setsampwidth(2)
        track.setframerate(SAMPLE_RATE)
        track.writeframes((np.clip(samples, -1.0, 1.0) * 32_767).astype("<i2").tobytes())
    return file.getvalue()

"""Pictures as PNG, through Pillow."""

import io

import numpy as np
from numpy.typing import NDArray


def as_png(picture: NDArray[np.uint8]) -> bytes:
    """A uint8 RGB picture (h, w, 3) as a PNG file."""
    from PIL import Image

    file = io.BytesIO()
    Image.fromarray(picture).save(file, "PNG")
    return file.getvalue()

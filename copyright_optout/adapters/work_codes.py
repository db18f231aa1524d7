"""ISCC codes of works (ISO 24138:2024) through iscc-lib; of whole files, `WorkPrints.iscc` is the code of the bytes."""

from importlib import import_module
from importlib.util import find_spec
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trust_kernel.media.sound_search import SoundWords

_PACKAGE = "iscc_lib"
_BITS = 256
_SIDE = 32
"""Points a side that an Image-Code is made of."""


class IsccCodes:
    """Image-, Audio- and Meta-Codes of 256 bits; none where iscc-lib is not installed."""

    def of_picture(self, picture: NDArray[np.uint8]) -> str:
        """The Image-Code: grey, without plain borders, 32 by 32 points by bicubic resampling, as the reference's."""
        from PIL import Image, ImageChops

        shown = Image.fromarray(np.ascontiguousarray(picture))
        plain = Image.new(shown.mode, shown.size, shown.getpixel((0, 0)))
        box = ImageChops.difference(shown, plain).getbbox()
        grey = (shown.crop(box) if box else shown).convert("L").resize((_SIDE, _SIDE), Image.Resampling.BICUBIC)
        return _code("gen_image_code_v0", grey.tobytes())

    def of_text(self, title: str, description: str) -> str:
        """The Meta-Code of a title and a description; empty without a title."""
        return _code("gen_meta_code_v0", title, description or None) if title.strip() else ""

    def of_sound(self, chromaprint: SoundWords) -> str:
        """The Audio-Code of a sound's Chromaprint words; empty where there are none."""
        return _code("gen_audio_code_v0", chromaprint.astype(np.int32).tolist()) if len(chromaprint) else ""


def _code(function: str, *values: object) -> str:
    if find_spec(_PACKAGE) is None:
        return ""
    library: Any = import_module(_PACKAGE)
    return str(getattr(library, function)(*values, bits=_BITS)["iscc"])

"""ISCC of a file's bytes (ISO 24138:2024) through iscc-lib.

Made is a wide composite code of subtype SUM: Data- and Instance-Code of 128 bits each. There is no Content-Code: that
of video is made of MPEG-7 signatures and that of sound of Chromaprint's, and neither is in FFmpeg as PyAV brings it.
What they would find, PDQ and our own fingerprint of sound do.
"""

from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

_PACKAGE = "iscc_lib"


def is_installed() -> bool:
    """Whether codes can be made."""
    return find_spec(_PACKAGE) is not None


def sum_code(path: Path) -> str:
    """The wide composite code of a file, ``ISCC:K4…``; empty where iscc-lib is not installed.

    The file is streamed; nothing in it is parsed.
    """
    if not is_installed():
        return ""
    library: Any = import_module(_PACKAGE)
    made = library.gen_sum_code_v0(str(path), bits=128, wide=True)
    return str(made["iscc"])

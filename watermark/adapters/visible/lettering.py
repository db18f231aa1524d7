"""Text drawn with the two fonts that OpenCV 5 holds: Rubik, and WenQuanYi Micro Hei for what Rubik lacks.

So Latin, Greek, Cyrillic, Chinese, Japanese and Korean need no font file, neither ours nor the system's. Scripts that
need shaping, and emoji, are not in them.
"""

import unicodedata
from typing import Any

import numpy as np
from numpy.typing import NDArray

_WEIGHT = 600
"""Of 100 to 900: semi-bold, which small letters need."""
_NOWHERE = "\ufffe"
"""Not a character, so it is drawn as what stands for a missing one."""
_CAP_SHARE = 0.72
"""Height of a capital as a share of the font's size; measured 0.75, rounded down so that no letter comes out low."""
_PROBE = 32


def missing(text: str) -> str:
    """The characters of a text that cannot be drawn, each once: no font has them, or they run from right to left."""
    hole = _drawn(_NOWHERE)
    letters = {letter for letter in text if not letter.isspace()}
    return "".join(sorted(each for each in letters if _is_leftward(each) or np.array_equal(_drawn(each), hole)))


def size_for(cap_height: float) -> float:
    """The font size whose capitals are at least `cap_height` pixels high."""
    return cap_height / _CAP_SHARE


def width_of(text: str, size: float) -> int:
    """Pixels that a line takes."""
    return _wide(text, round(size))


def line(text: str, size: float) -> NDArray[np.uint8]:
    """A line of text, white on black: uint8 (h, w), as high as the font's tallest letter and deepest tail."""
    import cv2

    whole = max(1, round(size))
    width = _wide(text, whole)
    height = round(whole * 1.36)
    page = np.zeros((height, width + whole // 4 + 2), np.uint8)
    cv2.putText(page, text, (whole // 8 + 1, round(whole * 1.02)), 255, _font(), whole, _WEIGHT)
    return page


def _is_leftward(letter: str) -> bool:
    return unicodedata.bidirectional(letter) in {"R", "AL"}


def _drawn(letter: str) -> NDArray[np.uint8]:
    import cv2

    page = np.zeros((2 * _PROBE, 2 * _PROBE), np.uint8)
    cv2.putText(page, letter, (_PROBE // 4, _PROBE * 3 // 2), 255, _font(), _PROBE, _WEIGHT)
    return page


def _wide(text: str, size: int) -> int:
    import cv2

    left, _, width, _ = cv2.getTextSize((1 << 15, 1 << 15), text, (0, 1 << 12), _font(), size, _WEIGHT)
    return int(left + width)


def _font() -> Any:
    import cv2

    return cv2.FontFace("sans")

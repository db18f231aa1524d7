"""Whether a look can be drawn, said when the program starts and not when the first video is rendered."""

from trust_kernel.errors import InvalidInput
from watermark.adapters.visible import lettering, logo
from watermark.domain.marks import WatermarkReason
from watermark.domain.visible_look import VisibleLook

MAX_LETTERS = 60
_LATIN = 0x17F
"""Rubik has all letters up to here (Latin Extended-A), so they need no look at the fonts."""


def check_look(look: VisibleLook) -> None:
    """Check a look; the logo by its header only.

    Raises:
        InvalidInput: nothing to see, a text that is too long or has characters that no font at hand can draw, an
            opening label without words or for no time, or a logo that is no PNG or too large.
    """
    if not look.text.strip() and look.logo_png is None:
        raise _refused("The visible mark needs a text or a logo.", "visible_label")
    _check_text(look.text, "visible_label")
    if look.logo_png is not None:
        logo.check(look.logo_png)
    if look.opening is not None:
        if not look.opening.text.strip() or look.opening.seconds <= 0 or not 0 < look.opening.height <= 1 / 4:
            raise _refused("The opening label needs words, seconds, and a height of at most a quarter.", "opening")
        _check_text(look.opening.text, "opening")


def _check_text(text: str, field: str) -> None:
    if len(text) > MAX_LETTERS:
        raise _refused("The text is too long to be drawn.", field, f"{MAX_LETTERS} characters")
    if not text.isprintable():
        raise _refused("The text holds control characters.", field)
    unusual = "".join(letter for letter in text if ord(letter) > _LATIN)
    holes = lettering.missing(unusual) if unusual else ""
    if holes:
        raise _refused(f"No font at hand can draw '{holes}'.", field)


def _refused(detail: str, field: str, limit: str | None = None) -> InvalidInput:
    return InvalidInput(detail, code=WatermarkReason.UNUSABLE, field=field, limit=limit)

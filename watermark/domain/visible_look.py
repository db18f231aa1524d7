"""How the visible marks of one operator look."""

from dataclasses import dataclass, field

from watermark.domain.marks import OpeningLabel


@dataclass(frozen=True, slots=True)
class VisibleLook:
    """What people see on every picture.

    Attributes:
        text: a few words; may be empty where there is a logo.
        logo_png: a PNG, best with an alpha channel, drawn in front of the text.
        opening: words that stand at the start; none unless a jurisdiction asks for them.
    """

    text: str
    logo_png: bytes | None = field(default=None, repr=False)
    opening: OpeningLabel | None = None

"""Lettering: the caption strip, the running time, name tags. Pillow's own typeface, so every machine draws the same."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from generator_gateway.backends.drawing.plan import Plan
from generator_gateway.backends.drawing.surface import Moment, Pixels, Sprite, lay, premultiply, tint

_PAPER = (250, 247, 240)
_MISSING = "\N{REPLACEMENT CHARACTER}"
_FADE = 0.5
"""Seconds that the caption takes to come in."""


def face(size: float) -> ImageFont.FreeTypeFont:
    """Pillow's built-in typeface at a size in pixels."""
    font = ImageFont.load_default(max(8, size))
    if not isinstance(font, ImageFont.FreeTypeFont):
        raise TypeError("Pillow was built without FreeType")
    return font


def wrapped(text: str, font: ImageFont.FreeTypeFont, width: float, lines: int) -> list[str]:
    """Break a text into at most so many lines that fit the width; what is left over ends in an ellipsis."""
    rows: list[str] = []
    row = ""
    words = text.split()
    while words:
        word = words.pop(0)
        trial = f"{row} {word}".strip()
        if font.getlength(trial) <= width:
            row = trial
            continue
        if not row:  # one word wider than the line: cut it
            cut = max(1, int(len(word) * width / font.getlength(word)) - 1)
            row, rest = word[:cut], word[cut:]
            words.insert(0, rest)
        else:
            words.insert(0, word)
        rows.append(row)
        row = ""
        if len(rows) == lines:
            last = rows[-1]
            while last and font.getlength(last + "...") > width:
                last = last[:-1]
            rows[-1] = last.rstrip(" ,;.") + "..."
            return rows
    return [*rows, row] if row else rows


def _writable(text: str, font: ImageFont.FreeTypeFont) -> str:
    """The text without characters that the typeface lacks."""
    box = font.getmask(_MISSING).getbbox()
    empty = bytes(font.getmask(_MISSING))
    return "".join(
        c for c in text if c == " " or font.getmask(c).getbbox() != box or bytes(font.getmask(c)) != empty
    )  # fmt: skip


class Caption:
    """The prompt's first words in a strip along the lower edge, faded in."""

    def __init__(self, plan: Plan) -> None:
        size = 25 * plan.unit
        font = face(size)
        margin = 34 * plan.unit
        text = _writable(plan.scene.caption, font)
        rows = wrapped(text, font, plan.width - 2 * margin - 60 * plan.unit, 2 if plan.width >= plan.height else 3)
        line = size * 1.32
        tall = round(margin * 1.5 + line * max(1, len(rows)))
        self._top = plan.height - tall
        # A veil that deepens downwards keeps pale text readable on snow as on night.
        veil = np.linspace(0, 1, tall)[:, None] ** 0.7 * np.ones((1, plan.width)) * 0.62
        ink = Image.new("L", (plan.width, tall), 0)
        draw = ImageDraw.Draw(ink)
        first = tall - margin * 0.8 - line * len(rows)
        if rows:
            edges = (first + 4 * plan.unit, tall - margin * 0.8 - 2 * plan.unit)
            draw.rectangle((margin, edges[0], margin + 3 * plan.unit, max(edges)), fill=200)
        for number, row in enumerate(rows):
            draw.text((margin + 18 * plan.unit, first + number * line), row, font=font, fill=255)
        letters = np.asarray(ink, np.float32) / 255
        alpha = 1 - (1 - veil) * (1 - letters)
        share: NDArray[np.floating] = (letters / np.maximum(alpha, 1e-6))[..., None]
        rgb = tint(_PAPER) * share + tint((12, 14, 20)) * (1 - share)
        self._ink, self._clear = premultiply(rgb, alpha)

    def paint(self, canvas: Pixels, moment: Moment) -> None:
        """Lay the strip over the canvas."""
        del moment  # it stands from the first frame: a still of any moment says what it is of
        lay(canvas[self._top :], self._ink, self._clear)


class Clapper:
    """Running time and frame in the upper corner, as on an editor's monitor."""

    def __init__(self, plan: Plan) -> None:
        size = 17 * plan.unit
        font = face(size)
        self._step = max(1, round(font.getlength("0") * 1.06))
        self._glyphs = {c: self._glyph(c, font, round(size * 1.3)) for c in "0123456789:"}
        self._left = plan.width - round(32 * plan.unit) - self._step * 8
        self._top = round(26 * plan.unit)

    def _glyph(self, character: str, font: ImageFont.FreeTypeFont, tall: int) -> tuple[Pixels, Pixels]:
        image = Image.new("L", (self._step, tall), 0)
        x = (self._step - font.getlength(character)) / 2
        ImageDraw.Draw(image).text((x, 0), character, font=font, fill=255)
        alpha = np.asarray(image, np.float32) / 255
        return premultiply(np.broadcast_to(tint(_PAPER), (*alpha.shape, 3)), alpha * 0.75)

    def paint(self, canvas: Pixels, moment: Moment) -> None:
        """Write the time."""
        minutes, seconds = divmod(moment.index // 24, 60)
        x = self._left
        for character in f"{minutes:02}:{seconds:02}:{moment.index % 24:02}":
            ink, clear = self._glyphs[character]
            bottom, right = self._top + ink.shape[0], x + ink.shape[1]
            if right <= canvas.shape[1] and bottom <= canvas.shape[0]:
                lay(canvas[self._top : bottom, x:right], ink, clear)
            x += self._step


def tag(text: str, size: float) -> Sprite:
    """A name on a small dark pill, anchored at its middle."""
    font = face(size)
    shown = _writable(text, font)[:28]
    wide, tall = round(font.getlength(shown) + size * 1.5), round(size * 1.75)
    image = Image.new("RGBA", (wide * 2, tall * 2), (0, 0, 0, 0))
    ImageDraw.Draw(image).rounded_rectangle((0, 0, wide * 2 - 1, tall * 2 - 1), tall, fill=(14, 16, 24, 200))
    small = image.resize((wide, tall), Image.Resampling.LANCZOS)
    ImageDraw.Draw(small).text((wide / 2, tall / 2), shown, font=font, fill=(*_PAPER, 255), anchor="mm")
    pixels: NDArray[np.uint8] = np.asarray(small, np.uint8)
    return Sprite(pixels)

"""An invented cartoon character for the opt-out scenes, and innocent scenery, all drawn by code.

Captain Fennimore is a teal fox with round brass goggles. Nobody owns him but this project, so he can be claimed,
opted out and refused in public without touching anyone's rights.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import cos, pi, sin

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

Colour = tuple[int, int, int]

_TEAL, _DEEP, _PALE = (36, 148, 150), (20, 98, 108), (226, 244, 236)
_BRASS, _SHINE, _LEATHER = (206, 154, 62), (246, 214, 132), (116, 68, 46)
_SCARF, _SCARF_DARK, _INK = (214, 78, 58), (164, 50, 46), (24, 30, 44)
_LENS = (44, 74, 104)
_OVER = 3  # drawn three times as large and reduced, which smooths the edges


class Pose(StrEnum):
    """How the captain stands."""

    PORTRAIT = "portrait"
    WAVING = "waving"
    LEANING = "leaning"
    FLYING = "flying"


@dataclass(frozen=True, slots=True)
class _Sheet:
    """A drawing in units of its own, placed, turned and scaled."""

    draw: ImageDraw.ImageDraw
    x: float
    y: float
    scale: float
    turn: float

    def at(self, points: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
        c, s = cos(self.turn), sin(self.turn)
        return [(self.x + (px * c - py * s) * self.scale, self.y + (px * s + py * c) * self.scale) for px, py in points]

    def shape(self, colour: Colour, *points: tuple[float, float]) -> None:
        self.draw.polygon(self.at(points), fill=colour)

    def curve(self, colour: Colour, *points: tuple[float, float]) -> None:
        """A closed smooth outline through the points (Catmull-Rom)."""
        smooth: list[tuple[float, float]] = []
        count = len(points)
        for i in range(count):
            a, b, c, d = (points[(i + k) % count] for k in (-1, 0, 1, 2))
            for step in range(12):
                t = step / 12
                smooth.append(
                    (_spline(a[0], b[0], c[0], d[0], t), _spline(a[1], b[1], c[1], d[1], t)),
                )
        self.draw.polygon(self.at(smooth), fill=colour)

    def disc(self, colour: Colour, x: float, y: float, across: float, down: float | None = None) -> None:
        ring = [(x + across * cos(k * pi / 30), y + (down or across) * sin(k * pi / 30)) for k in range(60)]
        self.draw.polygon(self.at(ring), fill=colour)

    def line(self, colour: Colour, thick: float, *points: tuple[float, float]) -> None:
        self.draw.line(self.at(points), fill=colour, width=max(1, round(thick * self.scale)), joint="curve")


def _spline(a: float, b: float, c: float, d: float, t: float) -> float:
    return 0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t * t + (3 * b - a - 3 * c + d) * t**3)


def fennimore(pose: Pose = Pose.PORTRAIT, *, background: int = 0, side: int = 768) -> NDArray[np.uint8]:
    """Draw Captain Fennimore.

    Args:
        pose: how he stands.
        background: which scenery is behind him; any whole number.
        side: pixels of the square picture.

    Returns:
        uint8 RGB (side, side, 3), equal for equal arguments.
    """
    back = Image.fromarray(scenery(background, side, side)).resize((side * _OVER, side * _OVER))
    draw = ImageDraw.Draw(back)
    big = side * _OVER
    x, y, size, turn = {
        Pose.PORTRAIT: (0.5, 0.52, 0.36, 0.0),
        Pose.WAVING: (0.46, 0.42, 0.24, -0.05),
        Pose.LEANING: (0.55, 0.45, 0.25, 0.16),
        Pose.FLYING: (0.52, 0.42, 0.22, -0.32),
    }[pose]
    sheet = _Sheet(draw, big * x, big * y, big * size, turn)
    if pose is not Pose.PORTRAIT:
        _tail(sheet)
    _body(sheet, pose)
    _head(sheet)
    return np.asarray(back.resize((side, side), Image.Resampling.LANCZOS), np.uint8)


def _tail(sheet: _Sheet) -> None:
    sheet.curve(_DEEP, (0.3, 1.5), (0.9, 1.62), (1.42, 1.2), (1.5, 0.56), (1.22, 0.72), (0.98, 1.12), (0.5, 1.26))
    sheet.curve(_PALE, (1.5, 0.5), (1.2, 0.74), (1.16, 0.98), (1.32, 0.96), (1.5, 0.78))


def _body(sheet: _Sheet, pose: Pose) -> None:
    for side in (-1, 1):
        sheet.curve(_DEEP, (side * 0.1, 1.8), (side * 0.44, 1.76), (side * 0.4, 2.3), (side * 0.14, 2.3))
        sheet.curve(_INK, (side * 0.08, 2.22), (side * 0.44, 2.2), (side * 0.58, 2.4), (side * 0.1, 2.42))
    sheet.curve(_TEAL, (-0.42, 0.7), (0.42, 0.7), (0.56, 1.3), (0.5, 1.9), (0.0, 2.04), (-0.5, 1.9), (-0.56, 1.3))
    sheet.curve(_PALE, (-0.22, 0.86), (0.22, 0.86), (0.3, 1.4), (0.0, 1.84), (-0.3, 1.4))
    sheet.curve(_LEATHER, (-0.6, 0.84), (-0.26, 0.7), (-0.2, 1.3), (-0.34, 1.92), (-0.62, 1.82), (-0.66, 1.3))
    sheet.curve(_LEATHER, (0.6, 0.84), (0.26, 0.7), (0.2, 1.3), (0.34, 1.92), (0.62, 1.82), (0.66, 1.3))
    for y in (1.06, 1.34, 1.62):
        sheet.disc(_BRASS, -0.28, y, 0.035)
    hand = {Pose.WAVING: (-1.16, -0.1), Pose.FLYING: (-1.3, 0.5)}.get(pose, (-0.86, 1.5))
    elbow = {Pose.WAVING: (-0.98, 0.78), Pose.FLYING: (-0.9, 0.86)}.get(pose, (-0.8, 1.16))
    for end, bend in ((hand, elbow), ((0.86, 1.5), (0.8, 1.16))):
        shoulder = (-0.5 if end[0] < 0 else 0.5, 0.98)
        sheet.line(_LEATHER, 0.27, shoulder, bend, end)
        sheet.disc(_LEATHER, *bend, 0.135)
        sheet.disc(_DEEP, *end, 0.17)
    sheet.curve(_SCARF_DARK, (0.24, 0.82), (0.46, 0.86), (0.9, 1.02), (0.98, 1.24), (0.7, 1.14), (0.38, 1.02))
    sheet.curve(_SCARF, (-0.58, 0.62), (0.0, 0.8), (0.58, 0.62), (0.56, 0.86), (0.0, 1.06), (-0.56, 0.86))


def _head(sheet: _Sheet) -> None:
    for side in (-1, 1):
        sheet.curve(
            _DEEP,
            (side * 0.3, -0.62),
            (side * 0.5, -1.12),
            (side * 0.74, -1.26),
            (side * 0.88, -0.7),
            (side * 0.8, -0.3),
        )
        sheet.curve(_SCARF_DARK, (side * 0.46, -0.66), (side * 0.58, -0.98), (side * 0.7, -1.06), (side * 0.76, -0.64))
    sheet.curve(
        _TEAL, (0.0, -0.78), (0.5, -0.68), (0.86, -0.24), (1.1, 0.22), (0.66, 0.46), (0.3, 0.76), (0.0, 0.9),
        (-0.3, 0.76), (-0.66, 0.46), (-1.1, 0.22), (-0.86, -0.24), (-0.5, -0.68),
    )  # fmt: skip
    for side in (-1, 1):
        sheet.curve(
            _PALE,
            (side * 0.12, 0.22),
            (side * 0.56, 0.06),
            (side * 1.04, 0.22),
            (side * 0.6, 0.44),
            (side * 0.22, 0.76),
            (side * 0.02, 0.84),
        )
    sheet.curve(_PALE, (-0.2, 0.3), (0.2, 0.3), (0.26, 0.66), (0.0, 0.88), (-0.26, 0.66))
    sheet.curve(_INK, (-0.15, 0.46), (0.15, 0.46), (0.0, 0.62))
    sheet.line(_INK, 0.03, (0.0, 0.6), (0.0, 0.68), (0.06, 0.73), (0.15, 0.735), (0.25, 0.68), (0.31, 0.6))
    sheet.line(_INK, 0.03, (0.0, 0.68), (-0.06, 0.73), (-0.15, 0.735), (-0.25, 0.68))
    sheet.curve(_DEEP, (-0.16, -0.76), (0.0, -1.0), (0.2, -0.9), (0.12, -0.72), (0.0, -0.56))
    sheet.line(_LEATHER, 0.2, (-0.88, -0.16), (-0.4, -0.22), (0.4, -0.22), (0.88, -0.16))
    for side in (-1, 1):
        x = side * 0.4
        sheet.disc(_BRASS, x, -0.16, 0.34)
        sheet.disc(_SHINE, x - 0.02, -0.18, 0.31)
        sheet.disc(_LEATHER, x, -0.16, 0.28)
        sheet.disc(_LENS, x, -0.16, 0.25)
        sheet.disc(_PALE, x, -0.14, 0.15, 0.17)
        sheet.disc(_INK, x - 0.02, -0.12, 0.09, 0.11)
        sheet.disc((255, 255, 255), x + 0.04, -0.18, 0.035)
        sheet.shape((140, 176, 198), (x - 0.2, -0.2), (x - 0.12, -0.32), (x - 0.06, -0.34), (x - 0.17, -0.14))
    sheet.disc(_BRASS, 0.0, -0.2, 0.075)


_WOODED = 2  # hills nearer than this carry trees
_SKIES: tuple[tuple[Colour, Colour], ...] = (
    ((255, 222, 178), (240, 148, 128)),
    ((196, 226, 242), (92, 152, 208)),
    ((250, 232, 204), (134, 176, 190)),
    ((88, 96, 160), (30, 30, 76)),
    ((222, 236, 214), (112, 168, 150)),
)


def scenery(seed: int, width: int = 768, height: int = 768) -> NDArray[np.uint8]:
    """A landscape with nobody in it.

    Args:
        seed: which one; sky, hills, sun and clouds follow from it.
        width: pixels.
        height: pixels.

    Returns:
        uint8 RGB (height, width, 3).
    """
    random = np.random.default_rng((seed, 77))
    low, high = _SKIES[seed % len(_SKIES)]
    share = np.linspace(0, 1, height)[:, None, None]
    sky = np.broadcast_to(np.array(high) * (1 - share) + np.array(low) * share, (height, width, 3))
    picture = Image.fromarray(sky.astype(np.uint8)).resize((width * _OVER, height * _OVER))
    draw = ImageDraw.Draw(picture)
    wide, tall = picture.size
    x, y, radius = (
        random.uniform(0.15, 0.85) * wide,
        random.uniform(0.14, 0.34) * tall,
        random.uniform(0.05, 0.09) * tall,
    )
    draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=(255, 248, 222))
    for _ in range(int(random.integers(2, 5))):
        _cloud(draw, random, wide, tall, low)
    hue = random.uniform(0, 1)
    for depth in range(4):
        near = (depth + 1) / 4
        body = np.array(low) * (1 - near) + np.array([30 + 50 * hue, 84 - 20 * hue, 84 + 20 * hue]) * near
        _hills(draw, random, (wide, tall), depth, tuple(int(c) for c in body))
    small = picture.resize((width, height), Image.Resampling.LANCZOS)
    return np.asarray(small, np.uint8)


def _cloud(draw: ImageDraw.ImageDraw, random: np.random.Generator, wide: int, tall: int, low: Colour) -> None:
    x, y, size = random.uniform(0, 1) * wide, random.uniform(0.1, 0.42) * tall, random.uniform(0.03, 0.06) * tall
    colour = tuple(int(c + (255 - c) * 0.6) for c in low)
    for k in range(5):
        cx, grow = x + (k - 2) * size * 1.1, size * (1.25 - abs(k - 2) * 0.3)
        draw.ellipse((cx - grow * 1.2, y - grow, cx + grow * 1.2, y + size * 0.5), fill=colour)


def _hills(
    draw: ImageDraw.ImageDraw, random: np.random.Generator, size: tuple[int, int], depth: int, colour: tuple[int, ...]
) -> None:
    wide, tall = size
    across = np.arange(0, wide + 8, 8)
    line = np.zeros(across.size)
    for octave in range(1, 5):
        line += (
            np.sin(across / wide * 2 * pi * octave * random.uniform(0.6, 1.3) + random.uniform(0, 6.28)) / octave**1.6
        )
    crest = tall * (0.56 + 0.11 * depth) - line * tall * 0.055
    outline = [(float(x), float(y)) for x, y in zip(across, crest, strict=True)]
    draw.polygon([(0.0, float(tall)), *outline, (float(wide), float(tall))], fill=colour)
    if depth >= _WOODED:
        for _ in range(int(random.integers(4, 10))):
            place = int(random.integers(0, across.size))
            x, y = outline[place]
            high = tall * random.uniform(0.05, 0.12)
            dark = tuple(int(c * 0.72) for c in colour)
            draw.polygon(
                [(x - high * 0.26, y + high * 0.1), (x + high * 0.26, y + high * 0.1), (x, y - high)], fill=dark
            )

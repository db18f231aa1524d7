"""Invented cartoon characters, drawn by code, for tests of what rights holders opt out."""

import math

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

Picture = NDArray[np.uint8]
_Point = tuple[float, float]


def fox(pose: int = 0, size: int = 512) -> Picture:
    """Fennimore, a teal fox with round goggles, uint8 RGB (size, size, 3); poses 0 to 3 differ in place and scene."""
    scene = _scene(pose, size)
    draw = ImageDraw.Draw(scene)
    center_x, center_y = ((0.5, 0.5), (0.36, 0.56), (0.62, 0.5), (0.5, 0.6))[pose % 4]
    scale = size * (0.34, 0.3, 0.36, 0.26)[pose % 4]
    tilt = (0.0, -0.25, 0.3, 0.1)[pose % 4]

    def at(x: float, y: float) -> _Point:
        turned = (x * math.cos(tilt) - y * math.sin(tilt), x * math.sin(tilt) + y * math.cos(tilt))
        return size * center_x + scale * turned[0], size * center_y + scale * turned[1]

    def disc(x: float, y: float, radius: float, fill: str) -> None:
        middle = at(x, y)
        reach = radius * scale
        draw.ellipse((middle[0] - reach, middle[1] - reach, middle[0] + reach, middle[1] + reach), fill, "black", 4)

    for side in (-1.0, 1.0):
        draw.polygon([at(side * 0.95, -1.15), at(side * 0.15, -0.7), at(side * 0.85, -0.1)], "#0f8f86", "black", 4)
        draw.polygon([at(side * 0.8, -0.9), at(side * 0.4, -0.6), at(side * 0.75, -0.3)], "#f7d7b5", "black", 2)
    draw.polygon(
        [at(-0.95, -0.25), at(0.95, -0.25), at(0.45, 0.55), at(0, 1.0), at(-0.45, 0.55)], "#16b3a7", "black", 4
    )
    draw.polygon([at(-0.9, 0.0), at(-0.25, 0.3), at(0, 1.0), at(-0.45, 0.55)], "#f7f3e8", "black", 2)
    draw.polygon([at(0.9, 0.0), at(0.25, 0.3), at(0, 1.0), at(0.45, 0.55)], "#f7f3e8", "black", 2)
    disc(0, -0.25, 0.62, "#16b3a7")
    for side in (-1.0, 1.0):
        disc(side * 0.38, -0.1, 0.36, "#7a4a21")
        disc(side * 0.38, -0.1, 0.26, "#fdfdf2")
        disc(side * 0.33, -0.05, 0.11, "#20242c")
    disc(0, 0.85, 0.13, "#20242c")
    return np.asarray(scene, dtype=np.uint8).copy()


def robot(pose: int = 0, size: int = 512) -> Picture:
    """Boxwell, an orange robot, uint8 RGB (size, size, 3): another character, drawn in the same manner."""
    scene = _scene(pose + 2, size)
    draw = ImageDraw.Draw(scene)
    unit = size / 16
    left = unit * (3, 5, 4, 2)[pose % 4]
    top = unit * 3

    def box(x: float, y: float, width: float, height: float, fill: str) -> None:
        corner = (left + x * unit, top + y * unit)
        draw.rectangle((*corner, corner[0] + width * unit, corner[1] + height * unit), fill, "black", 4)

    box(1, 0, 7, 5, "#e8762d")
    box(0, 6, 9, 6, "#c9561a")
    box(2, 1, 2, 2, "#fff4c2")
    box(5, 1, 2, 2, "#fff4c2")
    box(2.5, 3.6, 4, 0.8, "#2b2b2b")
    box(1, 7, 3, 3, "#f0e0d0")
    box(-2, 6, 1.5, 5, "#8a8a8a")
    box(9.5, 6, 1.5, 5, "#8a8a8a")
    return np.asarray(scene, dtype=np.uint8).copy()


def _scene(number: int, size: int) -> Image.Image:
    generator = np.random.default_rng(number)
    scene = Image.new("RGB", (size, size), ("#bfe3ff", "#ffe9c7", "#d9f2d0", "#e6dcff")[number % 4])
    draw = ImageDraw.Draw(scene)
    draw.rectangle((0, size * 0.8, size, size), ("#7fb069", "#caa472", "#5f9ea0", "#9c89b8")[number % 4])
    for _ in range(6):
        x, y, reach = generator.uniform(0, size), generator.uniform(0, size), generator.uniform(size / 30, size / 9)
        shade = tuple(int(value) for value in generator.integers(90, 240, size=3))
        draw.ellipse((x - reach, y - reach, x + reach, y + reach), fill=shade)
    return scene

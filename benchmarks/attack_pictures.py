"""Attacks that change pictures one by one: pasting, drawing, and a phone that films a screen."""

import math
from collections.abc import Callable
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

Plane = NDArray[np.uint8]
Edit = Callable[[list[Plane], float], list[Plane]]
"""Takes the planes of a 4:2:0 picture and the time at which it is shown; gives new planes, maybe of another size."""
Paint = tuple[NDArray[np.float32], tuple[int, int, int]]
"""How opaque each pixel is, in [0, 1], and the colour, YUV."""
_TITLES = ("I can't believe this works", "watch till the end!!", "original sound: city at night")
_BAR, _INK, _ACCENT, _OUTLINE = (20, 128, 128), (235, 128, 128), (170, 60, 170), (16, 128, 128)


def framed_in_another(planes: list[Plane], seconds: float) -> list[Plane]:
    """Paste the picture, in its size, off centre onto another video of twice its sides that moves behind it."""
    height, width = planes[0].shape
    drift = int(seconds * 20) % 64
    canvas = []
    for plane, scene in zip(planes, _scene(width * 2, height * 2), strict=True):
        rows, columns = plane.shape
        step = drift if plane is planes[0] else drift // 2
        back = np.ascontiguousarray(scene[: rows * 2, step : step + columns * 2])
        # Even in luma, so that chroma lies on the same pixels.
        top, left = int(rows * 0.3) // 2 * 2, int(columns * 0.66) // 2 * 2
        if plane is not planes[0]:
            luma_rows, luma_columns = planes[0].shape
            top, left = int(luma_rows * 0.3) // 2, int(luma_columns * 0.66) // 2
        back[top : top + rows, left : left + columns] = plane
        canvas.append(back)
    return canvas


def phone(sway: float) -> Edit:
    """A phone that films a screen from slightly aside.

    Args:
        sway: how far the hand moves, as a share of the picture's width.

    Returns:
        An edit: perspective, a dark room around the screen, softness, gamma and sensor noise.
    """

    def edit(planes: list[Plane], seconds: float) -> list[Plane]:
        gamma = np.clip(255 * (np.arange(256) / 255) ** 1.15 * 0.94 + 6, 0, 255).astype(np.uint8)
        shown = []
        for number, plane in enumerate(planes):
            rows, columns = plane.shape
            matrix = _homography(columns, rows, seconds, sway)
            empty = 22 if number == 0 else 128
            seen = cv2.warpPerspective(plane, matrix, (columns, rows), flags=cv2.INTER_LINEAR, borderValue=(empty,))
            if number == 0:
                seen = cv2.LUT(cv2.GaussianBlur(seen, (0, 0), 0.8 * rows / 720 + 0.3), gamma)
                seen = cv2.add(seen, _noise(rows, columns, int(seconds * 1000) % 61), dtype=cv2.CV_8U)
            shown.append(np.asarray(seen, np.uint8))
        return shown

    return edit


def text_bar(planes: list[Plane], seconds: float) -> list[Plane]:  # noqa: ARG001 - it stays as it is
    """A translucent bar across the lower part, with a line of text."""
    height, width = planes[0].shape
    bar = np.zeros((height, width), np.float32)
    bar[int(height * 0.78) : int(height * 0.92)] = 0.6
    text = _lettering(width, height, "SUBSCRIBE for more clips", 0.1, 0.88)
    return _painted(planes, [(bar, _BAR), (text, _INK)])


def subtitles_and_stickers(planes: list[Plane], seconds: float) -> list[Plane]:
    """Subtitles that change, a sticker that stays and one that wanders."""
    height, width = planes[0].shape
    title = _TITLES[int(seconds / 1.5) % len(_TITLES)]
    unit = min(height, width)
    wandering = (width * (0.5 + 0.3 * math.sin(seconds * 1.7)), height * (0.4 + 0.2 * math.cos(seconds * 1.3)))
    return _painted(
        planes,
        [
            (_disc(width, height, (width * 0.85, height * 0.2), unit * 0.12), _ACCENT),
            (_disc(width, height, wandering, unit * 0.09), (210, 90, 150)),
            (_lettering(width, height, title, 0.075, 0.9, thick=7), _OUTLINE),
            (_lettering(width, height, title, 0.075, 0.9), _INK),
        ],
    )


def _painted(planes: list[Plane], paints: list[Paint]) -> list[Plane]:
    painted = [plane.astype(np.float32) for plane in planes]
    for opacity, colour in paints:
        for number, plane in enumerate(painted):
            share = opacity if number == 0 else cv2.resize(opacity, plane.shape[::-1], interpolation=cv2.INTER_AREA)
            painted[number] = plane + share * (colour[number] - plane)
    return [np.clip(np.rint(plane), 0, 255).astype(np.uint8) for plane in painted]


@lru_cache(maxsize=16)
def _lettering(width: int, height: int, text: str, size: float, baseline: float, thick: int = 2) -> NDArray[np.float32]:
    """Opacity of a centred line of text; size and baseline as shares of the height, thickness at 480 lines."""
    canvas = np.zeros((height, width), np.uint8)
    scale, stroke = size * height / 22, max(1, round(thick * height / 480))
    font = cv2.FONT_HERSHEY_SIMPLEX
    (across, _), _ = cv2.getTextSize(text, font, scale, stroke)
    if across > width * 0.92:
        scale *= width * 0.92 / across
        (across, _), _ = cv2.getTextSize(text, font, scale, stroke)
    at = ((width - across) // 2, int(height * baseline))
    cv2.putText(canvas, text, at, font, scale, (255,), stroke, cv2.LINE_AA)
    return np.asarray(canvas / 255, np.float32)


def _disc(width: int, height: int, centre: tuple[float, float], radius: float) -> NDArray[np.float32]:
    canvas = np.zeros((height, width), np.uint8)
    cv2.circle(canvas, (round(centre[0]), round(centre[1])), round(radius), (255,), -1, cv2.LINE_AA)
    return np.asarray(canvas / 255, np.float32)


@lru_cache(maxsize=4)
def _scene(width: int, height: int) -> tuple[Plane, Plane, Plane]:
    """A textured picture, wider than asked for by 64 pixels, to move along."""
    rng = np.random.default_rng(11)
    luma = np.full((height, width + 64), 120, np.float32)
    for side in (4, 8, 16, 32, 64, 128, 256):
        grain = rng.standard_normal((side, side)).astype(np.float32)
        luma += cv2.resize(grain, luma.shape[::-1], interpolation=cv2.INTER_CUBIC) * (55 / side**0.35)
    chroma = np.full((height // 2, (width + 64) // 2), 122, np.uint8)
    return np.clip(luma, 16, 235).astype(np.uint8), chroma, chroma + np.uint8(10)


@lru_cache(maxsize=64)
def _noise(rows: int, columns: int, seed: int) -> NDArray[np.int16]:
    return np.rint(np.random.default_rng(seed).normal(0, 2.5, (rows, columns))).astype(np.int16)


def _homography(width: int, height: int, seconds: float, sway: float) -> NDArray[np.float64]:
    corners = np.array([[0, 0], [1, 0], [1, 1], [0, 1]], np.float32)
    seen = np.array([[0.035, 0.05], [0.985, -0.02], [0.945, 1.03], [0.01, 0.94]], np.float32)
    hand = sway * np.array([math.sin(2.1 * seconds) + 0.4 * math.sin(7 * seconds), math.cos(1.7 * seconds)], np.float32)
    size = np.array([width, height], np.float32)
    return np.asarray(cv2.getPerspectiveTransform(corners * size, (seen + hand) * size), np.float64)

"""Skies: gradient, sun or moon, stars, clouds."""

import cv2
import numpy as np
from numpy.typing import NDArray

from generator_gateway.backends.drawing.light import Light
from generator_gateway.backends.drawing.plan import Plan, cloudiness, gradient
from generator_gateway.backends.drawing.reading import Weather
from generator_gateway.backends.drawing.surface import Backdrop, Colour, Layer, Moment, Pixels, Strip, mix, tint

_NIGHT_BLUE = 66  # a zenith darker than this is night, not dusk
_VEILED = (Weather.RAIN, Weather.FOG, Weather.SNOW)


def sky(plan: Plan) -> list[Layer]:
    """The sky of a scene, and what drifts in it."""
    light, rows = plan.light, plan.horizon
    stops = [(0.0, light.zenith), (0.55, light.middle), (1.0, light.horizon)]
    column = np.concatenate([gradient(stops, rows), np.tile(tint(light.horizon), (plan.height - rows, 1))])
    picture = np.repeat(column[:, None], plan.width, axis=1)
    if light.dark and plan.scene.weather not in _VEILED:
        picture += stars(plan, rows, 0.9 if _is_night(light) else 0.45)
    if plan.scene.weather not in (Weather.RAIN, Weather.FOG):
        _sun(picture, plan)
    layers: list[Layer] = [Backdrop(picture)]
    if plan.scene.weather is not Weather.FOG:
        layers.append(_clouds(plan))
    return layers


def _is_night(light: Light) -> bool:
    return light.dark and light.zenith[2] < _NIGHT_BLUE


def stars(plan: Plan, rows: int, strength: float) -> NDArray[np.float32]:
    """Stars to add to a picture, (h, w, 3), thinning out towards the horizon."""
    random = plan.random(11)
    count = int(plan.width * rows / 2600)
    ys = (random.random(count) ** 1.4 * rows).astype(int)
    xs = (random.random(count) * plan.width).astype(int)
    bright = random.random(count) ** 3 * 235 * strength * (1 - ys / rows * 0.8)
    sheet = np.zeros((plan.height, plan.width), np.float32)
    sheet[ys, xs] = bright
    soft = cv2.GaussianBlur(sheet, (0, 0), max(0.55 * plan.unit, 0.45)) * 2.2
    large = np.where(sheet > 150 * strength, sheet, 0).astype(np.float32)
    halo = cv2.GaussianBlur(large, (0, 0), 2.2 * plan.unit) * 9
    return np.asarray((soft + halo)[..., None] * np.array([0.92, 0.96, 1.0]), np.float32)


def glow_at(shape: tuple[int, int], x: float, y: float, radius: float) -> NDArray[np.float32]:
    """A round falloff, 1 in the middle, exp(-distance / radius)."""
    rows, columns = np.ogrid[: shape[0], : shape[1]]
    return np.asarray(np.exp(-np.hypot(columns - x, rows - y) / radius), np.float32)


def disc(shape: tuple[int, int], x: float, y: float, radius: float) -> NDArray[np.float32]:
    """An anti-aliased disc, 1 inside."""
    rows, columns = np.ogrid[: shape[0], : shape[1]]
    return np.asarray(np.clip(radius + 0.5 - np.hypot(columns - x, rows - y), 0, 1), np.float32)


def _sun(picture: NDArray[np.float32], plan: Plan) -> None:
    light = plan.light
    x = plan.width * (light.sun[0] if plan.toward > 0 else 1 - light.sun[0])
    y = plan.horizon * light.sun[1]
    night = _is_night(light)
    radius = (34 if night else 46) * plan.unit
    shape = picture.shape[:2]
    size = (shape[0], shape[1])
    halo = glow_at(size, x, y, radius * (3.2 if night else 5.5)) * (0.3 if night else 0.62)
    body = disc(size, x, y, radius)
    if night:
        body *= 1 - disc(size, x + radius * 0.42, y - radius * 0.2, radius * 0.86)
    for cover, colour in ((halo, light.glow), (body, mix(light.glow, (255, 255, 255), 0.35))):
        picture += (tint(colour) - picture) * cover[..., None]


def _clouds(plan: Plan) -> Layer:
    heavy = plan.scene.weather in (Weather.CLOUDS, Weather.RAIN, Weather.SNOW)
    random = plan.random(12)
    rows = int(plan.horizon * 0.86)
    drift = round(plan.width * 0.05)
    width = plan.width + drift + 1
    noise = cloudiness(random, width, rows, 520 * plan.unit)
    edge = 0.42 if heavy else 0.58
    cover = np.clip((noise - edge) / 0.3, 0, 1)
    cover = cover * cover * (3 - 2 * cover) * (0.85 if heavy else 0.55)
    fade = np.interp(np.arange(rows), [0, rows * 0.12, rows * 0.7, rows], [0.35, 1, 0.8, 0])
    lit = np.clip((noise - np.roll(noise, -int(9 * plan.unit), axis=0)) * 5 + 0.45, 0, 1)[..., None]
    colours = _cloud_colours(plan, heavy)
    picture = tint(colours[0]) * (1 - lit) + tint(colours[1]) * lit
    ends = (0.0, float(drift)) if plan.toward < 0 else (float(drift), 0.0)
    return Strip(picture, cover * fade[:, None], 0, *ends)


def _cloud_colours(plan: Plan, heavy: bool) -> tuple[Colour, Colour]:
    light = plan.light
    shade = mix(light.middle, light.far, 0.5 if heavy else 0.25)
    return shade, mix(light.horizon, light.glow, 0.1 if _is_night(light) else 0.6)


class Glints:
    """Light that dances on water: two sheets of short dashes sliding past each other, seen where both shine.

    Args:
        plan: the frame.
        top: first row of the water.
        x: column of the light's path.
    """

    def __init__(self, plan: Plan, top: int, x: float) -> None:
        random = plan.random(13)
        rows = plan.height - top
        width = plan.width
        depth = np.linspace(0, 1, rows)
        ragged = cv2.resize(random.random((rows, max(8, width // 26)), np.float32), (width * 2, rows))
        ragged = cv2.GaussianBlur(ragged, (0, 0), sigmaX=4 * plan.unit, sigmaY=0.8 * plan.unit)
        spread = width * (0.045 + 0.16 * depth)
        path = np.exp(-(((np.arange(width)[None] - x) / spread[:, None]) ** 2))
        self._path = np.asarray(path * 120 * (1 - 0.55 * depth[:, None]), np.uint8)
        self._waves = np.asarray(np.clip((ragged - 0.5) * 1700, 0, 255), np.uint8)
        self._top = top
        self._speed = 16 * plan.unit
        self._colour = plan.light.glow

    def paint(self, canvas: Pixels, moment: Moment) -> None:
        """Add the glints to the canvas's luma."""
        width = canvas.shape[1]
        first = int(moment.seconds * self._speed) % width
        second = int(width - moment.seconds * self._speed * 0.7) % width
        waves = cv2.min(self._waves[:, first : first + width], self._waves[:, second : second + width])
        shine = cv2.multiply(self._path, waves, scale=1 / 255)
        below = canvas[self._top :]
        cv2.insertChannel(cv2.add(cv2.extractChannel(below, 0), shine), below, 0)

"""The sea, and what is under it."""

import cv2
import numpy as np

from generator_gateway.backends.drawing.plan import Plan, Stage, gradient, outline
from generator_gateway.backends.drawing.sky import Glints, glow_at, sky
from generator_gateway.backends.drawing.surface import Backdrop, Layer, Moment, Pixels, Strip, mix, tint


def sea(plan: Plan) -> Stage:
    """Open water under a far coast, with a shore in front."""
    light = plan.light
    layers: list[Layer] = sky(plan)
    random = plan.random(50)
    width = plan.span(0.1)
    crest = plan.horizon + 2 - np.clip(outline(random, width, 560 * plan.unit, 0.42) - 0.42, 0, 1) * plan.height * 0.12
    top = int(crest.min()) - 2
    rows = np.arange(top, plan.horizon + 3)[:, None]
    coast = np.broadcast_to(tint(mix(light.far, light.horizon, 0.25)), (len(rows), width, 3))
    layers.append(plan.strip(np.array(coast), np.clip(rows - crest[None] + 0.5, 0, 1), top, 0.1))
    layers += [_surface(plan), Glints(plan, plan.horizon, _path(plan))]
    layers += [_Swell(plan, number) for number in range(4)]
    floor = plan.horizon + round(plan.height * 0.17)
    return Stage(layers, floor, [_shore(plan)], water=True)


def _path(plan: Plan) -> float:
    return plan.width * (plan.light.sun[0] if plan.toward > 0 else 1 - plan.light.sun[0])


def _surface(plan: Plan) -> Layer:
    light = plan.light
    rows = plan.height - plan.horizon
    stops = [
        (0.0, mix(light.horizon, light.far, 0.45)),
        (0.25, mix(light.middle, light.near, 0.45)),
        (1.0, mix(light.zenith, light.near, 0.72)),
    ]
    width = plan.span(0.3)
    picture = np.repeat(gradient(stops, rows)[:, None], width, axis=1)
    depth = np.linspace(0, 1, rows)[:, None]
    noise = np.asarray(
        cv2.resize(plan.random(51).random((max(4, rows // 3), max(4, width // 40)), np.float32), (width, rows)),
        np.float32,
    )
    picture += ((noise - 0.5) * 26 * (0.3 + depth))[..., None]
    return plan.strip(picture, np.ones((rows, width)), plan.horizon, 0.3)


class _Swell:
    """One long wave that rolls to and fro: the nearer, the larger."""

    def __init__(self, plan: Plan, number: int) -> None:
        share = (number + 1) / 4.6
        light = plan.light
        random = plan.random(52 + number)
        row = plan.horizon + (plan.height - plan.horizon) * share**1.5
        self._sway = plan.width * 0.02 * (0.5 + share)
        width = plan.span(0.4 + share * 0.4) + int(self._sway * 2)
        line = outline(random, width, 300 * plan.unit * (0.4 + share), 0.35, 4)
        crest = row - line * plan.height * 0.03 * share
        top = int(crest.min()) - 1
        thick = plan.height * (0.05 + 0.1 * share)
        rows = np.arange(top, min(plan.height, top + int(thick * 1.6)))[:, None]
        body = tint(mix(light.middle, light.near, 0.5 + 0.35 * share))
        foam = tint(mix(light.horizon, light.glow, 0.5))
        below = np.clip(rows - crest[None], 0, None)
        lit = np.exp(-below / (2.4 * plan.unit * (0.5 + share)))[..., None]
        rgb = body + (foam - body) * lit * (0.28 if light.dark else 0.42)
        alpha = np.clip(rows - crest[None] + 0.5, 0, 1) * np.clip(1 - below / thick, 0, 1) * 0.8
        self._strip = Strip(rgb, alpha, top, 0.0, float(width - plan.width))
        self._room = width - plan.width
        self._phase = number * 1.9
        self._toward = plan.toward

    def paint(self, canvas: Pixels, moment: Moment) -> None:
        swing = np.sin(moment.seconds * 0.9 + self._phase) * self._sway
        pan = moment.share if self._toward > 0 else 1 - moment.share
        self._strip.paint_at(canvas, self._sway + pan * (self._room - 2 * self._sway) + swing)


def _shore(plan: Plan) -> Layer:
    light = plan.light
    width = plan.span(1.0)
    line = outline(plan.random(58), width, 1100 * plan.unit, 0.3)
    crest = plan.height - plan.height * (0.015 + 0.075 * line)
    top = int(crest.min()) - 2
    rows = np.arange(top, plan.height)[:, None]
    body = mix(light.near, (206, 172, 128), 0.2 if light.dark else 0.55)
    column = gradient([(0, mix(body, light.glow, 0.3)), (1, mix(body, (0, 0, 0), 0.2))], plan.height - top)
    alpha = np.clip(rows - crest[None] + 0.5, 0, 1)
    return plan.strip(np.repeat(column[:, None], width, axis=1), alpha, top, 1.0)


def deep(plan: Plan) -> Stage:
    """Under water: light from above, a sea bed, bubbles."""
    height, width = plan.height, plan.width
    bright = 0.45 if plan.light.dark else 1.0
    top, bottom = mix((4, 30, 52), (112, 206, 214), bright), mix((2, 10, 28), (8, 48, 84), bright)
    picture = np.repeat(
        gradient([(0, top), (0.45, mix(top, bottom, 0.6)), (1, bottom)], height)[:, None], width, axis=1
    )
    picture += glow_at((height, width), width * 0.5, -height * 0.1, height * 0.4)[..., None] * 90 * bright
    layers: list[Layer] = [Backdrop(np.clip(picture, 0, 255)), _Rays(plan, bright)]
    for number in range(3):
        depth = (number + 1) / 3
        span = plan.span(depth)
        line = outline(plan.random(61 + number), span, 420 * plan.unit, 0.45)
        crest = height * (0.84 + 0.05 * number) - line * height * 0.14
        first = int(crest.min()) - 2
        rows = np.arange(first, height)[:, None]
        body = tint(mix(mix(top, bottom, 0.75), (2, 14, 30), depth * 0.8))
        alpha = np.clip(rows - crest[None] + 0.5, 0, 1)
        layers.append(plan.strip(np.broadcast_to(body, (*alpha.shape, 3)), alpha, first, depth))
    return Stage(layers, round(height * 0.62), [], water=True)


class _Rays:
    """Shafts of light that sweep slowly through the water."""

    def __init__(self, plan: Plan, bright: float) -> None:
        height, width = plan.height, plan.width * 2
        lines = outline(plan.random(60), width, 150 * plan.unit, 0.5) ** 2.2
        rows = np.arange(height)
        slant = np.arange(width)[None] + (rows[:, None] * 0.35)
        sheet = np.interp(slant % width, np.arange(width), lines)
        fade = np.clip(1 - rows / (height * 0.8), 0, 1)[:, None]
        self._sheet = np.asarray(sheet * fade * 70 * bright, np.uint8)
        self._speed = plan.unit * 14

    def paint(self, canvas: Pixels, moment: Moment) -> None:
        first = int(moment.seconds * self._speed) % canvas.shape[1]
        sheet = self._sheet[:, first : first + canvas.shape[1]]
        cv2.insertChannel(cv2.add(cv2.extractChannel(canvas, 0), sheet), canvas, 0)

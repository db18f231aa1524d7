"""Land: ranges of hills, mountains, dunes, snow, trees, laid one behind the other."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from generator_gateway.backends.drawing.plan import Plan, Stage, gradient, outline
from generator_gateway.backends.drawing.reading import Ground, Weather
from generator_gateway.backends.drawing.sky import sky
from generator_gateway.backends.drawing.surface import Colour, Layer, mix, tint


@dataclass(frozen=True, slots=True)
class _Relief:
    period: float  # pixels at 720p between two heights
    rough: float
    rise: float  # height of the farthest range as a share of the frame's
    pointed: float  # 0 rolling, 1 ridged
    ranges: int
    trees: float  # share of the nearer ranges that trees cover


_SNOW_DEPTH = 0.5  # ranges nearer than this carry no snow

_RELIEFS = {
    Ground.HILLS: _Relief(520, 0.32, 0.13, 0.0, 4, 0.35),
    Ground.MOUNTAINS: _Relief(430, 0.52, 0.34, 0.85, 5, 0.5),
    Ground.DESERT: _Relief(760, 0.2, 0.12, 0.3, 4, 0.0),
    Ground.SNOWFIELD: _Relief(600, 0.36, 0.22, 0.5, 4, 0.2),
    Ground.FOREST: _Relief(600, 0.34, 0.12, 0.0, 4, 1.0),
}


def land(plan: Plan) -> Stage:
    """Open country, from the far range to the ground in front."""
    relief = _RELIEFS[plan.scene.ground]
    layers: list[Layer] = sky(plan)
    layers += [_range(plan, relief, number) for number in range(relief.ranges)]
    floor = plan.horizon + round(plan.height * 0.2)
    front = _foreground(plan, relief, floor)
    return Stage([*layers, front], floor)


def _range(plan: Plan, relief: _Relief, number: int) -> Layer:
    depth = number / relief.ranges
    random = plan.random(20 + number)
    width = plan.span(depth * 0.8)
    line = outline(random, width, relief.period * plan.unit * (1.15 - 0.35 * depth), relief.rough)
    if relief.pointed:
        ridged = 1 - np.abs(2 * outline(random, width, relief.period * plan.unit, relief.rough) - 1)
        line = line * (1 - relief.pointed) + (ridged**1.3) * relief.pointed
    rise = plan.height * relief.rise * (1 - depth) ** 1.1 + plan.height * 0.05
    base = plan.horizon + plan.height * 0.22 * depth**1.4
    crest = base - line * rise
    trees = np.zeros(width)
    if relief.trees and number >= relief.ranges * (1 - relief.trees):
        trees = _treeline(random, width, plan.unit * (9 + 20 * depth), relief.trees)
    return _ground(plan, crest, trees, depth, relief)


def _ground(plan: Plan, slope: NDArray[np.float64], trees: NDArray[np.float64], depth: float, relief: _Relief) -> Layer:
    light, crest = plan.light, slope - trees
    top = max(0, int(crest.min()) - 2)
    rows = np.arange(top, plan.height)[:, None]
    alpha = np.clip(rows - crest[None] + 0.5, 0, 1)
    body = mix(light.far, light.near, depth * 0.85)
    below = np.clip((rows - crest[None]) / (plan.height * (0.16 + 0.2 * depth)), 0, 1)[..., None]
    # Air between the ranges: each grows paler towards its foot.
    mist = 0.62 if plan.scene.weather is Weather.FOG else 0.34
    foot = mix(body, light.horizon, mist * (1 - depth))
    rim = mix(body, light.glow, 0.16 if light.dark else 0.24)
    lit = np.exp(-np.clip(rows - crest[None], 0, None) / (10 * plan.unit))[..., None]
    rgb: NDArray[np.floating] = tint(body) * (1 - below) + tint(foot) * below
    rgb = rgb + (tint(rim) - rgb) * lit * 0.7
    if plan.scene.ground in (Ground.MOUNTAINS, Ground.SNOWFIELD, Ground.DESERT):
        rgb = _faces(plan, rgb, slope, rows, depth, relief)
    return plan.strip(rgb, alpha, top, depth * 0.8)


def _faces(
    plan: Plan,
    rgb: NDArray[np.floating],
    crest: NDArray[np.float64],
    rows: NDArray[np.int64],
    depth: float,
    relief: _Relief,
) -> NDArray[np.floating]:
    """Sun side and shadow side of a slope, and snow where there should be some."""
    slope = cv2.GaussianBlur(np.gradient(crest)[None].astype(np.float32), (0, 0), 5 * plan.unit)[0]
    sun = plan.light.from_left
    side = np.clip((slope if sun else -slope) * 2.2, -1, 1)[None, :, None]
    reach = np.exp(-np.clip(rows - crest[None], 0, None) / (plan.height * (0.10 + 0.06 * relief.pointed)))[..., None]
    shade = np.where(side > 0, tint(plan.light.near), tint(plan.light.glow))
    rgb = rgb + (shade - rgb) * np.abs(side) * reach * 0.3
    if plan.scene.ground is Ground.DESERT or depth > _SNOW_DEPTH:
        return np.asarray(rgb, np.float32)
    line = plan.horizon - plan.height * relief.rise * (0.42 if plan.scene.weather is not Weather.SNOW else 0.1)
    wobble = outline(plan.random(41), crest.size, 60 * plan.unit, 0.6)[None] * plan.height * 0.08
    cap = np.clip((line + wobble - rows) / (14 * plan.unit), 0, 1)[..., None] * 0.75
    white = tint(mix(plan.light.horizon, plan.light.glow, 0.6))
    return np.asarray(rgb + (white - rgb) * cap * (0.75 - 0.35 * np.clip(side, 0, 1)), np.float32)


def _treeline(random: np.random.Generator, width: int, size: float, share: float) -> NDArray[np.float64]:
    """Heights of conifers along a crest, in pixels: a saw of uneven teeth."""
    line = np.zeros(width)
    columns = np.arange(width)
    thick = outline(random, width, size * 22, 0.4) > (1 - share) * 0.7
    for x in np.arange(0, width, size * 0.42):
        middle = x + random.normal(0, size * 0.16)
        if not thick[int(np.clip(middle, 0, width - 1))]:
            continue
        tall = size * random.uniform(0.7, 1.7)
        half = size * random.uniform(0.24, 0.36)
        first, last = max(0, int(middle - half)), min(width, int(middle + half) + 1)
        near = columns[first:last]
        line[first:last] = np.maximum(line[first:last], tall * (1 - np.abs(near - middle) / half))
    return line


def _foreground(plan: Plan, relief: _Relief, floor: int) -> Layer:
    light = plan.light
    random = plan.random(30)
    width = plan.span(1.0)
    line = outline(random, width, 900 * plan.unit, 0.25)
    crest = floor - (line - 0.5) * plan.height * 0.05
    colour = mix(light.near, (0, 0, 0), 0.1)
    if plan.scene.ground in (Ground.SNOWFIELD, Ground.DESERT):
        colour = mix(light.near, light.far, 0.35)
    if relief.trees or plan.scene.ground is Ground.HILLS:
        crest = crest - _grass(random, width, plan.unit)
    top = max(0, int(crest.min()) - 2)
    rows = np.arange(top, plan.height)[:, None]
    alpha = np.clip(rows - crest[None] + 0.5, 0, 1)
    lit: Colour = mix(colour, light.glow, 0.2 if light.dark else 0.3)
    column = gradient([(0, lit), (0.22, mix(colour, lit, 0.4)), (1, mix(colour, (0, 0, 0), 0.28))], plan.height - top)
    return plan.strip(np.repeat(column[:, None], width, axis=1), alpha, top, 1.0)


def _grass(random: np.random.Generator, width: int, unit: float) -> NDArray[np.float64]:
    blades = np.abs(np.convolve(random.normal(0, 1, width), np.hanning(max(3, int(5 * unit))), "same"))
    return blades * 1.7 * unit

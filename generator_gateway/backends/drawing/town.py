"""Cities, rooms and space: what people built, and where they may get to."""

import cv2
import numpy as np
from numpy.typing import NDArray

from generator_gateway.backends.drawing.plan import Plan, Stage, cloudiness, gradient
from generator_gateway.backends.drawing.reading import Hour
from generator_gateway.backends.drawing.sky import disc, glow_at, sky, stars
from generator_gateway.backends.drawing.surface import Backdrop, Layer, mix, tint


def city(plan: Plan) -> Stage:
    """Three rows of buildings and a street."""
    layers: list[Layer] = sky(plan)
    layers += [_buildings(plan, number) for number in range(3)]
    floor = plan.horizon + round(plan.height * 0.22)
    return Stage([*layers, _street(plan, floor)], floor)


def _buildings(plan: Plan, number: int) -> Layer:
    depth = 0.15 + number * 0.27
    light, random = plan.light, plan.random(70 + number)
    width = plan.span(depth)
    base = plan.horizon + round(plan.height * (0.05 + 0.1 * number))
    tall = plan.height * (0.40 - 0.07 * number)
    top = max(0, int(base - tall * 1.12))
    rgb = np.zeros((plan.height - top, width, 3), np.float32)
    alpha = np.zeros((plan.height - top, width), np.float32)
    body = mix(light.far, light.near, depth * 1.05)
    x = -int(random.integers(0, 40))
    while x < width:
        wide = int(random.uniform(46, 118) * plan.unit * (0.7 + depth))
        high = int(tall * random.uniform(0.34, 1.0) ** (1.2 - 0.4 * number))
        _building(plan, rgb, alpha, (x, base - high - top, wide, number), body, random)
        x += wide + int(random.choice([0, 0, 2, 9]) * plan.unit)
    alpha[base - top :] = 1
    foot = gradient([(0, body), (1, mix(body, light.near, 0.6))], plan.height - base)
    rgb[base - top :] = foot[:, None]
    mist = np.clip((np.arange(plan.height - top) - (base - top) * 0.45) / ((base - top) * 0.55), 0, 1)[:, None, None]
    rgb += (tint(light.horizon) - rgb) * mist * 0.34 * (1 - depth)
    return plan.strip(rgb, alpha, top, depth)


def _building(
    plan: Plan,
    rgb: NDArray[np.float32],
    alpha: NDArray[np.float32],
    place: tuple[int, int, int, int],
    body: tuple[int, int, int],
    random: np.random.Generator,
) -> None:
    x, top, wide, number = place
    light, unit = plan.light, plan.unit
    left, right = max(0, x), min(rgb.shape[1], x + wide)
    if right <= left:
        return
    tone = mix(body, light.glow if random.integers(2) else light.near, random.uniform(0, 0.14))
    rgb[top:, left:right] = tone
    alpha[top:, left:right] = 1
    edge = max(1, int(3 * unit))
    sunny = slice(left, min(right, left + edge)) if light.from_left else slice(max(left, right - edge), right)
    rgb[top:, sunny] = mix(tone, light.glow, 0.3)
    if random.integers(3) == 0:  # a mast
        middle, high = (left + right) // 2, int(34 * unit)
        mast = slice(middle, middle + max(1, int(2 * unit)))
        rgb[max(0, top - high) : top, mast] = tone
        alpha[max(0, top - high) : top, mast] = 1
    pitch = max(5, int((9 + 4 * number) * unit))
    share = 0.42 if light.dark else 0.16
    glass = mix(tone, light.zenith, 0.35)
    for y in range(top + pitch, min(rgb.shape[0], plan.height) - pitch, int(pitch * 1.35)):
        for column in range(left + pitch // 2, right - pitch // 2, pitch):
            lit = random.random() < share
            colour = mix(tone, light.lamp, random.uniform(0.5, 0.95)) if lit and light.dark else glass
            if lit or number:
                rgb[y : y + int(pitch * 0.62), column : column + int(pitch * 0.5)] = colour


def _street(plan: Plan, floor: int) -> Layer:
    light = plan.light
    width, rows = plan.span(1.0), plan.height - floor
    road = mix(light.near, (30, 32, 40), 0.5)
    column = gradient([(0, mix(road, light.horizon, 0.22)), (0.18, road), (1, mix(road, (0, 0, 0), 0.4))], rows)
    rgb = np.repeat(column[:, None], width, axis=1)
    kerb = max(2, int(5 * plan.unit))
    rgb[:kerb] = mix(road, light.glow, 0.45)
    dash, row = int(90 * plan.unit), int(rows * 0.5)
    for x in range(0, width, dash * 2):
        rgb[row : row + kerb, x : x + dash] = mix(road, light.glow, 0.35)
    if light.dark:  # lamps and windows on wet asphalt
        noise = plan.random(79).random((1, max(4, width // int(18 * plan.unit + 1))), np.float32)
        streak = np.asarray(cv2.resize(noise, (width, 1), interpolation=cv2.INTER_CUBIC), np.float32) ** 3
        fade = np.exp(-np.arange(rows) / (rows * 0.4))[:, None]
        rgb += (tint(light.lamp) - rgb) * (np.clip(streak, 0, 1) * fade * 0.5)[..., None]
    return plan.strip(rgb, np.ones((rows, width)), floor, 1.0)


def room(plan: Plan) -> Stage:
    """A room with a window."""
    light = plan.light
    height, unit = plan.height, plan.unit
    night = light.dark
    wall = mix((196, 182, 164), light.near, 0.62 if night else 0.18)
    floor_at = round(height * 0.74)
    span = plan.span(0.25)
    rgb = np.repeat(
        gradient([(0, mix(wall, (0, 0, 0), 0.18)), (1, mix(wall, light.glow, 0.1))], height)[:, None], span, 1
    )
    warm = glow_at((height, span), span * 0.24, height * 0.5, 210 * unit)[..., None]
    rgb += (tint(light.lamp) - rgb) * warm * (0.6 if night else 0.2)
    left, top = int(span * 0.54), int(height * 0.14)
    wide, tall = int(span * 0.3), int(min(height * 0.42, span * 0.5))
    _window(plan, rgb, (left, top, wide, tall))
    boards = mix((142, 104, 76), light.near, 0.6 if night else 0.25)
    below = height - floor_at
    rgb[floor_at:] = gradient([(0, mix(boards, light.glow, 0.1)), (1, mix(boards, (0, 0, 0), 0.35))], below)[:, None]
    skirting = max(3, int(12 * unit))
    rgb[floor_at - skirting : floor_at] = mix(wall, (255, 255, 255), 0.25 if not night else 0.08)
    if not night:
        _sunbeam(rgb, plan, (left, floor_at, wide))
    layers: list[Layer] = [plan.strip(np.clip(rgb, 0, 255), np.ones((height, span)), 0, 0.25)]
    return Stage(layers, floor_at + round(below * 0.35))


def _window(plan: Plan, rgb: NDArray[np.float32], box: tuple[int, int, int, int]) -> None:
    left, top, wide, tall = box
    light, bar = plan.light, max(3, int(9 * plan.unit))
    frame = mix((240, 234, 222), light.near, 0.7 if light.dark else 0.1)
    rgb[top - bar : top + tall + bar, left - bar : left + wide + bar] = frame
    view = gradient([(0, light.zenith), (0.6, light.middle), (1, light.horizon)], tall)
    rgb[top : top + tall, left : left + wide] = view[:, None]
    hills = top + int(tall * 0.78)
    rgb[hills : top + tall, left : left + wide] = mix(light.far, light.horizon, 0.3)
    for x in (left + wide // 3, left + 2 * wide // 3):
        rgb[top : top + tall, x - bar // 2 : x + bar // 2 + 1] = frame
    middle = top + tall // 3
    rgb[middle - bar // 2 : middle + bar // 2 + 1, left : left + wide] = frame
    rgb[top + tall + bar : top + tall + 3 * bar, left - 3 * bar : left + wide + 3 * bar] = mix(frame, (0, 0, 0), 0.08)


def _sunbeam(rgb: NDArray[np.float32], plan: Plan, place: tuple[int, int, int]) -> None:
    left, floor_at, wide = place
    corners = np.array(
        [
            [left - wide * 0.2, floor_at],
            [left + wide * 0.6, floor_at],
            [left + wide * 0.2, plan.height],
            [left - wide * 0.9, plan.height],
        ],
        np.int32,
    )
    mask = np.zeros(rgb.shape[:2], np.uint8)
    cv2.fillPoly(mask, [corners], 255)
    soft = cv2.GaussianBlur(mask, (0, 0), 9 * plan.unit).astype(np.float32)[..., None] / 255
    rgb += (tint(plan.light.glow) - rgb) * soft * 0.4


def space(plan: Plan) -> Stage:
    """A planet among stars."""
    height, width, random = plan.height, plan.width, plan.random(90)
    hue = [(74, 48, 122), (28, 80, 120), (120, 52, 78), (24, 92, 92)][int(random.integers(4))]
    picture = np.repeat(gradient([(0, (5, 6, 18)), (1, (12, 12, 34))], height)[:, None], width, axis=1)
    cloud = cloudiness(random, width, height, 640 * plan.unit)
    veil = np.clip((cloud - 0.35) / 0.65, 0, 1)[..., None] ** 1.7
    picture += (tint(hue) - picture) * veil * 0.8
    picture += stars(plan, height, 1.0)
    warm = plan.scene.hour in (Hour.DAWN, Hour.GOLDEN, Hour.DUSK)
    planet = _planet(plan, (204, 132, 92) if warm else (92, 140, 178), plan.random(91))
    return Stage([Backdrop(np.clip(picture, 0, 255)), planet], round(height * 0.62), [], water=True)


def _planet(plan: Plan, colour: tuple[int, int, int], random: np.random.Generator) -> Layer:
    height, width = plan.height, plan.span(0.35)
    radius = min(plan.width, height) * 0.34
    x = width * (0.72 if plan.toward > 0 else 0.28)
    y = height * 0.42
    body = disc((height, width), x, y, radius)
    rows, columns = np.mgrid[:height, :width].astype(np.float32)
    bands = np.interp(
        (rows - y + (columns - x) * 0.18) / radius * 6 + cloudiness(random, width, height, 300 * plan.unit) * 0.9,
        np.linspace(-7, 7, 30),
        random.uniform(0.62, 1.12, 30),
    )
    lit = np.clip(((x - columns) * 0.62 + (y - rows) * 0.5) / radius + 0.52, 0.03, 1.15) ** 0.8
    rgb = np.clip(tint(colour) * (bands * lit)[..., None], 0, 255).astype(np.float32)
    air = np.clip(glow_at((height, width), x, y, radius * 0.5) * np.exp(2) * 0.32, 0, 0.3) * (1 - body)
    rgb = np.where(body[..., None] > 0, rgb, tint(mix(colour, (255, 255, 255), 0.4)))
    return plan.strip(rgb, np.maximum(body, air * np.clip(lit, 0, 1)), 0, 0.35)

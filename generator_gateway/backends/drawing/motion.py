"""How props move, and what falls from the sky."""

import cv2
import numpy as np

from generator_gateway.backends.drawing.plan import Plan, cloudiness
from generator_gateway.backends.drawing.reading import Weather
from generator_gateway.backends.drawing.surface import (
    Colour,
    Layer,
    Moment,
    Pixels,
    Sprite,
    ease,
    mix,
    tint,
    video_colour,
)

_DRIFT = 0.08
"""How far standing props slide with the camera, as a share of the frame's width."""


def _slide(plan: Plan, moment: Moment) -> float:
    return -plan.toward * plan.width * _DRIFT * (ease(moment.share) - 0.5)


class Standing:
    """Stands on the ground and slides with it."""

    def __init__(self, sprite: Sprite, plan: Plan, x: float, y: float) -> None:
        self._sprite, self._plan, self._x, self._y = sprite, plan, x, y

    def paint(self, canvas: Pixels, moment: Moment) -> None:
        """Put it there."""
        self._sprite.put(canvas, self._x + _slide(self._plan, moment), self._y)


class Turning(Standing):
    """Stands and turns: windmill sails."""

    def paint(self, canvas: Pixels, moment: Moment) -> None:
        """Put it there, turned."""
        self._sprite.put(canvas, self._x + _slide(self._plan, moment), self._y, turn=moment.seconds * 40)


class Bobbing:
    """Rides the waves or hangs in the air."""

    def __init__(self, sprite: Sprite, plan: Plan, x: float, y: float, *, swing: float, rise: float = 0.0) -> None:
        self._sprite, self._plan, self._x, self._y = sprite, plan, x, y
        self._swing, self._rise = swing, rise

    def paint(self, canvas: Pixels, moment: Moment) -> None:
        """Put it where wind or water has it now."""
        plan = self._plan
        bob = np.sin(moment.seconds * 1.1) * 5 * plan.unit * bool(self._swing)
        climb = self._rise * plan.height * (moment.share - 0.5)
        turn = np.sin(moment.seconds * 0.9 + 1) * self._swing
        x = self._x + _slide(plan, moment) * (0.6 if self._rise else 1)
        self._sprite.put(canvas, x, self._y + bob - climb, turn=float(turn))


class Crossing:
    """Goes from one side of the frame to the other."""

    def __init__(
        self, sprite: Sprite, plan: Plan, y: float, *, ahead: float = 0.0, scale: float = 1.0, swims: bool = False
    ) -> None:
        self._sprite, self._plan, self._y = sprite, plan, y
        self._ahead, self._scale, self._swims = ahead, scale, swims

    def paint(self, canvas: Pixels, moment: Moment) -> None:
        """Put it on its way: it starts and ends inside the frame, so that every still shows it."""
        width = self._plan.width
        share = 0.15 + 0.7 * moment.share + self._ahead
        x = width * (1 - share) if self._swims else width * share
        y = self._y + (np.sin(moment.seconds * 1.6 + self._ahead * 20) * 8 * self._plan.unit if self._swims else 0)
        self._sprite.put(canvas, x, float(y), self._scale)


class Rising:
    """Goes up, faster and faster."""

    def __init__(self, sprite: Sprite, plan: Plan, x: float) -> None:
        self._sprite, self._plan, self._x = sprite, plan, x

    def paint(self, canvas: Pixels, moment: Moment) -> None:
        """Put it on its way up."""
        y = self._plan.height * (0.62 - 0.5 * moment.share**1.6)
        self._sprite.put(canvas, self._x + _slide(self._plan, moment), y, turn=-8)


class Flock:
    """A few birds, each two strokes of a pen."""

    def __init__(self, plan: Plan, colour: Colour, random: np.random.Generator) -> None:
        self._plan, self._colour = plan, video_colour(mix(colour, plan.light.zenith, 0.25))
        count = 7
        self._places = random.normal(0, 1, (count, 2)) * [0.075, 0.04]
        self._beat = random.uniform(5.5, 7.5, count)
        self._span = random.uniform(9, 15, count) * plan.unit

    def paint(self, canvas: Pixels, moment: Moment) -> None:
        """Draw them on their way."""
        plan = self._plan
        x = plan.width * (0.25 + 0.5 * moment.share if plan.toward < 0 else 0.75 - 0.5 * moment.share)
        y = plan.horizon * (0.42 - 0.06 * moment.share)
        for (dx, dy), beat, span in zip(self._places, self._beat, self._span, strict=True):
            at = np.array([x + dx * plan.width, y + dy * plan.height])
            lift = np.sin(moment.seconds * beat + dx * 90) * 0.45 * span
            bent = -lift * 0.75 - 1
            wings = at + np.array([(-span, -lift), (-span * 0.4, bent), (0, 0), (span * 0.4, bent), (span, -lift)])
            points = np.round(wings * 16).astype(np.int32)
            thick = max(1, round(2 * plan.unit))
            cv2.polylines(canvas, [points], False, self._colour, thick, cv2.LINE_AA, 4)


class Falling:
    """Rain or snow: sheets of strokes sliding down at different speeds, added to the luma."""

    def __init__(self, plan: Plan) -> None:
        self._snow = plan.scene.weather is Weather.SNOW
        random = plan.random(300)
        self._sheets = [self._sheet(plan, random, depth) for depth in (0.4, 0.7, 1.0)]
        self._plan = plan

    def _sheet(self, plan: Plan, random: np.random.Generator, depth: float) -> Pixels:
        height, width = plan.height, plan.width
        sheet = np.zeros((height, width), np.uint8)
        count = int((150 if self._snow else 210) * (1.5 - depth) * width * height / 921600 / plan.unit**2)
        for x, y in random.random((count, 2)) * (width, height):
            bright = int(random.uniform(70, 150) * depth) if self._snow else int(46 * depth)
            at = np.array([x, y])
            if self._snow:
                radius = int(random.uniform(1.0, 2.9) * depth * plan.unit * 16)
                cv2.circle(sheet, tuple(int(v * 16) for v in at), radius, (bright,), -1, cv2.LINE_AA, 4)
            else:
                end = at + np.array([-5, 34]) * depth * plan.unit * random.uniform(0.7, 1.3)
                points = [tuple(int(v * 16) for v in place) for place in (at, end)]
                cv2.line(sheet, points[0], points[1], (bright,), max(1, round(1.3 * plan.unit * depth)), cv2.LINE_AA, 4)
        return np.asarray(np.vstack([sheet, sheet]), np.uint8)

    def paint(self, canvas: Pixels, moment: Moment) -> None:
        """Add what falls."""
        height = canvas.shape[0]
        luma = cv2.extractChannel(canvas, 0)
        for sheet, pace in zip(self._sheets, (0.55, 0.8, 1.0), strict=True):
            speed = (110 if self._snow else 1150) * self._plan.unit * pace
            first = height - 1 - int(moment.seconds * speed) % height
            cv2.add(luma, sheet[first : first + height], dst=luma)
        cv2.insertChannel(luma, canvas, 0)


def weather(plan: Plan) -> list[Layer]:
    """What is between the scene and the camera."""
    match plan.scene.weather:
        case Weather.RAIN | Weather.SNOW:
            return [Falling(plan)]
        case Weather.FOG:
            return [_bank(plan)]
    return []


def _bank(plan: Plan) -> Layer:
    width, rows = plan.span(1.0), round(plan.height * 0.5)
    noise = cloudiness(plan.random(301), width, rows, 760 * plan.unit)
    fade = np.interp(np.arange(rows), [0, rows * 0.45, rows], [0, 1, 0.15])[:, None]
    colour = tint(mix(plan.light.horizon, (236, 238, 240), 0.15 if plan.light.dark else 0.4))
    rgb = np.broadcast_to(colour, (rows, width, 3))
    return plan.strip(rgb, noise * fade * 0.62, plan.horizon - round(rows * 0.4), 1.0)

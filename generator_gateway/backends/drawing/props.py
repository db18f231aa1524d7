"""Things that a prompt names, as plain two-tone shapes: no eyes, no mouths, nothing that could pass for a face."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from PIL import Image, ImageDraw

from generator_gateway.backends.drawing.motion import Bobbing, Crossing, Flock, Rising, Standing, Turning
from generator_gateway.backends.drawing.plan import Plan, Stage
from generator_gateway.backends.drawing.reading import Named
from generator_gateway.backends.drawing.surface import Colour, Layer, Sprite, mix

_OVER = 3  # shapes are drawn three times as large and reduced, which smooths their edges


class Pen:
    """Draws on a unit square, y downwards, and gives a sprite.

    Args:
        size: pixels of the square's side in the frame.
    """

    def __init__(self, size: float) -> None:
        self._side = max(8, int(size))
        self._image = Image.new("RGBA", (self._side * _OVER, self._side * _OVER), (0, 0, 0, 0))
        self._draw = ImageDraw.Draw(self._image)
        self._glow: tuple[Colour, float, float, float, float] | None = None

    def glow(self, colour: Colour, x: float, y: float, reach: float, strength: float) -> None:
        """Light around a point, behind everything drawn; `strength` in [0, 1] at the point itself."""
        self._glow = (colour, x, y, reach, strength)

    def _scaled(self, points: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
        side = self._side * _OVER
        return [(x * side, y * side) for x, y in points]

    def shape(self, colour: Colour, *points: tuple[float, float], alpha: int = 255) -> None:
        """A filled polygon."""
        self._draw.polygon(self._scaled(points), fill=(*colour, alpha))

    def oval(self, colour: Colour, left: float, top: float, right: float, bottom: float, alpha: int = 255) -> None:
        """A filled ellipse."""
        (a, b), (c, d) = self._scaled([(left, top), (right, bottom)])
        self._draw.ellipse((a, b, c, d), fill=(*colour, alpha))

    def ring(self, colour: Colour, left: float, top: float, right: float, bottom: float, thick: float) -> None:
        """An ellipse's outline."""
        (a, b), (c, d) = self._scaled([(left, top), (right, bottom)])
        self._draw.ellipse((a, b, c, d), outline=(*colour, 255), width=max(1, int(thick * self._side * _OVER)))

    def box(self, colour: Colour, left: float, top: float, right: float, bottom: float, round_: float = 0.0) -> None:
        """A filled rectangle, its corners rounded."""
        (a, b), (c, d) = self._scaled([(left, top), (right, bottom)])
        self._draw.rounded_rectangle((a, b, c, d), round_ * self._side * _OVER, fill=(*colour, 255))

    def stroke(self, colour: Colour, thick: float, *points: tuple[float, float]) -> None:
        """A line through points."""
        width = max(1, int(thick * self._side * _OVER))
        self._draw.line(self._scaled(points), fill=(*colour, 255), width=width, joint="curve")

    def sprite(self, anchor: tuple[float, float] = (0.5, 1.0)) -> Sprite:
        """What was drawn; `anchor` in the unit square is the point that stands on the ground."""
        small = self._image.resize((self._side, self._side), Image.Resampling.LANCZOS)
        if self._glow:
            small = Image.alpha_composite(self._shine(*self._glow), small)
        return Sprite(np.asarray(small, np.uint8), (anchor[0] * self._side, anchor[1] * self._side))

    def _shine(self, colour: Colour, x: float, y: float, reach: float, strength: float) -> Image.Image:
        at = (np.arange(self._side) + 0.5) / self._side
        off = np.hypot(at[None] - x, at[:, None] - y) / reach
        alpha = np.clip(1 - off, 0, 1) ** 2 * strength * 255
        sheet = np.dstack([*[np.full_like(alpha, channel) for channel in colour], alpha])
        return Image.fromarray(sheet.astype(np.uint8), "RGBA")


@dataclass(frozen=True, slots=True)
class _Inks:
    body: Colour
    lit: Colour
    dark: Colour
    accent: Colour
    lamp: Colour


def _boat(pen: Pen, ink: _Inks) -> None:
    pen.shape(ink.lit, (0.47, 0.06), (0.47, 0.74), (0.12, 0.74))
    pen.shape(mix(ink.lit, ink.body, 0.35), (0.52, 0.14), (0.52, 0.74), (0.84, 0.74))
    pen.stroke(ink.dark, 0.014, (0.495, 0.03), (0.495, 0.8))
    pen.shape(ink.accent, (0.06, 0.79), (0.95, 0.79), (0.8, 0.95), (0.2, 0.95))
    pen.shape(ink.dark, (0.14, 0.88), (0.87, 0.88), (0.8, 0.95), (0.2, 0.95))


def _balloon(pen: Pen, ink: _Inks) -> None:
    pen.shape(ink.accent, (0.2, 0.46), (0.8, 0.46), (0.58, 0.76), (0.42, 0.76))
    pen.oval(ink.accent, 0.16, 0.04, 0.84, 0.68)
    pen.oval(mix(ink.lit, ink.accent, 0.2), 0.3, 0.04, 0.7, 0.69)
    pen.oval(ink.accent, 0.42, 0.04, 0.58, 0.7)
    pen.shape(mix(ink.accent, ink.dark, 0.3), (0.42, 0.7), (0.58, 0.7), (0.56, 0.77), (0.44, 0.77))
    pen.stroke(ink.dark, 0.008, (0.44, 0.77), (0.46, 0.88))
    pen.stroke(ink.dark, 0.008, (0.56, 0.77), (0.54, 0.88))
    pen.box(mix(ink.dark, (120, 84, 52), 0.6), 0.445, 0.88, 0.555, 0.97, 0.015)


def _lighthouse(pen: Pen, ink: _Inks) -> None:
    pen.shape(ink.dark, (0.1, 1.0), (0.24, 0.88), (0.5, 0.84), (0.78, 0.88), (0.92, 1.0))
    pen.shape(ink.lit, (0.42, 0.24), (0.58, 0.24), (0.64, 0.87), (0.36, 0.87))
    for first, last in ((0.34, 0.46), (0.6, 0.73)):
        low, high = 0.08 + first * 0.065, 0.08 + last * 0.065
        pen.shape(ink.accent, (0.5 - low, first), (0.5 + low, first), (0.5 + high, last), (0.5 - high, last))
    pen.shape(ink.body, (0.52, 0.24), (0.58, 0.24), (0.64, 0.87), (0.56, 0.87), alpha=70)
    pen.box(ink.dark, 0.4, 0.21, 0.6, 0.245)
    pen.box(ink.lamp, 0.45, 0.13, 0.55, 0.21)
    pen.shape(ink.accent, (0.43, 0.13), (0.57, 0.13), (0.5, 0.05))


def _house(pen: Pen, ink: _Inks) -> None:
    pen.box(mix(ink.dark, ink.accent, 0.2), 0.66, 0.34, 0.74, 0.56)
    pen.box(ink.lit, 0.16, 0.56, 0.84, 1.0)
    pen.shape(ink.body, (0.6, 0.56), (0.84, 0.56), (0.84, 1.0), (0.6, 1.0), alpha=90)
    pen.shape(ink.accent, (0.08, 0.58), (0.3, 0.32), (0.76, 0.32), (0.92, 0.58))
    pen.box(ink.lamp, 0.24, 0.68, 0.38, 0.82)
    pen.box(ink.dark, 0.47, 0.7, 0.58, 1.0)


def _tree(pen: Pen, ink: _Inks) -> None:
    pen.shape(ink.dark, (0.47, 0.5), (0.53, 0.5), (0.55, 1.0), (0.45, 1.0))
    pen.stroke(ink.dark, 0.025, (0.5, 0.72), (0.64, 0.54))
    leaf = mix(ink.body, (70, 120, 76), 0.45)
    for x, y, size in ((0.34, 0.4, 0.2), (0.62, 0.42, 0.22), (0.5, 0.26, 0.23), (0.46, 0.48, 0.2)):
        pen.oval(leaf, x - size, y - size * 0.9, x + size, y + size * 0.9)
    for x, y, size in ((0.4, 0.24, 0.12), (0.58, 0.32, 0.12), (0.3, 0.36, 0.09)):
        pen.oval(mix(leaf, ink.lit, 0.3), x - size, y - size * 0.8, x + size, y + size * 0.8)


def _pine(pen: Pen, ink: _Inks) -> None:
    pen.box(ink.dark, 0.47, 0.86, 0.53, 1.0)
    leaf = mix(ink.body, (32, 84, 66), 0.4)
    for top, bottom, half in ((0.04, 0.36, 0.14), (0.22, 0.6, 0.2), (0.42, 0.9, 0.27)):
        pen.shape(leaf, (0.5, top), (0.5 + half, bottom), (0.5 - half, bottom))
        pen.shape(mix(leaf, ink.lit, 0.22), (0.5, top), (0.5, bottom), (0.5 - half, bottom))


def _palm(pen: Pen, ink: _Inks) -> None:
    pen.stroke(ink.dark, 0.035, (0.42, 1.0), (0.47, 0.7), (0.53, 0.34))
    leaf = mix(ink.body, (48, 110, 76), 0.45)
    for x, y, dip in ((0.12, 0.34, 0.18), (0.24, 0.16, 0.1), (0.86, 0.3, 0.18), (0.8, 0.12, 0.1), (0.54, 0.06, 0.06)):
        middle = ((x + 0.53) / 2, (y + 0.33) / 2 - 0.06)
        pen.shape(leaf, (0.53, 0.33), middle, (x, y + dip), (middle[0], middle[1] + 0.06))


def _car(pen: Pen, ink: _Inks) -> None:
    pen.shape(mix(ink.accent, ink.dark, 0.2), (0.24, 0.78), (0.34, 0.63), (0.66, 0.63), (0.8, 0.78))
    pen.shape(mix(ink.lit, ink.body, 0.4), (0.29, 0.77), (0.36, 0.66), (0.49, 0.66), (0.49, 0.77))
    pen.shape(mix(ink.lit, ink.body, 0.5), (0.52, 0.77), (0.52, 0.66), (0.645, 0.66), (0.74, 0.77))
    pen.box(ink.accent, 0.04, 0.76, 0.96, 0.92, 0.05)
    pen.oval(ink.lamp, 0.91, 0.79, 0.965, 0.84)
    for x in (0.24, 0.75):
        pen.oval((22, 22, 28), x - 0.085, 0.83, x + 0.085, 1.0)
        pen.oval(mix(ink.lit, ink.body, 0.6), x - 0.035, 0.88, x + 0.035, 0.95)


def _train(pen: Pen, ink: _Inks) -> None:
    for left in (0.0, 0.34, 0.68):
        nose = 0.11 if left == 0.68 else 0.03  # noqa: PLR2004 - the leading car
        pen.shape(
            ink.accent, (left, 0.8), (left + 0.32 - nose, 0.8), (left + 0.32, 0.9), (left + 0.32, 0.97), (left, 0.97)
        )
        pen.box(mix(ink.lit, ink.accent, 0.1), left, 0.925, left + 0.32, 0.94)
        for window in range(4):
            at = left + 0.025 + window * 0.062
            pen.box(ink.lamp, at, 0.835, at + 0.042, 0.885, 0.008)
    pen.box(ink.dark, 0.0, 0.97, 1.0, 0.99)


def _rocket(pen: Pen, ink: _Inks) -> None:
    pen.shape((255, 196, 92), (0.44, 0.78), (0.56, 0.78), (0.5, 1.0))
    pen.shape(ink.accent, (0.4, 0.56), (0.28, 0.78), (0.42, 0.74))
    pen.shape(ink.accent, (0.6, 0.56), (0.72, 0.78), (0.58, 0.74))
    pen.oval(ink.lit, 0.38, 0.06, 0.62, 0.86)
    pen.shape(ink.lit, (0.4, 0.6), (0.6, 0.6), (0.57, 0.78), (0.43, 0.78))
    pen.shape(ink.accent, (0.42, 0.25), (0.46, 0.13), (0.5, 0.06), (0.54, 0.13), (0.58, 0.25))
    pen.oval(mix(ink.body, (40, 80, 120), 0.6), 0.45, 0.34, 0.55, 0.44)


def _windmill(pen: Pen, ink: _Inks) -> None:
    pen.shape(ink.lit, (0.41, 0.34), (0.59, 0.34), (0.66, 1.0), (0.34, 1.0))
    pen.shape(ink.body, (0.53, 0.34), (0.59, 0.34), (0.66, 1.0), (0.56, 1.0), alpha=90)
    pen.shape(ink.accent, (0.38, 0.35), (0.62, 0.35), (0.5, 0.22))
    pen.box(ink.dark, 0.46, 0.84, 0.54, 1.0)


def _sails(pen: Pen, ink: _Inks) -> None:
    for quarter in range(4):
        turn = quarter * np.pi / 2 + 0.4
        across, along = np.array([-np.sin(turn), np.cos(turn)]), np.array([np.cos(turn), np.sin(turn)])
        corners = [0.5 + along * a + across * b for a, b in ((0.1, 0.0), (0.48, 0.0), (0.48, 0.1), (0.14, 0.08))]
        pen.shape(mix(ink.lit, ink.dark, 0.15), *[(float(x), float(y)) for x, y in corners])
        end = 0.5 + along * 0.48
        pen.stroke(ink.dark, 0.016, (0.5, 0.5), (float(end[0]), float(end[1])))


def _kite(pen: Pen, ink: _Inks) -> None:
    pen.shape(ink.accent, (0.5, 0.04), (0.72, 0.3), (0.5, 0.62))
    pen.shape(ink.lit, (0.5, 0.04), (0.28, 0.3), (0.5, 0.62))
    pen.stroke(ink.dark, 0.01, (0.5, 0.62), (0.46, 0.72), (0.53, 0.82), (0.47, 0.96))


def _lantern(pen: Pen, ink: _Inks) -> None:
    pen.glow(ink.lamp, 0.5, 0.5, 0.5, 0.6)
    pen.shape(mix(ink.lamp, (255, 120, 60), 0.25), (0.42, 0.38), (0.58, 0.38), (0.61, 0.6), (0.39, 0.6))
    pen.shape(ink.lamp, (0.42, 0.52), (0.58, 0.52), (0.61, 0.6), (0.39, 0.6))


def _fire(pen: Pen, ink: _Inks) -> None:
    pen.glow(ink.lamp, 0.5, 0.6, 0.5, 0.5)
    pen.stroke(ink.dark, 0.06, (0.26, 0.97), (0.74, 0.87))
    pen.stroke(ink.dark, 0.06, (0.26, 0.87), (0.74, 0.97))
    pen.shape(
        (240, 106, 48), (0.34, 0.88), (0.3, 0.66), (0.42, 0.52), (0.48, 0.3), (0.6, 0.56), (0.7, 0.68), (0.64, 0.88)
    )
    pen.shape((255, 206, 96), (0.41, 0.88), (0.4, 0.72), (0.5, 0.54), (0.6, 0.74), (0.58, 0.88))


def _fish(pen: Pen, ink: _Inks) -> None:
    pen.oval(ink.accent, 0.16, 0.36, 0.76, 0.64)
    pen.shape(ink.accent, (0.7, 0.5), (0.92, 0.34), (0.88, 0.5), (0.92, 0.66))
    pen.shape(mix(ink.accent, ink.lit, 0.35), (0.36, 0.39), (0.58, 0.39), (0.54, 0.26))


def _lamp(pen: Pen, ink: _Inks) -> None:
    pen.glow(ink.lamp, 0.5, 0.28, 0.5, 0.4)
    pen.stroke(ink.dark, 0.024, (0.5, 0.3), (0.5, 0.97))
    pen.box(ink.dark, 0.36, 0.965, 0.64, 1.0, 0.01)
    pen.shape(ink.lamp, (0.39, 0.12), (0.61, 0.12), (0.7, 0.34), (0.3, 0.34))


def _plant(pen: Pen, ink: _Inks) -> None:
    leaf = mix(ink.body, (58, 122, 84), 0.7)
    for x, y in ((0.2, 0.42), (0.34, 0.2), (0.52, 0.1), (0.7, 0.24), (0.82, 0.46)):
        pen.shape(leaf, (0.5, 0.74), ((x + 0.44) / 2, (y + 0.6) / 2), (x, y), ((x + 0.62) / 2, (y + 0.64) / 2))
    pen.shape(ink.accent, (0.36, 0.7), (0.64, 0.7), (0.6, 1.0), (0.4, 1.0))


def _bicycle(pen: Pen, ink: _Inks) -> None:
    for x in (0.24, 0.76):
        pen.ring(ink.dark, x - 0.19, 0.62, x + 0.19, 1.0, 0.026)
    frame = [(0.24, 0.81), (0.42, 0.55), (0.68, 0.55), (0.48, 0.81), (0.24, 0.81)]
    pen.stroke(ink.accent, 0.026, *frame)
    pen.stroke(ink.accent, 0.026, (0.42, 0.55), (0.48, 0.81))
    pen.stroke(ink.accent, 0.026, (0.76, 0.81), (0.66, 0.46), (0.74, 0.43))
    pen.stroke(ink.dark, 0.034, (0.36, 0.5), (0.46, 0.5))


def _umbrella(pen: Pen, ink: _Inks) -> None:
    pen.stroke(ink.dark, 0.02, (0.5, 0.2), (0.5, 1.0))
    for number, colour in enumerate((ink.accent, ink.lit, ink.accent, ink.lit)):
        left = 0.14 + number * 0.18
        pen.shape(colour, (0.5, 0.16), (left, 0.46), (left + 0.09, 0.43), (left + 0.18, 0.46))


@dataclass(frozen=True, slots=True)
class _Kind:
    draw: Callable[[Pen, _Inks], None]
    size: float  # side of the square at 720p
    place: str  # stands, floats, flies, passes
    anchor: tuple[float, float] = (0.5, 1.0)


KINDS = MappingProxyType(
    {
        "boat": _Kind(_boat, 210, "floats", (0.5, 0.92)),
        "balloon": _Kind(_balloon, 230, "flies", (0.5, 0.5)),
        "birds": _Kind(_kite, 34, "flock", (0.5, 0.5)),
        "lighthouse": _Kind(_lighthouse, 330, "stands", (0.5, 0.97)),
        "house": _Kind(_house, 190, "stands"),
        "tree": _Kind(_tree, 280, "stands"),
        "pine": _Kind(_pine, 270, "stands"),
        "palm": _Kind(_palm, 310, "stands"),
        "car": _Kind(_car, 190, "passes"),
        "train": _Kind(_train, 620, "passes", (0.5, 0.99)),
        "rocket": _Kind(_rocket, 230, "rises", (0.5, 0.5)),
        "windmill": _Kind(_windmill, 300, "stands"),
        "kite": _Kind(_kite, 130, "flies", (0.5, 0.5)),
        "lantern": _Kind(_lantern, 120, "flies", (0.5, 0.5)),
        "fire": _Kind(_fire, 130, "stands", (0.5, 0.95)),
        "fish": _Kind(_fish, 130, "swims", (0.5, 0.5)),
        "lamp": _Kind(_lamp, 340, "stands"),
        "plant": _Kind(_plant, 200, "stands"),
        "bicycle": _Kind(_bicycle, 180, "stands"),
        "umbrella": _Kind(_umbrella, 200, "stands"),
    }
)
_ACCENTS: tuple[Colour, ...] = ((214, 86, 66), (222, 150, 62), (44, 122, 128), (176, 70, 92), (62, 98, 160))


def prop(named: Named, plan: Plan, stage: Stage, number: int) -> list[Layer]:  # noqa: PLR0911 - one a kind of place
    """Layers of one prop, the `number`-th named, put where such a thing belongs."""
    name = named.kind
    kind, light, random = KINDS[name], plan.light, plan.random(200 + number)
    accent = named.colour or _ACCENTS[int(random.integers(len(_ACCENTS)))]
    shade = 0.5 if light.dark else 0.1
    ink = _Inks(
        mix(light.near, light.far, 0.25),
        mix(mix((250, 246, 236), light.glow, 0.3), light.near, shade),
        mix(light.near, (14, 16, 24), 0.5),
        mix(accent, light.near, shade * 0.8),
        light.lamp if light.dark else mix(light.lamp, light.far, 0.3),
    )
    if name == "birds":
        return [Flock(plan, ink.dark, random)]
    side = (0.24, 0.72, 0.48, 0.86)[number % 4] if plan.toward > 0 else (0.76, 0.28, 0.52, 0.14)[number % 4]
    x = plan.width * side
    pen = Pen(kind.size * plan.unit)
    kind.draw(pen, ink)
    sprite = pen.sprite(kind.anchor)
    stand = _ground_row(name, plan, stage)
    match kind.place:
        case "floats":
            return [Bobbing(sprite, plan, x, stage.floor, swing=2.2 if stage.water else 0)]
        case "flies":
            return [Bobbing(sprite, plan, x, plan.horizon * (0.36 + 0.1 * (number % 2)), swing=3, rise=0.08)]
        case "rises":
            return [Rising(sprite, plan, x)]
        case "swims":
            return _shoal(pen, kind, plan, random)
        case "passes":
            row = stand if name == "train" else stand + 40 * plan.unit
            return [Crossing(sprite, plan, row)]
    layers: list[Layer] = [Standing(sprite, plan, x, stand)]
    if name == "windmill":
        sails = Pen(kind.size * 0.82 * plan.unit)
        _sails(sails, ink)
        layers.append(Turning(sails.sprite((0.5, 0.5)), plan, x, stand - kind.size * 0.64 * plan.unit))
    return layers


def _ground_row(name: str, plan: Plan, stage: Stage) -> float:
    """Where a thing stands: on the shore where the set is water, except a lighthouse, which brings its rock."""
    if stage.water and name != "lighthouse":
        return plan.height * 0.955
    return stage.floor + 8 * plan.unit


def _shoal(pen: Pen, kind: _Kind, plan: Plan, random: np.random.Generator) -> list[Layer]:
    sprite = pen.sprite(kind.anchor)
    places = zip(random.uniform(0.22, 0.66, 9), random.uniform(-0.34, 0.34, 9), random.uniform(0.3, 1, 9), strict=True)
    return [Crossing(sprite, plan, plan.height * y, ahead=x, scale=s, swims=True) for y, x, s in places]

"""The light of a scene: a handful of colours that everything else is mixed from."""

from dataclasses import dataclass
from types import MappingProxyType

from generator_gateway.backends.drawing.reading import Ground, Hour, Scene, Weather
from generator_gateway.backends.drawing.surface import Colour, mix


@dataclass(frozen=True, slots=True)
class Light:
    """Colours at one hour.

    Attributes:
        zenith: top of the sky.
        middle: half-way down.
        horizon: where sky meets land.
        glow: sun or moon, and what it touches.
        far: land far away.
        near: land in front.
        lamp: windows and lanterns.
        sun: where sun or moon stands, as shares of width and of the sky's height.
        dark: whether windows are lit and stars are out.
    """

    zenith: Colour
    middle: Colour
    horizon: Colour
    glow: Colour
    far: Colour
    near: Colour
    lamp: Colour = (255, 206, 124)
    sun: tuple[float, float] = (0.7, 0.4)
    dark: bool = False

    @property
    def from_left(self) -> bool:
        """Whether light falls from the left."""
        return self.sun[0] < 0.5  # noqa: PLR2004 - the middle of the frame


_HOURS = MappingProxyType(
    {
        Hour.DAWN: Light(
            (98, 124, 184), (236, 178, 176), (255, 226, 194), (255, 241, 214), (168, 158, 194), (58, 62, 98),
            sun=(0.3, 0.82),
        ),
        Hour.DAY: Light(
            (64, 138, 208), (138, 194, 234), (224, 240, 244), (255, 252, 232), (150, 186, 206), (44, 98, 86),
            sun=(0.74, 0.3),
        ),
        Hour.GOLDEN: Light(
            (92, 130, 174), (240, 190, 128), (255, 224, 166), (255, 240, 198), (206, 156, 130), (78, 58, 62),
            sun=(0.66, 0.66),
        ),
        Hour.DUSK: Light(
            (40, 38, 86), (158, 78, 124), (255, 156, 108), (255, 208, 150), (116, 76, 124), (28, 24, 52),
            sun=(0.4, 0.88), dark=True,
        ),
        Hour.NIGHT: Light(
            (8, 12, 34), (18, 34, 76), (52, 78, 128), (236, 242, 255), (40, 58, 104), (8, 12, 28),
            sun=(0.74, 0.28), dark=True,
        ),
        Hour.GREY: Light(
            (120, 134, 150), (160, 172, 182), (206, 212, 214), (226, 230, 230), (144, 156, 164), (50, 62, 70),
            sun=(0.6, 0.4),
        ),
    }
)  # fmt: skip


def light_of(scene: Scene) -> Light:
    """The light of a scene: its hour's, tinted by where it plays and by the weather."""
    light = _HOURS[scene.hour]
    tints: dict[Ground, tuple[Colour, Colour]] = {
        Ground.DESERT: ((226, 178, 128), (150, 84, 52)),
        Ground.SNOWFIELD: ((214, 226, 240), (128, 152, 186)),
        Ground.FOREST: ((126, 168, 146), (20, 52, 44)),
    }
    far, near = light.far, light.near
    if scene.ground in tints:
        share = 0.3 if light.dark else 0.62
        far, near = mix(far, tints[scene.ground][0], share), mix(near, tints[scene.ground][1], share)
    veil = {Weather.RAIN: 0.4, Weather.FOG: 0.5, Weather.SNOW: 0.3}.get(scene.weather, 0.0)
    pale = mix(light.horizon, (128, 136, 148), 0.6)
    return Light(
        mix(light.zenith, pale, veil * 0.8),
        mix(light.middle, pale, veil * 0.8),
        mix(light.horizon, pale, veil),
        light.glow,
        mix(far, pale, veil * 0.6),
        near,
        light.lamp,
        light.sun,
        light.dark,
    )

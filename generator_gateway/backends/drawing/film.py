"""One order made into a film: read, build the set, hang what was granted, shoot."""

from collections.abc import Callable, Sequence
from pathlib import Path
from types import MappingProxyType

import numpy as np

from generator_gateway.backends.drawing.inserts import Inserts, Veil
from generator_gateway.backends.drawing.land import land
from generator_gateway.backends.drawing.lettering import Caption, Clapper
from generator_gateway.backends.drawing.light import light_of
from generator_gateway.backends.drawing.motion import weather
from generator_gateway.backends.drawing.plan import Plan, Stage, plan
from generator_gateway.backends.drawing.portraits import Portraits
from generator_gateway.backends.drawing.props import prop
from generator_gateway.backends.drawing.reading import Ground, Scene, read
from generator_gateway.backends.drawing.reel import FPS, Reel
from generator_gateway.backends.drawing.sound import track
from generator_gateway.backends.drawing.surface import Layer, Moment, Pixels
from generator_gateway.backends.drawing.town import city, room, space
from generator_gateway.backends.drawing.water import deep, sea
from generator_gateway.ports import Progress, RenderOrder
from trust_kernel.media.refs import Look

_SETS: MappingProxyType[Ground, Callable[[Plan], Stage]] = MappingProxyType(
    {
        Ground.HILLS: land,
        Ground.MOUNTAINS: land,
        Ground.DESERT: land,
        Ground.SNOWFIELD: land,
        Ground.FOREST: land,
        Ground.SEA: sea,
        Ground.CITY: city,
        Ground.ROOM: room,
        Ground.SPACE: space,
        Ground.DEEP: deep,
    }
)
_REPORT_EVERY = 6
"""Frames between two calls of `progress`: four a second of film."""


def shoot(order: RenderOrder, looks: Sequence[Look], path: Path, progress: Progress) -> None:
    """Draw and write the whole film; whatever `progress` raises goes through."""
    scene = read(order.prompt, order.seed)
    layers = compose(order, scene, looks)
    voices = [cameo.voice for cameo in order.cameos if cameo.voice is not None]
    sound = track(scene, order.seconds, [*voices, *(look.audio for look in looks)])
    count = order.seconds * FPS
    canvas: Pixels = np.zeros((order.height, order.width, 3), np.uint8)
    with Reel(path, order.width, order.height, sound) as reel:
        for index in range(count):
            moment = Moment(index / FPS, index / max(1, count - 1), index)
            for layer in layers:
                layer.paint(canvas, moment)
            reel.show(canvas)
            if index % _REPORT_EVERY == 0:
                progress(index / count)
    progress(1.0)


def compose(order: RenderOrder, scene: Scene, looks: Sequence[Look]) -> list[Layer]:
    """Everything in a film, back to front."""
    frame = plan(scene, light_of(scene), order.width, order.height)
    stage = _SETS[scene.ground](frame)
    layers = list(stage.behind)
    for number, named in sorted(enumerate(scene.props), key=lambda item: item[1].kind != "train"):
        layers += prop(named, frame, stage, number)  # trains first: they pass behind the rest
    layers += stage.before
    pictures = [look for look in looks if look.frames.shape[0]]
    if pictures:
        layers.append(Inserts(frame, pictures))
    layers += weather(frame)
    layers.append(Veil(frame, 0.6 if pictures else 0.34))
    layers += [Portraits(frame, order.cameos), Caption(frame), Clapper(frame)]
    return layers

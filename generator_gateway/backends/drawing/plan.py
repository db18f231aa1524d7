"""The measure of a frame, and what a set is made of."""

from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

from generator_gateway.backends.drawing.light import Light
from generator_gateway.backends.drawing.reading import Scene
from generator_gateway.backends.drawing.surface import Layer, Strip

_PAN = 0.13
"""How far the nearest layer slides over the film, as a share of the frame's width."""


@dataclass(frozen=True, slots=True)
class Plan:
    """One frame's measure.

    Attributes:
        unit: pixels of the frame per pixel of a 720p one.
        horizon: row where sky meets land.
        toward: +1 where the camera moves right, -1 left.
    """

    scene: Scene
    light: Light
    width: int
    height: int
    unit: float
    horizon: int
    toward: int

    def strip(self, rgb: NDArray[np.floating], alpha: NDArray[np.floating], top: int, depth: float) -> Strip:
        """A strip that slides by its depth, 0 far to 1 near; rgb and alpha are `self.span(depth)` wide."""
        travel = self.span(depth) - self.width - 1
        ends = (0.0, float(travel)) if self.toward > 0 else (float(travel), 0.0)
        return Strip(rgb, alpha, top, *ends)

    def span(self, depth: float) -> int:
        """Width in pixels that a strip at this depth needs."""
        return self.width + round(self.width * _PAN * depth) + 1

    def random(self, purpose: int) -> np.random.Generator:
        """Random numbers for one part of the scene, whatever the other parts drew."""
        return np.random.default_rng((self.scene.key, purpose))


@dataclass(slots=True)
class Stage:
    """A set, ready for props.

    Attributes:
        behind: layers back to front, painted before the props.
        before: layers painted after them.
        floor: row where things stand.
        water: whether they float there.
    """

    behind: list[Layer]
    floor: int
    before: list[Layer] = field(default_factory=list)
    water: bool = False


def plan(scene: Scene, light: Light, width: int, height: int) -> Plan:
    """Measure a frame."""
    unit = min(width, height) / 720
    share = 0.6 if width >= height else 0.58
    return Plan(scene, light, width, height, unit, round(height * share), 1 if scene.key % 2 else -1)


def gradient(stops: list[tuple[float, tuple[int, int, int]]], rows: int) -> NDArray[np.float32]:
    """Colours down a column, (rows, 3): `stops` are (share, colour) from top to bottom."""
    shares = [share for share, _ in stops]
    at = np.linspace(0, 1, max(rows, 1))
    return np.stack([np.interp(at, shares, [colour[c] for _, colour in stops]) for c in range(3)], 1).astype(np.float32)


def outline(
    random: np.random.Generator, width: int, period: float, rough: float, octaves: int = 5
) -> NDArray[np.float64]:
    """A skyline in [0, 1]: octaves of smoothed noise; `rough` is what each octave keeps of the one before."""
    line = np.zeros(width)
    total = 0.0
    for octave in range(octaves):
        step = max(period / 2**octave, 2.0)
        knots = random.random(int(width / step) + 4)
        at = np.arange(width) / step + random.random()
        left = at.astype(int)
        share = at - left
        share = share * share * (3 - 2 * share)
        weight = rough**octave
        line += weight * (knots[left] * (1 - share) + knots[left + 1] * share)
        total += weight
    line /= total
    low, high = line.min(), line.max()
    return np.asarray((line - low) / max(high - low, 1e-9), np.float64)


def cloudiness(random: np.random.Generator, width: int, height: int, cell: float) -> NDArray[np.float32]:
    """Soft two-dimensional noise in [0, 1], wider than it is high."""
    field_ = np.zeros((height, width), np.float32)
    for octave in range(5):
        across, down = max(2, int(width / cell * 2**octave)), max(2, int(height / cell * 2.6 * 2**octave))
        grid = random.random((down, across), np.float32)
        field_ += np.asarray(cv2.resize(grid, (width, height), interpolation=cv2.INTER_CUBIC), np.float32) / 1.8**octave
    low, high = np.percentile(field_, [1, 99])
    return np.asarray(np.clip((field_ - low) / max(high - low, 1e-6), 0, 1), np.float32)

"""Poorer views of good pictures and sounds, so that every band of quality can be measured. Pure numpy.

What a film does to a face: it is small, out of focus or dark. What a film does to a voice: it is short, or in noise.
"""

import numpy as np
from numpy.typing import NDArray

from likeness_guard.ports import Picture, Sound
from trust_kernel.media.refs import SAMPLE_RATE

_LEAST_SIDE = 24


def smaller(picture: Picture, factor: float) -> Picture:
    """Shrunk to `factor` in (0, 1] of each side, every pixel the mean of those that it stands for."""
    floats = picture.astype(np.float32)
    for axis in (0, 1):
        size = max(_LEAST_SIDE, round(floats.shape[axis] * factor))
        if size >= floats.shape[axis]:
            continue
        edges = (np.arange(size) * (floats.shape[axis] / size)).astype(int)
        counts = np.diff(np.append(edges, floats.shape[axis])).astype(np.float32)
        shape = [1, 1, 1]
        shape[axis] = size
        floats = np.asarray(np.add.reduceat(floats, edges, axis=axis) / counts.reshape(shape), np.float32)
    return np.asarray(np.round(floats), np.uint8)


def blurred(picture: Picture, sigma: float) -> Picture:
    """Out of focus: a Gaussian of `sigma` pixels."""
    reach = max(1, int(3 * sigma))
    kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) / sigma) ** 2).astype(np.float32)
    kernel /= kernel.sum()
    floats = picture.astype(np.float32)
    for axis in (0, 1):
        floats = _along(floats, kernel, axis)
    return np.asarray(np.round(floats), np.uint8)


def darker(picture: Picture, light: float, rng: np.random.Generator) -> Picture:
    """A share `light` in (0, 1] of the light, with the noise of a sensor that has so little."""
    dark = picture.astype(np.float32) * light
    noise = rng.normal(0, 2.0, picture.shape).astype(np.float32)
    return np.asarray(np.clip(np.round(dark + noise), 0, 255), np.uint8)


def poorer_face(picture: Picture, rng: np.random.Generator) -> Picture:
    """Small, out of focus or dark, or several of these, each by a random amount."""
    ways = rng.choice(3, size=int(rng.integers(1, 4)), replace=False)
    if 0 in ways:
        picture = smaller(picture, float(rng.uniform(0.12, 0.7)))
    if 1 in ways:
        picture = blurred(picture, float(rng.uniform(0.8, 5.0)) * max(picture.shape[:2]) / 250)
    if 2 in ways:  # noqa: PLR2004 - the third way
        picture = darker(picture, float(rng.uniform(0.04, 0.4)), rng)
    return picture


def middle(sound: Sound, seconds: float) -> Sound:
    """The middle of a sound, no longer than `seconds`."""
    length = int(seconds * SAMPLE_RATE)
    begin = max(0, (sound.size - length) // 2)
    return sound[begin : begin + length]


def in_noise(sound: Sound, ratio: float, rng: np.random.Generator) -> Sound:
    """White noise beneath a sound, `ratio` decibels below it, brought down where the sum would clip."""
    level = float(np.sqrt(np.mean(np.square(sound, dtype=np.float64)))) if sound.size else 0.0
    both = sound + rng.standard_normal(sound.size) * level * 10 ** (-ratio / 20)
    return np.asarray(both / max(1.0, float(np.abs(both).max(initial=0.0))), np.float32)


def _along(floats: NDArray[np.float32], kernel: NDArray[np.float32], axis: int) -> NDArray[np.float32]:
    reach = len(kernel) // 2
    margins = [(0, 0)] * 3
    margins[axis] = (reach, reach)
    padded = np.pad(floats, margins, mode="edge")
    size = floats.shape[axis]
    out = np.zeros_like(floats)
    for number, weight in enumerate(kernel):
        out += weight * padded.take(range(number, number + size), axis=axis)
    return out

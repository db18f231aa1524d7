"""Sound as cells: frames of 64 ms every 32 ms, and frequencies 15.6 Hz apart, between 219 Hz and 5.2 kHz.

Everything happens at 16 kHz, whatever the rate of the sound. A detector looks every 8 ms, since it does not know where
the frames lay.
"""

import numpy as np
from numpy.typing import NDArray

from watermark.ports.marks import Sound

RATE = 16_000
FRAME = 1024
HOP = 512
LOOKS = 4
"""Looks of a detector for each frame of the pattern."""
LOW = 14
"""The lowest frequency of the pattern, in multiples of 15.6 Hz."""
FIRST, LAST = 8, 384
"""Frequencies that a detector looks at: more than the pattern's, since sound that plays faster is higher."""
_BATCH = 2048
_NEIGHBOURS = 5
"""Frequencies that a cell is compared with."""
_LEAST_VARIANCE = 0.5
"""Square dB that even a steady tone moves."""
_CLIP = 1.2
"""Standard deviations from which a cell says no more."""
_EMPTY = 1e-7
"""Share of the mean power under which a cell holds nothing."""
_FLOOR_PERCENTILE, _FLOOR_FACTOR, _LEAST_TRUST = 5.0, 1.5, 0.05

Plane = NDArray[np.float32]


def resampled(samples: Plane, old: int, new: int) -> Plane:
    """Sound of shape (channels, n) at another rate; without delay."""
    import soxr

    if old == new:
        return samples
    return np.asarray(soxr.resample(samples.T, old, new, quality="HQ").T, np.float32)


def power(sound: Sound) -> Plane:
    """What a detector looks at: power of shape (looks, frequencies), over all channels; look t is at t * 8 ms.

    The mark moves all channels alike, so their summed power keeps it, even where they would cancel out as sound.
    """
    samples = resampled(sound.samples, sound.rate, RATE)
    step = HOP // LOOKS
    padded = np.pad(samples, ((0, 0), (FRAME // 2, FRAME // 2)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, FRAME, axis=1)[:, ::step]
    shape = np.hanning(FRAME + 1)[:FRAME].astype(np.float32)
    total = np.zeros((windows.shape[1], LAST - FIRST), np.float32)
    for start in range(0, len(total), _BATCH):
        for channel in windows[:, start : start + _BATCH]:
            spectrum = np.fft.rfft(channel * shape, axis=1)[:, FIRST:LAST]
            total[start : start + _BATCH] += spectrum.real**2 + spectrum.imag**2
    return total


def whitened(seen: Plane) -> Plane:
    """How far every cell stands out from its neighbours in time and in frequency.

    Args:
        seen: power, from `power`.

    Returns:
        float32 of the same shape, within ±1.2, about as large everywhere but where nothing or only noise is heard.
    """
    mean = float(seen.mean()) + 1e-20
    level = 10 * np.log10(seen + np.float32(mean * _EMPTY))
    across = level - boxed(level, 1, _NEIGHBOURS)
    along = level - _over_frames(level)
    # A steady tone is best foretold from the frames beside it, a click from the frequencies beside it: each
    # comparison counts as much as it has been reliable around here.
    unsteady = boxed(across**2, 5 * LOOKS, 9) + np.float32(_LEAST_VARIANCE)
    told = across / unsteady
    unsteady = boxed(along**2, 5 * LOOKS, 9) + np.float32(_LEAST_VARIANCE)
    told += along / unsteady
    told /= np.sqrt(np.maximum(boxed(told**2, 7 * LOOKS, 15), 0)) + np.float32(1e-3)
    return _steadied(np.clip(told, -_CLIP, _CLIP) * _trust(seen, mean))


def boxed(values: Plane, rows: int, columns: int) -> Plane:
    """Means over boxes of rows × columns around every cell; boxes are cut at the edges."""
    return _box(_box(values, rows, 0), columns, 1)


def _box(values: Plane, width: int, axis: int) -> Plane:
    if width == 1:
        return values
    length = values.shape[axis]
    low = np.clip(np.arange(length) - width // 2, 0, length)
    high = np.clip(np.arange(length) - width // 2 + width, 0, length)
    pad = [(1, 0), (0, 0)] if axis == 0 else [(0, 0), (1, 0)]
    sums = np.pad(np.cumsum(values, axis=axis, dtype=np.float64), pad)
    counts = (high - low).reshape((-1, 1) if axis == 0 else (1, -1))
    return np.asarray((sums.take(high, axis) - sums.take(low, axis)) / counts, np.float32)


def _steadied(values: Plane) -> Plane:
    """Each look with a quarter of the looks beside it, 8 ms away, instead of half of itself."""
    steady = values / np.float32(2)
    steady[1:] += values[:-1] / np.float32(4)
    steady[:-1] += values[1:] / np.float32(4)
    return steady


def _over_frames(level: Plane) -> Plane:
    """Mean of every cell, the one a frame before and the one a frame after."""
    if len(level) <= 2 * LOOKS:
        return level
    padded = np.pad(level, ((LOOKS, LOOKS), (0, 0)), mode="edge")
    return (padded[: -2 * LOOKS] + level + padded[2 * LOOKS :]) / np.float32(3)


def _trust(seen: Plane, mean: float) -> Plane:
    """How much of a cell can be the marked sound: little near the floor of noise, nothing where it is empty."""
    around = boxed(seen, 3 * LOOKS, 5)
    heard = around > mean * _EMPTY * 10
    if not heard.any():
        return np.zeros_like(seen)
    floor = np.float32(np.percentile(around[heard][:: LOOKS * 2], _FLOOR_PERCENTILE) * _FLOOR_FACTOR)
    excess = np.maximum(around / floor - 1, np.float32(_LEAST_TRUST))
    return np.asarray(np.where(heard, excess / (1 + excess), 0), np.float32)

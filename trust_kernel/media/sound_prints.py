"""Fingerprints of sound: the signs of energy differences between neighbouring bands and moments.

After Haitsma and Kalker, "A Highly Robust Audio Fingerprinting System" (ISMIR 2002): 33 bands from 300 to 2,000 Hz,
one bit for each pair of neighbours, whether the difference of their energies grew. Against the paper, moments 128 ms
apart are compared instead of 12, so that a sub-fingerprint says something of its own and one in four is enough to keep.
Measured beside logarithms and fourth roots of the energies, which lost more bits to every codec and to noise.
"""

import numpy as np
from numpy.typing import NDArray

from trust_kernel.media.refs import SAMPLE_RATE

HOP = 512
"""Samples from one sub-fingerprint to the next: 32 ms."""
WINDOW = 8192
"""Samples that one looks at: half a second, weighted by a Hann window."""
BITS = 32
_LOWEST, _HIGHEST = 300.0, 2000.0
_BACK = 4
"""Hops between the two moments that are compared."""
_SILENT = 1e-4
"""Root mean square of what counts as silence: 10 dB below the noise of a quiet room's recording."""
_AT_ONCE = 512
"""Windows transformed at a time: 17 MB."""


def sound_prints(samples: NDArray[np.float32]) -> NDArray[np.uint32]:
    """Sub-fingerprints, uint32 (n,), one for each `HOP` samples that a whole window starts at.

    0 stands for nothing to compare: silence, and sound of which nothing changes, such as a test tone of whatever pitch.

    Args:
        samples: float32 mono in [-1, 1] at SAMPLE_RATE.
    """
    if samples.size < WINDOW + _BACK * HOP:
        return np.zeros(0, np.uint32)
    energies, loud = _energies(samples)
    steps = np.diff(energies, axis=1)
    grew = steps[_BACK:] - steps[:-_BACK] < 0
    words = (grew.astype(np.uint64) << np.arange(BITS, dtype=np.uint64)).sum(axis=1, dtype=np.uint64)
    heard = loud[_BACK:] & loud[:-_BACK]
    return np.where(heard, words, 0).astype(np.uint32)


def sped(samples: NDArray[np.float32], speed: float) -> NDArray[np.float32]:
    """A sound played faster, and so higher, by straight lines between samples: near enough below 2 kHz.

    Args:
        samples: float32 mono.
        speed: 1 as it is, 1.02 faster by two per cent.
    """
    moments = np.arange(0, len(samples) - 1, speed)
    return np.asarray(np.interp(moments, np.arange(len(samples)), samples), np.float32)


def _energies(samples: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Band energies (n, 33), and whether there is anything to hear (n,)."""
    windows = np.lib.stride_tricks.sliding_window_view(samples, WINDOW)[::HOP]
    shape = np.hanning(WINDOW).astype(np.float32)
    edges = _band_edges()
    energies = np.empty((len(windows), BITS + 1), np.float32)
    loud = np.empty(len(windows), np.bool_)
    for start in range(0, len(windows), _AT_ONCE):
        part = slice(start, start + _AT_ONCE)
        power = np.abs(np.fft.rfft(windows[part] * shape, axis=1)).astype(np.float32) ** 2
        bands = np.add.reduceat(power[:, : edges[-1]], edges[:-1], axis=1)
        loud[part] = np.sqrt(bands.sum(axis=1)) / WINDOW > _SILENT / 2
        energies[part] = bands
    return energies, loud


def _band_edges() -> NDArray[np.intp]:
    """First bins of the bands, evenly spaced by ratio, and the end of the last."""
    return np.round(np.geomspace(_LOWEST, _HIGHEST, BITS + 2) * WINDOW / SAMPLE_RATE).astype(np.intp)

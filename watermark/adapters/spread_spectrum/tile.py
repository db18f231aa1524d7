"""The keyed pattern: a tile of 128 × 128 canonical pixels that repeats over the picture.

It is made in the Fourier domain, in a ring of middle frequencies: lower ones show and are masked by content, higher
ones do not survive encoding and resizing. A part of the coefficients is the same for every payload under a key and lets
the detector find how the pattern lies (sync); the rest carry the coded bits, each several times.

Every secret choice (which coefficient does what, and its sign) is drawn from the key's stream.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from watermark.adapters.keystream import KeyStream
from watermark.adapters.spread_spectrum.code import CODED_BITS, encode

CELLS = 128
"""Side of the tile in canonical pixels."""
SHORT_SIDE = 360
"""Pixels of the picture's shorter side at the canonical size, where the pattern is added and sought."""
INNER, OUTER = 4, 28
"""The ring, in cycles a tile. The outermost period is 4.6 canonical pixels: it survives 360p."""
SYNC_SHARE = 0.3


@dataclass(frozen=True)
class Carriers:
    """Which coefficients of the tile's Fourier transform do what.

    Only one of each pair of opposite coefficients is used; the real part of the inverse transform brings the other.

    Attributes:
        sync: flat indices into (128, 128).
        sync_signs: +1 or -1 of the real and the imaginary part, shape (len(sync), 2).
        data: flat indices of the data coefficients.
        data_signs: keyed signs that whiten the data, shape (len(data), 2).
        coded_bit: which coded bit each part carries, shape (len(data), 2).
    """

    sync: NDArray[np.intp]
    sync_signs: NDArray[np.float64]
    data: NDArray[np.intp]
    data_signs: NDArray[np.float64]
    coded_bit: NDArray[np.intp]


def frequencies() -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    """Horizontal and vertical frequency and radius of every coefficient, flat, in cycles a tile."""
    line = np.fft.fftfreq(CELLS, 1 / CELLS).astype(np.int64)
    across, down = (grid.ravel() for grid in np.meshgrid(line, line))
    return across, down, np.hypot(across, down)


def carriers(key: bytes, number: int = 0) -> Carriers:
    """The keyed division of labour of pattern `number` under a key."""
    stream = KeyStream(key, f"spread-spectrum:v1:pattern:{number}")
    across, down, radius = frequencies()
    half = (down > 0) | ((down == 0) & (across > 0))
    ring = np.flatnonzero((radius >= INNER) & (radius <= OUTER) & half)
    ring = ring[stream.order(len(ring), "roles")]
    count = int(len(ring) * SYNC_SHARE)
    sync, data = ring[:count], ring[count:]
    bits = (np.arange(2 * len(data)) % CODED_BITS)[stream.order(2 * len(data), "bits")]
    return Carriers(
        sync=sync,
        sync_signs=stream.signs(len(sync), "sync"),
        data=data,
        data_signs=stream.signs(len(data), "data"),
        coded_bit=bits.reshape(-1, 2),
    )


def spectrum(indices: NDArray[np.intp], parts: NDArray[np.float64]) -> NDArray[np.complex128]:
    """A (128, 128) transform, zero but for the given coefficients."""
    plane = np.zeros(CELLS * CELLS, np.complex128)
    plane[indices] = parts[:, 0] + 1j * parts[:, 1]
    return plane.reshape(CELLS, CELLS)


def sync_tile(roles: Carriers) -> NDArray[np.float64]:
    """The part of the tile that every payload shares, shape (128, 128)."""
    return np.fft.ifft2(spectrum(roles.sync, roles.sync_signs)).real


def tile(roles: Carriers, payload: int) -> NDArray[np.float32]:
    """The tile of one payload: float32 of shape (128, 128), mean 0, standard deviation 1."""
    coded = 1.0 - 2.0 * encode(payload)
    data = spectrum(roles.data, roles.data_signs * coded[roles.coded_bit])
    plain = np.fft.ifft2(spectrum(roles.sync, roles.sync_signs) + data).real
    scaled: NDArray[np.float32] = (plain / plain.std()).astype(np.float32)
    return scaled


def canonical_size(width: int, height: int) -> tuple[int, int]:
    """Width and height at which the pattern is added and sought: the shorter side is 360."""
    shrink = SHORT_SIDE / min(width, height)
    return max(1, round(width * shrink)), max(1, round(height * shrink))

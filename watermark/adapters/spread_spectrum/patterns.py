"""The keyed patterns: a family of eight, each on a torus of 640 × 640 canonical pixels, so none repeats in a picture.

A pattern is made in the Fourier domain, in a ring of middle frequencies: lower ones show and drown in the picture,
higher ones do not survive encoding and resizing. A part of the coefficients is the same for every payload under a key
and lets the detector find how the pattern lies (sync); the rest carry the coded bits, each about eighty times.

Why a family: who averages a video's residuals, or folds them, gets an estimate of what stays the same. So nothing does:
each moment bears another member, in an order that only the key tells (`schedule`).

Every secret choice (which coefficient does what, and its signs) is drawn from the key's stream.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from watermark.adapters.keystream import KeyStream
from watermark.adapters.spread_spectrum.code import CODED_BITS, encode

SIDE = 640
"""Side of the torus in canonical pixels."""
SHORT_SIDE = 360
"""Pixels of the picture's shorter side at the canonical size, where the pattern is added and sought."""
_LONG_SIDE = 4 * SHORT_SIDE
FAMILY = 8
"""Patterns under one key."""
INNER, OUTER = 16, 118
"""The ring, in cycles a torus: periods of 40 to 5.4 canonical pixels. Wider bands were measured to read less where the
picture moves, narrower ones where it is busy and stands still."""
COARSE = 76
"""Frequencies up to here, a period of 8 pixels, are enough to find roughly how a pattern lies."""
SYNC_SHARE = 0.24
_SLOPE = 0.35
"""Amplitude falls with this power of the frequency: encoders spare low ones."""


@dataclass(frozen=True)
class Roles:
    """Which coefficient of the torus' Fourier transform does what under one key, in all patterns.

    Only coefficients with a horizontal frequency above 0 are used; the real part of the inverse brings their opposites.

    Attributes:
        across: horizontal frequency of each used coefficient, int64 (n,), in 1..OUTER, cycles a torus.
        down: vertical frequency, int64 (n,), in -OUTER..OUTER.
        sync: whether it is a sync coefficient, bool (n,).
        coded_bit: which coded bit the real and the imaginary part carry, int64 (n, 2); meaningless where `sync`.
        signs: +1 or -1 of both parts in each pattern, float32 (FAMILY, n, 2).
    """

    across: NDArray[np.int64]
    down: NDArray[np.int64]
    sync: NDArray[np.bool_]
    coded_bit: NDArray[np.int64]
    signs: NDArray[np.float32]

    @cached_property
    def radius(self) -> NDArray[np.float64]:
        """Frequency of each coefficient, (n,), cycles a torus."""
        return np.hypot(self.across, self.down)


def roles_of(key: bytes) -> Roles:
    """The keyed division of labour."""
    stream = KeyStream(key, "spread-spectrum:v2")
    across, down = (grid.ravel() for grid in np.meshgrid(np.arange(1, OUTER + 1), np.arange(-OUTER, OUTER + 1)))
    radius = np.hypot(across, down)
    ring = (radius >= INNER) & (radius <= OUTER)
    across, down = across[ring], down[ring]
    count = len(across)
    lot = stream.unit(count, "roles")
    sync = lot < SYNC_SHARE
    parts = 2 * int(count - sync.sum())
    coded_bit = np.zeros((count, 2), np.int64)
    coded_bit[~sync] = (np.arange(parts) % CODED_BITS)[stream.order(parts, "bits")].reshape(-1, 2)
    signs = np.stack([stream.signs(count, f"pattern:{number}") for number in range(FAMILY)])
    return Roles(across, down, sync, coded_bit, signs.astype(np.float32))


def said(roles: Roles, payload: int) -> NDArray[np.float32]:
    """What a payload makes of the signs of every pattern, (n, 2): +1 or -1 for data, +1 for sync."""
    coded = (1.0 - 2.0 * encode(payload)).astype(np.float32)
    return np.where(roles.sync[:, None], np.float32(1), coded[roles.coded_bit])


def pattern(roles: Roles, number: int, payload: int) -> NDArray[np.float32]:
    """One pattern of one payload: float32 of shape (640, 640), mean 0, standard deviation 1."""
    import cv2

    weight = np.asarray(roles.radius**-_SLOPE, np.float32)
    parts = roles.signs[number] * said(roles, payload) * weight[:, None]
    # OpenCV's packed transform: column 2f - 1 holds the real and 2f the imaginary part of horizontal frequency f.
    packed = np.zeros((SIDE, SIDE), np.float32)
    packed[roles.down % SIDE, 2 * roles.across - 1] = parts[:, 0]
    packed[roles.down % SIDE, 2 * roles.across] = parts[:, 1]
    plain = cv2.dft(packed, flags=cv2.DFT_INVERSE | cv2.DFT_REAL_OUTPUT)
    return np.asarray(plain / plain.std(), np.float32)


def canonical_size(width: int, height: int) -> tuple[int, int]:
    """Width and height at which the pattern is added and sought: the shorter side is 360, unless it is a strip."""
    shrink = min(SHORT_SIDE / min(width, height), _LONG_SIDE / max(width, height))
    return max(1, round(width * shrink)), max(1, round(height * shrink))

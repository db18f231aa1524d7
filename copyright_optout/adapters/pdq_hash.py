"""PDQ itself (Facebook, 2019): 256 bits of a picture's low frequencies, against their median.

After "The TMK+PDQF Video-Hashing Algorithm and the PDQ Image-Hashing Algorithm" (ThreatExchange, hashing/hashing.pdf).
The reference blurs a picture and samples 64 by 64 points; we take 64 by 64 averaged points, for which the reference's
own blur does nothing, so both agree bit for bit from there on. Its bindings ship no wheel, and the default installation
needs no compiler (docs/decisions/0007).
"""

from functools import cache

import numpy as np
from numpy.typing import NDArray

SIDE = 64
"""Points a side that PDQ samples."""

_KEPT = 16
_LUMA = np.array([0.299, 0.587, 0.114], np.float32)
_STEP_SCALE = 100.0 / 255.0
_QUALITY_SCALE = 90
_FULL = 100


def pdq(picture: NDArray[np.uint8]) -> tuple[NDArray[np.bool_], int]:
    """Hash bits (256,), the highest first as hex writes them, and the quality, 0 to 100.

    Args:
        picture: uint8 RGB (64, 64, 3).
    """
    points = _luma(picture)
    return _bits(_frequencies(points)), _quality(points)


def pdq_dihedral(picture: NDArray[np.uint8]) -> tuple[NDArray[np.bool_], int]:
    """Bits (8, 256) of the picture turned and mirrored every way, itself first, and its quality.

    Turning or mirroring a picture transposes its frequencies or flips the sign of every other row or column, so one
    transform serves all eight.
    """
    points = _luma(picture)
    plain = _frequencies(points)
    signs = np.where(np.arange(_KEPT) % 2 == 0, -1.0, 1.0).astype(np.float32)
    turned = [
        orientation * rows[:, None] * columns[None, :]
        for orientation in (plain, plain.T)
        for rows in (np.ones(_KEPT, np.float32), signs)
        for columns in (np.ones(_KEPT, np.float32), signs)
    ]
    return np.stack([_bits(frequencies) for frequencies in turned]), _quality(points)


def pdq_mirrored(points: NDArray[np.float32]) -> tuple[NDArray[np.bool_], NDArray[np.int64]]:
    """Bits (n, 2, 256) of many pictures at once, each as it stands and mirrored, and their qualities (n,).

    Args:
        points: luma, float32 (n, 64, 64), 0 to 255.
    """
    basis = _basis()
    plain = basis @ points @ basis.T
    signs = np.where(np.arange(_KEPT) % 2 == 0, -1.0, 1.0).astype(np.float32)
    both = np.stack([plain, plain * signs], axis=1).reshape(len(points), 2, _KEPT * _KEPT)
    median = np.partition(both, _KEPT * _KEPT // 2 - 1, axis=2)[:, :, _KEPT * _KEPT // 2 - 1]
    steps = [np.abs((np.diff(points, axis=axis) * _STEP_SCALE).astype(np.int64)).sum(axis=(1, 2)) for axis in (1, 2)]
    return (both > median[:, :, None])[:, :, ::-1], np.minimum(_FULL, sum(steps) // _QUALITY_SCALE)


def _luma(picture: NDArray[np.uint8]) -> NDArray[np.float32]:
    if picture.shape != (SIDE, SIDE, 3):
        raise ValueError(f"PDQ samples {SIDE} by {SIDE} points, not {picture.shape}")
    return np.asarray(picture.astype(np.float32) @ _LUMA, np.float32)


@cache
def _basis() -> NDArray[np.float32]:
    """Rows 1 to 16 of the 64-point DCT-II; the constant row says nothing about what is seen."""
    row, column = np.arange(1, _KEPT + 1)[:, None], np.arange(SIDE)[None, :]
    made = np.sqrt(2.0 / SIDE) * np.cos(np.pi / 2 / SIDE * row * (2 * column + 1))
    return np.asarray(made, np.float32)


def _frequencies(points: NDArray[np.float32]) -> NDArray[np.float32]:
    basis = _basis()
    return np.asarray(basis @ points @ basis.T, np.float32)


def _bits(frequencies: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Above the lower median; the reference counts bits from the last one."""
    flat = frequencies.ravel()
    median = np.partition(flat, flat.size // 2 - 1)[flat.size // 2 - 1]
    return np.asarray((flat > median)[::-1], np.bool_)


def _quality(points: NDArray[np.float32]) -> int:
    """How much there is to see: steps between neighbours, counted from about two grey levels up."""
    total = sum(int(np.abs((np.diff(points, axis=axis) * _STEP_SCALE).astype(np.int64)).sum()) for axis in (0, 1))
    return min(_FULL, total // _QUALITY_SCALE)

"""Landmarks of a sound: pairs of peaks of its spectrogram, by which the same recording is known again.

Source: Wang, "An industrial-strength audio search algorithm" (ISMIR 2003). What is said anew, by the same voice, has
other peaks at other distances; what is played again has most of them, at one shift in time.
"""

import numpy as np
from numpy.typing import NDArray

SLOT = 0.032
"""Seconds a slot."""
_RATE = 16_000
_HOP = 512
_WINDOW = 1024
_BINS = 256
"""Up to 4 kHz: what phones and codecs leave."""
_NEAR_SLOTS, _NEAR_BINS = 5, 9
_A_SECOND = 18
_FAN, _AHEAD = 4, 40
_QUIET = 1e-3


def landmarks(sound: NDArray[np.float32]) -> NDArray[np.int64]:
    """Landmarks as int64 (n, 2): the pair of peaks as a number below 2**22, and its slot.

    Args:
        sound: float32 mono at 16 kHz in [-1, 1]; one shorter than a window has none.
    """
    if sound.size < _WINDOW:
        return np.zeros((0, 2), np.int64)
    peaks = _peaks(_spectrogram(sound))
    pairs = [
        (_pair(low, high, later - slot), slot)
        for number, (slot, low) in enumerate(peaks)
        for later, high in peaks[number + 1 : number + 1 + _FAN]
        if 0 < later - slot <= _AHEAD
    ]
    return np.asarray(pairs, np.int64).reshape(-1, 2)


def _pair(low: int, high: int, apart: int) -> int:
    return (low << 14) | (high << 6) | apart


def _spectrogram(sound: NDArray[np.float32]) -> NDArray[np.float32]:
    """Log magnitudes (slots, bins), 0 where it is quiet."""
    frames = np.lib.stride_tricks.sliding_window_view(sound, _WINDOW)[::_HOP]
    spectra = np.abs(np.fft.rfft(frames * np.hanning(_WINDOW).astype(np.float32), axis=1))[:, :_BINS]
    loudest = max(float(spectra.max()), 1e-9)
    levels: NDArray[np.float32] = np.log(np.maximum(spectra / loudest, _QUIET) / _QUIET).astype(np.float32)
    return levels


def _peaks(levels: NDArray[np.float32]) -> list[tuple[int, int]]:
    """The strongest local maxima, in order of time, then of frequency."""
    greatest = levels
    for axis, reach in ((0, _NEAR_SLOTS), (1, _NEAR_BINS)):
        padded = np.pad(greatest, [(reach, reach) if a == axis else (0, 0) for a in (0, 1)], constant_values=0)
        greatest = np.lib.stride_tricks.sliding_window_view(padded, 2 * reach + 1, axis=axis).max(axis=-1)
    places = np.argwhere((levels >= greatest) & (levels > 1.0))
    most = round(_A_SECOND * len(levels) * SLOT)
    strongest = places[np.argsort(-levels[places[:, 0], places[:, 1]], kind="stable")[:most]]
    return sorted((int(slot), int(row)) for slot, row in strongest)

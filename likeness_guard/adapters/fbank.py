"""Kaldi's log mel filter bank in numpy, as WeSpeaker's and many other voice networks take it.

The formulas are those of Kaldi's feature-fbank and mel-computations (Apache-2.0): no dither, Hamming window,
pre-emphasis 0.97, offset removed from each frame, 512-point power spectrum, triangles even on the scale
1127 ln(1 + f / 700) from 20 Hz to half the sample rate, natural logarithm with float32's epsilon as the floor.
"""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from likeness_guard.ports import Sound
from trust_kernel.media.refs import SAMPLE_RATE

_FRAME = SAMPLE_RATE * 25 // 1000
_HOP = SAMPLE_RATE * 10 // 1000
_POINTS = 512
_EMPHASIS = 0.97
_LOWEST = 20.0
_FULL_SCALE = 32768.0


def kaldi_fbank(sound: Sound, bands: int = 80) -> NDArray[np.float32]:
    """Log mel energies, float32 (frames, bands), a frame every 10 ms; whole frames alone.

    Args:
        sound: float32 mono in [-1, 1] at 16 kHz.
        bands: of the filter bank.
    """
    if sound.size < _FRAME:
        sound = np.pad(sound, (0, _FRAME - sound.size))
    frames = np.lib.stride_tricks.sliding_window_view(sound.astype(np.float64) * _FULL_SCALE, _FRAME)[::_HOP]
    frames = frames - frames.mean(axis=1, keepdims=True)
    before = np.concatenate([frames[:, :1], frames[:, :-1]], axis=1)
    hamming = 0.54 - 0.46 * np.cos(2 * np.pi * np.arange(_FRAME) / (_FRAME - 1))
    power = np.abs(np.fft.rfft((frames - _EMPHASIS * before) * hamming, _POINTS, axis=1)) ** 2
    energies = power[:, : _POINTS // 2] @ _triangles(bands).T
    return np.asarray(np.log(np.maximum(energies, np.finfo(np.float32).eps)), np.float32)


def level(features: NDArray[np.float32]) -> NDArray[np.float32]:
    """Take each band's mean over time off: a microphone's colour is not a voice."""
    return np.asarray(features - features.mean(axis=0, keepdims=True), np.float32)


@lru_cache(maxsize=8)
def _triangles(bands: int) -> NDArray[np.float64]:
    """(bands, 256): triangles of height 1 on the mel scale."""
    edges = np.linspace(_mel(_LOWEST), _mel(SAMPLE_RATE / 2), bands + 2)
    mels = _mel(np.arange(_POINTS // 2) * SAMPLE_RATE / _POINTS)
    rising = (mels[None] - edges[:-2, None]) / np.diff(edges)[:-1, None]
    falling = (edges[2:, None] - mels[None]) / np.diff(edges)[1:, None]
    return np.asarray(np.maximum(0.0, np.minimum(rising, falling)), np.float64)


def _mel(hertz: float | NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(1127.0 * np.log1p(np.asarray(hertz) / 700.0))

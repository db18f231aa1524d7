"""Resemblyzer's GE2E encoder in ONNX Runtime, with its mel features in numpy.

Features as the weights were trained on: 40 Slaney mel bands of the power spectrum (not its logarithm), 25 ms Hann
windows every 10 ms, windows of 160 frames. The mel formula is Slaney's Auditory Toolbox, as in librosa's default.
"""

from collections.abc import Callable
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from likeness_guard.adapters.ge2e_graph import MELS
from likeness_guard.ports import Sound, Vectors
from trust_kernel.inference.sessions import Session
from trust_kernel.media.refs import SAMPLE_RATE

_WINDOW = SAMPLE_RATE * 25 // 1000
_HOP = SAMPLE_RATE * 10 // 1000
_FRAMES = 160
_STEP = 77
"""Frames between windows: 1.3 windows a second, as in Resemblyzer."""
_COVERAGE = 0.75
"""A last window must be filled to this share, unless it is the only one."""
_LOUDNESS = 10 ** (-30 / 20)
"""Root mean square that quiet sounds are raised to: -30 dBFS."""


class OnnxGe2eVoice:
    """256 numbers a window of 1.6 s.

    Args:
        version: pack name and version.
        session: gives the loaded network.
    """

    dimensions = 256

    def __init__(self, version: str, session: Callable[[], Session]) -> None:
        self.version = version
        self._session = session

    def partials(self, sound: Sound) -> tuple[Vectors, NDArray[np.float64]]:
        """Unit vectors of windows over a sound, and each window's start and end in seconds."""
        if not sound.size:
            return np.zeros((0, self.dimensions), np.float32), np.zeros((0, 2))
        starts = _starts(sound.size)
        needed = (starts[-1] + _FRAMES) * _HOP
        padded = np.pad(_levelled(sound), (0, max(0, needed - sound.size)))
        mels = mel_power(padded)
        windows = np.stack([mels[start : start + _FRAMES] for start in starts])
        vectors = self._session().run({"mels": windows})[0]
        begin = np.asarray(starts, np.float64) * _HOP / SAMPLE_RATE
        end = np.minimum(begin + _FRAMES * _HOP / SAMPLE_RATE, sound.size / SAMPLE_RATE)
        return vectors, np.stack([begin, end], axis=1)


def mel_power(sound: Sound) -> NDArray[np.float32]:
    """Mel power spectrogram, float32 (frames, 40), one frame every 10 ms."""
    padded = np.pad(sound, _WINDOW // 2)
    frames = np.lib.stride_tricks.sliding_window_view(padded, _WINDOW)[::_HOP]
    hann = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(_WINDOW) / _WINDOW)
    power = np.abs(np.fft.rfft(frames * hann, axis=1)) ** 2
    return np.asarray(power @ _filters().T, np.float32)


@lru_cache(maxsize=1)
def _filters() -> NDArray[np.float64]:
    """Slaney's triangular mel filters of unit area, (40, 201)."""
    edges = _hertz(np.linspace(0.0, _mel(SAMPLE_RATE / 2), MELS + 2))
    bins = np.fft.rfftfreq(_WINDOW, 1 / SAMPLE_RATE)
    slopes = edges[:, None] - bins[None]
    widths = np.diff(edges)
    rising = -slopes[:-2] / widths[:-1, None]
    falling = slopes[2:] / widths[1:, None]
    triangles = np.maximum(0.0, np.minimum(rising, falling))
    return np.asarray(triangles * (2.0 / (edges[2:] - edges[:-2]))[:, None])


_LINEAR = 200.0 / 3
_KNEE = 1000.0
_LOG_STEP = np.log(6.4) / 27


def _mel(hertz: float) -> float:
    return hertz / _LINEAR if hertz < _KNEE else float(_KNEE / _LINEAR + np.log(hertz / _KNEE) / _LOG_STEP)


def _hertz(mels: NDArray[np.float64]) -> NDArray[np.float64]:
    knee = _KNEE / _LINEAR
    return np.where(mels < knee, mels * _LINEAR, _KNEE * np.exp(_LOG_STEP * (mels - knee)))


def _levelled(sound: Sound) -> Sound:
    level = float(np.sqrt(np.mean(np.square(sound, dtype=np.float64))))
    gain = max(1.0, _LOUDNESS / level) if level > 0 else 1.0
    return np.asarray(sound * gain, np.float32)


def _starts(samples: int) -> list[int]:
    frames = -(-(samples + 1) // _HOP)
    starts = list(range(0, max(1, frames - _FRAMES + _STEP + 1), _STEP))
    filled = (samples - starts[-1] * _HOP) / (_FRAMES * _HOP)
    return starts[:-1] if filled < _COVERAGE and len(starts) > 1 else starts

"""Resemblyzer's GE2E encoder in ONNX Runtime, with its mel features in numpy.

Features as the weights were trained on: 40 Slaney mel bands of the power spectrum (not its logarithm), 25 ms Hann
windows every 10 ms, windows of 160 frames. The mel formula is Slaney's Auditory Toolbox, as in librosa's default.
"""

from collections.abc import Callable, Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from likeness_guard.adapters.ge2e_graph import MELS
from likeness_guard.adapters.nsnet2 import Nsnet2
from likeness_guard.adapters.vectors import checked, unit
from likeness_guard.adapters.voice_channels import VoiceChannels, shipped_channels
from likeness_guard.ports import Sound, Vectors
from likeness_guard.ports.senses import VoiceEnhancer
from trust_kernel.errors import Broken
from trust_kernel.inference.sessions import Session
from trust_kernel.media.refs import SAMPLE_RATE

_WINDOW = SAMPLE_RATE * 25 // 1000
_HOP = SAMPLE_RATE * 10 // 1000
_FRAMES = 160
_STEP = 77
"""Frames between windows: 1.3 windows a second, as in Resemblyzer."""
_LEFT_OVER = 30
"""Frames after the last whole step that make one more window, which ends with the sound: so every window is full."""
_BLOCK = 64
"""Windows that are worked on at once: 50 s of sound."""
_RAW, _ENHANCED = np.sqrt(np.asarray([0.7, 0.3], np.float32))
"""Weights of the two halves of a vector: more of the enhanced one helps in noise and costs clean voices."""
_SAME_RAW = 0.64
_SAME_CENTRED = 0.3
"""Mean cosines of windows that are one voice (`python -m benchmarks.turns`)."""
_WIDTH = 256
"""Numbers that the network gives a window."""
_LOUDNESS = 10 ** (-30 / 20)
"""Root mean square that sounds are brought to, -30 dBFS: the network takes power, not its logarithm, so a voice at
another level is another voice to it (the same clip at a fifth: cosine .80 where only quiet sounds were raised)."""


class OnnxGe2eVoice:
    """256 numbers a window of 1.6 s; 512 with an enhancer, which is heard beside the sound as it is.

    What a network that takes noise away gets wrong, the raw half still knows, and the other way round.

    Args:
        version: of the pack, and of the enhancer and the channels where there are any.
        session: gives the loaded network.
        enhancer: takes noise away.
        channels: takes the channel out of the vectors; they must have been learnt with the same enhancer.
    """

    def __init__(
        self,
        version: str,
        session: Callable[[], Session],
        *,
        enhancer: VoiceEnhancer | None = None,
        channels: VoiceChannels | None = None,
    ) -> None:
        self.version = version
        self.dimensions = _WIDTH * (2 if enhancer else 1)
        self.same_voice = _SAME_CENTRED if channels else _SAME_RAW
        if channels and channels.mean.size != self.dimensions:
            raise Broken("these voice channels are for vectors of another length", code="likeness:channels:malformed")
        self._session = session
        self._enhancer = enhancer
        self._channels = channels

    def partials(self, sound: Sound) -> tuple[Vectors, NDArray[np.float64]]:
        """Unit vectors of windows over a sound, and each window's start and end in seconds.

        Memory does not grow with the length of the sound beyond the sound's own and the vectors'.

        Raises:
            Broken: ``model:output:shape`` or ``model:output:not_finite``.
        """
        if not sound.size:
            return np.zeros((0, self.dimensions), np.float32), np.zeros((0, 2))
        starts = _starts(sound.size)
        levelled = _levelled(sound)
        blocks = [self._block(levelled, starts[at : at + _BLOCK]) for at in range(0, len(starts), _BLOCK)]
        begin = np.asarray(starts, np.float64) * _HOP / SAMPLE_RATE
        end = np.minimum(begin + _FRAMES * _HOP / SAMPLE_RATE, sound.size / SAMPLE_RATE)
        return np.concatenate(blocks), np.stack([begin, end], axis=1)

    def _block(self, sound: Sound, starts: Sequence[int]) -> Vectors:
        """Vectors of neighbouring windows; the enhancer hears a second more before them, to settle."""
        first = starts[0] * _HOP
        lead = min(first, SAMPLE_RATE)
        part = sound[first - lead : (starts[-1] + _FRAMES) * _HOP]
        own = [start - starts[0] for start in starts]
        vectors = unit(self._embedded(part[lead:], own))
        if self._enhancer:
            enhanced = unit(self._embedded(_levelled(self._enhancer.enhanced(part)[lead:]), own))
            vectors = np.concatenate([_RAW * vectors, _ENHANCED * enhanced], axis=1)
        return self._channels.neutral(vectors) if self._channels else vectors

    def _embedded(self, sound: Sound, starts: Sequence[int]) -> Vectors:
        needed = (starts[-1] + _FRAMES) * _HOP
        mels = mel_power(np.pad(sound, (0, max(0, needed - sound.size))))
        windows = np.stack([mels[start : start + _FRAMES] for start in starts])
        return checked(self._session().run({"mels": windows})[0], len(starts), _WIDTH)


def enhanced_ge2e(version: str, ge2e: Callable[[], Session], nsnet2: Callable[[], Session]) -> OnnxGe2eVoice:
    """The embedder that ships: raw and enhanced sound, channels taken out; 512 numbers.

    Args:
        version: of both packs; the channels' own is added to it.
        ge2e: gives the encoder.
        nsnet2: gives the enhancer's network.

    Raises:
        Broken: ``likeness:channels:malformed``.
    """
    channels = shipped_channels()
    return OnnxGe2eVoice(f"{version}+{channels.version}", ge2e, enhancer=Nsnet2(nsnet2), channels=channels)


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
    return np.asarray(sound * (_LOUDNESS / level), np.float32) if level > 0 else sound


def _starts(samples: int) -> list[int]:
    """First frames of windows: every `_STEP`, and one that ends with the sound where enough is left over."""
    last = max(0, samples // _HOP - _FRAMES)
    starts = list(range(0, last + 1, _STEP))
    return [*starts, last] if last - starts[-1] >= _LEFT_OVER else starts

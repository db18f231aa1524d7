"""What every use of PocketSphinx shares; its English acoustic model comes inside its package (BSD)."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from trust_kernel.errors import Unavailable
from trust_kernel.inference.reasons import ModelReason
from trust_kernel.media.refs import SAMPLE_RATE

_PEAK = 0.5
_FLOOR = 0.002
"""Noise laid under the sound: the model was never trained on digital silence, and mishears every third digit in it."""
_FRAMES_A_SECOND = 100


def sphinx_decoder(**options: Any) -> Any:
    """A decoder with the English model and no language model; `options` are PocketSphinx's own.

    Raises:
        Unavailable: ``model:pack:not_installed``, the package is not installed.
    """
    try:
        from pocketsphinx import Decoder
    except ImportError as error:
        raise Unavailable("pocketsphinx is not installed", code=ModelReason.PACK_NOT_INSTALLED) from error
    return Decoder(lm=None, samprate=SAMPLE_RATE, loglevel="FATAL", cmn="batch", **options)


def sphinx_samples(sound: NDArray[np.float32], margin: float) -> bytes:
    """The sound at an even level with a floor of noise, as 16-bit samples; equal for equal sounds.

    Args:
        sound: samples in [-1, 1], shape (n,), at SAMPLE_RATE.
        margin: seconds of noise before and after.
    """
    silence = np.zeros(round(margin * SAMPLE_RATE), np.float32)
    whole = np.concatenate([silence, sound, silence])
    whole = whole * np.float32(_PEAK / max(float(np.abs(whole).max()), 1e-4))
    whole = whole + np.random.default_rng(0).standard_normal(whole.size).astype(np.float32) * np.float32(_FLOOR)
    return bytes((np.clip(whole, -1, 1) * 32767).astype("<i2").tobytes())


def sphinx_seconds(frame: int, margin: float) -> float:
    """When a decoder's frame is in the sound that had so much noise put before it."""
    return max(0.0, frame / _FRAMES_A_SECOND - margin)

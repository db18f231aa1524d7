"""From many sound channels to one track in which each of them can be heard."""

import numpy as np
from numpy.typing import NDArray

from trust_kernel.media.refs import SAMPLE_RATE

Channels = NDArray[np.float32]
"""float32 of shape (channels, n) at SAMPLE_RATE."""

_STRETCH = SAMPLE_RATE // 2
"""Samples over which two signals are compared: a word or two."""
_AUDIBLE = 3e-4
"""Root mean square, in [0, 1], from which a stretch counts as sound: -70 dB, below the noise of any recording room."""
_HEARD_IN = 0.75
"""Correlation with another signal from which a channel is heard in it. A channel that says something of its own, as
loud as the rest together, has 0.71."""
_GAP = SAMPLE_RATE


def one_track(channels: Channels) -> tuple[NDArray[np.float32], int]:
    """The mean of all channels; then, a second of silence before each, the channels that it drowns.

    A voice alone in a rear or bass channel lies some 18 dB below the others in a mix of eight, and one laid on two
    channels in opposite phase is not in the mix at all. Whoever plays, or feeds to a model, only some of the channels
    hears it, so it must be heard here.

    Returns:
        float32 mono (m,), and the samples of it that are the medium's own length; the rest are repeats of its time.
    """
    mix: NDArray[np.float32] = channels.mean(axis=0, dtype=np.float32)
    if len(channels) == 1:
        return mix, mix.size
    kept = [mix] if _audible(mix).any() else []
    loudest_first = np.argsort(-np.square(channels, dtype=np.float64).mean(axis=1), kind="stable")
    for channel in channels[loudest_first]:
        if not _heard_in(channel, kept):
            kept.append(channel)
    gap = np.zeros(_GAP, np.float32)
    parts = [part for signal in kept or [mix] for part in (gap, signal)][1:]
    return np.concatenate(parts), mix.size


def _stretches(signal: NDArray[np.float32]) -> NDArray[np.float32]:
    """Cut a signal into rows of `_STRETCH` samples, the last one filled up with silence."""
    rows = np.zeros((-(-signal.size // _STRETCH), _STRETCH), np.float32)
    rows.ravel()[: signal.size] = signal
    return rows


def _audible(signal: NDArray[np.float32]) -> NDArray[np.bool_]:
    rows = _stretches(signal)
    return np.asarray(np.sqrt(np.einsum("ij,ij->i", rows, rows) / _STRETCH) >= _AUDIBLE)


def _heard_in(channel: NDArray[np.float32], kept: list[NDArray[np.float32]]) -> bool:
    """Whether, wherever a channel sounds, one of the signals that are kept sounds like it."""
    sounds = _audible(channel)
    rows = _stretches(channel)[sounds]
    heard = np.zeros(len(rows), bool)
    for signal in kept:
        others = _stretches(signal)[sounds]
        power = np.einsum("ij,ij->i", rows, rows) * np.einsum("ij,ij->i", others, others)
        likeness = np.einsum("ij,ij->i", rows, others) / np.sqrt(np.maximum(power, 1e-20))
        heard |= np.abs(likeness) >= _HEARD_IN
    return bool(heard.all())

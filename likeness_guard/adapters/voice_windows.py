"""Cuts a sound into windows of one length, so that a network sees them in batches."""

import numpy as np
from numpy.typing import NDArray

from likeness_guard.ports import Sound
from trust_kernel.media.refs import SAMPLE_RATE


def windows(sound: Sound, window: float, step: float) -> tuple[NDArray[np.float32], NDArray[np.float64]]:
    """Windows (n, samples) over a sound, and their (n, 2) start and end in seconds; at least one if it is not empty.

    The last window ends with the sound. A sound shorter than a window is repeated until it fills one: zeros would be
    heard as silence.

    Args:
        sound: float32 mono at 16 kHz.
        window: seconds.
        step: seconds between starts; no two windows start closer than a quarter of it.
    """
    length, stride = round(window * SAMPLE_RATE), round(step * SAMPLE_RATE)
    if not sound.size:
        return np.zeros((0, length), np.float32), np.zeros((0, 2))
    if sound.size <= length:
        return np.resize(sound, length)[None].astype(np.float32), np.asarray([[0.0, sound.size / SAMPLE_RATE]])
    starts = list(range(0, sound.size - length + 1, stride))
    last = sound.size - length
    if last - starts[-1] > stride // 4:
        starts.append(last)
    begin = np.asarray(starts, np.float64) / SAMPLE_RATE
    rows = np.stack([sound[start : start + length] for start in starts]).astype(np.float32)
    return rows, np.stack([begin, begin + length / SAMPLE_RATE], axis=1)

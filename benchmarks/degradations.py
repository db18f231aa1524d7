"""What becomes of a voice between a mouth and a file: noise, rooms, telephones, music. Pure numpy.

Every function takes float32 mono sound at SAMPLE_RATE and gives float32 of the same length and about the same level of
speech; where chance is in it, equal generators give equal sounds. Ratios (dB) are between the mean power of the whole
given sound and that of what is added.

The headline figures use white noise: it is the kind that anybody can make again.
"""

from collections.abc import Mapping, Sequence
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from trust_kernel.media.refs import SAMPLE_RATE

Sound = NDArray[np.float32]
Floats = NDArray[np.float64]

_PINK_FROM = 50.0
_SPEECH_KNEE = 500.0
_TELEPHONE = (300.0, 3400.0)
_MU = 255.0
_PRE_DELAY = 0.004
_EARLY = 0.05
_EARLY_TAPS = 8
_CHORDS: Mapping[str, tuple[int, ...]] = {
    "C": (48, 60, 64, 67),
    "Am": (45, 57, 60, 64),
    "F": (41, 53, 57, 60),
    "G": (43, 55, 59, 62),
}
_BEAT = 0.5


class Noise(StrEnum):
    """Spectra of noise."""

    WHITE = "white"
    PINK = "pink"
    SPEECH = "speech"
    """Falls by 12 dB an octave above 500 Hz, as the long-term spectrum of speech about does."""


def noisy(sound: Sound, snr_db: float, rng: np.random.Generator, noise: Noise = Noise.WHITE) -> Sound:
    """Steady noise beneath a sound."""
    if not sound.size:
        return sound
    spectrum = np.fft.rfft(rng.standard_normal(sound.size))
    hertz = np.fft.rfftfreq(sound.size, 1 / SAMPLE_RATE)
    if noise is Noise.PINK:
        spectrum /= np.sqrt(np.maximum(hertz, _PINK_FROM))
    elif noise is Noise.SPEECH:
        spectrum /= 1 + (hertz / _SPEECH_KNEE) ** 2
    return mixed(sound, np.fft.irfft(spectrum, sound.size), snr_db)


def in_babble(sound: Sound, others: Sequence[Sound], snr_db: float, rng: np.random.Generator) -> Sound:
    """Other people talking at once, each from a random moment of theirs and equally loud."""
    crowd = np.zeros(sound.size)
    for other in others:
        turned = np.roll(other, -int(rng.integers(other.size)))
        crowd += np.resize(turned, sound.size) / max(_rms(turned), 1e-9)
    return mixed(sound, crowd, snr_db)


def reverberant(sound: Sound, rng: np.random.Generator, rt60: float = 0.6, direct_db: float = 0.0) -> Sound:
    """A room: the direct sound, a few early reflections, and an exponentially decaying tail.

    Polack's statistical model of a room's impulse response (white noise under an exponential envelope), with sparse
    early reflections before it.

    Args:
        sound: what is said.
        rng: draws the room.
        rt60: seconds in which the tail falls by 60 dB.
        direct_db: energy of the direct sound against all the rest; 0 is a speaker at the critical distance.
    """
    if not sound.size:
        return sound
    wet = _convolved(sound, _room(rng, rt60, direct_db))[: sound.size]
    return np.asarray(wet * (_rms(sound) / max(_rms(wet), 1e-9)), np.float32)


def telephone(sound: Sound) -> Sound:
    """The band of a telephone, 300 to 3400 Hz at 8 kHz, in 8-bit mu-law (ITU-T G.711)."""
    if not sound.size:
        return sound
    spectrum = np.fft.rfft(sound)
    hertz = np.fft.rfftfreq(sound.size, 1 / SAMPLE_RATE)
    low, high = _TELEPHONE
    spectrum[(hertz < low) | (hertz > high)] = 0
    narrow = np.clip(np.fft.irfft(spectrum, sound.size), -1, 1)
    squeezed = np.sign(narrow) * np.log1p(_MU * np.abs(narrow)) / np.log1p(_MU)
    steps = np.round(squeezed * 127) / 127
    return np.asarray(np.sign(steps) * np.expm1(np.abs(steps) * np.log1p(_MU)) / _MU, np.float32)


def under_music(sound: Sound, snr_db: float, rng: np.random.Generator) -> Sound:
    """Chords, a bass and a beat beneath a sound."""
    return mixed(sound, music(sound.size / SAMPLE_RATE, rng)[: sound.size], snr_db)


def music(seconds: float, rng: np.random.Generator) -> Sound:
    """Synthesised pop: four chords in random order, twelve partials a note, a noise burst on every beat."""
    out = np.zeros(int(np.ceil(seconds / _BEAT)) * int(_BEAT * SAMPLE_RATE))
    beat = int(_BEAT * SAMPLE_RATE)
    time = np.arange(beat) / SAMPLE_RATE
    names = list(_CHORDS)
    for number, start in enumerate(range(0, out.size, beat)):
        if number % 4 == 0:
            chord = _CHORDS[names[int(rng.integers(len(names)))]]
        for pitch in chord:
            tone = 440.0 * 2 ** ((pitch - 69) / 12)
            partials = sum(np.sin(2 * np.pi * tone * n * time) / n**1.3 for n in range(1, 13))
            out[start : start + beat] += partials * np.exp(-2.5 * time)
        hit = 2.0 * rng.standard_normal(beat) * np.exp(-40 * time)
        out[start : start + beat] += hit
    wanted = out[: round(seconds * SAMPLE_RATE)]
    return np.asarray(0.1 * wanted / max(_rms(wanted), 1e-9), np.float32)


def cut(sound: Sound, seconds: float) -> Sound:
    """The middle of a sound, no longer than `seconds`."""
    length = int(seconds * SAMPLE_RATE)
    begin = max(0, (sound.size - length) // 2)
    return sound[begin : begin + length]


def mixed(sound: Sound, added: NDArray[np.floating], snr_db: float) -> Sound:
    """`added` beneath `sound`, at a ratio of their mean powers; brought down where the sum would clip."""
    if not sound.size:
        return sound
    gain = _rms(sound) / max(_rms(added), 1e-12) * 10 ** (-snr_db / 20)
    both = sound + gain * added
    return np.asarray(both / max(1.0, float(np.abs(both).max())), np.float32)


def _room(rng: np.random.Generator, rt60: float, direct_db: float) -> Floats:
    length = int(rt60 * SAMPLE_RATE)
    time = np.arange(length) / SAMPLE_RATE
    decay = np.exp(-np.log(1000) * time / rt60)
    tail = rng.standard_normal(length) * decay
    tail[: int(_EARLY * SAMPLE_RATE)] *= 0.3  # the first 50 ms are single reflections, not yet a tail
    taps = rng.integers(int(_PRE_DELAY * SAMPLE_RATE), int(_EARLY * SAMPLE_RATE), _EARLY_TAPS)
    tail[taps] += decay[taps] * rng.choice([-1.0, 1.0], _EARLY_TAPS) * 6.0
    tail[: int(_PRE_DELAY * SAMPLE_RATE)] = 0
    room = tail / np.sqrt(np.sum(tail**2)) * 10 ** (-direct_db / 20)
    room[0] = 1.0
    return np.asarray(room)


def _convolved(sound: Sound, response: Floats) -> Floats:
    length = sound.size + response.size - 1
    size = 1 << (length - 1).bit_length()
    return np.asarray(np.fft.irfft(np.fft.rfft(sound, size) * np.fft.rfft(response, size), size)[:length])


def _rms(sound: NDArray[np.floating]) -> float:
    return float(np.sqrt(np.mean(np.square(sound, dtype=np.float64)))) if sound.size else 0.0

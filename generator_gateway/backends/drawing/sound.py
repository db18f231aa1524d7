"""The sound track: granted voices and input sounds one after another, over a quiet bed made from the scene.

Every source has a stretch of its own, so that the gate that listens to the output hears each of them cleanly. The bed
is noise and held notes that change over seconds: it has none of speech's four-a-second rhythm.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from generator_gateway.backends.drawing.reading import Ground, Hour, Scene, Weather
from trust_kernel.media.refs import SAMPLE_RATE

RATE = 48_000
"""Hz of the track."""

Sound = NDArray[np.float32]

_VOICE = 0.1  # RMS of a voice: -20 dBFS
_BED = 0.02  # RMS of the bed where nobody speaks: -34 dBFS
_UNDER = 0.004  # and under a source: -48 dBFS, 28 dB below it
_CEILING = 0.89
_FADE = 0.06  # seconds
_GAP = 0.12  # seconds between two sources
_LEAST = 1e-4

# Chords in semitones above A2 (110 Hz).
_CHORDS: dict[Hour, tuple[int, ...]] = {
    Hour.DAWN: (0, 7, 16, 21),
    Hour.DAY: (3, 10, 15, 19),
    Hour.GOLDEN: (-2, 5, 14, 17),
    Hour.DUSK: (-4, 3, 8, 15),
    Hour.NIGHT: (-5, 2, 10, 14),
    Hour.GREY: (0, 3, 10, 12),
}
# Noise: low and high corner in Hz, period of its swell in seconds, depth of the swell, loudness against the pad.
_NOISES: dict[Ground, tuple[float, float, float, float, float]] = {
    Ground.SEA: (60, 900, 7.0, 0.8, 1.0),
    Ground.DEEP: (30, 260, 9.0, 0.5, 1.0),
    Ground.CITY: (40, 420, 11.0, 0.3, 0.9),
    Ground.FOREST: (300, 2600, 8.0, 0.6, 0.5),
    Ground.HILLS: (200, 1500, 9.0, 0.6, 0.5),
    Ground.MOUNTAINS: (120, 900, 8.0, 0.7, 0.7),
    Ground.DESERT: (160, 1100, 10.0, 0.7, 0.7),
    Ground.SNOWFIELD: (240, 1600, 8.0, 0.7, 0.6),
    Ground.ROOM: (40, 300, 20.0, 0.1, 0.4),
    Ground.SPACE: (24, 130, 14.0, 0.4, 0.9),
}


def track(scene: Scene, seconds: float, sources: Sequence[Sound]) -> Sound:
    """Mix the sound track.

    Args:
        scene: what the bed is made from.
        seconds: length.
        sources: float32 mono at 16 kHz, each of any length; looped or cut to its stretch.

    Returns:
        float32 mono at 48 kHz in [-0.89, 0.89], round(seconds * 48000) samples.
    """
    count = round(seconds * RATE)
    heard = [source for source in sources if source.size and float(np.abs(source).max()) > _LEAST]
    level = _UNDER if heard else _BED
    mixed = _levelled(_bed(scene, count), level)
    stretch = count // max(1, len(heard))
    for number, source in enumerate(heard):
        start = number * stretch
        long = stretch - (round(_GAP * RATE) if number + 1 < len(heard) else 0)
        mixed[start : start + long] += _placed(source, long)
    edge = min(round(0.25 * RATE), count // 4)
    ramp = np.linspace(0, 1, edge, dtype=np.float32)
    mixed[:edge] *= ramp
    mixed[count - edge :] *= ramp[::-1]
    return np.asarray(np.clip(mixed, -_CEILING, _CEILING), np.float32)


def _placed(source: Sound, long: int) -> Sound:
    import soxr

    wide = np.asarray(soxr.resample(_trimmed(source), SAMPLE_RATE, RATE), np.float32)
    pause = np.zeros(round(0.25 * RATE), np.float32)
    once = np.concatenate([wide, pause])
    looped = np.tile(once, -(-long // once.size))[:long]
    spoken = looped[np.abs(looped) > _LEAST]
    loud = float(np.sqrt(np.mean(spoken**2))) if spoken.size else 1.0
    peak = float(np.abs(looped).max())
    voiced = looped * np.float32(min(_VOICE / max(loud, _LEAST), _CEILING / max(peak, _LEAST)))
    edge = min(round(_FADE * RATE), long // 4)
    ramp = np.linspace(0, 1, edge, dtype=np.float32)
    voiced[:edge] *= ramp
    voiced[long - edge :] *= ramp[::-1]
    return voiced


def _trimmed(source: Sound) -> Sound:
    """Without the silence at both ends: every second of a short film counts."""
    loud = np.flatnonzero(np.abs(source) > 0.02 * float(np.abs(source).max()))
    return source[loud[0] : loud[-1] + 1]


def _bed(scene: Scene, count: int) -> Sound:
    low, high, period, depth, loud = _NOISES[scene.ground]
    random = np.random.default_rng((scene.key, 400))
    at = np.arange(count, dtype=np.float32) / RATE
    swell = 1 - depth * (0.5 + 0.5 * np.cos(2 * np.pi * at / period + random.uniform(0, 6.28)))
    bed = _levelled(_noise(random, count, low, high), 1.0) * swell.astype(np.float32) * np.float32(loud)
    if scene.weather is Weather.RAIN:
        bed += _levelled(_noise(random, count, 1800, 9000), 0.8)
    return np.asarray(bed + _levelled(_pad(scene.hour, at.astype(np.float32), random), 0.8), np.float32)


def _pad(hour: Hour, at: Sound, random: np.random.Generator) -> Sound:
    pad = np.zeros_like(at)
    for number, note in enumerate(_CHORDS[hour]):
        tone = 110.0 * 2 ** (note / 12)
        for detune in (-0.35, 0.3):
            breath = 0.7 + 0.3 * np.sin(2 * np.pi * at / (6.5 + number * 1.3) + random.uniform(0, 6.28))
            pad += np.sin(2 * np.pi * (tone + detune) * at + random.uniform(0, 6.28)) * breath / (1 + number * 0.5)
    return pad


def _noise(random: np.random.Generator, count: int, low: float, high: float) -> Sound:
    """Noise with gentle slopes, 6 dB an octave under `low` and 12 over `high`."""
    size = 1 << (count - 1).bit_length()
    spectrum = np.fft.rfft(random.standard_normal(size).astype(np.float32))
    at = np.maximum(np.fft.rfftfreq(size, 1 / RATE), 1.0)
    shape = (at / low) / np.sqrt(1 + (at / low) ** 2) / (1 + (at / high) ** 2)
    return np.asarray(np.fft.irfft(spectrum * shape, size)[:count], np.float32)


def _levelled(sound: Sound, rms: float) -> Sound:
    loud = float(np.sqrt(np.mean(sound.astype(np.float64) ** 2))) if sound.size else 1.0
    return sound * np.float32(rms / max(loud, 1e-9))

"""Whether sound can bear a mark at all: a steady tone, a hum or a few clicks have too few cells that could be moved.

Sound bears a mark where that reads back with a margin out of a little noise, before any encoder has touched it. Where
it does not, either the sound or the marker is at fault, so the marker is put to the test with sound that surely bears
one: only where that reads back is it the sound's fault.
"""

import numpy as np

from watermark.domain.marks import Search, SoundReading
from watermark.ports.marks import Sound, SoundMarker

SURE = 1.4
"""Confidence over threshold from which a mark must outlast AAC: that costs a quarter at most (measured on noise, speech
and a square wave; speech keeps nine tenths)."""
_NOISE = 10 ** (-45 / 20)
"""Noise, as a share of the loudest channel: what lies below it is the first thing that an encoder throws away."""
_LEAST_CHANGE = 10 ** (-40 / 10)
"""Power of what the mark adds, as a share of the sound's: less lies below what AAC keeps (a hum of 60 Hz: 1e-6)."""
_BLOCK_SECONDS, _BLOCKS = 15.0, 5
"""Of each piece so many blocks of about this length are tried, as far as needed."""
_SHORT_SECONDS = 90.0
"""Sound of this length is read from end to end, so one block that bears the mark is enough. Of longer sound only parts
are read: half of the blocks must bear it."""
_TEST_SECONDS, _TEST_HERTZ = 4.0, 120.0


class Bearing:
    """Learns piece by piece whether a track bears its mark.

    Args:
        marker: who marked it.
        number: what the mark says.
    """

    def __init__(self, marker: SoundMarker, number: int) -> None:
        self._marker = marker
        self._number = number
        self._tried: list[bool] = []
        self._seconds = 0.0
        self._kind = (1, 0)

    def learn(self, before: Sound, marked: Sound) -> None:
        """Take one piece, as it was and as it is marked, not yet encoded."""
        self._seconds += marked.seconds
        self._kind = marked.samples.shape[0], marked.rate
        short = self._seconds <= _SHORT_SECONDS
        for plain, block in zip(_blocks(before), _blocks(marked), strict=True):
            if short and any(self._tried):
                return
            self._tried.append(self._bears(plain, block))

    @property
    def must_read_back(self) -> bool:
        """Whether the written file has to show the mark: the sound bears it, or the marker itself does not work."""
        needed = 1 if self._seconds <= _SHORT_SECONDS else len(self._tried) / 2
        if self._tried and sum(self._tried) >= needed:
            return True
        return bool(self._tried) and not self._works()

    def _bears(self, plain: Sound, block: Sound) -> bool:
        change = block.samples - plain.samples
        if np.vdot(change, change) < _LEAST_CHANGE * np.vdot(plain.samples, plain.samples) or not change.any():
            return False
        reading = self._marker.read(_noisy(block), Search.ALIGNED)
        return self._says(reading) and reading.confidence >= SURE * reading.threshold

    def _works(self) -> bool:
        plain = trial_sound(*self._kind)
        return self._bears(plain, self._marker.mark(plain, self._number))

    def _says(self, reading: SoundReading) -> bool:
        return reading.found and reading.payload == self._number


def trial_sound(channels: int, rate: int) -> Sound:
    """Some seconds of a wavering buzz over noise, which bears a mark at any rate from 8 kHz on: always the same."""
    times = np.arange(round(_TEST_SECONDS * rate)) / rate
    phase = 2 * np.pi * _TEST_HERTZ * times + 3 * np.sin(2 * np.pi * 1.3 * times)
    highest = int(min(rate / 2, 5000.0) * 0.9 / _TEST_HERTZ)
    buzz = np.sum([np.sin(phase * overtone) / overtone for overtone in range(1, highest)], axis=0)
    noise = np.random.default_rng(5).standard_normal(len(times))
    loudness = 0.6 + 0.4 * np.sin(2 * np.pi * 2.1 * times)
    values = (0.2 * buzz * loudness + 0.01 * noise).astype(np.float32)
    return Sound(np.repeat(values[None], channels, axis=0), rate)


def _blocks(sound: Sound) -> list[Sound]:
    """Some blocks, evenly spread; all of it where it is short."""
    count = max(1, round(sound.seconds / _BLOCK_SECONDS))
    edges = np.linspace(0, sound.samples.shape[1], count + 1).astype(int)
    most = count if sound.seconds <= _SHORT_SECONDS else _BLOCKS
    chosen = np.unique(np.linspace(0, count - 1, min(count, most)).round().astype(int))
    return [Sound(np.ascontiguousarray(sound.samples[:, edges[at] : edges[at + 1]]), sound.rate) for at in chosen]


def _noisy(sound: Sound) -> Sound:
    loudest = float(np.sqrt(np.square(sound.samples, dtype=np.float64).mean(axis=1).max()))
    noise = np.random.default_rng(0).standard_normal(sound.samples.shape, np.float32)
    return Sound(sound.samples + noise * np.float32(loudest * _NOISE), sound.rate)

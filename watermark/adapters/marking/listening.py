"""Listening for marks in the sound of a file, piece by piece."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING, cast

import numpy as np
from numpy.typing import NDArray

from watermark.adapters.marking.sound_track import audible_seconds, decoded, usable_layout, usable_rate
from watermark.domain.marks import Search, SoundReading, Stretch
from watermark.ports.marks import Sound, SoundMarker, SoundPresence

if TYPE_CHECKING:
    from av.audio.frame import AudioFrame
    from av.audio.stream import AudioStream

LISTEN_SECONDS, LISTENS = 60.0, 5
"""Of a long file so many pieces of this length are listened to."""
FULL_SECONDS = 30.0
"""Sound in which other speeds are looked for, in all: that takes twelve times as long. More is listened to as it is
first, and the middles of its pieces at other speeds where that found nothing."""
_SHORTEST = 0.1
_JOIN = 1.5
"""Seconds between two stretches with one mark that count as one."""
_MOST_SECONDS = 150.0
"""Of a file that does not say how long it is, no more than this is kept."""


class Listener:
    """Gathers pieces of sound and has them read.

    Args:
        marker: reads them.
        presence: gives a second technology, or None; it hears the longest piece, `FULL_SECONDS` of it at most.
    """

    def __init__(self, marker: SoundMarker, presence: Callable[[], SoundPresence | None] = lambda: None) -> None:
        self._marker = marker
        self._presence = presence
        self._pieces: list[tuple[float, Sound]] = []
        self._frames: list[AudioFrame] = []
        self._track: AudioStream | None = None
        self._origin = Fraction(0)
        self.seconds = 0.0

    def start(self, track: "AudioStream | None", origin: Fraction) -> None:
        """Begin a piece.

        Args:
            track: where it comes from; None where there is no sound.
            origin: when the file starts, in seconds of its own clock.
        """
        self._track, self._origin = track, origin
        self._frames = []
        self.seconds = 0.0

    @property
    def is_full(self) -> bool:
        """Whether a piece is as long as it may be."""
        return self.seconds >= _MOST_SECONDS

    def take(self, frame: object) -> None:
        """Take the next decoded frame of the track."""
        sound = cast("AudioFrame", frame)
        if not self.is_full:
            self._frames.append(sound)
            self.seconds += sound.samples / max(sound.sample_rate, 1)

    def finish(self) -> None:
        """End a piece."""
        if self._track is None or not self._frames:
            return
        context = self._track.codec_context
        rate = usable_rate(context.sample_rate)
        layout = usable_layout(context.layout.name, context.layout.nb_channels)
        first = self._frames[0]
        start = max(_time_of(first) - self._origin, Fraction(0))
        parts = list(_lenient(decoded(iter(self._frames), rate, layout, self._origin + start)))
        self._frames = []
        if parts:
            self._pieces.append((float(start), Sound(np.concatenate(parts, axis=1), rate)))

    def read(self, search: Search) -> SoundReading | None:
        """The reading of all pieces; seconds are those of the file. None where there is no sound."""
        pieces = [(start, sound) for start, sound in self._pieces if sound.seconds >= _SHORTEST]
        if not pieces:
            return None
        seconds = sum(sound.seconds for _, sound in pieces)
        first = search if seconds <= FULL_SECONDS else Search.ALIGNED
        looks = [(start, self._marker.read(sound, first)) for start, sound in pieces]
        if search is not first and not any(look.found for _, look in looks):
            looks = [(start, self._marker.read(sound, search)) for start, sound in self._excerpts(pieces)]
        reading = joined(looks, seconds)
        if search is Search.ALIGNED:
            # A file of ours, just marked: whether somebody else marked it as well is not the question.
            return reading
        return replace(reading, presence=self._score([sound for _, sound in pieces]))

    def _score(self, pieces: list[Sound]) -> float | None:
        presence = self._presence()
        if presence is None:
            return None
        longest = max(pieces, key=lambda sound: sound.seconds)
        head = Sound(longest.samples[:, : int(FULL_SECONDS * longest.rate)], longest.rate)
        return round(presence.score(head), 3)

    def _excerpts(self, pieces: list[tuple[float, Sound]]) -> list[tuple[float, Sound]]:
        """What a full search listens to: the middle of each piece that is not silent."""
        loud = [(start, sound) for start, sound in pieces if audible_seconds(sound) > 0] or pieces[:1]
        share = FULL_SECONDS / len(loud)
        return [_middle(start, sound, share) for start, sound in loud]


def joined(looks: list[tuple[float, SoundReading]], seconds: float) -> SoundReading:
    """One reading of several, each with the second of the file at which it began.

    The number that most seconds carry is the payload; the chance is the best look's, times the number of looks.
    """
    best = max((look for _, look in looks), key=lambda look: (look.found, look.confidence))
    if not best.found:
        return replace(best, seconds=round(seconds, 3))
    moved = [
        replace(stretch, start=stretch.start + start, end=stretch.end + start)
        for start, look in looks
        if look.found
        for stretch in look.stretches
    ]
    stretches = tuple(merged(moved))
    lengths: dict[tuple[int, str], float] = {}
    for stretch in stretches:
        whose = stretch.payload, stretch.key_id
        lengths[whose] = lengths.get(whose, 0.0) + stretch.end - stretch.start
    payload, key_id = max(lengths, key=lambda whose: lengths[whose]) if lengths else (best.payload, best.key_id)
    leading = max(
        (look for _, look in looks if look.found), key=lambda look: (look.payload == payload, look.confidence)
    )
    return replace(
        leading,
        payload=payload,
        key_id=key_id,
        seconds=round(seconds, 3),
        stretches=stretches,
        chance=min(1.0, leading.chance * len(looks)),
    )


def merged(stretches: list[Stretch], gap: float = _JOIN) -> Iterator[Stretch]:
    """Stretches in time order; those with one mark and at most `gap` seconds between them become one."""
    waiting: Stretch | None = None
    for stretch in sorted(stretches, key=lambda each: each.start):
        if (
            waiting is not None
            and (waiting.payload, waiting.key_id) == (stretch.payload, stretch.key_id)
            and stretch.start - waiting.end <= gap
        ):
            waiting = replace(
                waiting,
                end=max(waiting.end, stretch.end),
                confidence=max(waiting.confidence, stretch.confidence),
            )
            continue
        if waiting is not None:
            yield waiting
        waiting = stretch
    if waiting is not None:
        yield waiting


def _middle(start: float, sound: Sound, seconds: float) -> tuple[float, Sound]:
    if sound.seconds <= seconds:
        return start, sound
    first = round((sound.seconds - seconds) / 2 * sound.rate)
    samples = sound.samples[:, first : first + round(seconds * sound.rate)]
    return start + first / sound.rate, Sound(np.ascontiguousarray(samples), sound.rate)


def _time_of(frame: "AudioFrame") -> Fraction:
    return Fraction(frame.pts or 0) * (frame.time_base or Fraction(0))


def _lenient(parts: Iterator[NDArray[np.float32]]) -> Iterator[NDArray[np.float32]]:
    """What can be resampled: a track whose rate or layout changes on the way ends there."""
    try:
        yield from parts
    except ValueError:
        return

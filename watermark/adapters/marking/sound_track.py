"""The sound of a file on its way to the marked one: decoded, marked, encoded as AAC.

It is read through a container of its own, piece by piece, so that an hour of it costs no more memory than some minutes,
and handed out packet by packet, so that it lies beside the pictures that it belongs to.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from numpy.typing import NDArray

from watermark.adapters.marking.bearing import Bearing
from watermark.adapters.marking.opening import opened
from watermark.domain.marks import sound_number
from watermark.ports.marks import Sound, SoundMarker

if TYPE_CHECKING:
    from av.audio.frame import AudioFrame
    from av.audio.stream import AudioStream
    from av.container import OutputContainer
    from av.packet import Packet

PIECE_SECONDS = 300
"""Sound that is marked at a time; a last piece of less than a fifth of that is marked with the one before."""
_RATES = frozenset({96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8_000})
"""Sampling rates of AAC (ISO/IEC 14496-3, table 1.18)."""
_USUAL_RATE = 48_000
_LAYOUTS = {1: "mono", 2: "stereo", 3: "3.0", 4: "4.0", 5: "5.0", 6: "5.1", 8: "7.1"}
"""A layout that AAC knows for so many channels; any other number is mixed down to two."""
_BIT_RATES = {1: 96_000, 2: 160_000}
_BIT_RATE_A_CHANNEL = 64_000
ENOUGH_SOUND = 2.0
"""Audible seconds from which a mark must read back; of less nothing is promised."""
_GAP, _LONGEST_GAP = 0.05, 600.0
"""Seconds from which a hole in the time stamps is filled with silence, and the longest that is."""
AUDIBLE = 10 ** (-60 / 20)
"""Root mean square of a second below which it counts as silent: -60 dB of full scale."""


@dataclass
class Heard:
    """What marking the sound measured, added up over its pieces."""

    signal: float = 0.0
    change: float = 0.0
    audible_seconds: float = 0.0

    def learn(self, before: Sound, after: Sound) -> None:
        """Take one piece."""
        self.signal += float(np.vdot(before.samples, before.samples))
        difference = after.samples - before.samples
        self.change += float(np.vdot(difference, difference))
        self.audible_seconds += audible_seconds(before)

    @property
    def snr(self) -> float | None:
        """DB of the sound over what its mark added; None where nothing was added."""
        return 10 * math.log10(self.signal / self.change) if self.change > 0 else None


def audible_seconds(sound: Sound) -> float:
    """How many seconds of sound are not silence."""
    whole = sound.samples.shape[1] // sound.rate * sound.rate
    rest = sound.samples[:, whole:]
    seconds = sound.samples[:, :whole].reshape(sound.samples.shape[0], -1, sound.rate)
    power = np.square(seconds).mean(axis=2).max(axis=0) if whole else np.zeros(0)
    loud = float((power >= AUDIBLE**2).sum())
    if rest.shape[1] and float(np.square(rest).mean(axis=1).max()) >= AUDIBLE**2:
        loud += rest.shape[1] / sound.rate
    return loud


def usable_rate(rate: int) -> int:
    """The rate itself where AAC knows it, else 48 kHz."""
    return rate if rate in _RATES else _USUAL_RATE


def usable_layout(name: str, channels: int) -> str:
    """A layout that AAC knows: 5.1 stays 5.1."""
    return name if name in _LAYOUTS.values() else _LAYOUTS.get(channels, "stereo")


class SoundTrack:
    """The marked sound of a file.

    Args:
        source: path of the file.
        writer: the marked file.
        like: the track, in another container of the same file.
        origin: when the file starts, in seconds of its own clock.
        marker: marks sound.
    """

    def __init__(
        self, source: str, writer: "OutputContainer", like: "AudioStream", origin: Fraction, marker: SoundMarker
    ) -> None:
        self._source = source
        self._index = like.index
        self._origin = origin
        self._marker = marker
        context = like.codec_context
        self._rate = usable_rate(context.sample_rate)
        self._layout = usable_layout(context.layout.name, context.layout.nb_channels)
        self._stream = writer.add_stream("aac", rate=self._rate, layout=self._layout)
        channels = self._stream.codec_context.layout.nb_channels
        self._stream.bit_rate = _BIT_RATES.get(channels, _BIT_RATE_A_CHANNEL * channels)
        self.heard = Heard()
        self._bearing: Bearing | None = None

    @property
    def promised_snr(self) -> float | None:
        """DB of the sound over what its mark added; None where the sound cannot bear a mark that reads back.

        That is: fewer than `ENOUGH_SOUND` seconds of it can be heard, or it is too plain (see `bearing`).
        """
        if self._bearing is None or self.heard.audible_seconds < ENOUGH_SOUND or not self._bearing.must_read_back:
            return None
        # A marker that does nothing to sound that can bear a mark is not excused.
        return self.heard.snr if self.heard.snr is not None else math.inf

    def packets(self, payload: int) -> "Iterator[Packet[Any]]":
        """The encoded sound, in the order of time. It bears the lowest 32 bits of the release number `payload`.

        Raises:
            InvalidInput: it cannot be decoded.
        """
        number = sound_number(payload)
        self._bearing = bearing = Bearing(self._marker, number)
        with opened(self._source) as container:
            start = 0
            frames = cast("Iterator[AudioFrame]", container.decode(container.streams[self._index]))
            for piece in pieces(decoded(frames, self._rate, self._layout, self._origin), self._rate):
                marked = self._marker.mark(piece, number)
                self.heard.learn(piece, marked)
                bearing.learn(piece, marked)
                yield from self._encoded(marked, start)
                start += piece.samples.shape[1]
        yield from self._stream.encode(None)

    def _encoded(self, sound: Sound, start: int) -> "Iterator[Packet[Any]]":
        from av.audio.frame import AudioFrame

        for offset in range(0, sound.samples.shape[1], self._rate):
            values = np.clip(sound.samples[:, offset : offset + self._rate], -1, 1)
            interleaved = np.ascontiguousarray(values.T, np.float32).reshape(1, -1)
            frame = AudioFrame.from_ndarray(interleaved, "flt", self._layout)
            frame.sample_rate, frame.pts, frame.time_base = self._rate, start + offset, Fraction(1, self._rate)
            yield from self._stream.encode(frame)


def decoded(frames: "Iterator[AudioFrame]", rate: int, layout: str, origin: Fraction) -> Iterator[NDArray[np.float32]]:
    """Decoded frames as float32 (channels, n) from the file's start on, without holes: silence fills them.

    Frames that overlap what came before are kept whole; those that lie before the start are cut off.
    """
    from av.audio.resampler import AudioResampler

    resampler = AudioResampler("flt", layout, rate)
    done = 0
    for frame in frames:
        due = None if frame.pts is None or frame.time_base is None else Fraction(frame.pts) * frame.time_base - origin
        late = 0.0 if due is None else float(due) - done / rate
        if _GAP < late < _LONGEST_GAP:
            silence = np.zeros((len(resampler.layout.channels), round(late * rate)), np.float32)
            done += silence.shape[1]
            yield silence
        early = max(0, round(-float(due) * rate)) if due is not None and done == 0 else 0
        frame.pts = None  # the resampler would fill holes of its own making
        for piece in _taken(resampler.resample(frame)):
            kept = piece[:, early:]
            early = max(0, early - piece.shape[1])
            done += kept.shape[1]
            yield kept
    yield from _taken(resampler.resample(None))


def _taken(frames: "list[AudioFrame]") -> Iterator[NDArray[np.float32]]:
    for frame in frames:
        # Interleaved: PyAV 18 reads past the planes of a planar frame of eight channels.
        values = frame.to_ndarray().reshape(frame.samples, -1).T
        yield np.clip(np.nan_to_num(values, nan=0.0, posinf=1.0, neginf=-1.0), -1, 1)


def pieces(parts: Iterator[NDArray[np.float32]], rate: int) -> Iterator[Sound]:
    """Sound in pieces of `PIECE_SECONDS`, the last one up to a fifth longer; empty parts are passed over."""
    whole, most = PIECE_SECONDS * rate, PIECE_SECONDS * rate * 6 // 5
    waiting: list[NDArray[np.float32]] = []
    length = 0
    for part in parts:
        waiting.append(part)
        length += part.shape[1]
        if length >= most:
            joined = np.concatenate(waiting, axis=1)
            yield Sound(np.ascontiguousarray(joined[:, :whole]), rate)
            waiting, length = [joined[:, whole:]], length - whole
    if length:
        yield Sound(np.concatenate(waiting, axis=1), rate)

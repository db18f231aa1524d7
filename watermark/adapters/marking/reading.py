"""Looking and listening for marks in a file of any length, decoded once.

A short file is decoded from end to end. Of a long one, windows spread over it are looked at, so that two hours take
little longer than a minute. Damage is passed over: what decodes is looked at.
"""

import math
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING, Any, cast

from watermark.adapters.marking.ahead import Ahead
from watermark.adapters.marking.decoding import Darkroom, Picture
from watermark.adapters.marking.listening import LISTEN_SECONDS, LISTENS, Listener, merged
from watermark.adapters.marking.markers import Marks
from watermark.adapters.marking.opening import length_of, opened, origin_of, pictures_of, sound_of, unusable
from watermark.domain.marks import MarkReading, MarksFound, Search
from watermark.ports.marks import StreamDetector, YuvFrame

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.frame import Frame
    from av.packet import Packet
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream

MAX_FRAMES = 720
"""Frames that are looked at: 30 s at 24 a second. More would not make a mark surer."""
LONG_SECONDS = 90.0
"""Files longer than this are looked at in windows."""
WINDOWS = 12
WINDOW_FRAMES = MAX_FRAMES // WINDOWS
_FIRST_TRY = 12
"""Frames after which a first look is taken."""
_NEXT_TRY = 4
"""And another whenever their number has grown so many times: a mark that lies as it was made is found by the first."""
_SPACING = 0.12
"""Seconds between two frames once a mark is found: enough to tell which seconds carry it."""
_WORTH_SEARCHING = 12
"""Frames without a mark, beside others that bear one, that are worth a full search."""
_FRAME = 0.04
"""Seconds that the last frame is taken to be shown."""
_TOUCHING = 0.02
"""Seconds between two stretches of pictures with one mark that count as one."""
_AHEAD = 4


def read_marks(source: str, marks: Marks, search: Search) -> MarksFound:
    """Look and listen for marks.

    Args:
        source: path of a video, a picture or a sound file.
        marks: who reads.
        search: how far to go.

    Raises:
        InvalidInput: it cannot be decoded, or holds neither pictures nor sound.
    """
    with opened(source) as container:
        file = _File(container)
        looker = Looker(marks.pictures.detector(), file.stride(MAX_FRAMES), MAX_FRAMES)
        listener = Listener(marks.sound, marks.presence)
        if file.length > LONG_SECONDS:
            file.look_in_windows(looker, WINDOW_FRAMES)
            file.listen_in_windows(listener)
        else:
            file.look_and_listen(looker, listener)
    with ThreadPoolExecutor(1) as beside:
        heard = beside.submit(listener.read, search)
        seen = looker.read(search)
        found = MarksFound(told_within(seen, looker.last) if seen.frames else None, heard.result())
    if found.picture is None and found.sound is None:
        raise unusable("The file holds no picture and no sound that can be decoded.")
    return found


class Looker:
    """Gives frames to a detector, no more than it needs.

    Args:
        detector: gathers them.
        stride: every which frame is looked at.
        most: frames to look at.
    """

    def __init__(self, detector: StreamDetector, stride: int, most: int) -> None:
        self._detector = detector
        self._stride = stride
        self._most = most
        self._next_try = _FIRST_TRY
        self._passed = 0
        self._taken = 0
        self._last = -math.inf
        self._latest = 0.0
        self._moments: list[float] = []
        self._first_hit: MarkReading | None = None

    @property
    def has_found(self) -> bool:
        """Whether a mark was found; only its stretches are wanted still."""
        return self._first_hit is not None

    @property
    def last(self) -> float:
        """When the last frame of all that passed is shown, in seconds."""
        return self._latest

    @property
    def is_full(self) -> bool:
        """Whether all frames are taken that may be."""
        return self._taken >= self._most

    def take(self, frame: YuvFrame) -> None:
        """Pass the next frame."""
        self._passed += 1
        seconds = frame.seconds
        self._latest = max(self._latest, seconds)
        if self.is_full or (self._passed - 1) % self._stride:
            return
        if self.has_found and 0 <= seconds - self._last < _SPACING:
            return
        self._detector.add(frame)
        self._taken += 1
        self._moments.append(seconds)
        self._last = seconds
        if not self.has_found and self._taken >= self._next_try:
            self._next_try *= _NEXT_TRY
            reading = self._detector.read(Search.ALIGNED)
            self._first_hit = reading if reading.found else None

    def read(self, search: Search) -> MarkReading:
        """The reading of all frames taken; a mark that was found on the way is not lost."""
        if self._first_hit is None:
            return self._detector.read(search)
        reading = self._detector.read(Search.ALIGNED)
        if search is not Search.ALIGNED and self._unexplained(reading) >= _WORTH_SEARCHING:
            # What lies cropped beside what lies as it was made.
            reading = self._detector.read(search)
        return reading if reading.found else self._first_hit

    def _unexplained(self, reading: MarkReading) -> int:
        """How many of the frames taken no mark covers."""
        return sum(not any(one.start <= moment < one.end for one in reading.stretches) for moment in self._moments)


def told_within(reading: MarkReading, last: float) -> MarkReading:
    """A reading whose stretches end with the file, neighbours that bear one mark being one."""
    ends = last + _FRAME
    within = [replace(one, end=round(min(one.end, ends), 3)) for one in reading.stretches if one.start < ends]
    return replace(reading, stretches=tuple(merged(within, _TOUCHING)))


class _File:
    """One open file.

    Args:
        container: the file.
    """

    def __init__(self, container: "InputContainer") -> None:
        self._container = container
        self._video = pictures_of(container)
        self._sound = sound_of(container)
        if self._video is None and self._sound is None:
            raise unusable("The file holds neither pictures nor sound.")
        self._origin = origin_of(container)
        self.length = length_of(container)
        self._darkroom = Darkroom(self._video, self._origin, for_marking=False) if self._video is not None else None
        if self._video is not None:
            self._video.thread_type = "AUTO"

    def stride(self, most: int) -> int:
        """Every which frame to take, so that `most` reach to the end of a short file."""
        if self._darkroom is None or self.length > LONG_SECONDS:
            return 1
        return max(1, math.ceil(self.length * float(self._darkroom.rate) / most))

    def look_and_listen(self, looker: Looker, listener: Listener) -> None:
        """Decode once, to the end or as far as anything of it is wanted."""
        streams: list[Any] = [stream for stream in (self._video, self._sound) if stream is not None]
        listener.start(self._sound, self._origin)
        with Ahead(lambda: self._decoded(streams), _AHEAD) as frames:
            for frame in frames:
                if isinstance(frame, Picture):
                    looker.take(frame.planes)
                    self._hurry(looker)
                else:
                    listener.take(frame)
                # A file that does not say how long it is may go on for hours.
                if (self._video is None or looker.is_full) and (self._sound is None or listener.is_full):
                    break
        listener.finish()

    def look_in_windows(self, looker: Looker, frames: int) -> None:
        """Look at so many frames at each of some places spread over the file."""
        if self._video is None:
            return
        seen_until = -1.0
        for number in range(WINDOWS):
            if not self._seek(self._video, self.length * number / WINDOWS):
                return
            taken = 0
            for picture in cast("Iterator[Picture]", self._decoded([self._video])):
                if picture.planes.seconds <= seen_until:
                    continue
                looker.take(picture.planes)
                seen_until, taken = picture.planes.seconds, taken + 1
                if taken == frames:
                    break

    def listen_in_windows(self, listener: Listener) -> None:
        """Listen to a minute at each of some places spread over the file."""
        if self._sound is None:
            return
        count = min(LISTENS, math.ceil(self.length / LISTEN_SECONDS))
        room = max(self.length - LISTEN_SECONDS, 0.0)
        for number in range(count):
            if not self._seek(self._sound, room * number / max(count - 1, 1)):
                return
            listener.start(self._sound, self._origin)
            for frame in self._decoded([self._sound]):
                listener.take(frame)
                if listener.seconds >= LISTEN_SECONDS:
                    break
            listener.finish()

    def _decoded(self, streams: list[Any]) -> "Iterator[Picture | Frame]":
        for packet in self._packets(streams):
            for frame in _tolerant(packet):
                if self._darkroom is not None and packet.stream.type == "video":
                    yield from self._darkroom.develop(cast("VideoFrame", frame))
                else:
                    yield frame

    def _packets(self, streams: list[Any]) -> "Iterator[Packet[Any]]":
        """What can be demuxed: a file that breaks off ends there."""
        import av

        try:
            yield from self._container.demux(streams)
        except av.FFmpegError:
            return

    def _seek(self, stream: Any, seconds: float) -> bool:
        import av

        moment = (Fraction(seconds) + self._origin) / (stream.time_base or Fraction(1, av.time_base))
        try:
            self._container.seek(int(moment), stream=stream, backward=True)
        except av.FFmpegError:
            return False
        return True

    def _hurry(self, looker: Looker) -> None:
        """Once a mark is found, frames that no other needs are not decoded."""
        if looker.has_found and self._video is not None:
            _skip_unneeded(self._video)


def _skip_unneeded(video: "VideoStream") -> None:
    if video.codec_context.skip_frame != "NONREF":
        video.codec_context.skip_frame = "NONREF"


def _tolerant(packet: "Packet[Any]") -> "list[Frame]":
    import av

    try:
        return list(packet.decode())
    except av.FFmpegError:
        return []

"""Decodes video and sound in one pass. Runs inside the child process only (`Sandbox.call`)."""

from collections.abc import Callable
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from trust_kernel.errors import InvalidInput
from trust_kernel.media.channels import one_track
from trust_kernel.media.containers import Tracks, check_length, check_pixels, damaged, opened
from trust_kernel.media.reasons import MediaReason
from trust_kernel.media.refs import SAMPLE_RATE
from trust_kernel.media.sampling import FrameSampler

_PLANAR_LUMA = frozenset(
    {"yuv420p", "yuvj420p", "yuv422p", "yuvj422p", "yuv444p", "yuvj444p", "yuva420p", "nv12", "gray"}
)
"""Pixel formats whose first plane is 8-bit luma."""
_BT709 = 1
_UNSPECIFIED = 2
_HD_LINES = 720
_MAX_FRAMES_A_SECOND = 20
_MAX_FRAMES_BYTES = 900_000_000
_MISSING_SECONDS = 0.5
_MAX_ASPECT = 8
_QUARTER_TURN = 90
_USUAL_RATE = 25.0
_MOMENT_SLACK = 0.02
_LASTING_SECONDS = 0.2
"""A frame that stands for this long is looked at: a fifth of a second is long enough to see a face."""


class Chooser(Protocol):
    """Picks frames."""

    def wants(self, seconds: float, luma: NDArray[np.uint8]) -> bool:
        """Whether the frame shown at `seconds` is to be kept."""
        ...


def probe(*, source: str, reader: str) -> dict[str, Any]:
    """Say which tracks a file has: ``{"video": bool, "sound": bool}``."""
    with opened(source, reader) as tracks:
        return {"video": tracks.video is not None, "sound": tracks.sound is not None}


def look(*, source: str, reader: str, fps: float, longest: int, max_pixels: int, max_seconds: float) -> dict[str, Any]:
    """Decode a whole file and give what a `Look` holds, by its field names ("kind" is "video" or "audio").

    Raises:
        InvalidInput: too long, too large, damaged, or too restless to be stood for by at most 20 frames a second.
    """
    with opened(source, reader) as tracks:
        is_video = tracks.video is not None
        check_length(tracks.seconds, max_seconds, video=is_video)
        reel = Reel(FrameSampler(fps), longest, max_pixels, _pixel_shape(tracks))
        sound = SoundTrack()
        _run(tracks, reel, sound, max_seconds)
        if tracks.video is not None and not reel.count:
            raise damaged(reader)
        samples, sounding = sound.mono(start=reel.start if is_video else None)
        duration = max(reel.duration, sounding)
        if _is_cut_off(tracks, reel, duration):
            raise damaged(reader)
    frames, times = reel.finish()
    facts = {"width": reel.width, "height": reel.height, "duration": duration}
    return {"kind": "video" if is_video else "audio", "frames": frames, "times": times, "audio": samples, **facts}


def frames_at(
    *, source: str, reader: str, moments: list[float], shares: bool, longest: int, max_pixels: int, max_seconds: float
) -> dict[str, Any]:
    """Give the frame on show at each of some moments, the last one past the end.

    Returns:
        ``frames`` uint8 (n, h, w, 3), and ``places``: for each moment, which of them. Moments that fall on one frame
        give it once, so n may be smaller than their number; it is never 0.

    `moments` are ascending: seconds, or, where `shares` says so, shares of the length in [0, 1].
    """
    with opened(source, reader) as tracks:
        if tracks.video is None:
            raise InvalidInput("there is no picture in this file", code=MediaReason.FILE_NO_STREAM)
        check_length(tracks.seconds, max_seconds, video=True)
        asked = [moment * (tracks.seconds if shares else 1) for moment in moments]
        chooser = _Moments(asked)
        reel = Reel(chooser, longest, max_pixels, _pixel_shape(tracks), most=len(moments) + 1)
        for frame in tracks.container.decode(tracks.video):
            reel.add(frame)
            check_length(reel.duration, max_seconds, video=True)
            if chooser.is_done:
                break
        if not reel.count:
            raise damaged(reader)
        frames, times = reel.finish()
    places = np.minimum(np.searchsorted(times, np.asarray(asked) - _MOMENT_SLACK), len(frames) - 1)
    return {"frames": frames, "places": places}


class _Moments:
    """Picks the first frame at or after each of some moments, in seconds from the first frame."""

    def __init__(self, moments: list[float]) -> None:
        self._left = list(moments)
        self._origin: float | None = None

    @property
    def is_done(self) -> bool:
        return not self._left

    def wants(self, seconds: float, luma: NDArray[np.uint8]) -> bool:  # noqa: ARG002 - a Chooser
        if self._origin is None:
            self._origin = seconds
        wanted = False
        while self._left and seconds - self._origin >= self._left[0] - _MOMENT_SLACK:
            self._left.pop(0)
            wanted = True
        return wanted


def _run(tracks: Tracks, reel: "Reel", sound: "SoundTrack", max_seconds: float) -> None:
    is_video = tracks.video is not None
    for packet in tracks.container.demux([stream for stream in (tracks.video, tracks.sound) if stream is not None]):
        if packet.is_corrupt:
            raise damaged("mp4" if is_video else "wav")
        for frame in packet.decode():
            if packet.stream.type == "video":
                reel.add(frame)
                check_length(reel.duration, max_seconds, video=True)
            else:
                sound.add(frame)
                check_length(sound.seconds, max_seconds, video=is_video)
    sound.flush()


def _is_cut_off(tracks: Tracks, reel: "Reel", duration: float) -> bool:
    """Whether a good part of what the file promises never came."""
    promised = tracks.seconds
    if tracks.video is not None and tracks.video.duration:
        own = float(tracks.video.duration * tracks.video.time_base)
        if reel.duration < own - max(_MISSING_SECONDS, own / 10):
            return True
    return duration < promised - max(_MISSING_SECONDS, promised / 10)


class Reel:
    """Keeps the frames that a chooser picks, as displayed: upright, with square pixels, no larger than asked.

    Args:
        chooser: picks frames.
        longest: the longer side of a kept frame, in pixels, at most.
        max_pixels: pixels a frame as stored, at most.
        pixel_shape: width over height of a stored pixel.
        most: frames that may be kept; so many a second unless given.
    """

    def __init__(
        self, chooser: Chooser, longest: int, max_pixels: int, pixel_shape: float = 1.0, *, most: int | None = None
    ) -> None:
        self._chooser = chooser
        self._longest = longest
        self._max_pixels = max_pixels
        self._pixel_shape = pixel_shape
        self._most = most
        self._frames: list[NDArray[np.uint8]] = []
        self._times: list[float] = []
        self._pending: tuple[float, Any] | None = None
        self._shape = (0, 0)
        self._last = 0.0
        self.start = 0.0
        self.duration = 0.0
        self.width = 0
        self.height = 0
        self.count = 0

    def add(self, frame: Any) -> None:
        """Take the next decoded frame (av.VideoFrame).

        Raises:
            InvalidInput: too large, damaged, or too much to keep.
        """
        check_pixels(frame.width, frame.height, self._max_pixels)
        if frame.is_corrupt:
            raise damaged("mp4")
        length = float(frame.duration * frame.time_base) if frame.duration and frame.time_base else 1 / _USUAL_RATE
        seconds = self._last + length if frame.time is None else float(frame.time)
        if not self.count:
            self.start = seconds
            self._measure(frame)
        self._keep_lasting(seconds)
        self.count += 1
        self._last = seconds
        self.duration = max(self.duration, seconds - self.start + length)
        if self._chooser.wants(seconds, luma(frame)):
            self._keep(seconds, frame)
            self._pending = None
        else:
            self._pending = (seconds, frame)

    def _keep_lasting(self, until: float) -> None:
        """Keep the frame before, where it was on show for long: times of frames are the sender's to choose."""
        if self._most is None and self._pending is not None and until - self._pending[0] >= _LASTING_SECONDS:
            self._keep(*self._pending)
            self._pending = None

    def finish(self) -> tuple[NDArray[np.uint8], NDArray[np.float64]]:
        """Give the kept frames, the very last one among them, and their times from the first frame on."""
        if self._pending is not None:
            self._keep(*self._pending)
            self._pending = None
        if not self._frames:
            return np.zeros((0, 0, 0, 3), np.uint8), np.zeros(0)
        return np.stack(self._frames), np.asarray(self._times)

    def _measure(self, frame: Any) -> None:
        wide, high = max(1, round(frame.width * self._pixel_shape)), frame.height
        scale = min(1.0, self._longest / max(wide, high))
        self._shape = (max(1, round(wide * scale)), max(1, round(high * scale)))
        turned = frame.rotation % (2 * _QUARTER_TURN) != 0
        self.width, self.height = (high, wide) if turned else (wide, high)

    def _keep(self, seconds: float, frame: Any) -> None:
        picture = upright(frame, *self._shape)
        if self._frames and picture.shape != self._frames[0].shape:
            raise damaged("mp4")  # the rotation changed on the way
        allowed = self._most or max(_MAX_FRAMES_A_SECOND, self.duration * _MAX_FRAMES_A_SECOND)
        if len(self._frames) >= allowed or (len(self._frames) + 1) * picture.nbytes > _MAX_FRAMES_BYTES:
            raise InvalidInput(
                "the picture changes too often to be looked at as a whole",
                code=MediaReason.VIDEO_TOO_RESTLESS,
                limit=f"{_MAX_FRAMES_A_SECOND} frames a second, {_MAX_FRAMES_BYTES} bytes",
            )
        self._frames.append(picture)
        self._times.append(seconds - self.start)


def luma(frame: Any) -> NDArray[np.uint8]:
    """The brightness of a frame, uint8 (h, w), without a copy where the format allows."""
    if frame.format.name not in _PLANAR_LUMA:
        gray: NDArray[np.uint8] = frame.reformat(
            width=min(frame.width, 256), height=min(frame.height, 144), format="gray", interpolation="FAST_BILINEAR"
        ).to_ndarray()
        return gray
    plane = frame.planes[0]
    rows = np.frombuffer(plane, np.uint8).reshape(-1, plane.line_size)
    return rows[: frame.height, : frame.width]


def upright(frame: Any, width: int, height: int) -> NDArray[np.uint8]:
    """A frame as RGB, scaled to `width` × `height` as stored, then turned as the file asks, uint8 (h, w, 3).

    Untagged video is read as BT.709 from 720 lines up and as BT.601 below, as players do.
    """
    high_definition = frame.colorspace == _UNSPECIFIED and frame.height >= _HD_LINES
    picture: NDArray[np.uint8] = frame.reformat(
        width=width,
        height=height,
        format="rgb24",
        src_colorspace="ITU709" if frame.colorspace == _BT709 or high_definition else "ITU601",
        interpolation="AREA" if width * 2 <= frame.width else "BICUBIC",
    ).to_ndarray()
    turns = round(frame.rotation / _QUARTER_TURN) % 4
    return np.ascontiguousarray(np.rot90(picture, turns)) if turns else picture


def _pixel_shape(tracks: Tracks) -> float:
    """Width over height of a stored pixel; an absurd one is not believed."""
    ratio = float((tracks.video is not None and tracks.video.sample_aspect_ratio) or 1)
    return ratio if 1 / _MAX_ASPECT <= ratio <= _MAX_ASPECT else 1.0


class SoundTrack:
    """Gathers sound at `SAMPLE_RATE`, channel by channel."""

    def __init__(self) -> None:
        self._resample: Callable[[Any], list[Any]] | None = None
        self._parts: list[NDArray[np.float32]] = []
        self._start: float | None = None
        self._samples = 0

    @property
    def seconds(self) -> float:
        """Length so far."""
        return self._samples / SAMPLE_RATE

    def add(self, frame: Any) -> None:
        """Take the next decoded frame (av.AudioFrame)."""
        if self._resample is None:
            from av.audio.resampler import AudioResampler

            self._resample = AudioResampler("flt", frame.layout, SAMPLE_RATE).resample
            self._start = frame.time
        try:
            self._take(self._resample(frame))
        except ValueError as error:  # rate or layout changed on the way
            raise damaged("wav") from error

    def flush(self) -> None:
        """Take what the resampler still holds."""
        if self._resample is not None:
            self._take(self._resample(None))

    def mono(self, start: float | None) -> tuple[NDArray[np.float32], float]:
        """The track as float32 mono in [-1, 1], and its length in seconds.

        Channels that the mix of all drowns follow it (see `channels.one_track`), past that length.

        Args:
            start: the picture's first moment, which is the track's zero; None for sound alone.
        """
        if not self._parts:
            return np.zeros(0, np.float32), 0.0
        channels = np.nan_to_num(np.concatenate(self._parts, axis=1), nan=0.0, posinf=1.0, neginf=-1.0)
        track, own = one_track(np.clip(channels, -1, 1))
        late = 0 if start is None else round(((self._start or 0.0) - start) * SAMPLE_RATE)
        if 0 < late < SAMPLE_RATE * 60:
            track, own = np.concatenate([np.zeros(late, np.float32), track]), own + late
        return track, own / SAMPLE_RATE

    def _take(self, frames: list[Any]) -> None:
        for frame in frames:
            # interleaved: PyAV 18 reads past the planes of a planar frame of eight channels
            self._parts.append(frame.to_ndarray().reshape(frame.samples, -1).T)
            self._samples += frame.samples

"""Opening a stranger's file, and what to say where that cannot be done. Runs inside the child process only."""

import errno
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from fractions import Fraction
from typing import TYPE_CHECKING, Any, TypeVar

from trust_kernel.errors import InvalidInput
from watermark.domain.marks import WatermarkReason

if TYPE_CHECKING:
    from av.audio.stream import AudioStream
    from av.container import InputContainer
    from av.video.stream import VideoStream

T = TypeVar("T")

_OPTIONS = {"protocol_whitelist": "file"}
_FOLLOWERS = frozenset({"hls", "dash", "concat", "ffmetadata", "imf", "sdp", "rtsp", "webm_dash_manifest"})
"""Demuxers that open other files than the one they are given."""
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_HALF_A_SECOND = Fraction(1, 2)


@contextmanager
def opened(source: str) -> Iterator["InputContainer"]:
    """Open a file of pictures or sound.

    Raises:
        InvalidInput: it cannot be demuxed, or whatever FFmpeg raises inside the block.
        MemoryError: FFmpeg ran out of the memory that the child may use.
        OSError: there is no room for what is written.
    """
    import av

    # No Python log callback: FFmpeg's decoding threads would wait for the interpreter in it, and it for them.
    av.logging.set_level(None)
    try:
        with av.open(source, "r", options=_OPTIONS, metadata_errors="replace") as container:
            if set(container.format.name.split(",")) & _FOLLOWERS:
                raise unusable("The file is a list of other files.")
            yield container
    except av.FFmpegError as error:
        if error.errno == errno.ENOMEM:
            raise MemoryError from error
        if error.errno in _FULL:
            raise OSError(error.errno, os.strerror(error.errno)) from error
        raise unusable("The file cannot be decoded: it is damaged, or no video, picture or sound.") from error


def pictures_of(container: "InputContainer") -> "VideoStream | None":
    """The stream of pictures that players show; None where there is none, a cover picture aside."""
    from av.stream import Disposition

    covers = Disposition.attached_pic
    return next((one for one in _decodable(container.streams.video) if not one.disposition & covers), None)


def sound_of(container: "InputContainer") -> "AudioStream | None":
    """The first sound track; None where there is none."""
    return next(_decodable(container.streams.audio), None)


def origin_of(container: "InputContainer") -> Fraction:
    """When the file starts, in seconds of its own clock; 0 where it starts within half a second of that.

    Some files start late (an MPEG transport stream at 1.4 s) or, by a few milliseconds of priming, early. The first
    are brought to 0; the second keep their times, and what lies before 0 is never shown.
    """
    starts = [
        Fraction(stream.start_time) * stream.time_base
        for stream in (pictures_of(container), sound_of(container))
        if stream is not None and stream.start_time is not None and stream.time_base is not None
    ]
    first = min(starts, default=Fraction(0))
    return first if abs(first) >= _HALF_A_SECOND else Fraction(0)


def length_of(container: "InputContainer") -> float:
    """The longest length in seconds that the file claims for itself or a track; 0 where it claims none."""
    import av

    streams: list[Any] = [stream for stream in (pictures_of(container), sound_of(container)) if stream is not None]
    claimed = [float(container.duration or 0) / av.time_base]
    claimed += [float(stream.duration * stream.time_base) for stream in streams if stream.duration and stream.time_base]
    return max(claimed)


def _decodable(streams: Iterable[T]) -> Iterator[T]:
    """Those that there is a decoder for."""
    return (stream for stream in streams if getattr(stream, "codec_context", None) is not None)


def unusable(detail: str, *, limit: str | None = None) -> InvalidInput:
    """The error for a file that cannot be marked or read."""
    return InvalidInput(detail, code=WatermarkReason.UNUSABLE, field="video", limit=limit)

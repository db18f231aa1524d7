"""Opens a video or sound file with FFmpeg, narrowly. Runs inside the child process only.

The demuxer is named, never guessed; only the file itself may be read (no playlist, no reference to another file or
host); only the decoders below may be opened.
"""

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, NoReturn

from trust_kernel.errors import InvalidInput
from trust_kernel.media.reasons import MediaReason

_VIDEO_CODECS = frozenset(
    {"h264", "hevc", "vp8", "vp9", "libvpx", "libvpx-vp9", "av1", "libdav1d", "mpeg4", "mjpeg", "prores", "gif"}
)
_SOUND_CODECS = frozenset(
    {"aac", "mp3", "mp3float", "opus", "libopus", "vorbis", "flac", "alac"}
    | {"pcm_u8", "pcm_s16le", "pcm_s16be", "pcm_s24le", "pcm_s32le", "pcm_f32le", "pcm_f64le", "pcm_alaw", "pcm_mulaw"}
)
_OPTIONS = {
    "protocol_whitelist": "file",
    "codec_whitelist": ",".join(sorted(_VIDEO_CODECS | _SOUND_CODECS)),
}
_THREADS = 2
_SLACK_SECONDS = 0.25
"""An encoder's priming samples and the last frame's own length make a ten-second video a little longer."""


@dataclass(frozen=True, slots=True)
class Tracks:
    """An open file and its one video and one sound track.

    Attributes:
        container: av.container.InputContainer.
        video: av.VideoStream, or None where there is only sound.
        sound: av.AudioStream, or None where there is only picture.
        seconds: the longest length that the file claims for itself or a track; 0 where it claims none.
    """

    container: Any
    video: Any
    sound: Any
    seconds: float


@contextmanager
def opened(source: str, reader: str) -> Iterator[Tracks]:
    """Open `source` with demuxer `reader`.

    Raises:
        InvalidInput: damaged, no track, more than one of a kind, or a codec that is not taken. Whatever FFmpeg
            raises inside the block counts as damage too.
        MemoryError: FFmpeg ran out of the memory that the child may use.
    """
    import av

    # No Python log callback: FFmpeg's decoding threads would wait for the interpreter in it, and it for them.
    av.logging.set_level(None)
    try:
        with av.open(source, "r", format=reader, options=_OPTIONS, metadata_errors="replace") as container:
            yield _tracks(container)
    except av.FFmpegError as error:
        if error.errno == errno.ENOMEM:
            raise MemoryError from error
        raise damaged(reader) from error


def damaged(reader: str) -> InvalidInput:
    """The error for a file that cannot be read to its end."""
    if reader in {"wav", "mp3", "flac", "ogg"}:
        return InvalidInput("the sound is damaged or cut off", code=MediaReason.SOUND_DAMAGED)
    return InvalidInput("the video is damaged or cut off", code=MediaReason.VIDEO_DAMAGED)


def check_length(seconds: float, max_seconds: float, *, video: bool) -> None:
    """Refuse what is longer than `max_seconds`, a quarter of a second aside."""
    if seconds > max_seconds + _SLACK_SECONDS:
        _refuse_length(max_seconds, video=video)


def check_pixels(width: int, height: int, max_pixels: int) -> None:
    """Refuse frames of more than `max_pixels`."""
    if width * height > max_pixels:
        raise InvalidInput(
            "the video's frames are too large", code=MediaReason.VIDEO_TOO_LARGE, limit=f"{max_pixels} pixels"
        )


def _refuse_length(max_seconds: float, *, video: bool) -> NoReturn:
    limit = f"{max_seconds:g} seconds"
    if video:
        raise InvalidInput("the video is too long", code=MediaReason.VIDEO_TOO_LONG, limit=limit)
    raise InvalidInput("the sound is too long", code=MediaReason.SOUND_TOO_LONG, limit=limit)


def _tracks(container: Any) -> Tracks:
    import av
    from av.stream import Disposition

    videos = [stream for stream in container.streams.video if not stream.disposition & Disposition.attached_pic]
    sounds = list(container.streams.audio)
    if not videos and not sounds:
        raise InvalidInput("there is neither picture nor sound in this file", code=MediaReason.FILE_NO_STREAM)
    if len(videos) > 1 or len(sounds) > 1:
        raise InvalidInput(
            "the file has several video or sound tracks",
            code=MediaReason.FILE_MANY_STREAMS,
            limit="1 video track and 1 sound track",
        )
    for stream in (*videos, *sounds):
        _check_codec(stream)
    lengths = [float(container.duration or 0) / av.time_base]
    lengths += [float(stream.duration * stream.time_base) for stream in (*videos, *sounds) if stream.duration]
    return Tracks(container, videos[0] if videos else None, sounds[0] if sounds else None, max(lengths))


def _check_codec(stream: Any) -> None:
    context = stream.codec_context
    taken, code = (
        (_VIDEO_CODECS, MediaReason.VIDEO_CODEC) if stream.type == "video" else (_SOUND_CODECS, MediaReason.SOUND_CODEC)
    )
    if context is None or context.codec.name not in taken:
        raise InvalidInput(f"this {stream.type} codec is not taken", code=code)
    context.thread_type = "AUTO"
    context.thread_count = _THREADS

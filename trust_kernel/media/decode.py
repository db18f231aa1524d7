"""The one way in which this system reads a picture, video or sound: in a child process, within limits.

The parent reads no more than a file's first bytes and its digest; every decoder runs in `Sandbox`.
"""

import hashlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trust_kernel.errors import InvalidInput
from trust_kernel.media.reasons import DEFAULT_FIELD, MediaReason
from trust_kernel.media.refs import Look, MediaKind, MediaLimits, MediaRef, Stills
from trust_kernel.media.sandbox import ChildLimits, Reply, Sandbox
from trust_kernel.media.sniff import GIF, HEAD_BYTES, Format, is_heif, recognise

_PLAIN_LIMITS = MediaLimits()
_FILE_BYTES = 1_000_000_000
_POSTER, _SMALL_POSTER, _TILE = 640, 320, 320
"""Pixels of the longer side, at most. The small one is in each credential: twenty remixes stay under 1 MB."""
_COLUMNS, _ROWS = 5, 4
_CHANNELS = 3
_PICTURE_DIMENSIONS = 4


class Decoder:
    """Identifies media and looks at them.

    Every refusal is an `InvalidInput` with a `MediaReason`, the name of the input field, and the limit where one was
    passed; `Unavailable` where the machine has no room to decode in.

    Args:
        sandbox: where decoding happens.
    """

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox

    def identify(self, path: Path, limits: MediaLimits = _PLAIN_LIMITS, *, field: str = DEFAULT_FIELD) -> MediaRef:
        """Say what a file is, by its bytes.

        JPEG, PNG, WebP, AVIF and GIF; MP4, MOV, WebM and Matroska; WAV, MP3, FLAC, Ogg and M4A. What is in a
        container is said by its tracks, so a video in a file that calls itself a sound is a video. A GIF that moves
        is a video.
        A picture's header alone is believed here; whether it is whole shows when it is looked at.

        Args:
            path: a local file.
            limits: size limit, and the child's where a container must be opened.
            field: the caller's input field, named in errors.
        """
        size = _checked_size(path, limits, field)
        found = _recognised(path, field)
        kind = found.kind or self._kind_by_content(path, found, limits, field)
        mime = found.sound_mime if kind is MediaKind.AUDIO else found.mime
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        return MediaRef(digest, kind, mime, size)

    def look(
        self,
        path: Path,
        limits: MediaLimits = _PLAIN_LIMITS,
        *,
        fps: float = 2.0,
        longest: int = 1280,
        field: str = DEFAULT_FIELD,
    ) -> Look:
        """Decode a file once, pictures and sound together.

        Of a video, `fps` frames a second are kept, and more wherever the picture jumps, a part of it changes or it
        stands still, and the first and the last; upright and with square pixels. A picture with something hidden
        under its transparency, or a JPEG that holds several, gives more than one frame (see `Look.frames`).

        Args:
            path: a local file.
            limits: past any of them the file is refused.
            fps: frames a second of the even grid.
            longest: longer side of a frame, in pixels, at most; smaller ones are not enlarged.
            field: the caller's input field, named in errors.
        """
        from trust_kernel.media import footage, pictures

        _checked_size(path, limits, field)
        found = _recognised(path, field)
        reader = self._reader(path, found, limits, field)
        if reader.isupper():
            options: dict[str, object] = {"max_pixels": limits.max_pixels}
            function: Callable[..., Mapping[str, object]] = pictures.look
        else:
            options = {"fps": fps, "max_pixels": limits.max_pixels, "max_seconds": limits.max_seconds}
            function = footage.look
        reply = self._call(function, path, limits, field, reader=reader, longest=longest, **options)
        return _checked_look(reply, field)

    def still(
        self,
        path: Path,
        at_seconds: float,
        longest: int = 1280,
        *,
        limits: MediaLimits = _PLAIN_LIMITS,
        field: str = DEFAULT_FIELD,
    ) -> NDArray[np.uint8]:
        """The frame on show at a moment, RGB uint8 (h, w, 3); a picture's only frame; the last one past the end."""
        from trust_kernel.media import previews

        reply = self._preview(previews.still, path, limits, field, longest=longest, at_seconds=at_seconds)
        return _array(reply, "frame", np.uint8, _CHANNELS, field)

    def poster(self, path: Path, *, limits: MediaLimits = _PLAIN_LIMITS, field: str = DEFAULT_FIELD) -> bytes:
        """A picture that stands for a video or picture, as WebP; a video's is from a third of its length."""
        from trust_kernel.media import previews

        reply = self._preview(previews.poster, path, limits, field, longest=_POSTER)
        return _array(reply, "bytes", np.uint8, 1, field).tobytes()

    def stills(self, path: Path, *, limits: MediaLimits = _PLAIN_LIMITS, field: str = DEFAULT_FIELD) -> Stills:
        """The pictures that stand for a video or picture, of one decode."""
        from trust_kernel.media import previews

        sizes = {"longest": _POSTER, "small": _SMALL_POSTER, "tile": _TILE, "columns": _COLUMNS, "rows": _ROWS}
        reply = self._preview(previews.stills, path, limits, field, **sizes)
        return Stills(*(_array(reply, name, np.uint8, 1, field).tobytes() for name in ("poster", "small", "sheet")))

    def _preview(
        self,
        function: Callable[..., Mapping[str, object]],
        path: Path,
        limits: MediaLimits,
        field: str,
        **options: object,
    ) -> Reply:
        _checked_size(path, limits, field)
        reader = self._reader(path, _recognised(path, field), limits, field)
        bounds = {"max_pixels": limits.max_pixels, "max_seconds": limits.max_seconds}
        return self._call(function, path, limits, field, reader=reader, **bounds, **options)

    def _reader(self, path: Path, found: Format, limits: MediaLimits, field: str) -> str:
        """The decoder for a file; a GIF goes to one or the other by whether it moves."""
        if found is GIF and self._kind_by_content(path, found, limits, field) is MediaKind.IMAGE:
            return found.reader.upper()
        return found.reader

    def _kind_by_content(self, path: Path, found: Format, limits: MediaLimits, field: str) -> MediaKind:
        from trust_kernel.media import footage, pictures

        if found is GIF:
            moves = self._call(pictures.is_animated, path, limits, field, reader="GIF")["animated"]
            return MediaKind.VIDEO if moves else MediaKind.IMAGE
        tracks = self._call(footage.probe, path, limits, field, reader=found.reader)
        return MediaKind.VIDEO if tracks["video"] else MediaKind.AUDIO

    def _call(
        self,
        function: Callable[..., Mapping[str, object]],
        path: Path,
        limits: MediaLimits,
        field: str,
        **arguments: object,
    ) -> Reply:
        child = ChildLimits(
            wall_seconds=limits.decode_seconds,
            cpu_seconds=limits.decode_seconds * 2,
            memory_bytes=limits.memory_bytes,
            file_bytes=_FILE_BYTES,
        )
        try:
            return self._sandbox.call(function, limits=child, source=path.resolve(), **arguments)
        except InvalidInput as error:
            error.field = field
            raise


def _checked_size(path: Path, limits: MediaLimits, field: str) -> int:
    size = path.stat().st_size
    if size == 0:
        raise InvalidInput("the file is empty", code=MediaReason.FILE_EMPTY, field=field)
    if size > limits.max_bytes:
        raise InvalidInput(
            "the file is too large", code=MediaReason.FILE_TOO_LARGE, field=field, limit=f"{limits.max_bytes} bytes"
        )
    return size


def _recognised(path: Path, field: str) -> Format:
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
    found = recognise(head)
    if found is None:
        heic = "HEIC pictures are not taken; send it as a JPEG"
        raise InvalidInput(
            heic if is_heif(head) else "this is no picture, video or sound of a kind that is taken here",
            code=MediaReason.FILE_UNRECOGNISED,
            field=field,
            limit="JPEG, PNG, WebP, AVIF, GIF, MP4, MOV, WebM, Matroska, WAV, MP3, FLAC, Ogg, M4A",
        )
    return found


def _checked_look(reply: Reply, field: str) -> Look:
    """Build a Look of a child's reply; the child may have been taken over, so nothing in it is believed unseen."""
    frames = _array(reply, "frames", np.uint8, _PICTURE_DIMENSIONS, field)
    times = _array(reply, "times", np.float64, 1, field)
    audio = _array(reply, "audio", np.float32, 1, field)
    try:
        kind = MediaKind(reply["kind"])
        width, height, duration = int(reply["width"]), int(reply["height"]), float(reply["duration"])
    except (KeyError, TypeError, ValueError) as error:
        raise _failed(field) from error
    if len(times) != len(frames) or frames.shape[3] != _CHANNELS:
        raise _failed(field)
    return Look(kind, width, height, duration, frames, times, audio)


def _array(reply: Reply, name: str, dtype: type[Any], dimensions: int, field: str) -> NDArray[Any]:
    array = reply.get(name)
    if not isinstance(array, np.ndarray) or array.dtype != dtype or array.ndim != dimensions:
        raise _failed(field)
    return array


def _failed(field: str) -> InvalidInput:
    return InvalidInput("this cannot be read", code=MediaReason.DECODE_FAILED, field=field)

"""Decodes a file for its fingerprints: small frames and sub-fingerprints of sound. Runs inside the child only."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trust_kernel.errors import InvalidInput
from trust_kernel.media import pictures
from trust_kernel.media.containers import Tracks, damaged, opened
from trust_kernel.media.footage import Reel, SoundTrack
from trust_kernel.media.reasons import MediaReason
from trust_kernel.media.refs import SAMPLE_RATE
from trust_kernel.media.sniff import GIF, HEAD_BYTES, recognise
from trust_kernel.media.sound_prints import sound_prints

_MOST_ASPECT = 8


def gather(*, source: str, longest: int, most: int, step: float, max_pixels: int, max_seconds: float) -> dict[str, Any]:
    """Decode once, at most `max_seconds`, and give what fingerprints are made of.

    Returns:
        ``frames`` uint8 RGB (n, h, w, 3), no side over `longest`, at most `most` and the last; ``times`` float64 (n,);
        ``sound`` uint32 (m,).

    Raises:
        InvalidInput: no medium that is taken, too large, or damaged.
    """
    with Path(source).open("rb") as file:
        found = recognise(file.read(HEAD_BYTES))
    if found is None:
        raise InvalidInput(
            "this is no picture, video or sound of a kind that is taken", code=MediaReason.FILE_UNRECOGNISED
        )
    reader = found.reader
    if found is GIF and not pictures.is_animated(source=source, reader="GIF")["animated"]:
        reader = "GIF"
    if not reader.isupper():
        return _footage(source, reader, longest, most, step, max_pixels, max_seconds)
    seen = pictures.look(source=source, reader=reader, longest=longest, max_pixels=max_pixels)
    return {"frames": seen["frames"], "times": seen["times"], "sound": np.zeros(0, np.uint32)}


def _footage(
    source: str, reader: str, longest: int, most: int, least_step: float, max_pixels: int, max_seconds: float
) -> dict[str, Any]:
    with opened(source, reader) as tracks:
        step = max(least_step, min(tracks.seconds, max_seconds) / most)
        reel = Reel(_Grid(step, most), longest, max_pixels, _pixel_shape(tracks), most=most + 1)
        sound = SoundTrack()
        _run(tracks, reel, sound, max_seconds)
        if tracks.video is not None and not reel.count:
            raise damaged(reader)
        samples, seconds = sound.mono(start=reel.start if tracks.video is not None else None)
    frames, times = reel.finish()
    return {"frames": frames, "times": times, "sound": sound_prints(samples[: round(seconds * SAMPLE_RATE)])}


def _run(tracks: Tracks, reel: Reel, sound: SoundTrack, max_seconds: float) -> None:
    """Decode until the end, or until enough was seen: fingerprints of a part are fingerprints too."""
    if tracks.video is not None:
        # Every other frame or so is not needed by the others, and none of them is needed for two a second.
        tracks.video.codec_context.skip_frame = "NONREF"
    for packet in tracks.container.demux([stream for stream in (tracks.video, tracks.sound) if stream is not None]):
        for frame in packet.decode():
            if packet.stream.type == "video":
                reel.add(frame)
            else:
                sound.add(frame)
        if max(reel.duration, sound.seconds) > max_seconds:
            break
    sound.flush()


class _Grid:
    """Picks the first frame at or after each of some evenly spaced moments, as many as may be kept."""

    def __init__(self, step: float, most: int) -> None:
        self._step = step
        self._left = most
        self._next: float | None = None

    def wants(self, seconds: float, luma: NDArray[np.uint8]) -> bool:
        del luma
        if self._next is None:
            self._next = seconds
        if seconds < self._next or not self._left:
            return False
        self._next += self._step * (1 + int((seconds - self._next) / self._step))
        self._left -= 1
        return True


def _pixel_shape(tracks: Tracks) -> float:
    """Width over height of a stored pixel; an absurd one is not believed."""
    ratio = float((tracks.video is not None and tracks.video.sample_aspect_ratio) or 1)
    return ratio if 1 / _MOST_ASPECT <= ratio <= _MOST_ASPECT else 1.0

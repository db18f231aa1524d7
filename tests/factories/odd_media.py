"""Videos that are unusual in one way each, made by code."""

import math
from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.video.frame import VideoFrame
from numpy.typing import NDArray

Tag = Callable[[Any], None]

_PQ = (0.1593017578125, 78.84375, 0.8359375, 18.8515625, 18.6875)
"""Constants of SMPTE ST 2084."""


def frames_of(pictures: Sequence[NDArray[Any]], layout: str, pix_fmt: str) -> list[VideoFrame]:
    """Frames in a pixel format, without times."""
    frames = [VideoFrame.from_ndarray(np.ascontiguousarray(picture), layout) for picture in pictures]
    return [frame if layout == pix_fmt else frame.reformat(format=pix_fmt) for frame in frames]


def write(
    path: Path,
    frames: Sequence[VideoFrame],
    *,
    codec: str = "libx264",
    fps: int = 24,
    tag: Tag | None = None,
    sound: NDArray[np.float32] | None = None,
    layout: str = "stereo",
    sound_codec: str = "aac",
    start: float = 0.0,
    **options: str,
) -> Path:
    """Write frames, and sound at 48 kHz, float32 (channels, n); the container follows from the suffix.

    Args:
        path: where.
        frames: of one size and format.
        codec: FFmpeg encoder of the pictures.
        fps: frames a second.
        tag: changes each frame, and the encoder's context, before it is encoded.
        sound: none where it is None.
        layout: channel layout.
        sound_codec: FFmpeg encoder of the sound.
        start: seconds of the file's clock at which it begins.
        options: of the encoder; an underscore stands for a hyphen.
    """
    with av.open(str(path), "w") as file:
        video: Any = file.add_stream(
            codec, rate=fps, options={name.replace("_", "-"): value for name, value in options.items()}
        )
        video.width, video.height, video.pix_fmt = frames[0].width, frames[0].height, frames[0].format.name
        if tag:
            tag(video.codec_context)
        track: Any = file.add_stream(sound_codec, rate=48_000, layout=layout) if sound is not None else None
        for number, frame in enumerate(frames):
            frame.pts, frame.time_base = number + round(start * fps), Fraction(1, fps)
            if tag:
                tag(frame)
            file.mux(video.encode(frame))
        file.mux(video.encode(None))
        if sound is not None:
            samples = AudioFrame.from_ndarray(sound.T.reshape(1, -1).copy(), "flt", layout)
            samples.sample_rate, samples.pts = 48_000, round(start * 48_000)
            file.mux(track.encode(samples))
            file.mux(track.encode(None))
    return path


def gray(width: int, height: int, level: int, count: int = 8) -> list[NDArray[np.uint8]]:
    """Plain RGB pictures."""
    return [np.full((height, width, 3), level, np.uint8)] * count


def stripes(width: int, height: int, count: int = 8) -> list[NDArray[np.uint8]]:
    """RGB pictures whose upper half is light, with a light bar that moves to the right."""
    pictures = []
    for number in range(count):
        picture = np.full((height, width, 3), 50, np.uint8)
        picture[: height // 2] = 200
        picture[:, number * width // count :][:, : width // 8] = 230
        pictures.append(picture)
    return pictures


def pq(nits: float) -> float:
    """The signal in [0, 1] for a luminance in cd/m² (SMPTE ST 2084)."""
    m1, m2, c1, c2, c3 = _PQ
    light = (nits / 10_000) ** m1
    return float(((c1 + c2 * light) / (1 + c3 * light)) ** m2)


def hdr(width: int, height: int, nits: float, count: int = 4) -> list[VideoFrame]:
    """Plain pictures of one luminance, 10 bits; to be tagged with `as_pq`."""
    value = round(pq(nits) * 65535)
    return frames_of([np.full((height, width, 3), value, np.uint16)] * count, "rgb48le", "yuv420p10le")


def as_pq(thing: Any) -> None:
    """Tag a frame or an encoder as BT.2020 with PQ."""
    thing.color_trc, thing.color_primaries, thing.colorspace, thing.color_range = 16, 9, 9, 1


def sines(channels: int, seconds: float, level: float = 0.2) -> NDArray[np.float32]:
    """A tone of its own for each channel, 48 kHz, from 5 kHz up."""
    times = np.arange(round(seconds * 48_000)) / 48_000
    tones = [level * np.sin(2 * math.pi * (5000 + 700 * number) * times) for number in range(channels)]
    return np.stack(tones).astype(np.float32)


def spoil(path: Path, target: Path, share: float = 0.5, length: int = 4000) -> Path:
    """A copy with noise over a stretch in the middle."""
    data = bytearray(path.read_bytes())
    first = int(len(data) * share)
    noise = np.random.default_rng(0).integers(0, 256, length, dtype=np.uint8).tobytes()
    data[first : first + length] = noise[: max(0, len(data) - first)]
    target.write_bytes(bytes(data))
    return target

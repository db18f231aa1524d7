"""Media for tests, made by code."""

import struct
import zlib
from collections.abc import Iterable, Sequence
from fractions import Fraction
from pathlib import Path
from typing import cast

import av
import numpy as np
from av.audio.resampler import AudioResampler
from av.container import OutputContainer
from numpy.typing import NDArray
from PIL import Image

Picture = NDArray[np.uint8]

QUARTER_TURN_MATRIX = struct.pack(">9i", 0, 65536, 0, -65536, 0, 0, 0, 0, 1 << 30)
"""A display matrix (ISO/IEC 14496-12, tkhd) that turns a frame clockwise by 90°."""
_IDENTITY_MATRIX = struct.pack(">9i", 65536, 0, 0, 0, 65536, 0, 0, 0, 1 << 30)


def plain(width: int, height: int, colour: tuple[int, int, int]) -> Picture:
    """One colour."""
    return np.full((height, width, 3), colour, np.uint8)


def scene(width: int, height: int, seed: int) -> Picture:
    """A smooth random picture with a wide histogram."""
    coarse = np.random.default_rng(seed).integers(0, 256, (6, 8, 3), dtype=np.uint8)
    return np.asarray(Image.fromarray(coarse).resize((width, height), Image.Resampling.BICUBIC))


def write_video(
    path: Path,
    pictures: Iterable[Picture],
    *,
    fps: int = 24,
    times: Sequence[float] | None = None,
    sound: NDArray[np.float32] | None = None,
    codec: str = "libx264",
    options: dict[str, str] | None = None,
    quick_start: bool = False,
    container_options: dict[str, str] | None = None,
    sound_tracks: int = 1,
) -> Path:
    """Write a video; the container follows from the suffix.

    Args:
        path: where to.
        pictures: frames of one even size.
        fps: frames a second.
        times: seconds of each frame, where they are not even.
        sound: float32 (channels, n) at 48 kHz.
        codec: FFmpeg encoder.
        options: encoder options.
        quick_start: the index comes before the media.
        container_options: muxer options.
        sound_tracks: how many tracks carry the sound.
    """
    frames = list(pictures)
    flags = {"movflags": "faststart"} if quick_start else container_options or {}
    with av.open(str(path), "w", options=flags) as container:
        video = cast("av.VideoStream", container.add_stream(codec, rate=fps, options=options or {}))
        video.height, video.width = frames[0].shape[:2]
        video.pix_fmt = "yuv420p"
        video.codec_context.time_base = Fraction(1, 1000 if times else fps)
        name = "libopus" if path.suffix == ".webm" else "aac"
        layout = "mono" if sound is None or len(sound) == 1 else "stereo"
        tracks = [
            cast("av.AudioStream", container.add_stream(name, rate=48_000, layout=layout))
            for _ in range(0 if sound is None else sound_tracks)
        ]
        for place, picture in enumerate(frames):
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            frame.pts = round(times[place] * 1000) if times else place
            frame.time_base = Fraction(1, 1000 if times else fps)
            container.mux(video.encode(frame))
        container.mux(video.encode())
        if sound is not None:
            for track in tracks:
                _mux_sound(container, track, sound)
    return path


def write_sound(path: Path, sound: NDArray[np.float32], *, codec: str, rate: int = 48_000) -> Path:
    """Write a sound, float32 (channels, n) at `rate`; the container follows from the suffix."""
    with av.open(str(path), "w") as container:
        layout = "mono" if len(sound) == 1 else "stereo"
        track = cast("av.AudioStream", container.add_stream(codec, rate=rate, layout=layout))
        _mux_sound(container, track, sound, rate)
    return path


def _mux_sound(
    container: OutputContainer, track: av.AudioStream, sound: NDArray[np.float32], rate: int = 48_000
) -> None:
    context = track.codec_context
    resampler = AudioResampler(context.format, context.layout, context.rate, context.frame_size or 1024)
    frame = av.AudioFrame.from_ndarray(sound, format="fltp", layout="mono" if len(sound) == 1 else "stereo")
    frame.sample_rate = rate
    frame.pts = 0
    for piece in (*resampler.resample(frame), *resampler.resample(None), None):
        container.mux(track.encode(piece))


def tone(seconds: float, hertz: float = 440.0, rate: int = 48_000) -> NDArray[np.float32]:
    """A sine of amplitude 0.5, float32 (n,)."""
    moments = np.arange(round(seconds * rate)) / rate
    return (0.5 * np.sin(2 * np.pi * hertz * moments)).astype(np.float32)


def turn(path: Path) -> Path:
    """Change every track's display matrix in a finished MP4 to a quarter turn clockwise."""
    data = path.read_bytes()
    head = data.index(b"tkhd")
    place = data.index(_IDENTITY_MATRIX, head)
    path.write_bytes(data[:place] + QUARTER_TURN_MATRIX + data[place + len(_IDENTITY_MATRIX) :])
    return path


def png(*chunks: tuple[bytes, bytes]) -> bytes:
    """A PNG of the given chunks, with their checksums."""
    body = b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in chunks
    )
    return b"\x89PNG\r\n\x1a\n" + body


def png_header(width: int, height: int) -> tuple[bytes, bytes]:
    """An IHDR chunk: 8-bit gray."""
    return b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)


def huge_png(width: int, height: int) -> bytes:
    """A small file that is a valid black picture of `width` × `height`."""
    rows = zlib.compressobj(9)
    row = bytes(width + 1)
    packed = b"".join(rows.compress(row) for _ in range(height)) + rows.flush()
    return png(png_header(width, height), (b"IDAT", packed), (b"IEND", b""))


def text_bomb_png(unpacked: int = 200_000_000) -> bytes:
    """A one-pixel picture with a note that unpacks to `unpacked` bytes."""
    squeezer = zlib.compressobj(9)
    block = bytes(1_000_000)
    packed = b"".join(squeezer.compress(block) for _ in range(unpacked // len(block))) + squeezer.flush()
    pixel = zlib.compress(b"\0\0")
    return png(png_header(1, 1), (b"zTXt", b"Comment\0\0" + packed), (b"IDAT", pixel), (b"IEND", b""))

"""Decoding and encoding videos for measurements, frame by frame, with PyAV."""

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import cast

import av
import numpy as np
from av.video.frame import VideoFrame
from numpy.typing import NDArray

from watermark.adapters.marking.decoding import values_of
from watermark.adapters.marking.encoding import X264, frame_of
from watermark.ports.marks import YuvFrame

Luma = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Spent:
    """What writing a file took.

    Attributes:
        wall: seconds.
        cpu: processor seconds of all threads.
        frames: frames written.
        size: bytes written.
    """

    wall: float
    cpu: float
    frames: int
    size: int


def decoded(path: Path, seconds: float | None = None, *, looped: bool = False) -> Iterator[VideoFrame]:
    """A video's frames, 8-bit 4:2:0 with even sides, numbered from 0 at an even rate.

    Args:
        path: the video.
        seconds: where to stop; None at its end.
        looped: a shorter video starts again until `seconds` are full.
    """
    number, again = 0, True
    while again:
        again = looped and seconds is not None
        with av.open(str(path)) as reader:
            video = reader.streams.video[0]
            video.thread_type = "AUTO"
            rate = video.average_rate or Fraction(24)
            for frame in reader.decode(video):
                if seconds is not None and number / rate >= seconds:
                    return
                plain = frame.reformat(frame.width // 2 * 2, frame.height // 2 * 2, "yuv420p")
                plain.pts, plain.time_base = number, 1 / rate
                number += 1
                yield plain


def view(frame: VideoFrame) -> YuvFrame:
    """A 4:2:0 frame's planes, without a copy; they are valid as long as anybody holds them."""
    y, u, v = (values_of(plane) for plane in frame.planes)
    return YuvFrame(y, u, v, float(frame.time or 0.0))


def picture(planes: Iterable[Luma], like: VideoFrame) -> VideoFrame:
    """A 4:2:0 frame with new planes, and the time and the colour tags of another."""
    y, u, v = planes
    fresh = frame_of(YuvFrame(y, u, v))
    if like.time_base is not None:
        fresh.pts, fresh.time_base = like.pts, like.time_base
    fresh.colorspace, fresh.color_range = like.colorspace, like.color_range
    return fresh


def transcode(frames: Iterable[VideoFrame], target: Path, mark: Callable[[YuvFrame], YuvFrame] | None = None) -> Spent:
    """Encode frames with x264 as the product does; with a marker's `mark`, mark them on the way."""
    started, used = time.perf_counter(), time.process_time()
    source = iter(frames)
    first = next(source)
    with av.open(str(target), "w") as writer:
        rate = 1 / cast("Fraction", first.time_base)
        stream = writer.add_stream("libx264", rate=rate, options=dict(X264))
        stream.width, stream.height, stream.pix_fmt = first.width, first.height, "yuv420p"
        frame: VideoFrame | None = first
        count = 0
        while frame is not None:
            ready = frame
            if mark is not None:
                marked = mark(view(frame))
                ready = picture((marked.y, marked.u, marked.v), frame)
            writer.mux(stream.encode(ready))
            count += 1
            frame = next(source, None)
        writer.mux(stream.encode(None))
    return Spent(time.perf_counter() - started, time.process_time() - used, count, target.stat().st_size)


def ssim(one: Luma, other: Luma) -> float:
    """Mean structural similarity (Wang et al. 2004), Gaussian window of sigma 1.5."""
    import cv2

    def mean(values: NDArray[np.float32]) -> NDArray[np.float32]:
        return np.asarray(cv2.GaussianBlur(values, (11, 11), 1.5), np.float32)

    a, b = one.astype(np.float32), other.astype(np.float32)
    c1, c2 = np.float32((0.01 * 255) ** 2), np.float32((0.03 * 255) ** 2)
    mean_a, mean_b = mean(a), mean(b)
    spread = mean(a * a) - mean_a**2 + mean(b * b) - mean_b**2
    common = mean(a * b) - mean_a * mean_b
    index = (2 * mean_a * mean_b + c1) * (2 * common + c2) / ((mean_a**2 + mean_b**2 + c1) * (spread + c2))
    return float(index.mean())

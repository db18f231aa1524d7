"""From decoded frames of any kind to upright pictures of 8 bits, 4:2:0, with square pixels.

A frame that is so already is only looked at, never copied. Everything else is developed:

* **High dynamic range** (PQ, HLG) and BT.2020 colours are mapped to BT.709 by FFmpeg's swscale with perceptual intent:
  what was 203 cd/m² (reference white, ITU-R BT.2408) comes out at luma 150, and highlights keep their shape.
* **Interlaced** frames go through bwdif, one picture a frame.
* **Transparent** parts show black, as players show them.
* **Turned by the display matrix**: the pixels are turned, so the marked file needs no matrix.
* **Pixels that are not square** are made square, an **odd** last row or column is left out: H.264 4:2:0 has even sides.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from watermark.adapters.marking.opening import unusable
from watermark.ports.marks import YuvFrame

if TYPE_CHECKING:
    from av.filter import Graph
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream

MAX_PIXELS = 50_000_000
"""Pixels of one frame, at most: 50 megapixels, a large photograph."""
PLANAR = frozenset({"yuv420p", "yuvj420p"})
_FULL_RANGE = frozenset({"yuvj420p"})
_PQ, _HLG, _BT2020, _BT709, _UNSPECIFIED, _LIMITED, _FULL = 16, 18, 9, 1, 2, 1, 2
"""Code points of ITU-T H.273, and FFmpeg's of the two ranges."""
_MAX_ASPECT = 8
_QUARTER_TURN = 90
_CLOCK = Fraction(1, 90_000)
"""Time base where a source has none."""


@dataclass(frozen=True, slots=True)
class Colours:
    """How the values of a picture are meant: code points of ITU-T H.273, and FFmpeg's of the range."""

    primaries: int = _BT709
    transfer: int = _BT709
    matrix: int = _BT709
    range: int = _LIMITED


@dataclass(frozen=True, slots=True)
class Picture:
    """One upright picture and when it is shown.

    Attributes:
        planes: its planes, of even sides unless it was made for reading; `seconds` count from the file's start.
        time: the same moment, exactly, in seconds.
    """

    planes: YuvFrame
    time: Fraction


class Darkroom:
    """Develops the frames of one stream.

    Args:
        stream: the stream of pictures.
        origin: when the file starts, in seconds of its own clock.
        for_marking: whether people will see the result. Who only looks for marks can do without tone mapping,
            deinterlacing and even sides.
    """

    def __init__(self, stream: "VideoStream", origin: Fraction, *, for_marking: bool) -> None:
        self._stream = stream
        self._origin = origin
        self._for_marking = for_marking
        self._graph: tuple[object, Graph] | None = None
        self._last = Fraction(-1)
        self._stored: tuple[int, int] | None = None
        self._turns = 0
        context = stream.codec_context
        if context.width * context.height > MAX_PIXELS:
            raise unusable("The pictures are too large.", limit=f"{MAX_PIXELS} pixels")

    @property
    def time_base(self) -> Fraction:
        """Unit of the stream's time stamps, in seconds."""
        return self._stream.time_base or _CLOCK

    @property
    def rate(self) -> Fraction:
        """Average pictures a second, as the file says."""
        return self._stream.average_rate or self._stream.guessed_rate or Fraction(24)

    def colours(self, frame: "VideoFrame") -> Colours:
        """How a developed frame's values are meant."""
        if _is_wide(frame) or _is_rgb(frame):
            return Colours()
        given = int(frame.color_range)
        range_ = _FULL if frame.format.name in _FULL_RANGE else given if frame.format.name in PLANAR else _LIMITED
        return Colours(int(frame.color_primaries), int(frame.color_trc), int(frame.colorspace), range_)

    def develop(self, frame: "VideoFrame") -> Iterator[Picture]:
        """The pictures of a decoded frame: one, or none while a filter waits for the next.

        Raises:
            InvalidInput: it is too large.
        """
        if frame.width * frame.height > MAX_PIXELS:
            raise unusable("The pictures are too large.", limit=f"{MAX_PIXELS} pixels")
        self._turns = round(frame.rotation / _QUARTER_TURN) % 4
        for picture in self._plain(frame):
            yield self._upright(picture)

    def finish(self) -> Iterator[Picture]:
        """What a filter still holds, once there are no more frames."""
        if self._graph is not None:
            graph = self._graph[1]
            graph.vpush(None)
            for picture in _pulled(graph):
                yield self._upright(picture)

    def _plain(self, frame: "VideoFrame") -> Iterator["VideoFrame"]:
        """8 bits, 4:2:0, square pixels; not yet turned."""
        size = self._square(frame)
        interlaced = self._for_marking and (self._graph is not None or frame.interlaced_frame)
        ready = frame.format.name in PLANAR and size == (frame.width, frame.height) and not interlaced
        if ready and not (self._for_marking and _is_wide(frame)):
            yield frame
            return
        if not self._for_marking:
            yield frame.reformat(*size, "yuv420p", dst_color_range=_LIMITED)
            return
        if _has_alpha(frame):
            frame = _on_black(frame)
        graph = self._graph_for(frame, size, interlaced=bool(interlaced))
        graph.vpush(frame)
        yield from _pulled(graph)

    def _square(self, frame: "VideoFrame") -> tuple[int, int]:
        """The size of a frame with square pixels; all frames take that of the first."""
        if self._stored is None:
            ratio = self._stream.sample_aspect_ratio or Fraction(1)
            believed = ratio if Fraction(1, _MAX_ASPECT) <= ratio <= _MAX_ASPECT else Fraction(1)
            self._stored = max(1, round(frame.width * believed)), frame.height
        return self._stored

    def _graph_for(self, frame: "VideoFrame", size: tuple[int, int], *, interlaced: bool) -> "Graph":
        kind = frame.format.name, frame.width, frame.height, size, interlaced
        if self._graph is None or self._graph[0] != kind:
            self._graph = kind, _built(frame, size, interlaced=interlaced)
        return self._graph[1]

    def _upright(self, frame: "VideoFrame") -> Picture:
        y, u, v = (values_of(plane) for plane in frame.planes)
        if self._for_marking:
            high, wide = y.shape[0] // 2 * 2, y.shape[1] // 2 * 2
            y, u, v = y[:high, :wide], u[: high // 2, : wide // 2], v[: high // 2, : wide // 2]
        if self._turns:
            y, u, v = (np.ascontiguousarray(np.rot90(plane, self._turns)) for plane in (y, u, v))
        time = self._time(frame)
        return Picture(YuvFrame(y, u, v, float(time)), time)

    def _time(self, frame: "VideoFrame") -> Fraction:
        """When a frame is shown. One without a time, or that goes back in time, comes right after the one before."""
        base = self.time_base
        if frame.pts is None:
            time = self._last + 1 / self.rate if self._last >= 0 else Fraction(0)
        else:
            time = Fraction(frame.pts) * (frame.time_base or base) - self._origin
            if self._for_marking:
                time = max(time, self._last + base)
        self._last = max(time, Fraction(0))
        return self._last


def _is_wide(frame: "VideoFrame") -> bool:
    return int(frame.color_trc) in {_PQ, _HLG} or int(frame.color_primaries) == _BT2020


def _is_rgb(frame: "VideoFrame") -> bool:
    return bool(frame.format.is_rgb) or frame.format.name.startswith(("gray", "pal", "mono", "ya"))


def _has_alpha(frame: "VideoFrame") -> bool:
    return any(component.is_alpha for component in frame.format.components) or frame.format.name == "pal8"


def _on_black(frame: "VideoFrame") -> "VideoFrame":
    from av.video.frame import VideoFrame

    values = frame.to_ndarray(format="rgba")
    shown = (values[:, :, :3].astype(np.uint16) * values[:, :, 3:] + 127) // 255
    flat = VideoFrame.from_ndarray(shown.astype(np.uint8), "rgb24")
    flat.pts, flat.time_base = frame.pts, frame.time_base
    return flat


def _built(frame: "VideoFrame", size: tuple[int, int], *, interlaced: bool) -> "Graph":
    from av.filter import Graph

    graph = Graph()
    base = frame.time_base or _CLOCK
    steps = [graph.add_buffer(width=frame.width, height=frame.height, format=frame.format, time_base=base)]
    if interlaced:
        steps.append(graph.add("bwdif", "mode=send_frame:deint=interlaced"))
    scale = f"w={size[0]}:h={size[1]}:out_range=limited"
    if _is_wide(frame):
        scale += ":out_transfer=bt709:out_primaries=bt709:out_color_matrix=bt709:intent=perceptual"
    elif _is_rgb(frame):
        scale += ":out_color_matrix=bt709"
    steps += [graph.add("scale", scale), graph.add("format", "pix_fmts=yuv420p"), graph.add("buffersink")]
    graph.link_nodes(*steps).configure()
    return graph


def _pulled(graph: "Graph") -> Iterator["VideoFrame"]:
    import av

    while True:
        try:
            yield graph.vpull()
        except (av.BlockingIOError, av.EOFError):
            return


def values_of(plane: Any) -> NDArray[np.uint8]:
    """The values of a frame's plane, uint8 (h, w), without a copy: what is written there is in the frame."""
    rows = np.frombuffer(plane, np.uint8).reshape(-1, plane.line_size)
    return rows[: plane.height, : plane.width]

"""Marking and reading whole files, with PyAV, inside the sandbox.

`mark_file` and `read_marks` are what the sandbox's child runs: JSON in, JSON out, files by path. `SandboxedFileMarks`
is what the rest of the program holds.
"""

import math
from collections.abc import Iterator, Mapping
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from numpy.typing import NDArray

from trust_kernel.errors import InvalidInput
from trust_kernel.media.sandbox import ChildLimits, Sandbox
from watermark.adapters.imwatermark import RivaGanMarker
from watermark.adapters.spread_spectrum import SpreadSpectrumMarker
from watermark.adapters.visible import WanderingLabel
from watermark.domain.marks import Geometry, MarkedFile, MarkReading, Search, WatermarkReason
from watermark.ports.marks import FrameEmbedder, StreamDetector, VideoMarker, YuvFrame

if TYPE_CHECKING:
    from av.audio.frame import AudioFrame
    from av.audio.stream import AudioStream
    from av.container import InputContainer, OutputContainer
    from av.packet import Packet
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream

MARKERS: Mapping[str, type[SpreadSpectrumMarker] | type[RivaGanMarker]] = {
    SpreadSpectrumMarker.name: SpreadSpectrumMarker,
    RivaGanMarker.name: RivaGanMarker,
}
"""Markers by the name that settings use."""

X264 = {"preset": "veryfast", "crf": "20"}
"""How a marked video is encoded: good enough that this generation costs the mark nothing."""
MAX_FRAMES = 720
"""Frames that a reader looks at: 30 s at 24 a second. More would not make a mark surer."""
_FIRST_TRY = 12
"""Frames after which a reader first tries; it tries again whenever their number has doubled."""
_MEASURE_EVERY = 4
_LIMITED_RANGE = 1
_PLANAR = frozenset({"yuv420p", "yuvj420p"})
_CLOCK = Fraction(1, 90_000)
"""Time base where a source has none."""


def build_marker(name: str, key: bytes) -> VideoMarker:
    """The marker that settings name.

    Raises:
        InvalidInput: no such marker.
        Unavailable: its package is missing.
    """
    if name not in MARKERS:
        raise InvalidInput(
            f"There is no marker '{name}'; there are {', '.join(MARKERS)}.", code=WatermarkReason.MARKER, field="marker"
        )
    return MARKERS[name](key)


def mark_file(
    *, source: str, target: str, payload: int, key_hex: str, label: str, marker: str = SpreadSpectrumMarker.name
) -> dict[str, float]:
    """Decode, draw the visible mark, add the invisible one, encode, in one pass.

    The target is an MP4: H.264 4:2:0 with the source's time stamps and colour tags, its AAC sound copied (other sound
    is encoded to AAC), its index at the front.

    Args:
        source: path of a video.
        target: path to write.
        payload: what the invisible mark says.
        key_hex: the key, hex.
        label: what the visible mark says; none is drawn where it is empty.
        marker: a name in `MARKERS`.

    Returns:
        psnr_y (dB), frames, fps, width, height, size_ratio.

    Raises:
        InvalidInput: the source cannot be decoded, the payload does not fit, or there is no such marker.
        Unavailable: the marker's package is missing.
    """
    import av

    key = bytes.fromhex(key_hex)
    try:
        with (
            av.open(source) as reader,
            av.open(target, "w", format="mp4", options={"movflags": "+faststart"}) as writer,
        ):
            video = _video_stream(reader)
            pass_ = _MarkingPass(reader, writer, video)
            pass_.prepare(build_marker(marker, key), payload, key, label)
            pass_.run()
    except av.FFmpegError as error:
        raise _unusable() from error
    return {
        "psnr_y": pass_.psnr_y,
        "frames": pass_.frames,
        "fps": pass_.fps,
        "width": pass_.width,
        "height": pass_.height,
        "size_ratio": Path(target).stat().st_size / Path(source).stat().st_size,
    }


def read_marks(
    *, source: str, key_hex: str, search: str, marker: str = SpreadSpectrumMarker.name, max_frames: int = MAX_FRAMES
) -> dict[str, Any]:
    """Decode once and look for a mark, stopping as soon as there is one.

    Args:
        source: path of a video or a picture.
        key_hex: the key, hex.
        search: a value of `Search`.
        marker: a name in `MARKERS`.
        max_frames: frames to look at.

    Returns:
        A `MarkReading` as JSON, for `reading_of`.

    Raises:
        InvalidInput: the source cannot be decoded, or there is no such marker.
        Unavailable: the marker's package is missing.
    """
    import av

    detector = build_marker(marker, bytes.fromhex(key_hex)).detector()
    try:
        with av.open(source) as reader:
            reading = _read_stream(reader, detector, Search(search), max_frames)
    except av.FFmpegError as error:
        raise _unusable() from error
    if reading.frames == 0:
        raise _unusable()
    geometry = reading.geometry
    return {
        "found": reading.found,
        "payload": reading.payload,
        "confidence": reading.confidence,
        "threshold": reading.threshold,
        "geometry": geometry and [geometry.scale_x, geometry.scale_y, geometry.rotation, geometry.mirrored],
        "frames": reading.frames,
        "seconds": reading.seconds,
    }


def reading_of(reply: Mapping[str, Any]) -> MarkReading:
    """The reading that `read_marks` gave as JSON."""
    geometry = reply["geometry"]
    return MarkReading(**{**reply, "geometry": Geometry(*geometry) if geometry is not None else None})


class SandboxedFileMarks:
    """A `VideoFileMarks` that does its work in a child process.

    Args:
        sandbox: starts the child.
        key: secret bytes, as derived for video marks.
        label: what the visible mark says; none is drawn where it is empty.
        marker: a name in `MARKERS`.
        limits: what the child may use.
    """

    def __init__(
        self,
        sandbox: Sandbox,
        key: bytes,
        label: str,
        marker: str = SpreadSpectrumMarker.name,
        limits: ChildLimits | None = None,
    ) -> None:
        self._sandbox = sandbox
        self._key_hex = key.hex()
        self._label = label
        self._marker = marker
        self._limits = limits or ChildLimits(wall_seconds=180.0, cpu_seconds=360.0, memory_bytes=4_000_000_000)

    def write(self, source: Path, target: Path, *, payload: int) -> MarkedFile:
        """Mark `source` into `target`; see `mark_file`."""
        reply = self._sandbox.call(
            mark_file,
            limits=self._limits,
            source=str(source.resolve()),
            target=str(target.resolve()),
            payload=payload,
            key_hex=self._key_hex,
            label=self._label,
            marker=self._marker,
        )
        return MarkedFile(**reply)

    def read(self, path: Path, search: Search) -> MarkReading:
        """Look for a mark in a file; see `read_marks`."""
        reply = self._sandbox.call(
            read_marks,
            limits=self._limits,
            source=str(path.resolve()),
            key_hex=self._key_hex,
            search=str(search),
            marker=self._marker,
        )
        return reading_of(reply)


class _MarkingPass:
    """One run from a source to a marked target.

    Args:
        reader: the source.
        writer: the target.
        video: the source's stream of pictures.
    """

    def __init__(self, reader: "InputContainer", writer: "OutputContainer", video: "VideoStream") -> None:
        self._reader, self._writer, self._video = reader, writer, video
        # H.264 4:2:0 has even sides; a picture with an odd one is scaled by one pixel.
        self.width, self.height = video.width // 2 * 2, video.height // 2 * 2
        self.frames = 0
        self._last_pts = -1
        self._squared_error = 0.0
        self._measured = 0
        rate = video.average_rate or video.guessed_rate or Fraction(24)
        self.fps = float(rate)
        self._out = writer.add_stream("libx264", rate=rate, options=dict(X264))
        self._out.width, self._out.height, self._out.pix_fmt = self.width, self.height, "yuv420p"
        self._out.codec_context.time_base = video.time_base or _CLOCK
        self._out.time_base = video.time_base or _CLOCK
        self._tag_colours()
        self._sound = _SoundTrack.of(reader, writer)
        self._embedder: FrameEmbedder
        self._label: WanderingLabel | None

    def prepare(self, marker: VideoMarker, payload: int, key: bytes, label: str) -> None:
        """Say what the marks are."""
        self._embedder = marker.embedder(payload, self.width, self.height)
        self._label = WanderingLabel(label, key, self.width, self.height) if label else None

    def run(self) -> None:
        """Do it."""
        streams = [self._video, self._sound.source] if self._sound else [self._video]
        self._video.thread_type = "AUTO"
        for packet in self._reader.demux(streams):
            if packet.stream.index == self._video.index:
                for frame in packet.decode():
                    self._take(cast("VideoFrame", frame))
            elif self._sound:
                self._sound.take(packet)
        if self.frames == 0:
            raise _unusable()
        self._writer.mux(self._out.encode(None))
        if self._sound:
            self._sound.finish()

    @property
    def psnr_y(self) -> float:
        """PSNR in dB of the marked luma against the same luma without the invisible mark."""
        error = self._squared_error / max(self._measured, 1)
        return 10 * math.log10(255.0**2 / max(error, 1e-6))

    def _take(self, frame: "VideoFrame") -> None:
        plain = yuv_of(frame, self.width, self.height)
        labelled = self._label.draw(plain) if self._label else plain
        marked = self._embedder.mark(labelled)
        if self.frames % _MEASURE_EVERY == 0:
            self._squared_error += _squared_error(labelled.y, marked.y)
            self._measured += 1
        picture = _picture_of(marked)
        # A frame without a time, or one that goes back in time, comes right after the one before.
        self._last_pts = max(frame.pts if frame.pts is not None else 0, self._last_pts + 1)
        picture.pts, picture.time_base = self._last_pts, frame.time_base or _CLOCK
        self._writer.mux(self._out.encode(picture))
        self.frames += 1

    def _tag_colours(self) -> None:
        ours, theirs = self._out.codec_context, self._video.codec_context
        ours.color_primaries = theirs.color_primaries
        ours.color_trc = theirs.color_trc
        ours.colorspace = theirs.colorspace
        ours.color_range = theirs.color_range if theirs.pix_fmt in _PLANAR else _LIMITED_RANGE


class _SoundTrack:
    """The source's first sound track on its way to the target.

    Args:
        source: the track.
        target: where it goes.
        writer: the target's container.
        copied: packets go as they are; otherwise they are decoded and encoded to AAC.
    """

    def __init__(
        self, source: "AudioStream", target: "AudioStream", writer: "OutputContainer", *, copied: bool
    ) -> None:
        self.source = source
        self._target = target
        self._writer = writer
        self._copied = copied

    @classmethod
    def of(cls, reader: "InputContainer", writer: "OutputContainer") -> "_SoundTrack | None":
        """The way of a source's first sound track; None where it has none."""
        if not reader.streams.audio:
            return None
        source = reader.streams.audio[0]
        if source.codec_context.name == "aac":
            return cls(source, writer.add_stream_from_template(source), writer, copied=True)
        target = writer.add_stream("aac", rate=source.codec_context.sample_rate)
        target.codec_context.layout = source.codec_context.layout
        return cls(source, target, writer, copied=False)

    def take(self, packet: "Packet[Any]") -> None:
        """Pass one packet on. The empty packet that ends a stream goes to the decoder only."""
        if not self._copied:
            for frame in packet.decode():
                self._writer.mux(self._target.encode(cast("AudioFrame", frame)))
        elif packet.dts is not None:
            packet.stream = self._target
            self._writer.mux(packet)

    def finish(self) -> None:
        """Write what the encoder still holds."""
        if not self._copied:
            self._writer.mux(self._target.encode(None))


def _read_stream(reader: "InputContainer", detector: StreamDetector, search: Search, max_frames: int) -> MarkReading:
    next_try = _FIRST_TRY
    for count, frame in enumerate(_frames(reader, max_frames), start=1):
        detector.add(frame)
        if count == next_try:
            next_try *= 2
            reading = detector.read(Search.ALIGNED)
            if reading.found:
                return reading
    return detector.read(search)


def _frames(reader: "InputContainer", most: int) -> Iterator[YuvFrame]:
    video = _video_stream(reader)
    video.thread_type = "AUTO"
    for count, frame in enumerate(reader.decode(video)):
        if count == most:
            return
        yield yuv_of(frame, frame.width, frame.height)


def yuv_of(frame: "VideoFrame", width: int, height: int) -> YuvFrame:
    """A decoded frame's planes at a size, without a copy where it has that size and 8-bit 4:2:0 planes already."""
    if frame.format.name not in _PLANAR or (frame.width, frame.height) != (width, height):
        frame = frame.reformat(width, height, "yuv420p", dst_color_range=_LIMITED_RANGE)
    y, u, v = (_plane(plane) for plane in frame.planes)
    return YuvFrame(y, u, v, float(frame.time or 0.0))


def _plane(plane: Any) -> NDArray[np.uint8]:
    rows = np.frombuffer(plane, np.uint8).reshape(-1, plane.line_size)
    return rows[: plane.height, : plane.width]


def _picture_of(frame: YuvFrame) -> "VideoFrame":
    from av.video.frame import VideoFrame

    height, width = frame.y.shape
    picture = VideoFrame(width, height, "yuv420p")
    for plane, values in zip(picture.planes, (frame.y, frame.u, frame.v), strict=True):
        _plane(plane)[:] = values
    return picture


def _squared_error(before: NDArray[np.uint8], after: NDArray[np.uint8]) -> float:
    import cv2

    return float(cv2.norm(before, after, cv2.NORM_L2SQR)) / before.size


def _video_stream(reader: "InputContainer") -> "VideoStream":
    if not reader.streams.video:
        raise _unusable()
    return reader.streams.video[0]


def _unusable() -> InvalidInput:
    return InvalidInput("The file holds no picture that can be decoded.", code=WatermarkReason.UNUSABLE, field="video")

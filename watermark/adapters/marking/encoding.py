"""Writing marked pictures as H.264."""

from fractions import Fraction
from typing import TYPE_CHECKING

from watermark.adapters.marking.decoding import Colours, Picture, values_of
from watermark.adapters.marking.opening import unusable
from watermark.ports.marks import YuvFrame

if TYPE_CHECKING:
    from av.container import OutputContainer
    from av.video.frame import VideoFrame

X264 = {"preset": "veryfast", "crf": "20"}
"""How a marked video is encoded: good enough that this generation costs the mark nothing."""
MIN_SIDE, MAX_PIXELS = 32, 20_000_000
"""A side that can bear a mark at all; and pixels of a frame that H.264 and the child's memory allow (4096 × 4320 and
a little)."""


class PictureWriter:
    """The stream of pictures of a marked file.

    Args:
        writer: the file.
        size: width and height in pixels, even.
        rate: average frames a second.
        time_base: unit of the time stamps, in seconds.
        colours: how the pictures' values are meant.

    Raises:
        InvalidInput: the pictures are too small to bear a mark, or too large.
    """

    def __init__(
        self, writer: "OutputContainer", size: tuple[int, int], rate: Fraction, time_base: Fraction, colours: Colours
    ) -> None:
        width, height = size
        if min(size) < MIN_SIDE:
            raise unusable("The pictures are too small to bear a mark.", limit=f"{MIN_SIDE} pixels a side")
        if width * height > MAX_PIXELS:
            raise unusable("The pictures are too large to be marked.", limit=f"{MAX_PIXELS} pixels")
        self._writer = writer
        self._time_base = time_base
        self._stream = writer.add_stream("libx264", rate=rate, options=dict(X264))
        self._stream.width, self._stream.height, self._stream.pix_fmt = width, height, "yuv420p"
        self._stream.time_base = time_base
        context = self._stream.codec_context
        context.time_base = time_base
        context.color_primaries, context.color_trc = colours.primaries, colours.transfer
        context.colorspace, context.color_range = colours.matrix, colours.range

    def write(self, picture: Picture) -> None:
        """Encode one picture."""
        frame = frame_of(picture.planes)
        frame.pts, frame.time_base = round(picture.time / self._time_base), self._time_base
        self._writer.mux(self._stream.encode(frame))

    def finish(self) -> None:
        """Write what the encoder still holds."""
        self._writer.mux(self._stream.encode(None))


def frame_of(planes: YuvFrame) -> "VideoFrame":
    """A frame with these planes; its time is not set."""
    from av.video.frame import VideoFrame

    height, width = planes.y.shape
    frame = VideoFrame(width, height, "yuv420p")
    for plane, values in zip(frame.planes, (planes.y, planes.u, planes.v), strict=True):
        values_of(plane)[:] = values
    return frame

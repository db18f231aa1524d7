"""A stand-in for the video backends: a short, true MP4 made at once, and a switch for every way to fail."""

from pathlib import Path

import av
import numpy as np

from generator_gateway.ports import Progress, RenderOrder
from trust_kernel.errors import InvalidInput, PlacetError

_SIDE = 64


class FakeBackend:
    """Writes a flat picture with a tone.

    Args:
        failing: raised instead of rendering.
        name: what requests call it.
    """

    def __init__(self, failing: PlacetError | None = None, name: str = "fake") -> None:
        self.name = name
        self.orders: list[RenderOrder] = []
        self._failing = failing

    def render(self, order: RenderOrder, target: Path, progress: Progress) -> None:
        """Remember the order; write the file only once all progress was told."""
        self.orders.append(order)
        if self._failing:
            raise self._failing
        if order.width % 2 or order.height % 2 or order.width < _SIDE or order.seconds < 1:
            raise InvalidInput("this order cannot be rendered", code="backend:order:size", field="size")
        for share in (0.0, 0.5, 1.0):
            progress(share)
        _write(order, target)


def _write(order: RenderOrder, target: Path) -> None:
    rate = 4
    colour = np.random.default_rng(order.seed).integers(0, 255, 3, np.uint8)
    picture = np.broadcast_to(colour, (order.height, order.width, 3))
    with av.open(str(target), "w", format="mp4", options={"fflags": "+bitexact"}) as file:
        video = file.add_stream("libx264", rate=rate, options={"preset": "ultrafast"})
        video.width, video.height, video.pix_fmt = order.width, order.height, "yuv420p"
        audio = file.add_stream("aac", rate=48_000, layout="mono")
        for _ in range(order.seconds * rate):
            file.mux(video.encode(av.VideoFrame.from_ndarray(np.ascontiguousarray(picture), format="rgb24")))
        file.mux(video.encode(None))
        for start in range(0, order.seconds * 48_000 - 1024, 1024):
            frame = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), format="fltp", layout="mono")
            frame.sample_rate, frame.pts = 48_000, start
            file.mux(audio.encode(frame))
        file.mux(audio.encode(None))

"""Marks that can be installed, beside which ours is measured: what the package invisible-watermark offers.

RivaGAN runs through the product's own adapter: on a picture whose shorter side is 180, what it changed there enlarged
and added. The package's transforms (`dwtDct`, `dwtDctSvd`) carry 32 bits in every frame; a file counts as decoded where
all 32 are right after a majority vote over the frames looked at.
"""

import importlib.util
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from av.video.frame import VideoFrame
from numpy.typing import NDArray

from benchmarks.video_files import decoded, picture, view
from watermark.ports.marks import YuvFrame

BITS = 32
_LOOKED_AT = 8
"""Frames of a file that are read; a look takes up to 0.2 s."""


class PackagedTransform:
    """`dwtDct` or `dwtDctSvd` as the package comes.

    Args:
        method: the package's name of it.
        payload: 32 bits.
    """

    def __init__(self, method: str, payload: int) -> None:
        import imwatermark

        self.name = method
        self._bits = [payload >> place & 1 for place in range(BITS)]
        self._writer: Any = imwatermark.WatermarkEncoder()
        self._writer.set_watermark("bits", self._bits)
        self._reader: Any = imwatermark.WatermarkDecoder("bits", BITS)

    def embedder(self, width: int, height: int) -> Callable[[YuvFrame], YuvFrame]:  # noqa: ARG002 - any size will do
        """What marks a frame."""
        return self._mark

    def accuracy(self, path: Path) -> tuple[float, bool]:
        """Share of right bits, over frames spread over a file, and whether the majority has them all right."""
        frames = list(decoded(path))
        chosen = np.linspace(0, len(frames) - 1, min(_LOOKED_AT, len(frames))).astype(int)
        read = np.array([self._reader.decode(_bgr(frames[at]), self.name) for at in chosen]).astype(int)
        right = read == np.array(self._bits)
        return float(right.mean()), bool((right.mean(axis=0) > 0.5).all())

    def _mark(self, frame: YuvFrame) -> YuvFrame:
        height, width = frame.y.shape
        source = picture((frame.y, frame.u, frame.v), VideoFrame(width, height, "yuv420p"))
        marked = VideoFrame.from_ndarray(self._writer.encode(_bgr(source), self.name), "bgr24")
        return replace(view(marked.reformat(format="yuv420p", dst_colorspace="ITU709")), seconds=frame.seconds)


def packaged_transforms() -> tuple[str, ...]:
    """The package's transforms; none where it, or what it needs, is not installed."""
    needed = ("imwatermark", "pywt", "torch")
    return ("dwtDct", "dwtDctSvd") if all(importlib.util.find_spec(name) for name in needed) else ()


def _bgr(frame: VideoFrame) -> NDArray[np.uint8]:
    return np.asarray(frame.reformat(format="bgr24", src_colorspace="ITU709").to_ndarray(), np.uint8)

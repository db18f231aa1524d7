"""Writes frames and sound as an MP4: H.264 High, BT.709, and AAC, with nothing in it that differs between runs."""

from pathlib import Path
from types import TracebackType
from typing import Self

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from generator_gateway.backends.drawing.sound import RATE
from generator_gateway.backends.drawing.surface import Pixels

FPS = 24
_BT709 = 1  # ITU-T H.273 code for colour primaries, transfer and matrix
_LIMITED = 1  # AVCOL_RANGE_MPEG
# x264's output depends on how many threads there are, not on how fast they run: a fixed number. Its macroblock tree
# reads past its row where the width in macroblocks is no multiple of eight, and then no two runs are equal: off.
_X264 = {"preset": "veryfast", "crf": "20", "threads": "2", "x264-params": "mbtree=0", "flags": "+bitexact"}
_AAC_FRAME = 1024


class Reel:
    """An MP4 being written.

    Args:
        path: file to write.
        width: pixels, even.
        height: pixels, even.
        sound: float32 mono at 48 kHz; written along with the frames.
        fps: frames a second.
    """

    def __init__(self, path: Path, width: int, height: int, sound: NDArray[np.float32], fps: int = FPS) -> None:
        options = {"movflags": "+faststart", "fflags": "+bitexact"}
        self._fps = fps
        self._file = av.open(str(path), "w", format="mp4", options=options)
        self._video = self._file.add_stream("libx264", rate=fps)
        self._video.width, self._video.height, self._video.pix_fmt = width, height, "yuv420p"
        context = self._video.codec_context
        context.options = _X264
        context.color_primaries = context.color_trc = context.colorspace = _BT709
        context.color_range = _LIMITED
        self._audio = self._file.add_stream("aac", rate=RATE, layout="mono", options={"flags": "+bitexact"})
        self._audio.bit_rate = 128_000
        self._sound, self._said, self._shown = sound, 0, 0
        self._planes = np.empty((height * 3 // 2, width), np.uint8)

    def show(self, canvas: Pixels) -> None:
        """Write one frame (Y'CbCr 4:4:4, BT.709), and the sound up to its end."""
        frame = av.VideoFrame.from_ndarray(self._halved(canvas), format="yuv420p")
        frame.pts = self._shown
        self._shown += 1
        self._file.mux(self._video.encode(frame))
        self._say(self._shown * RATE // self._fps)

    def _halved(self, canvas: Pixels) -> NDArray[np.uint8]:
        height, width = canvas.shape[:2]
        self._planes[:height] = cv2.extractChannel(canvas, 0)
        half = (width // 2, height // 2)
        chroma = self._planes[height:].reshape(2, height // 2, width // 2)
        for number in (1, 2):
            plane = cv2.extractChannel(canvas, number)
            chroma[number - 1] = cv2.resize(plane, half, interpolation=cv2.INTER_AREA)
        return self._planes

    def _say(self, until: int) -> None:
        while self._said + _AAC_FRAME <= min(until, self._sound.size) or self._said < self._sound.size <= until:
            piece = self._sound[self._said : self._said + _AAC_FRAME]
            frame = av.AudioFrame.from_ndarray(piece[None], format="fltp", layout="mono")
            frame.sample_rate, frame.pts = RATE, self._said
            self._said += piece.size
            self._file.mux(self._audio.encode(frame))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Finish the file; on an error only let go of it."""
        if error is None:
            self._say(self._sound.size)
            self._file.mux(self._video.encode(None))
            self._file.mux(self._audio.encode(None))
        self._file.close()

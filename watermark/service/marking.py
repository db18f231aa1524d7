"""Marking a video: no marked file is believed before its mark was read back from it."""

import time
from collections.abc import Callable
from pathlib import Path

from trust_kernel.errors import Broken
from watermark.domain.marks import MarkReading, MarkReport, Search, WatermarkReason
from watermark.ports.marks import VideoFileMarks


class MarkingService:
    """Marks videos and reads marks.

    Args:
        files: who does it, with the key and the label inside.
        stopwatch: seconds on a clock that never goes back.
    """

    def __init__(self, files: VideoFileMarks, stopwatch: Callable[[], float] = time.monotonic) -> None:
        self._files = files
        self._stopwatch = stopwatch

    def mark(self, source: Path, target: Path, *, payload: int) -> MarkReport:
        """Write `source` to `target` with the visible and the invisible mark, then read the mark from `target`.

        Args:
            source: a video.
            target: where the marked MP4 goes; removed again where the mark does not read back.
            payload: what the mark says, in [0, 2**64).

        Raises:
            InvalidInput: the source cannot be decoded, or the payload does not fit.
            Unavailable: the marker's package is missing.
            Broken: the mark does not read back (`watermark:video:unreadable`).
        """
        started = self._stopwatch()
        written = self._files.write(source, target, payload=payload)
        reading = self._files.read(target, Search.ALIGNED)
        if not reading.found or reading.payload != payload:
            target.unlink(missing_ok=True)
            raise Broken("The mark cannot be read back from the marked video.", code=WatermarkReason.UNREADABLE)
        return MarkReport(
            psnr_y=written.psnr_y,
            size_ratio=written.size_ratio,
            read_back=reading,
            seconds=self._stopwatch() - started,
        )

    def read(self, path: Path, *, thorough: bool) -> MarkReading:
        """Look for a mark in a video.

        Args:
            path: a video file.
            thorough: also look for cropped, zoomed, mirrored and rotated copies, which takes some seconds.

        Raises:
            InvalidInput: the file cannot be decoded.
            Unavailable: the marker's package is missing.
        """
        return self._files.read(path, Search.FULL if thorough else Search.ALIGNED)

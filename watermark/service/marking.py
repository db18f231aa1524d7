"""Marking a video or a picture: no marked file is believed before its marks were read back from it."""

import time
from collections.abc import Callable
from pathlib import Path

from trust_kernel.errors import Broken
from watermark.domain.marks import (
    MarkedFile,
    MarkReading,
    MarkReport,
    MarksFound,
    Search,
    SoundReading,
    Visibility,
    WatermarkReason,
    sound_number,
)
from watermark.ports.marks import VideoFileMarks


class MarkingService:
    """Marks files and reads marks.

    Args:
        files: who does it, with the keys and the visible look inside.
        stopwatch: seconds on a clock that never goes back.
    """

    def __init__(self, files: VideoFileMarks, stopwatch: Callable[[], float] = time.monotonic) -> None:
        self._files = files
        self._stopwatch = stopwatch

    def mark(
        self, source: Path, target: Path, *, payload: int, visibility: Visibility = Visibility.STANDARD
    ) -> MarkReport:
        """Write `source` to `target` with the visible mark, the invisible one and that in the sound; then read them.

        Args:
            source: a video.
            target: where the marked MP4 goes; removed again where a mark does not read back.
            payload: what the marks say, in [0, 2**64).
            visibility: how plainly the visible mark shows.

        Raises:
            InvalidInput: the source cannot be decoded, or the payload does not fit.
            Unavailable: the marker's package is missing.
            Broken: a mark does not read back (`watermark:video:unreadable`).
        """
        started = self._stopwatch()
        written = self._files.write(source, target, payload=payload, visibility=visibility)
        return self._believed(written, target, payload, started)

    def mark_still(
        self, source: Path, target: Path, *, payload: int, visibility: Visibility = Visibility.STANDARD
    ) -> MarkReport:
        """Write a picture to `target`, a JPEG, with the visible mark and the invisible one; then read that.

        Raises:
            InvalidInput: the source cannot be decoded, or the payload does not fit.
            Unavailable: the marker's package is missing.
            Broken: the mark does not read back (`watermark:video:unreadable`).
        """
        started = self._stopwatch()
        written = self._files.write_still(source, target, payload=payload, visibility=visibility)
        return self._believed(written, target, payload, started)

    def read(self, path: Path, *, thorough: bool) -> MarksFound:
        """Look and listen for marks.

        Args:
            path: a video, a picture or sound.
            thorough: also look for copies that are cropped, zoomed, mirrored, turned or played at another speed, which
                takes some seconds.

        Raises:
            InvalidInput: the file cannot be decoded.
            Unavailable: the marker's package is missing.
        """
        return self._files.read(path, Search.FULL if thorough else Search.ALIGNED)

    def _believed(self, written: MarkedFile, target: Path, payload: int, started: float) -> MarkReport:
        found = self._files.read(target, Search.ALIGNED)
        if found.picture is None or not _says(found.picture, payload):
            target.unlink(missing_ok=True)
            raise Broken("The mark cannot be read back from the marked pictures.", code=WatermarkReason.UNREADABLE)
        # Where the sound is too short or too silent to bear a mark no SNR is told.
        if written.sound_snr is not None and not (found.sound and _says(found.sound, sound_number(payload))):
            target.unlink(missing_ok=True)
            raise Broken("The mark cannot be read back from the marked sound.", code=WatermarkReason.UNREADABLE)
        return MarkReport(
            psnr_y=written.psnr_y,
            size_ratio=written.size_ratio,
            read_back=found.picture,
            seconds=self._stopwatch() - started,
            sound=found.sound,
            sound_snr=written.sound_snr,
            length=written.frames / written.fps if written.fps else 0.0,
        )


def _says(reading: MarkReading | SoundReading, number: int) -> bool:
    return reading.found and reading.payload == number

"""Marking a video or a picture: no marked file is believed before its marks were read back from it."""

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from trust_kernel.errors import Broken, InvalidInput
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

SMALL_SIDE = 240
"""Pixels of the shorter side below which a picture may be too small to bear a mark. It is tried all the same, because
that depends on what it shows: three photographs at 3:2 read back at 144 x 96, a square one only from 216 x 216 on."""
SHORT_SECONDS = 0.5
"""The same for the length of a video: one frame of 640 x 360 reads back, of 320 x 180 it takes up to twelve."""
_log = logging.getLogger(__name__)


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

        Sound that cannot bear a mark (too short, too silent, or as plain as a steady tone) goes out without one: the
        report then has neither `sound_snr` nor, mostly, a mark found in `sound`.

        Args:
            source: a video.
            target: where the marked MP4 goes; removed again where anything goes wrong.
            payload: what the marks say, in [0, 2**64).
            visibility: how plainly the visible mark shows.

        Raises:
            InvalidInput: the source cannot be decoded, its pictures are too small or too few to bear a mark
                (`watermark:video:too_small`), or the payload does not fit.
            Unavailable: the marker's package is missing.
            Broken: a mark does not read back (`watermark:video:unreadable`).
        """
        with _removed_after_errors(target):
            started = self._stopwatch()
            written = self._files.write(source, target, payload=payload, visibility=visibility)
            return self._believed(written, target, payload, started)

    def mark_still(
        self, source: Path, target: Path, *, payload: int, visibility: Visibility = Visibility.STANDARD
    ) -> MarkReport:
        """Write a picture to `target` with the visible mark and the invisible one, then read that.

        The target is a WebP where it is named so, else a JPEG.

        Raises:
            InvalidInput: the source cannot be decoded, is too small to bear a mark (`watermark:video:too_small`), or
                the payload does not fit.
            Unavailable: the marker's package is missing.
            Broken: the mark does not read back (`watermark:video:unreadable`).
        """
        with _removed_after_errors(target):
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
        length = written.frames / written.fps if written.fps else 0.0
        if found.picture is None or not _says(found.picture, payload):
            _refuse_little(written, length)
            raise Broken("The mark cannot be read back from the marked pictures.", code=WatermarkReason.UNREADABLE)
        # Where the sound cannot bear a mark no SNR is told.
        if written.sound_snr is not None and not (found.sound and _says(found.sound, sound_number(payload))):
            raise Broken("The mark cannot be read back from the marked sound.", code=WatermarkReason.UNREADABLE)
        if found.sound is not None and not found.sound.found:
            _log.warning("a video goes out without a mark in its sound, which cannot bear one")
        return MarkReport(
            psnr_y=written.psnr_y,
            size_ratio=written.size_ratio,
            read_back=found.picture,
            seconds=self._stopwatch() - started,
            sound=found.sound,
            sound_snr=written.sound_snr,
            length=length,
        )


def _says(reading: MarkReading | SoundReading, number: int) -> bool:
    return reading.found and reading.payload == number


def _refuse_little(written: MarkedFile, length: float) -> None:
    if min(written.width, written.height) < SMALL_SIDE:
        raise InvalidInput(
            "The pictures are too small to bear a mark that reads back.",
            code=WatermarkReason.TOO_SMALL,
            field="video",
            limit=f"{SMALL_SIDE} pixels on the shorter side",
        )
    if written.fps and length < SHORT_SECONDS:
        raise InvalidInput(
            "The video is too short to bear a mark that reads back.",
            code=WatermarkReason.TOO_SMALL,
            field="video",
            limit=f"{SHORT_SECONDS} seconds",
        )


@contextmanager
def _removed_after_errors(target: Path) -> Iterator[None]:
    try:
        yield
    except BaseException:
        target.unlink(missing_ok=True)
        raise

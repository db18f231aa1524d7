"""No marked file is believed before its marks were read back."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from trust_kernel.errors import Broken, InvalidInput, Unavailable
from watermark.domain.marks import (
    MarkedFile,
    MarkReading,
    MarksFound,
    Search,
    SoundReading,
    Visibility,
    WatermarkReason,
    sound_number,
)
from watermark.service.marking import MarkingService

PAYLOAD = 2**40 + 77
PICTURE = MarkReading(True, PAYLOAD, 30.0, 8.0, None, 24, 1.0)
SOUND = SoundReading(True, sound_number(PAYLOAD), 20.0, 8.0, 3.0)
LOST = replace(PICTURE, found=False, payload=None)
MUTE = replace(SOUND, found=False, payload=None)


@dataclass
class SayingFiles:
    """A `VideoFileMarks` that copies, and reads what it is told to."""

    says: MarksFound
    snr: float | None = 25.0
    writes: MarkedFile | None = None
    searches: list[Search] = field(default_factory=list)
    visibilities: list[Visibility] = field(default_factory=list)

    def write(
        self, source: Path, target: Path, *, payload: int, visibility: Visibility = Visibility.STANDARD
    ) -> MarkedFile:
        assert payload == PAYLOAD
        self.visibilities.append(visibility)
        target.write_bytes(source.read_bytes())
        return self.writes or MarkedFile(43.5, 24, 24.0, 640, 360, 1.0, self.snr)

    def write_still(
        self, source: Path, target: Path, *, payload: int, visibility: Visibility = Visibility.STANDARD
    ) -> MarkedFile:
        self.write(source, target, payload=payload, visibility=visibility)
        return MarkedFile(42.0, 1, 0.0, 640, 360, 0.5)

    def read(self, path: Path, search: Search) -> MarksFound:
        assert path.exists()
        self.searches.append(search)
        return self.says


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "source.mp4"
    path.write_bytes(b"a video")
    return path


def test_a_report_holds_what_the_written_file_says(source: Path, tmp_path: Path) -> None:
    ticks = iter([100.0, 102.5])
    service = MarkingService(SayingFiles(MarksFound(PICTURE, SOUND)), stopwatch=lambda: next(ticks))
    report = service.mark(source, tmp_path / "marked.mp4", payload=PAYLOAD)
    assert (report.read_back, report.sound) == (PICTURE, SOUND)
    assert (report.psnr_y, report.sound_snr, report.seconds, report.length) == (43.5, 25.0, 2.5, 1.0)


BROKEN = {
    "no picture": MarksFound(None, SOUND),
    "no mark in the picture": MarksFound(LOST, SOUND),
    "another mark in the picture": MarksFound(replace(PICTURE, payload=PAYLOAD + 1), SOUND),
    "no sound": MarksFound(PICTURE, None),
    "no mark in the sound": MarksFound(PICTURE, MUTE),
    "another mark in the sound": MarksFound(PICTURE, replace(SOUND, payload=1)),
}


@pytest.mark.parametrize("says", BROKEN.values(), ids=BROKEN.keys())
def test_a_mark_that_does_not_read_back_is_broken_and_leaves_no_file(
    says: MarksFound, source: Path, tmp_path: Path
) -> None:
    with pytest.raises(Broken) as broken:
        MarkingService(SayingFiles(says)).mark(source, tmp_path / "marked.mp4", payload=PAYLOAD)
    assert broken.value.code == WatermarkReason.UNREADABLE
    assert not (tmp_path / "marked.mp4").exists()


@pytest.mark.parametrize("sound", [None, MUTE])
def test_sound_that_cannot_bear_a_mark_need_not_read_back(
    sound: SoundReading | None, source: Path, tmp_path: Path
) -> None:
    files = SayingFiles(MarksFound(PICTURE, sound), snr=None)
    report = MarkingService(files).mark(source, tmp_path / "marked.mp4", payload=PAYLOAD)
    assert report.sound is sound
    assert report.sound_snr is None


@pytest.mark.parametrize(
    "written",
    [
        MarkedFile(43.0, 48, 24.0, 160, 90, 1.0),
        MarkedFile(43.0, 48, 24.0, 128, 720, 1.0),
        MarkedFile(43.0, 1, 24.0, 1280, 720, 1.0),
        MarkedFile(43.0, 200, 1000.0, 1280, 720, 1.0),
    ],
)
def test_pictures_too_small_or_too_few_are_bad_input_where_the_mark_is_lost(
    written: MarkedFile, source: Path, tmp_path: Path
) -> None:
    files = SayingFiles(MarksFound(LOST, None), writes=written)
    with pytest.raises(InvalidInput) as refused:
        MarkingService(files).mark(source, tmp_path / "marked.mp4", payload=PAYLOAD)
    assert (refused.value.code, refused.value.field) == (WatermarkReason.TOO_SMALL, "video")
    assert refused.value.limit
    assert not (tmp_path / "marked.mp4").exists()


def test_small_pictures_that_read_back_are_marked(source: Path, tmp_path: Path) -> None:
    files = SayingFiles(MarksFound(PICTURE, None), snr=None, writes=MarkedFile(43.0, 48, 24.0, 160, 90, 1.0))
    assert MarkingService(files).mark(source, tmp_path / "marked.mp4", payload=PAYLOAD).read_back is PICTURE


def test_a_marked_file_that_cannot_be_read_is_removed(source: Path, tmp_path: Path) -> None:
    class Unreadable(SayingFiles):
        def read(self, path: Path, search: Search) -> MarksFound:  # noqa: ARG002 - as the port has it
            raise Unavailable("busy", code=WatermarkReason.MARKER)

    with pytest.raises(Unavailable):
        MarkingService(Unreadable(MarksFound(PICTURE, None))).mark(source, tmp_path / "marked.mp4", payload=PAYLOAD)
    assert not (tmp_path / "marked.mp4").exists()


def test_a_still_is_read_back_too(source: Path, tmp_path: Path) -> None:
    report = MarkingService(SayingFiles(MarksFound(PICTURE, None))).mark_still(
        source, tmp_path / "marked.jpg", payload=PAYLOAD
    )
    assert (report.psnr_y, report.read_back, report.sound, report.length) == (42.0, PICTURE, None, 0.0)
    with pytest.raises(Broken):
        MarkingService(SayingFiles(MarksFound(LOST, None))).mark_still(source, tmp_path / "bad.jpg", payload=PAYLOAD)
    assert not (tmp_path / "bad.jpg").exists()


def test_how_plainly_the_mark_shows_is_handed_on(source: Path, tmp_path: Path) -> None:
    files = SayingFiles(MarksFound(PICTURE, SOUND))
    service = MarkingService(files)
    marks: list[Callable[..., object]] = [service.mark, service.mark_still]
    for mark in marks:
        mark(source, tmp_path / "marked", payload=PAYLOAD)
        mark(source, tmp_path / "marked", payload=PAYLOAD, visibility=Visibility.STRONG)
    assert files.visibilities == [Visibility.STANDARD, Visibility.STRONG] * 2


def test_a_thorough_reading_searches_fully(source: Path) -> None:
    files = SayingFiles(MarksFound(LOST, None))
    service = MarkingService(files)
    assert service.read(source, thorough=False) == MarksFound(LOST, None)
    service.read(source, thorough=True)
    assert files.searches == [Search.ALIGNED, Search.FULL]

"""No marked video is believed before its mark was read back."""

from pathlib import Path

import pytest

from tests.fakes.marks import TailFileMarks
from trust_kernel.errors import Broken
from watermark.domain.marks import Search, WatermarkReason
from watermark.service.marking import MarkingService


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "source.mp4"
    path.write_bytes(b"a video")
    return path


def test_a_report_holds_the_reading_of_the_written_file(source: Path, tmp_path: Path) -> None:
    ticks = iter([100.0, 102.5])
    service = MarkingService(TailFileMarks(), stopwatch=lambda: next(ticks))
    report = service.mark(source, tmp_path / "marked.mp4", payload=77)
    assert report.read_back.payload == 77
    assert report.psnr_y == 43.5
    assert report.seconds == 2.5


@pytest.mark.parametrize("files", [TailFileMarks(forgets=True), TailFileMarks(changes=True)])
def test_a_mark_that_does_not_read_back_is_broken_and_leaves_no_file(
    files: TailFileMarks, source: Path, tmp_path: Path
) -> None:
    with pytest.raises(Broken) as broken:
        MarkingService(files).mark(source, tmp_path / "marked.mp4", payload=77)
    assert broken.value.code == WatermarkReason.UNREADABLE
    assert not (tmp_path / "marked.mp4").exists()


def test_a_thorough_reading_searches_fully(source: Path) -> None:
    files = TailFileMarks()
    service = MarkingService(files)
    assert not service.read(source, thorough=False).found
    service.read(source, thorough=True)
    assert files.searches == [Search.ALIGNED, Search.FULL]

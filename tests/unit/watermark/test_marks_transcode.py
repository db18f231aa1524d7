"""A marked file is the source with marks: same length, same moments, same colours, its sound marked too."""

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from tests.factories.videos import luma_frames, write_frames, write_video
from tests.fakes.marking import CellMarker, IdleMarker, ToneMarker, fake_marks
from trust_kernel.errors import InvalidInput
from trust_kernel.media.sandbox import Sandbox
from watermark.adapters.marking import SandboxedFileMarks
from watermark.adapters.marking.ahead import Ahead
from watermark.adapters.marking.calls import mark_video
from watermark.adapters.marking.markers import Marks, build_marker
from watermark.adapters.marking.reading import read_marks
from watermark.domain.marks import (
    MarkedFile,
    MarkKey,
    MarkKeys,
    OpeningLabel,
    Search,
    Visibility,
    WatermarkReason,
    sound_number,
)
from watermark.domain.visible_look import VisibleLook

KEYS = MarkKeys(MarkKey("1", bytes(range(32))))
PAYLOAD = 2**63 - 25
LOOK = VisibleLook("AI · placet")


def mark(
    source: Path,
    target: Path,
    marks: Marks | None = None,
    look: VisibleLook = LOOK,
    visibility: Visibility = Visibility.STANDARD,
) -> MarkedFile:
    return mark_video(str(source), str(target), marks or fake_marks(), PAYLOAD, look, visibility)


def times(path: Path) -> list[Fraction]:
    with av.open(str(path)) as file:
        return [Fraction(frame.pts or 0) * (frame.time_base or 1) for frame in file.decode(video=0)]


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("source") / "source.mp4"
    write_video(path, seconds=3.0)
    return path


def test_a_marked_file_keeps_moments_and_colours(source: Path, tmp_path: Path) -> None:
    target = tmp_path / "marked.mp4"
    report = mark(source, target)
    assert (report.frames, report.fps, report.width, report.height) == (72, 24.0, 640, 360)
    assert report.size_ratio == target.stat().st_size / source.stat().st_size
    assert times(target) == times(source)
    with av.open(str(target)) as file:
        context = file.streams.video[0].codec_context
        assert (context.name, context.pix_fmt, context.width, context.height) == ("h264", "yuv420p", 640, 360)
        assert (context.colorspace, context.color_primaries, context.color_trc, context.color_range) == (1, 1, 1, 1)
    head = target.read_bytes()
    assert head.index(b"moov") < head.index(b"mdat")


def test_the_sound_is_marked_with_the_lowest_bits_and_stays_in_step(source: Path, tmp_path: Path) -> None:
    target = tmp_path / "marked.mp4"
    tones = ToneMarker()
    report = mark(source, target, fake_marks(sound=tones))
    assert report.sound_snr == pytest.approx(11.1, abs=0.5)
    assert [sound.rate for sound in tones.marked] == [48_000]
    assert tones.marked[0].seconds == pytest.approx(3.0, abs=0.03)
    with av.open(str(target)) as file:
        track = file.streams.audio[0]
        assert (track.codec_context.name, track.codec_context.layout.name) == ("aac", "stereo")
        assert (track.bit_rate or 0) >= 128_000
        samples = np.concatenate([frame.to_ndarray() for frame in file.decode(audio=0)], axis=1)
    assert samples.shape[1] / 48_000 == pytest.approx(3.0, abs=0.03)
    found = read_marks(str(target), fake_marks(), Search.ALIGNED)
    assert found.sound is not None
    assert found.sound.payload == sound_number(PAYLOAD)


def test_sound_lies_beside_the_pictures_that_it_belongs_to(source: Path, tmp_path: Path) -> None:
    mark(source, tmp_path / "marked.mp4")
    latest = {"video": 0.0, "audio": 0.0}
    with av.open(str(tmp_path / "marked.mp4")) as file:
        for packet in file.demux():
            if packet.pts is not None and packet.time_base is not None:
                latest[packet.stream.type] = max(latest[packet.stream.type], float(packet.pts * packet.time_base))
                assert abs(latest["video"] - latest["audio"]) < 0.7


def test_nothing_of_the_sources_metadata_goes_on(source: Path, tmp_path: Path) -> None:
    with av.open(str(source)) as old, av.open(str(tmp_path / "named.mp4"), "w") as new:
        new.metadata["title"] = "where I live"
        stream = new.add_stream_from_template(old.streams.video[0])
        for packet in old.demux(old.streams.video[0]):
            if packet.dts is not None:
                packet.stream = stream
                new.mux(packet)
    assert b"where I live" in (tmp_path / "named.mp4").read_bytes()
    mark(tmp_path / "named.mp4", tmp_path / "marked.mp4")
    assert b"where I live" not in (tmp_path / "marked.mp4").read_bytes()


@pytest.mark.parametrize("seconds", [3.0, 0.4])
def test_silence_and_a_moment_of_sound_have_no_snr(tmp_path: Path, seconds: float) -> None:
    write_video(tmp_path / "a.mp4", seconds=seconds)
    if seconds > 1:
        with av.open(str(tmp_path / "a.mp4"), "w") as file:
            video = file.add_stream("libx264", rate=24)
            video.width, video.height, video.pix_fmt = 320, 180, "yuv420p"
            track = file.add_stream("aac", rate=48_000, layout="mono")
            for number, luma in enumerate(luma_frames(width=320, height=180, count=72)):
                frame = av.VideoFrame.from_ndarray(luma, "gray").reformat(format="yuv420p")
                frame.pts, frame.time_base = number, Fraction(1, 24)
                file.mux(video.encode(frame))
            file.mux(video.encode(None))
            silence = av.AudioFrame.from_ndarray(np.zeros((1, 48_000 * 3), np.float32), "fltp", "mono")
            silence.sample_rate, silence.pts = 48_000, 0
            file.mux(track.encode(silence))
            file.mux(track.encode(None))
    assert mark(tmp_path / "a.mp4", tmp_path / "marked.mp4").sound_snr is None


def test_reading_stops_looking_for_a_mark_once_it_has_one(source: Path, tmp_path: Path) -> None:
    mark(source, tmp_path / "marked.mp4", visibility=Visibility.OFF)
    cells = CellMarker()
    found = read_marks(str(tmp_path / "marked.mp4"), fake_marks(cells), Search.FULL).picture
    assert found is not None
    assert found.payload == PAYLOAD
    assert cells.reads[0] == (Search.ALIGNED, 12)
    assert all(search is Search.ALIGNED for search, _ in cells.reads)
    # After the first dozen only so many that the seconds can be told.
    assert found.frames < 12 + 3 * 9
    assert [round(stretch.start) for stretch in found.stretches] == [0]
    assert found.stretches[-1].end > 2.7


def test_reading_what_bears_no_mark_looks_at_all_of_it(source: Path) -> None:
    cells, tones = CellMarker(), ToneMarker()
    found = read_marks(str(source), fake_marks(cells, tones), Search.FULL)
    assert found.picture is not None
    assert not found.picture.found
    assert [count for _, count in cells.reads] == [12, 48, 72]
    assert [search for search, _ in cells.reads] == [Search.ALIGNED] * 2 + [Search.FULL]
    assert [search for search, _ in tones.reads] == [Search.FULL]


def test_without_a_label_the_middle_is_only_marked_invisibly(source: Path, tmp_path: Path) -> None:
    def loudest(visibility: Visibility) -> int:
        mark(source, tmp_path / "marked.mp4", fake_marks(IdleMarker()), visibility=visibility)
        with av.open(str(source)) as old, av.open(str(tmp_path / "marked.mp4")) as new:
            pairs = zip(old.decode(video=0), new.decode(video=0), strict=True)
            return max(int(np.abs(a.to_ndarray()[:360].astype(int) - b.to_ndarray()[:360]).max()) for a, b in pairs)

    assert loudest(Visibility.STRONG) > loudest(Visibility.OFF) + 60


def test_the_opening_label_is_seen_at_the_start_only(source: Path, tmp_path: Path) -> None:
    look = VisibleLook("x", None, OpeningLabel("AI-generated", 1.0, 0.06))
    mark(source, tmp_path / "marked.mp4", fake_marks(IdleMarker()), look)
    with av.open(str(source)) as old, av.open(str(tmp_path / "marked.mp4")) as new:
        corner = [
            float(np.abs(a.to_ndarray()[:40, :160].astype(int) - b.to_ndarray()[:40, :160]).mean())
            for a, b in zip(old.decode(video=0), new.decode(video=0), strict=True)
        ]
    assert min(corner[:24]) > 4 * max(corner[36:])


def test_a_marker_that_nobody_knows_is_bad_input() -> None:
    with pytest.raises(InvalidInput) as refused:
        build_marker("magic", KEYS)
    assert refused.value.code == WatermarkReason.MARKER


def test_a_look_that_cannot_be_drawn_is_refused_at_the_start() -> None:
    with pytest.raises(InvalidInput):
        SandboxedFileMarks(Sandbox(), lambda: KEYS, lambda: KEYS, VisibleLook("AI", b"no picture"))


def test_files_are_marked_and_read_in_a_child_process(source: Path, tmp_path: Path) -> None:
    former = MarkKeys(MarkKey("2", b"another"), (KEYS.current,))
    keys = [KEYS]
    marks = SandboxedFileMarks(Sandbox(), lambda: keys[-1], lambda: keys[-1], LOOK)
    written = marks.write(source, tmp_path / "marked.mp4", payload=PAYLOAD)
    assert written.frames == 72
    assert written.psnr_y > 42
    keys.append(former)
    found = marks.read(tmp_path / "marked.mp4", Search.ALIGNED)
    assert found.picture is not None
    assert (found.picture.payload, found.picture.key_id) == (PAYLOAD, "1")
    write_frames(tmp_path / "plain.mp4", luma_frames(width=320, height=180, count=3))
    found = marks.read(tmp_path / "plain.mp4", Search.ALIGNED)
    assert found.picture is not None
    assert not found.picture.found
    assert found.sound is None


def test_what_a_thread_raises_is_raised_where_its_values_are_used() -> None:
    def some() -> "list[int]":
        raise ValueError("no more")

    with Ahead(lambda: iter(some()), 2) as values, pytest.raises(ValueError, match="no more"):
        list(values)


def test_leaving_early_ends_the_thread() -> None:
    made = []

    def endless() -> Iterator[int]:
        number = 0
        while True:
            made.append(number)
            yield number
            number += 1

    with Ahead(endless, 2) as values:
        assert next(iter(values)) == 0
    count = len(made)
    assert count < 10
    assert len(made) == count

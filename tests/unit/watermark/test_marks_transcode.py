"""A marked file is the source with marks: same length, same moments, same sound, same colours."""

import importlib.util
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from tests.factories.videos import luma_frames, write_frames, write_video
from trust_kernel.errors import InvalidInput, Unavailable
from trust_kernel.media.sandbox import Sandbox
from watermark.adapters.transcode import SandboxedFileMarks, build_marker, mark_file, read_marks, reading_of
from watermark.domain.marks import Search, WatermarkReason

KEY = bytes(range(32))
PAYLOAD = 2**63 - 25


def mark(source: Path, target: Path, label: str = "AI · placet") -> dict[str, float]:
    return mark_file(source=str(source), target=str(target), payload=PAYLOAD, key_hex=KEY.hex(), label=label)


def times(path: Path) -> list[Fraction]:
    with av.open(str(path)) as file:
        video = file.streams.video[0]
        assert video.time_base is not None
        return [Fraction(frame.pts or 0) * video.time_base for frame in file.decode(video)]


def sound(path: Path) -> bytes:
    with av.open(str(path)) as file:
        return b"".join(bytes(packet) for packet in file.demux(file.streams.audio[0]))


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("source") / "source.mp4"
    write_video(path, seconds=1.0)
    return path


def test_a_marked_file_keeps_moments_sound_and_colours(source: Path, tmp_path: Path) -> None:
    target = tmp_path / "marked.mp4"
    report = mark(source, target)
    assert report["frames"] == 24
    assert report["fps"] == 24.0
    assert report["psnr_y"] == pytest.approx(43.5, abs=0.7)
    assert report["size_ratio"] == target.stat().st_size / source.stat().st_size
    assert times(target) == times(source)
    assert sound(target) == sound(source)
    with av.open(str(target)) as file:
        context = file.streams.video[0].codec_context
        assert (context.name, context.pix_fmt, context.width, context.height) == ("h264", "yuv420p", 640, 360)
        assert (context.colorspace, context.color_primaries, context.color_trc, context.color_range) == (1, 1, 1, 1)
    head = target.read_bytes()
    assert head.index(b"moov") < head.index(b"mdat")


def test_the_mark_reads_back_and_reading_stops_early(source: Path, tmp_path: Path) -> None:
    target = tmp_path / "marked.mp4"
    mark(source, target)
    reading = reading_of(read_marks(source=str(target), key_hex=KEY.hex(), search="aligned"))
    assert reading.payload == PAYLOAD
    assert reading.frames == 12
    assert reading.geometry is not None
    stranger = reading_of(read_marks(source=str(target), key_hex="00" * 32, search="aligned"))
    assert not stranger.found
    assert stranger.frames == 24


def test_frames_of_uneven_length_stay_uneven(tmp_path: Path) -> None:
    uneven = [0, 1, 5, 6, 30, 31, 33, 60, 64, 65, 66, 90, 120, 121]
    path, target = tmp_path / "vfr.mp4", tmp_path / "marked.mp4"
    with av.open(str(path), "w") as file:
        video = file.add_stream("libx264", rate=30)
        video.width, video.height, video.pix_fmt = 640, 360, "yuv420p"
        video.codec_context.time_base = Fraction(1, 90)
        for pts, luma in zip(uneven, luma_frames(width=640, height=360, count=len(uneven)), strict=True):
            frame = av.VideoFrame.from_ndarray(np.repeat(luma[:, :, None], 3, axis=2), "rgb24")
            frame.pts, frame.time_base = pts, Fraction(1, 90)
            file.mux(video.encode(frame))
        file.mux(video.encode(None))
    mark(path, target)
    assert times(path) == [Fraction(pts, 90) for pts in uneven]
    assert times(target) == times(path)


def test_sound_that_is_not_aac_becomes_aac(source: Path, tmp_path: Path) -> None:
    path, target = tmp_path / "opus.mkv", tmp_path / "marked.mp4"
    with av.open(str(source)) as old, av.open(str(path), "w") as new:
        video = new.add_stream_from_template(old.streams.video[0])
        tone = new.add_stream("libopus", rate=48_000)
        for packet in old.demux(old.streams.video[0]):
            if packet.dts is not None:
                packet.stream = video
                new.mux(packet)
        old.seek(0)
        for frame in old.decode(audio=0):
            new.mux(tone.encode(frame))
        new.mux(tone.encode(None))
    mark(path, target)
    with av.open(str(target)) as file:
        assert file.streams.audio[0].codec_context.name == "aac"
        samples = np.concatenate([frame.to_ndarray()[0] for frame in file.decode(audio=0)])
    assert len(samples) / 48_000 == pytest.approx(1.0, abs=0.08)
    assert np.sqrt(np.mean(samples**2)) == pytest.approx(0.2 / 2**0.5, rel=0.2)


def test_a_silent_video_stays_silent(tmp_path: Path) -> None:
    path, target = tmp_path / "silent.mp4", tmp_path / "marked.mp4"
    write_video(path, seconds=0.5, audio=False)
    mark(path, target)
    with av.open(str(target)) as file:
        assert not file.streams.audio


def test_without_a_label_the_middle_is_only_marked_invisibly(source: Path, tmp_path: Path) -> None:
    def loudest(label: str) -> int:
        mark(source, tmp_path / "marked.mp4", label)
        with av.open(str(source)) as old, av.open(str(tmp_path / "marked.mp4")) as new:
            pairs = zip(old.decode(video=0), new.decode(video=0), strict=True)
            return max(int(np.abs(a.to_ndarray()[:360].astype(int) - b.to_ndarray()[:360]).max()) for a, b in pairs)

    assert loudest("AI") > loudest("") + 30


def test_a_single_picture_can_be_read(source: Path, tmp_path: Path) -> None:
    mark(source, tmp_path / "marked.mp4", "")
    with av.open(str(tmp_path / "marked.mp4")) as file:
        Image.fromarray(next(file.decode(video=0)).to_ndarray(format="rgb24")).save(tmp_path / "still.png")
    reply = read_marks(source=str(tmp_path / "still.png"), key_hex=KEY.hex(), search="aligned")
    assert reply["payload"] == PAYLOAD


def test_what_is_no_video_is_bad_input(tmp_path: Path) -> None:
    path = tmp_path / "text.mp4"
    path.write_text("not a video at all")
    for attempt in (
        lambda: mark(path, tmp_path / "marked.mp4"),
        lambda: read_marks(source=str(path), key_hex="00", search="full"),
    ):
        with pytest.raises(InvalidInput) as refused:
            attempt()
        assert refused.value.code == WatermarkReason.UNUSABLE


def test_a_marker_that_nobody_knows_is_bad_input() -> None:
    with pytest.raises(InvalidInput) as refused:
        build_marker("magic", KEY)
    assert refused.value.code == WatermarkReason.MARKER


def test_a_marker_whose_package_is_missing_is_unavailable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    with pytest.raises(Unavailable, match="invisible-watermark"):
        build_marker("rivagan", KEY)


def test_files_are_marked_and_read_in_a_child_process(source: Path, tmp_path: Path) -> None:
    marks = SandboxedFileMarks(Sandbox(), KEY, "AI")
    written = marks.write(source, tmp_path / "marked.mp4", payload=PAYLOAD)
    assert written.frames == 24
    reading = marks.read(tmp_path / "marked.mp4", Search.FULL)
    assert reading.payload == PAYLOAD
    write_frames(tmp_path / "plain.mp4", luma_frames(width=320, height=180, count=3))
    assert not marks.read(tmp_path / "plain.mp4", Search.ALIGNED).found

"""Every unusual file is marked and read as it should be, or refused with a reason."""

import zipfile
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from tests.factories import odd_media as odd
from tests.factories.media import turn
from tests.factories.videos import luma_frames, write_frames, write_video
from tests.fakes.marking import IdleMarker, ToneMarker, fake_marks
from trust_kernel.errors import InvalidInput
from watermark.adapters.marking.calls import mark_video
from watermark.adapters.marking.reading import read_marks
from watermark.domain.marks import MarkedFile, MarksFound, Search, Visibility, WatermarkReason, sound_number
from watermark.domain.visible_look import VisibleLook

PAYLOAD = 0xFEDC_BA98_7654_3210
LOOK = VisibleLook("AI")


def mark(source: Path, target: Path, *, idle: bool = False, sound: ToneMarker | None = None) -> MarkedFile:
    marks = fake_marks(IdleMarker() if idle else None, sound)
    return mark_video(str(source), str(target), marks, PAYLOAD, LOOK, Visibility.OFF)


def read(path: Path, search: Search = Search.ALIGNED) -> MarksFound:
    return read_marks(str(path), fake_marks(), search)


def shown(path: Path) -> list[NDArray[np.uint8]]:
    with av.open(str(path)) as file:
        return [np.asarray(frame.to_ndarray(format="rgb24"), np.uint8) for frame in file.decode(video=0)]


def facts(path: Path) -> tuple[str, int, int, str]:
    with av.open(str(path)) as file:
        context = file.streams.video[0].codec_context
        return context.name, context.width, context.height, str(context.pix_fmt)


def assert_marked(path: Path) -> MarksFound:
    found = read(path)
    assert found.picture is not None
    assert found.picture.payload == PAYLOAD
    return found


def assert_refused(attempt: Any, *words: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        attempt()
    assert refused.value.code == WatermarkReason.UNUSABLE
    for word in words:
        assert word in refused.value.detail


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "marked.mp4"


def test_a_video_without_sound_gets_none(tmp_path: Path, target: Path) -> None:
    write_video(tmp_path / "a.mp4", seconds=0.5, audio=False)
    assert mark(tmp_path / "a.mp4", target).sound_snr is None
    assert assert_marked(target).sound is None
    with av.open(str(target)) as file:
        assert not file.streams.audio


def test_a_video_of_one_frame_is_marked(tmp_path: Path, target: Path) -> None:
    write_frames(tmp_path / "a.mp4", luma_frames(width=320, height=180, count=1))
    assert mark(tmp_path / "a.mp4", target).frames == 1
    assert_marked(target)


def test_a_very_large_picture_is_marked(tmp_path: Path, target: Path) -> None:
    odd.write(tmp_path / "a.mkv", odd.frames_of(odd.stripes(4096, 4096, 2), "rgb24", "yuv420p"), preset="ultrafast")
    written = mark(tmp_path / "a.mkv", target)
    assert (written.width, written.height, written.frames) == (4096, 4096, 2)
    assert_marked(target)


def test_a_picture_that_is_larger_still_is_refused(tmp_path: Path, target: Path) -> None:
    odd.write(tmp_path / "a.mkv", odd.frames_of(odd.gray(6000, 4000, 9, 1), "rgb24", "yuv420p"), codec="ffv1")
    assert_refused(lambda: mark(tmp_path / "a.mkv", target), "too large")


@pytest.mark.parametrize("side", [1, 2, 30])
def test_a_picture_too_small_for_a_mark_is_refused_and_can_be_read(tmp_path: Path, target: Path, side: int) -> None:
    odd.write(tmp_path / "a.mkv", odd.frames_of(odd.gray(side, side, 90), "rgb24", "yuv444p"), codec="ffv1")
    assert_refused(lambda: mark(tmp_path / "a.mkv", target), "too small")
    reading = read(tmp_path / "a.mkv", Search.FULL).picture
    assert reading is not None
    assert not reading.found


@pytest.mark.parametrize("size", [(321, 181), (320, 181), (321, 180)])
def test_an_odd_last_row_or_column_is_left_out(tmp_path: Path, target: Path, size: tuple[int, int]) -> None:
    odd.write(tmp_path / "a.mkv", odd.frames_of(odd.stripes(*size), "rgb24", "yuv444p"), codec="ffv1")
    written = mark(tmp_path / "a.mkv", target)
    assert (written.width, written.height) == (320, 180)
    assert_marked(target)


def test_high_dynamic_range_is_mapped_to_standard_range_and_tagged_so(tmp_path: Path, target: Path) -> None:
    frames = [frame for nits in (0.0, 26.0, 203.0, 1000.0, 4000.0) for frame in odd.hdr(320, 180, nits, 1)]
    odd.write(tmp_path / "a.mkv", frames, codec="ffv1", tag=odd.as_pq)
    mark(tmp_path / "a.mkv", target, idle=True)
    with av.open(str(target)) as file:
        context = file.streams.video[0].codec_context
        tags = context.pix_fmt, context.color_trc, context.color_primaries, context.colorspace
    assert tags == ("yuv420p", 1, 1, 1)
    levels = [int(picture.mean()) for picture in shown(target)]
    assert levels == sorted(levels)
    assert levels[0] < 4
    assert 130 < levels[2] < 190
    assert levels[2] + 30 < levels[3] < levels[4] <= 255


def test_high_dynamic_range_is_read_as_it_is(tmp_path: Path, target: Path) -> None:
    write_frames(tmp_path / "a.mp4", luma_frames(width=320, height=180, count=3))
    mark(tmp_path / "a.mp4", target)
    frames = odd.frames_of(shown(target), "rgb24", "yuv420p10le")
    odd.write(tmp_path / "b.mkv", frames, codec="ffv1", tag=odd.as_pq)
    assert_marked(tmp_path / "b.mkv")


def test_frames_of_uneven_length_stay_uneven(tmp_path: Path, target: Path) -> None:
    uneven = [0, 1, 5, 6, 30, 31, 33, 60, 64, 65, 66, 90, 120, 121]
    with av.open(str(tmp_path / "a.mp4"), "w") as file:
        video = file.add_stream("libx264", rate=30)
        video.width, video.height, video.pix_fmt = 320, 180, "yuv420p"
        video.codec_context.time_base = Fraction(1, 90)
        frames = odd.frames_of(odd.stripes(320, 180, len(uneven)), "rgb24", "yuv420p")
        for pts, frame in zip(uneven, frames, strict=True):
            frame.pts, frame.time_base = pts, Fraction(1, 90)
            file.mux(video.encode(frame))
        file.mux(video.encode(None))
    assert mark(tmp_path / "a.mp4", target).fps == pytest.approx(14 / (122 / 90))  # the last as long as the one before
    with av.open(str(target)) as file:
        times = [Fraction(frame.pts or 0) * (frame.time_base or 1) for frame in file.decode(video=0)]
    assert times == [Fraction(pts, 90) for pts in uneven]


def test_a_turned_video_is_turned_for_good(tmp_path: Path, target: Path) -> None:
    odd.write(tmp_path / "a.mp4", odd.frames_of(odd.stripes(320, 180), "rgb24", "yuv420p"))
    turn(tmp_path / "a.mp4")
    written = mark(tmp_path / "a.mp4", target, idle=True)
    assert (written.width, written.height) == (180, 320)
    last = shown(target)[0].mean(axis=2)
    # What was the light upper half lies on the right after a quarter turn clockwise.
    assert last[200:, 120:].mean() > last[200:, :60].mean() + 100


def test_a_marked_video_that_is_turned_by_metadata_is_read_upright(tmp_path: Path, target: Path) -> None:
    odd.write(tmp_path / "a.mp4", odd.frames_of(odd.stripes(320, 180), "rgb24", "yuv420p"))
    mark(turn(tmp_path / "a.mp4"), target)
    assert_marked(target)
    lying = [np.rot90(picture) for picture in shown(target)]
    odd.write(tmp_path / "b.mp4", odd.frames_of(lying, "rgb24", "yuv420p"))
    assert not found_in(read(tmp_path / "b.mp4"))
    assert found_in(read(turn(tmp_path / "b.mp4")))


def found_in(found: MarksFound) -> bool:
    return found.picture is not None and found.picture.found


def test_pixels_that_are_not_square_become_square(tmp_path: Path, target: Path) -> None:
    def wide(thing: Any) -> None:
        if hasattr(thing, "sample_aspect_ratio") and hasattr(thing, "codec"):
            thing.sample_aspect_ratio = Fraction(2, 1)

    odd.write(tmp_path / "a.mkv", odd.frames_of(odd.stripes(160, 180), "rgb24", "yuv420p"), tag=wide)
    written = mark(tmp_path / "a.mkv", target)
    assert (written.width, written.height) == (320, 180)
    assert_marked(target)


def test_surround_sound_stays_surround(tmp_path: Path, target: Path) -> None:
    frames = odd.frames_of(odd.stripes(320, 180, 72), "rgb24", "yuv420p")
    odd.write(tmp_path / "a.mkv", frames, sound=odd.sines(6, 3.0), layout="5.1", sound_codec="ac3")
    written = mark(tmp_path / "a.mkv", target)
    with av.open(str(target)) as file:
        assert file.streams.audio[0].codec_context.layout.name == "5.1"
        sound = np.concatenate([frame.to_ndarray() for frame in file.decode(audio=0)], axis=1)
    spectrum = np.abs(np.fft.rfft(sound[:, 48_000:96_000], axis=1))
    low = [number for number in range(6) if number != 3]  # the fourth holds nothing above 120 Hz
    assert [int(spectrum[number, 4500:].argmax()) + 4500 for number in low] == [5000 + 700 * number for number in low]
    assert written.sound_snr is not None
    sounding = assert_marked(target).sound
    assert sounding is not None
    assert sounding.payload == sound_number(PAYLOAD)


def test_interlaced_pictures_lose_their_combs_and_keep_their_number(tmp_path: Path, target: Path) -> None:
    woven = []
    for number in range(12):
        picture = np.full((180, 320, 3), 40, np.uint8)
        picture[0::2, 20 * number : 20 * number + 60] = 220
        picture[1::2, 20 * number + 10 : 20 * number + 70] = 220
        woven.append(picture)
    frames = odd.frames_of(woven, "rgb24", "yuv420p")
    odd.write(tmp_path / "a.mkv", frames, crf="10", x264_params="tff=1", flags="+ilme+ildct")
    assert mark(tmp_path / "a.mkv", target, idle=True).frames == 12
    middle = shown(target)[6].astype(int).mean(axis=2)
    combs = np.abs(2 * middle[1:-1] - middle[:-2] - middle[2:])[:, 115:135].mean()
    before = woven[6].astype(int).mean(axis=2)
    assert combs < np.abs(2 * before[1:-1] - before[:-2] - before[2:])[:, 115:135].mean() / 2


def test_what_is_transparent_shows_black_not_what_it_hides(tmp_path: Path, target: Path) -> None:
    picture = np.full((180, 320, 4), 255, np.uint8)
    picture[:, 160:, 3] = 0
    odd.write(tmp_path / "a.mov", odd.frames_of([picture] * 3, "rgba", "argb"), codec="qtrle")
    mark(tmp_path / "a.mov", target, idle=True)
    first = shown(target)[0]
    assert first[:, :150].min() > 240
    assert first[:, 170:].max() < 12


@pytest.mark.parametrize("seconds", [0.5, 4.0])
def test_sound_may_be_shorter_or_longer_than_the_pictures(tmp_path: Path, target: Path, seconds: float) -> None:
    frames = odd.frames_of(odd.stripes(320, 180, 48), "rgb24", "yuv420p")
    odd.write(tmp_path / "a.mp4", frames, sound=odd.sines(2, seconds))
    assert mark(tmp_path / "a.mp4", target).frames == 48
    with av.open(str(target)) as file:
        samples = sum(frame.samples for frame in file.decode(audio=0))
    assert samples / 48_000 == pytest.approx(seconds, abs=0.05)


def test_a_file_that_starts_late_starts_at_nought_with_its_sound_in_step(tmp_path: Path, target: Path) -> None:
    tone = odd.sines(1, 3.0)
    tone[:, :48_000] = 0
    frames = odd.frames_of(odd.stripes(320, 180, 72), "rgb24", "yuv420p")
    odd.write(tmp_path / "a.ts", frames, sound=tone, layout="mono", start=7.0)
    marker = ToneMarker()
    mark(tmp_path / "a.ts", target, sound=marker)
    with av.open(str(target)) as file:
        times = [float(frame.time or 0) for frame in file.decode(video=0)]
    assert times[0] < 0.1
    assert len(times) == 72
    heard = np.abs(marker.marked[0].samples[0]) > 0.1
    assert heard.argmax() / 48_000 - times[0] == pytest.approx(1.0, abs=0.03)


def test_a_hole_in_the_sound_becomes_silence(tmp_path: Path, target: Path) -> None:
    with av.open(str(tmp_path / "a.mkv"), "w") as file:
        video = file.add_stream("libx264", rate=24)
        video.width, video.height, video.pix_fmt = 320, 180, "yuv420p"
        track = file.add_stream("pcm_s16le", rate=48_000, layout="mono")
        for number, frame in enumerate(odd.frames_of(odd.stripes(320, 180, 72), "rgb24", "yuv420p")):
            frame.pts, frame.time_base = number, Fraction(1, 24)
            file.mux(video.encode(frame))
        file.mux(video.encode(None))
        for start in (0, 96_000):
            samples = av.AudioFrame.from_ndarray((odd.sines(1, 1.0) * 32767).astype(np.int16), "s16", "mono")
            samples.sample_rate, samples.pts = 48_000, start
            file.mux(track.encode(samples))
        file.mux(track.encode(None))
    marker = ToneMarker()
    mark(tmp_path / "a.mkv", target, sound=marker)
    level = np.abs(marker.marked[0].samples[0]).reshape(-1, 24_000).max(axis=1)
    assert (level > 0.1).tolist() == [True, True, False, False, True, True]


def test_damage_in_the_middle_stops_marking_but_not_reading(tmp_path: Path, target: Path) -> None:
    write_video(tmp_path / "a.mp4", seconds=3.0)
    mark(tmp_path / "a.mp4", target)
    spoilt = odd.spoil(target, tmp_path / "spoilt.mp4")
    assert_refused(lambda: mark(spoilt, tmp_path / "again.mp4"), "damaged")
    assert_marked(spoilt)


def test_a_file_that_breaks_off_is_read_as_far_as_it_goes(tmp_path: Path, target: Path) -> None:
    write_video(tmp_path / "a.mp4", seconds=3.0)
    mark(tmp_path / "a.mp4", target)
    half = tmp_path / "half.mp4"
    half.write_bytes(target.read_bytes()[: target.stat().st_size // 2])
    assert_marked(half)


def _zip(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.txt", "hello")


STRANGE: dict[str, Callable[[Path], object]] = {
    "nothing.mp4": lambda path: path.write_bytes(b""),
    "zip.mp4": _zip,
    "text.mp4": lambda path: path.write_text("not a video at all"),
    "title.svg": lambda path: path.write_text('<svg xmlns="http://www.w3.org/2000/svg"><title>x</title></svg>'),
    "list.m3u8": lambda path: path.write_text("#EXTM3U\n#EXTINF:1,\n/etc/passwd\n"),
    "list.mp4": lambda path: path.write_text("ffconcat version 1.0\nfile /etc/hostname\n"),
}


@pytest.mark.parametrize("name", STRANGE)
def test_what_is_no_video_is_refused(tmp_path: Path, target: Path, name: str) -> None:
    path = tmp_path / name
    STRANGE[name](path)
    assert_refused(lambda: mark(path, target))
    assert_refused(lambda: read(path, Search.FULL))


def test_sound_alone_cannot_be_marked_but_read(tmp_path: Path, target: Path) -> None:
    write_video(tmp_path / "a.mp4", seconds=3.0)
    mark(tmp_path / "a.mp4", target)
    with av.open(str(target)) as old, av.open(str(tmp_path / "sound.m4a"), "w") as new:
        track = new.add_stream_from_template(old.streams.audio[0])
        for packet in old.demux(old.streams.audio[0]):
            if packet.dts is not None:
                packet.stream = track
                new.mux(packet)
    assert_refused(lambda: mark(tmp_path / "sound.m4a", tmp_path / "again.mp4"), "no pictures")
    found = read(tmp_path / "sound.m4a")
    assert found.picture is None
    assert found.sound is not None
    assert found.sound.payload == sound_number(PAYLOAD)


def test_a_picture_is_read_as_a_file_of_one_frame(tmp_path: Path, target: Path) -> None:
    write_video(tmp_path / "a.mp4", seconds=0.5)
    mark(tmp_path / "a.mp4", target)
    for name in ("still.png", "still.jpg", "still.webp"):
        Image.fromarray(shown(target)[3]).save(tmp_path / name)
        assert assert_marked(tmp_path / name).sound is None

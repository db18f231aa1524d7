"""A file of any length is read in bounded time, and what is found is told in seconds of the file."""

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.factories.videos import write_frames
from tests.fakes.marking import KEY_ID, CellEmbedder, CellMarker, ToneMarker, fake_marks
from tests.fakes.sound_marks import PlainPresence
from watermark.adapters.marking.calls import mark_video
from watermark.adapters.marking.listening import FULL_SECONDS, LISTEN_SECONDS, LISTENS, Listener, joined, merged
from watermark.adapters.marking.reading import MAX_FRAMES, WINDOW_FRAMES, WINDOWS, Looker, read_marks, told_within
from watermark.adapters.marking.sound_track import PIECE_SECONDS, audible_seconds, pieces, usable_layout, usable_rate
from watermark.domain.marks import Search, SoundReading, Stretch, Visibility
from watermark.domain.visible_look import VisibleLook
from watermark.ports.marks import Sound, YuvFrame

PAYLOAD = 0x1234_5678_9ABC_DEF0
RATE = 8000
FPS = 3


def write_long(path: Path, seconds: int, marked: range, *, sound: bool = True, fps: int = FPS) -> Path:
    """A long video of few small frames, some seconds of which are marked, in its pictures and its sound."""
    embedder = CellMarker().embedder(PAYLOAD, 160, 96)
    assert isinstance(embedder, CellEmbedder)
    chroma = np.full((48, 80), 128, np.uint8)
    with av.open(str(path), "w") as file:
        video = file.add_stream("libx264", rate=fps, options={"preset": "ultrafast", "g": str(5 * fps)})
        video.width, video.height, video.pix_fmt = 160, 96, "yuv420p"
        track = file.add_stream("aac", rate=RATE, layout="mono") if sound else None
        for number in range(seconds * fps):
            y = np.full((96, 160), 60 + number % 90, np.uint8)
            if number // fps in marked:
                y = embedder.mark(YuvFrame(y, chroma, chroma)).y
            frame = av.VideoFrame.from_ndarray(np.vstack([y, np.full((48, 160), 128, np.uint8)]), "yuv420p")
            frame.pts, frame.time_base = number, Fraction(1, fps)
            file.mux(video.encode(frame))
        file.mux(video.encode(None))
        if track is not None:
            samples = np.random.default_rng(0).normal(0, 0.02, (1, seconds * RATE)).astype(np.float32)
            span = slice(marked.start * RATE, marked.stop * RATE)
            if len(marked):
                part = Sound(np.ascontiguousarray(samples[:, span]), RATE)
                samples[:, span] = ToneMarker().mark(part, PAYLOAD & 0xFFFFFFFF).samples
            frame_ = av.AudioFrame.from_ndarray(samples, "fltp", "mono")
            frame_.sample_rate, frame_.pts = RATE, 0
            file.mux(track.encode(frame_))
            file.mux(track.encode(None))
    return path


@pytest.fixture(scope="module")
def long(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """300 seconds, the last 60 of which are marked."""
    return write_long(tmp_path_factory.mktemp("long") / "long.mp4", 300, range(240, 300))


def test_a_long_file_is_looked_at_in_windows_spread_over_it(long: Path) -> None:
    cells, tones = CellMarker(blind=True), ToneMarker(deaf=True)
    found = read_marks(str(long), fake_marks(cells, tones), Search.FULL)
    assert found.picture is not None
    assert found.sound is not None
    assert not found.picture.found
    assert WINDOWS * WINDOW_FRAMES * 0.9 <= found.picture.frames <= MAX_FRAMES
    assert found.picture.seconds > 0.9 * 300 - WINDOW_FRAMES / FPS - 10
    aligned = [seconds for search, seconds in tones.reads if search is Search.ALIGNED]
    assert len(aligned) == LISTENS
    assert max(aligned) <= LISTEN_SECONDS + 1
    full = [seconds for search, seconds in tones.reads if search is Search.FULL]
    assert sum(full) <= FULL_SECONDS + 1
    assert found.sound.seconds <= LISTENS * (LISTEN_SECONDS + 1)


def test_what_is_found_late_in_a_long_file_is_told_in_its_own_seconds(long: Path) -> None:
    found = read_marks(str(long), fake_marks(), Search.ALIGNED)
    assert found.picture is not None
    assert found.sound is not None
    assert found.picture.payload == PAYLOAD
    assert found.sound.payload == PAYLOAD & 0xFFFFFFFF
    for stretches in (found.picture.stretches, found.sound.stretches):
        assert min(stretch.start for stretch in stretches) >= 235
        assert max(stretch.end for stretch in stretches) <= 301


def test_a_file_of_a_minute_is_looked_at_to_its_end(tmp_path: Path) -> None:
    path = write_long(tmp_path / "minute.mp4", 60, range(50, 60), sound=False, fps=24)
    found = read_marks(str(path), fake_marks(), Search.ALIGNED)
    assert found.sound is None
    assert found.picture is not None
    assert found.picture.frames <= MAX_FRAMES
    assert [stretch.payload for stretch in found.picture.stretches] == [PAYLOAD]
    assert found.picture.stretches[0].start == pytest.approx(50, abs=0.2)
    assert found.picture.stretches[0].end == pytest.approx(60, abs=0.3)


def test_a_file_that_does_not_say_how_long_it_is_is_read(tmp_path: Path) -> None:
    write_long(tmp_path / "a.mp4", 5, range(2, 5))
    with av.open(str(tmp_path / "a.mp4")) as old, av.open(str(tmp_path / "a.h264"), "w", format="h264") as new:
        stream = new.add_stream_from_template(old.streams.video[0])
        for packet in old.demux(old.streams.video[0]):
            if packet.dts is not None:
                packet.stream = stream
                new.mux(packet)
    found = read_marks(str(tmp_path / "a.h264"), fake_marks(), Search.ALIGNED)
    assert found.picture is not None
    assert found.picture.payload == PAYLOAD


def reading(payload: int | None, *stretches: Stretch, confidence: float = 20.0) -> SoundReading:
    found = payload is not None
    return SoundReading(found, payload, confidence, 8.0, 60.0, 1.0, KEY_ID if found else None, stretches, 1e-10)


def stretch(start: float, end: float, payload: int = 1) -> Stretch:
    return Stretch(start, end, payload, KEY_ID, 10.0)


def test_readings_of_several_pieces_become_one() -> None:
    looks = [
        (0.0, reading(1, stretch(10, 60))),
        (60.0, reading(1, stretch(0, 5), confidence=30.0)),
        (120.0, reading(None)),
        (180.0, reading(2, stretch(0, 60, 2), confidence=10.0)),
    ]
    whole = joined(looks, 240.0)
    assert [(each.start, each.end, each.payload) for each in whole.stretches] == [(10, 65, 1), (180, 240, 2)]
    assert whole.payload == 2
    assert whole.payloads == (2, 1)
    assert whole.confidence == 10.0
    assert whole.chance == pytest.approx(4e-10)
    assert whole.seconds == 240.0


def test_nothing_found_in_any_piece_is_nothing_found() -> None:
    whole = joined([(0.0, reading(None, confidence=3.0)), (60.0, reading(None, confidence=4.0))], 120.0)
    assert (whole.found, whole.confidence, whole.stretches) == (False, 4.0, ())


@given(
    st.lists(st.tuples(st.floats(0, 100), st.floats(0.1, 20), st.integers(1, 3)), max_size=12),
)
def test_merging_loses_no_second_and_keeps_the_order(spans: list[tuple[float, float, int]]) -> None:
    given_ = [stretch(start, start + length, payload) for start, length, payload in spans]
    told = list(merged(given_))
    assert [each.start for each in told] == sorted(each.start for each in told)
    for each in given_:
        assert any(one.payload == each.payload and one.start <= each.start and each.end <= one.end for one in told)


def test_one_mark_with_hardly_a_gap_is_one_stretch_and_two_marks_are_two() -> None:
    assert len(list(merged([stretch(0, 5), stretch(6, 9)]))) == 1
    assert len(list(merged([stretch(0, 5), stretch(9, 12)]))) == 2
    assert len(list(merged([stretch(0, 5), stretch(5, 9, 2)]))) == 2
    other_key = replace(stretch(5, 9), key_id="2")
    assert len(list(merged([stretch(0, 5), other_key]))) == 2


@pytest.mark.parametrize(
    ("seconds", "lengths"),
    [(10, [10]), (PIECE_SECONDS, [PIECE_SECONDS]), (PIECE_SECONDS + 50, [PIECE_SECONDS + 50]), (700, [300, 300, 100])],
)
def test_long_sound_is_marked_in_pieces_none_of_them_a_crumb(seconds: int, lengths: list[int]) -> None:
    parts = (np.full((1, 100), number % 7, np.float32) for number in range(seconds))
    got = list(pieces(parts, 100))
    assert [piece.seconds for piece in got] == lengths
    joined_ = np.concatenate([piece.samples for piece in got], axis=1)[0]
    assert np.array_equal(joined_[::100], np.arange(seconds, dtype=np.float32) % 7)


def test_seconds_that_can_be_heard_are_counted() -> None:
    samples = np.zeros((2, 5 * RATE), np.float32)
    samples[1, RATE : 3 * RATE] = 0.1
    samples[0, 4 * RATE :] = 1e-4
    assert audible_seconds(Sound(samples, RATE)) == 2
    assert audible_seconds(Sound(samples[:, RATE : 2 * RATE + RATE // 2], RATE)) == 1.5


def test_rates_and_layouts_that_aac_does_not_know_are_replaced() -> None:
    assert [usable_rate(rate) for rate in (44_100, 192_000, 0)] == [44_100, 48_000, 48_000]
    given_ = [("5.1(side)", 6), ("5.1", 6), ("mono", 1), ("22.2", 24), ("2 channels", 2), ("downmix", 2)]
    assert [usable_layout(*each) for each in given_] == ["5.1", "5.1", "mono", "stereo", "stereo", "stereo"]


def test_a_listener_without_a_track_hears_nothing() -> None:
    listener = Listener(ToneMarker())
    listener.start(None, Fraction(0))
    listener.finish()
    assert listener.read(Search.FULL) is None


def test_a_second_technology_is_made_ready_only_where_sound_is_searched(tmp_path: Path) -> None:
    made: list[PlainPresence] = []

    def presence() -> PlainPresence:
        made.append(PlainPresence())
        return made[-1]

    marks = replace(fake_marks(), presence=presence)
    mute = write_long(tmp_path / "mute.mp4", 2, range(0), sound=False)
    loud = write_long(tmp_path / "loud.mp4", 2, range(0))
    mark_video(str(loud), str(tmp_path / "marked.mp4"), marks, PAYLOAD, VisibleLook("AI"), Visibility.OFF)
    assert read_marks(str(mute), marks, Search.FULL).sound is None
    read_marks(str(loud), marks, Search.ALIGNED)
    assert made == []
    sound = read_marks(str(loud), marks, Search.FULL).sound
    assert sound is not None
    assert (sound.presence, len(made)) == (0.0, 1)


def test_of_a_file_that_hides_its_length_no_more_is_decoded_than_is_looked_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "endless.h264"
    write_frames(path, [np.full((96, 160), 60 + number % 90, np.uint8) for number in range(240)])
    passed: list[float] = []
    take = Looker.take

    def counted(looker: Looker, frame: YuvFrame) -> None:
        passed.append(frame.seconds)
        take(looker, frame)

    monkeypatch.setattr(Looker, "take", counted)
    monkeypatch.setattr("watermark.adapters.marking.reading.MAX_FRAMES", 20)
    found = read_marks(str(path), fake_marks(), Search.ALIGNED).picture
    assert found is not None
    assert (found.frames, len(passed)) == (20, 20)


def test_a_stretch_ends_with_the_file_and_neighbours_are_one() -> None:
    reading = CellMarker().detector().read(Search.ALIGNED)
    pieces = tuple(
        Stretch(start, end, 7, KEY_ID, 9.0) for start, end in [(0.0, 1.0), (1.0, 1.5), (2.5, 3.0), (3.0, 3.5)]
    )
    told = told_within(replace(reading, stretches=pieces), 3.1).stretches
    assert [(one.start, one.end) for one in told] == [(0.0, 1.5), (2.5, 3.14)]


@pytest.mark.parametrize(("search", "asked"), [(Search.FULL, True), (Search.ALIGNED, False)])
def test_a_second_half_without_a_mark_is_searched_fully_where_that_is_asked_for(
    tmp_path: Path, search: Search, *, asked: bool
) -> None:
    path = write_long(tmp_path / "half.mp4", 20, range(8), sound=False)
    pictures = CellMarker()
    found = read_marks(str(path), fake_marks(pictures), search).picture
    assert found is not None
    assert found.payload == PAYLOAD
    assert any(how is Search.FULL for how, _ in pictures.reads) == asked

"""Sound that cannot bear a mark is told from a marker that does not work."""

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from tests.fakes.marking import IdleMarker, ToneMarker
from watermark.adapters.marking.bearing import Bearing, trial_sound
from watermark.adapters.marking.calls import mark_video
from watermark.adapters.marking.markers import Marks
from watermark.adapters.marking.reading import read_marks
from watermark.adapters.sound_mark import KeyedSoundMarker
from watermark.domain.marks import MarkedFile, MarkKey, MarkKeys, Search, Visibility
from watermark.domain.visible_look import VisibleLook
from watermark.ports.marks import Sound, SoundMarker

NUMBER = 0x9ABC_DEF0
RATE = 16_000
KEYED = KeyedSoundMarker(MarkKeys(MarkKey("1", b"sound" * 8)))
Floats = NDArray[np.float64]
PLAIN: dict[str, Callable[[Floats], Floats]] = {
    "a tone": lambda t: 0.3 * np.sin(2 * np.pi * 440 * t),
    "a hum": lambda t: 0.3 * np.sin(2 * np.pi * 60 * t),
    "a chord": lambda t: sum((0.1 * np.sin(2 * np.pi * hertz * t) for hertz in (262, 330, 392)), np.zeros(len(t))),
    "a sweep": lambda t: 0.3 * np.sin(2 * np.pi * 200 * t * (1 + t)),
    "clicks": lambda t: 0.9 * (np.arange(len(t)) % RATE == 0),
    "nothing but an offset": lambda t: np.full(len(t), 0.3),
    "two seconds of noise": lambda t: np.random.default_rng(1).normal(0, 0.1, len(t[: 2 * RATE])),
}


class BrokenMarker(ToneMarker):
    """Does nothing, and hears nothing."""

    def mark(self, sound: Sound, payload: int) -> Sound:  # noqa: ARG002 - as the port has it
        return sound


def sound_of(values: Floats, rate: int = RATE) -> Sound:
    return Sound(values[None].astype(np.float32), rate)


def must_read_back(sound: Sound, marker: SoundMarker = KEYED) -> bool:
    bearing = Bearing(marker, NUMBER)
    bearing.learn(sound, marker.mark(sound, NUMBER))
    return bearing.must_read_back


@pytest.mark.parametrize("made", PLAIN.values(), ids=PLAIN.keys())
def test_plain_sound_need_not_read_back(made: Callable[[Floats], Floats]) -> None:
    assert not must_read_back(sound_of(made(np.arange(4 * RATE) / RATE)))


@pytest.mark.parametrize(("channels", "rate"), [(1, 8_000), (2, 44_100), (1, 96_000), (6, 48_000)])
def test_the_sound_that_markers_are_tried_on_bears_a_mark_at_any_rate(channels: int, rate: int) -> None:
    assert must_read_back(trial_sound(channels, rate))


def test_one_marked_stretch_of_short_sound_is_enough_to_ask_for_it() -> None:
    tone = 0.3 * np.sin(2 * np.pi * 440 * np.arange(20 * RATE) / RATE)
    assert must_read_back(sound_of(np.concatenate([tone, trial_sound(1, RATE).samples[0]])))


@pytest.mark.parametrize("marker", [ToneMarker(deaf=True), BrokenMarker(deaf=True)])
def test_a_marker_that_does_not_work_is_no_excuse(marker: SoundMarker) -> None:
    assert must_read_back(trial_sound(1, RATE), marker)
    assert must_read_back(sound_of(PLAIN["a tone"](np.arange(4 * RATE) / RATE)), marker)


def video_with(sound: Sound, path: Path) -> Path:
    with av.open(str(path), "w") as file:
        video = file.add_stream("libx264", rate=4)
        video.width, video.height, video.pix_fmt = 64, 64, "yuv420p"
        track = file.add_stream("aac", rate=sound.rate, layout="mono")
        for number in range(16):
            frame = av.VideoFrame.from_ndarray(np.full((96, 64), 60 + number, np.uint8), "yuv420p")
            frame.pts, frame.time_base = number, Fraction(1, 4)
            file.mux(video.encode(frame))
        heard = av.AudioFrame.from_ndarray(sound.samples, "fltp", "mono")
        heard.sample_rate, heard.pts = sound.rate, 0
        file.mux([*video.encode(None), *track.encode(heard), *track.encode(None)])
    return path


def marked(sound: Sound, folder: Path, marker: SoundMarker) -> tuple[MarkedFile, bool]:
    marks = Marks(IdleMarker(), marker, b"visible")
    source, target = video_with(sound, folder / "source.mp4"), folder / "marked.mp4"
    written = mark_video(str(source), str(target), marks, NUMBER, VisibleLook("AI"), Visibility.STANDARD)
    reading = read_marks(str(target), marks, Search.ALIGNED).sound
    return written, reading is not None and reading.found


def test_a_video_tells_an_snr_only_where_its_sound_must_read_back(tmp_path: Path) -> None:
    written, found = marked(trial_sound(1, RATE), tmp_path, KEYED)
    assert written.sound_snr is not None
    assert written.sound_snr > 24
    assert found
    written, found = marked(sound_of(PLAIN["a tone"](np.arange(4 * RATE) / RATE)), tmp_path, KEYED)
    assert (written.sound_snr, found) == (None, False)


def test_sound_that_a_broken_marker_left_as_it_was_is_not_excused(tmp_path: Path) -> None:
    written, found = marked(trial_sound(1, RATE), tmp_path, BrokenMarker(deaf=True))
    assert written.sound_snr is not None
    assert not found

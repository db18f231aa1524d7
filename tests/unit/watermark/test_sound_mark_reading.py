"""What the mark in sound survives, how it is told, and what it never does."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.sounds import ATTACKS, at_rate, coded, faster, music, noisy, part, speech, tempo
from watermark.adapters.sound_mark import KeyedSoundMarker, detect
from watermark.adapters.sound_mark.stretches import joined, marked_frames
from watermark.domain.marks import MarkKey, MarkKeys, Search, SoundReading, Stretch
from watermark.ports.marks import Sound

KEYS = MarkKeys(MarkKey("2", b"the key in use"), (MarkKey("1", b"the key before"),))
MARKER = KeyedSoundMarker(KEYS)
OLD_MARKER = KeyedSoundMarker(MarkKeys(KEYS.former[0]))
PAYLOAD, OTHER = 0xC0FF_EE00, 0x1234
RATE = 16_000


@pytest.fixture(scope="module")
def voice() -> Sound:
    return speech(9.0)


@pytest.fixture(scope="module")
def marked_voice(voice: Sound) -> Sound:
    return MARKER.mark(voice, PAYLOAD)


@pytest.fixture(scope="module")
def marked_music() -> Sound:
    return MARKER.mark(music(9.0), PAYLOAD)


def snr(before: Sound, after: Sound) -> float:
    added = after.samples.astype(np.float64) - before.samples
    return float(10 * np.log10(np.square(before.samples.astype(np.float64)).sum() / np.square(added).sum()))


def spliced(*pieces: Sound) -> Sound:
    return Sound(np.concatenate([piece.samples for piece in pieces], axis=1), pieces[0].rate)


def tells(reading: SoundReading, *expected: tuple[float, float, int]) -> bool:
    """Whether the stretches are these, their times within a quarter of a second."""
    told = reading.stretches
    close = all(
        abs(one.start - start) <= 0.25 and abs(one.end - end) <= 0.25 and one.payload == payload
        for one, (start, end, payload) in zip(told, expected, strict=False)
    )
    return close and len(told) == len(expected)


@pytest.mark.parametrize("name", [name for name in ATTACKS if name not in {"noise 10 dB", "crop to 3 s"}])
def test_a_marked_voice_is_read_after(name: str, marked_voice: Sound) -> None:
    reading = MARKER.read(ATTACKS[name](marked_voice), Search.FULL)
    assert reading.payloads == (PAYLOAD,)
    assert reading.key_id == "2"
    assert reading.chance <= 1e-9


@pytest.mark.parametrize("name", ["AAC 32k", "Opus 24k", "noise 20 dB", "echo", "tempo 0.90", "speed 1.10", "platform"])
def test_marked_music_is_read_after(name: str, marked_music: Sound) -> None:
    assert MARKER.read(ATTACKS[name](marked_music), Search.FULL).payloads == (PAYLOAD,)


@pytest.mark.parametrize("made", ["voice", "music"])
def test_the_mark_costs_no_more_than_it_may(made: str, voice: Sound) -> None:
    sound = voice if made == "voice" else music(4.0)
    assert 25.49 <= snr(sound, MARKER.mark(sound, 7)) < 27


@pytest.mark.parametrize("rate", [8000, 11_025, 22_050, 44_100, 48_000, 96_000])
def test_any_rate_bears_a_mark(rate: int, voice: Sound) -> None:
    sound = at_rate(part(voice, 0, 4), rate)
    marked = MARKER.mark(sound, PAYLOAD)
    assert marked.samples.shape == sound.samples.shape
    assert MARKER.read(marked, Search.ALIGNED).payload == PAYLOAD


def test_channels_bear_the_same_mark_apart_together_and_where_they_cancel_out(voice: Sound) -> None:
    left, right = part(voice, 0, 4).samples, part(voice, 4, 8).samples
    marked = MARKER.mark(Sound(np.concatenate([left, right, left * -1, right * -1, left, right]), RATE), PAYLOAD)
    for heard in (marked.samples, marked.samples[1:2], marked.samples[[0, 2]], marked.samples[[0, 1]].mean(0)[None]):
        assert MARKER.read(Sound(heard, RATE), Search.ALIGNED).payload == PAYLOAD


def test_how_fast_it_plays_is_told(marked_voice: Sound) -> None:
    assert MARKER.read(faster(marked_voice, 1.07), Search.FULL).speed == pytest.approx(1.07, abs=0.003)
    assert MARKER.read(tempo(marked_voice, 0.93), Search.FULL).speed == pytest.approx(0.93, abs=0.003)
    assert MARKER.read(marked_voice, Search.FULL).speed == 1


def test_an_aligned_search_does_not_look_for_other_speeds(marked_voice: Sound) -> None:
    assert not MARKER.read(faster(marked_voice, 1.07), Search.ALIGNED).found


def test_a_marked_voice_pasted_into_unmarked_sound_is_told_to_the_tenth(marked_voice: Sound) -> None:
    around = at_rate(music(9.0), RATE)
    whole = spliced(part(around, 0, 4.3), part(marked_voice, 2, 5), part(around, 4.3, 9))
    for heard in (whole, coded(whole, "aac", "adts", 64)):
        (stretch,) = MARKER.read(heard, Search.FULL).stretches
        assert stretch.start == pytest.approx(4.3, abs=0.25)
        assert stretch.end == pytest.approx(7.3, abs=0.25)
        assert (stretch.payload, stretch.key_id) == (PAYLOAD, "2")


def test_unmarked_sound_pasted_into_marked_is_told(marked_voice: Sound, voice: Sound) -> None:
    whole = spliced(part(marked_voice, 0, 4), part(voice, 2, 5), part(marked_voice, 5, 9))
    assert tells(MARKER.read(whole, Search.FULL), (0, 4, PAYLOAD), (7, 11, PAYLOAD))


def test_two_marks_under_two_keys_are_told_apart(marked_voice: Sound) -> None:
    older = OLD_MARKER.mark(speech(9.0, "bruno"), OTHER)
    reading = MARKER.read(spliced(part(marked_voice, 0, 5), part(older, 3, 7)), Search.FULL)
    first, second = reading.stretches
    assert (first.payload, first.key_id, second.payload, second.key_id) == (PAYLOAD, "2", OTHER, "1")
    assert first.end == pytest.approx(5, abs=0.25)
    assert second.start == pytest.approx(5, abs=0.25)
    assert reading.payloads == (PAYLOAD, OTHER)


def test_a_cut_within_marked_sound_does_not_hide_the_mark(marked_voice: Sound) -> None:
    cut = spliced(part(marked_voice, 0, 3.7), part(marked_voice, 5.2, 9))
    assert tells(MARKER.read(cut, Search.FULL), (0, 7.5, PAYLOAD))


def test_a_marked_voice_under_music_is_read(marked_voice: Sound) -> None:
    under = at_rate(music(9.0), RATE).samples * np.float32(0.5)
    length = min(under.shape[1], marked_voice.samples.shape[1])
    mixed = Sound(marked_voice.samples[:, :length] + under[:, :length], RATE)
    assert MARKER.read(mixed, Search.FULL).payload == PAYLOAD


def test_silence_around_marked_sound_is_not_told_as_marked(marked_voice: Sound) -> None:
    silence = Sound(np.zeros((1, 4 * RATE), np.float32), RATE)
    whole = spliced(silence, part(marked_voice, 0, 5), silence)
    assert tells(MARKER.read(whole, Search.FULL), (4, 9, PAYLOAD))


def test_silence_within_sound_stays_silent_and_nothing_goes_beyond_full_scale(voice: Sound) -> None:
    loud = voice.samples[:, : 4 * RATE] / np.abs(voice.samples).max()
    loud[:, RATE : 2 * RATE] = 0
    marked = MARKER.mark(Sound(loud, RATE), PAYLOAD)
    assert not marked.samples[:, RATE : 2 * RATE].any()
    assert np.abs(marked.samples).max() <= 1


def test_a_minute_is_marked_as_a_whole_and_read_piece_by_piece(voice: Sound) -> None:
    minute = Sound(np.tile(voice.samples, (1, 5)), RATE)
    marked = MARKER.mark(minute, PAYLOAD)
    assert tells(MARKER.read(marked, Search.ALIGNED), (0, minute.seconds, PAYLOAD))
    piece = part(marked, 21.3, 27.9)
    assert MARKER.read(piece, Search.ALIGNED).payload == PAYLOAD


def test_a_wrong_key_and_unmarked_sound_hold_no_mark_whatever_is_done(marked_voice: Sound, voice: Sound) -> None:
    stranger = KeyedSoundMarker(MarkKeys(MarkKey("1", b"somebody else's")))
    for sound in (marked_voice, tempo(marked_voice, 1.1)):
        reading = stranger.read(part(sound, 1, 5), Search.FULL)
        assert not reading.found
        assert reading.confidence < reading.threshold
    assert not MARKER.read(part(noisy(voice, 20), 1, 5), Search.FULL).found


@settings(max_examples=20, deadline=None)
@given(
    st.sampled_from(["noise", "tone", "click", "square", "constant"]),
    st.integers(1, 40_000),
    st.sampled_from([8000, 44_100, 96_000]),
    st.integers(1, 3),
    st.floats(1e-6, 1.0),
)
def test_any_sound_is_taken_and_no_mark_is_seen_in_it(
    kind: str, length: int, rate: int, channels: int, level: float
) -> None:
    moments = np.arange(length) / rate
    wave = {
        "noise": np.random.default_rng(length).standard_normal(length),
        "tone": np.sin(2 * np.pi * 440 * moments),
        "click": (np.arange(length) == length // 2) * 1.0,
        "square": np.sign(np.sin(2 * np.pi * 100 * moments)),
        "constant": np.ones(length),
    }[kind]
    sound = Sound(np.tile((wave * level).astype(np.float32), (channels, 1)), rate)
    assert not MARKER.read(sound, Search.ALIGNED).found
    marked = MARKER.mark(sound, PAYLOAD)
    assert marked.samples.shape == sound.samples.shape
    assert np.isfinite(marked.samples).all()


@settings(max_examples=200, deadline=None)
@given(st.floats(0.5, 600), st.integers(1, 20))
def test_what_is_believed_is_believed_by_less_than_one_in_a_thousand_million(seconds: float, keys: int) -> None:
    least = detect.threshold(seconds, keys)
    assert detect.chance(least, seconds, keys) == pytest.approx(detect.CHANCE)
    assert detect.chance(least + 1, seconds, keys) < detect.CHANCE
    assert detect.chance(0, seconds, keys) == 1


def test_the_bound_holds_where_it_can_be_counted() -> None:
    # Hoeffding: keyed signs against fixed cells of any sizes pass z with a probability of at most exp(-z² / 2).
    rng = np.random.default_rng(3)
    cells = rng.standard_normal(500) ** 3
    statistics = rng.choice([-1.0, 1.0], (20_000, 500)) @ cells / np.sqrt(np.square(cells).sum())
    for z in (1.0, 2.0, 3.0):
        assert float((statistics >= z).mean()) <= np.exp(-(z**2) / 2)


def test_sound_that_repeats_with_the_pattern_is_no_evidence() -> None:
    once = np.random.default_rng(4).standard_normal((256, 320)).astype(np.float32)
    expected = np.where(np.random.default_rng(5).random((256, 320)) < 0.49, -1, 1).astype(np.float32)
    single, *_ = detect.best_run(once, expected)
    looped, *_ = detect.best_run(np.tile(once, (8, 1)), np.tile(expected, (8, 1)))
    assert looped < single + 0.5


def test_frames_are_cut_where_the_evidence_turns() -> None:
    likelihood = np.concatenate(
        [np.full(60, -1.0), np.full(50, 1.0), np.full(10, -0.5), np.full(40, 1.0), np.zeros(90)]
    )
    frames = marked_frames(likelihood)
    assert detect.runs(frames) == [(60, 160)]
    assert detect.runs(marked_frames(np.zeros(100))) == []


def test_stretches_never_overlap_and_neighbours_that_agree_are_one() -> None:
    def stretch(start: float, end: float, payload: int) -> Stretch:
        return Stretch(start, end, payload, "1", 3.0)

    whole = joined([stretch(4, 6, 1), stretch(0, 3.5, 1), stretch(5.5, 8, 2), stretch(6.5, 7, 1), stretch(20, 21, 2)])
    assert [(one.start, one.end, one.payload) for one in whole] == [(0, 6, 1), (6, 8, 2), (20, 21, 2)]

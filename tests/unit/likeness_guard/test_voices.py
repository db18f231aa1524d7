"""Voices and their turns, over fakes: a loudness is a person."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from likeness_guard.ports import Sound, Speech, Vectors
from likeness_guard.service.voices import Voice, one_voice, only_speech, voices_of
from tests.fakes.likeness import LoudnessEmbedder, LoudVoice, voice_of
from trust_kernel.errors import Broken, InvalidInput
from trust_kernel.media.refs import SAMPLE_RATE


def silence(seconds: float) -> Sound:
    return np.zeros(int(seconds * SAMPLE_RATE), np.float32)


def voices(*parts: Sound) -> tuple[Voice, ...]:
    return voices_of(np.concatenate(parts), LoudVoice(), LoudnessEmbedder()).voices


def like(voice: Voice, number: int) -> float:
    vector, _ = one_voice([voice_of(number)], LoudVoice(), LoudnessEmbedder())
    return float(voice.vector @ vector[0])


class TestTurns:
    def test_one_speaker_who_pauses_briefly_has_one_turn(self) -> None:
        (voice,) = voices(voice_of(3, 4), silence(0.3), voice_of(3, 4))
        assert np.asarray(voice.turns) == pytest.approx(np.asarray([[0, 8.3]]), abs=0.01)
        assert voice.speech == pytest.approx(8, abs=0.01)

    def test_a_long_pause_ends_a_turn(self) -> None:
        (voice,) = voices(voice_of(3, 4), silence(2), voice_of(3, 4))
        assert np.asarray(voice.turns) == pytest.approx(np.asarray([[0, 4], [6, 10]]), abs=0.02)
        assert voice.seconds == (voice.turns[0][0], voice.turns[-1][1])

    def test_two_speakers_have_a_turn_each(self) -> None:
        first, second = sorted(voices(voice_of(3, 5), silence(0.3), voice_of(40, 4)), key=lambda v: v.seconds)
        assert np.asarray(first.turns) == pytest.approx(np.asarray([[0, 5]]), abs=0.05)
        assert np.asarray(second.turns) == pytest.approx(np.asarray([[5.3, 9.3]]), abs=0.05)
        assert like(first, 3) > 0.99
        assert like(second, 40) > 0.99

    def test_a_speaker_who_talks_again_has_two_turns_and_another_between_them(self) -> None:
        most, other = voices(voice_of(3, 4), voice_of(40, 4), voice_of(3, 4))
        assert [np.round(turn).tolist() for turn in np.asarray(most.turns)] == [[0, 4], [8, 12]]
        assert np.asarray(other.turns) == pytest.approx(np.asarray([[4, 8]]), abs=0.11)

    def test_three_speakers_are_three_voices_the_most_heard_first(self) -> None:
        found = voices(voice_of(3, 3), voice_of(40, 6), voice_of(20, 4))
        assert [max((3, 40, 20), key=lambda number: like(voice, number)) for voice in found] == [40, 20, 3]

    def test_speech_too_short_to_be_a_speaker_joins_another(self) -> None:
        assert len(voices(voice_of(3, 8), voice_of(40, 1))) == 1


class TestLittleOrNothing:
    @pytest.mark.parametrize("sound", [silence(0), silence(5), voice_of(3, 0.3)])
    def test_too_little_speech_is_nobody(self, sound: Sound) -> None:
        assert voices_of(sound, LoudVoice(), LoudnessEmbedder()).voices == ()

    def test_a_short_word_is_heard_but_of_low_quality(self) -> None:
        short, long = voices(voice_of(3, 0.8)), voices(voice_of(3, 8))
        assert short[0].quality < 0.25
        assert long[0].quality == 1

    def test_no_sound_at_all_enrols_nothing(self) -> None:
        for sounds in ([], [silence(0)], [silence(3)]):
            vectors, spoken = one_voice(sounds, LoudVoice(), LoudnessEmbedder())
            assert vectors.shape == (0, LoudnessEmbedder.dimensions)
            assert spoken == 0

    def test_the_speech_of_nothing_is_nothing(self) -> None:
        assert only_speech(voice_of(3), []).size == 0


class TestMalformed:
    @pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
    def test_a_sound_of_no_numbers_is_refused(self, bad: float) -> None:
        sound = voice_of(3)
        sound[100] = bad
        with pytest.raises(InvalidInput) as refused:
            voices_of(sound, LoudVoice(), LoudnessEmbedder())
        assert refused.value.code == "likeness:sound:malformed"
        with pytest.raises(InvalidInput):
            one_voice([voice_of(3), sound], LoudVoice(), LoudnessEmbedder())

    @pytest.mark.parametrize("fault", ["nan", "narrow", "few"])
    def test_vectors_that_cannot_be_compared_never_pass(self, fault: str) -> None:
        for work in (
            lambda: voices_of(voice_of(3), LoudVoice(), Faulty(fault)),
            lambda: one_voice([voice_of(3)], LoudVoice(), Faulty(fault)),
        ):
            with pytest.raises(Broken) as broken:
                work()
            assert broken.value.code == "likeness:template:malformed"

    def test_an_embedder_that_hears_nothing_gives_nobody(self) -> None:
        heard = voices_of(voice_of(3), LoudVoice(), Faulty("none"))
        assert heard.voices == ()
        assert heard.speech == pytest.approx(5)


class Faulty(LoudnessEmbedder):
    """An embedder with a fault."""

    def __init__(self, fault: str) -> None:
        self._fault = fault

    def partials(self, sound: Sound) -> tuple[Vectors, NDArray[np.float64]]:
        vectors, windows = super().partials(sound)
        if self._fault == "nan":
            vectors[0, 0] = np.nan
        if self._fault == "none":
            return vectors[:0], windows[:0]
        return {"narrow": vectors[:, 1:], "few": vectors[1:]}.get(self._fault, vectors), windows


PARTS = st.lists(st.tuples(st.sampled_from([0, 0, 3, 20, 40]), st.floats(0.2, 6)), min_size=1, max_size=8)


@settings(max_examples=60, deadline=None)
@given(PARTS)
def test_turns_never_overlap_and_never_lie_outside_of_speech(parts: list[tuple[int, float]]) -> None:
    sound = np.concatenate([voice_of(n, length) if n else silence(length) for n, length in parts])
    heard = voices_of(sound, LoudVoice(), LoudnessEmbedder())
    turns = sorted(turn for voice in heard.voices for turn in voice.turns)
    assert all(a[1] <= b[0] + 1e-6 for a, b in itertools.pairwise(turns))
    assert all(0 <= start < end <= sound.size / SAMPLE_RATE + 1e-6 for start, end in turns)
    if heard.voices:
        assert sum(voice.speech for voice in heard.voices) == pytest.approx(heard.speech, abs=0.01)
        for voice in heard.voices:
            assert np.linalg.norm(voice.vector) == pytest.approx(1, abs=1e-5)
            assert voice.seconds == (voice.turns[0][0], voice.turns[-1][1])
            assert 0 <= voice.quality <= 1


def test_speech_is_joined_without_the_pauses() -> None:
    sound = np.arange(SAMPLE_RATE * 3, dtype=np.float32)
    joined = only_speech(sound, [Speech(0.5, 1.0, 1.0), Speech(2.0, 2.25, 1.0)])
    assert joined.size == SAMPLE_RATE * 0.75
    assert joined[0] == SAMPLE_RATE // 2
    assert joined[SAMPLE_RATE // 2] == SAMPLE_RATE * 2

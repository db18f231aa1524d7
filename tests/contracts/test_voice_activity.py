"""What every voice activity detector promises."""

import numpy as np
import pytest

from likeness_guard.adapters.silero import SileroVoiceActivity
from likeness_guard.adapters.stack import embedded_models
from likeness_guard.ports import Sound, VoiceActivity
from placet.demo.voices import VOICES, speak
from tests.fakes.likeness import LoudVoice, shared_models, voice_of
from trust_kernel.inference.sessions import SessionFactory
from trust_kernel.media.refs import SAMPLE_RATE


class VoiceActivityContract:
    def make(self) -> VoiceActivity:
        raise NotImplementedError

    def sample(self) -> Sound:
        """A few seconds of one voice."""
        raise NotImplementedError

    def test_speech_is_found_where_it_is(self) -> None:
        voice, pause = self.sample(), np.zeros(2 * SAMPLE_RATE, np.float32)
        seconds = voice.size / SAMPLE_RATE
        stretches = self.make().speech(np.concatenate([pause, voice, pause, voice]))
        inside = [s for s in stretches if s.end <= 2.2 + seconds or s.start >= 3.8 + seconds]
        assert len(inside) == len(stretches)
        assert min(s.start for s in stretches) >= 1.8
        assert sum(s.end - s.start for s in stretches) >= 0.7 * 2 * seconds

    def test_stretches_follow_each_other_within_the_sound(self) -> None:
        sound = np.concatenate([self.sample(), np.zeros(SAMPLE_RATE, np.float32), self.sample()])
        stretches = self.make().speech(sound)
        edges = [edge for s in stretches for edge in (s.start, s.end)]
        assert edges == sorted(edges)
        assert edges[0] >= 0
        assert edges[-1] <= sound.size / SAMPLE_RATE
        assert all(0 < s.sureness <= 1 for s in stretches)

    @pytest.mark.parametrize("samples", [0, 1, 511, 3 * SAMPLE_RATE])
    def test_silence_is_no_speech(self, samples: int) -> None:
        assert self.make().speech(np.zeros(samples, np.float32)) == ()


class TestLoudVoice(VoiceActivityContract):
    def make(self) -> VoiceActivity:
        return LoudVoice()

    def sample(self) -> Sound:
        return voice_of(7, 3)


class TestSileroVoiceActivity(VoiceActivityContract):
    def make(self) -> VoiceActivity:
        return embedded_models(shared_models(), SessionFactory()).activity

    def sample(self) -> Sound:
        return speak("The old lighthouse keeper counted seven boats before the storm.", VOICES["ada"])

    def test_a_long_sound_is_heard_alike_in_chunks(self) -> None:
        activity = self.make()
        assert isinstance(activity, SileroVoiceActivity)
        sound = np.resize(self.sample(), 70 * SAMPLE_RATE)
        whole = activity.probabilities(sound)
        short = activity.probabilities(sound[: 60 * SAMPLE_RATE])
        assert whole[: len(short)] == pytest.approx(short, abs=1e-4)
        assert whole[-60:].max() > 0.9

    @pytest.mark.parametrize("kind", ["tones", "noise", "clicks"])
    def test_what_is_no_voice_is_no_speech(self, kind: str) -> None:
        time = np.arange(5 * SAMPLE_RATE) / SAMPLE_RATE
        rng = np.random.default_rng(1)
        sound = {
            "tones": sum(0.1 * np.sin(2 * np.pi * f * time) for f in (262, 330, 392)),
            "noise": 0.1 * rng.standard_normal(time.size),
            "clicks": 0.8 * (rng.random(time.size) < 0.0005),
        }[kind]
        assert self.make().speech(np.asarray(sound, np.float32)) == ()

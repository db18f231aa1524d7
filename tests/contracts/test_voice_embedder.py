"""What every voice embedder promises."""

import numpy as np
import pytest
from numpy.typing import NDArray

from likeness_guard.adapters.stack import embedded_models
from likeness_guard.ports import Sound, VoiceEmbedder
from placet.demo.voices import VOICES, speak
from tests.fakes.likeness import LoudnessEmbedder, enhanced_voice, plain_voice, shared_models, voice_of
from trust_kernel.inference.sessions import SessionFactory


class VoiceEmbedderContract:
    def make(self) -> VoiceEmbedder:
        raise NotImplementedError

    def sample(self, seconds: float) -> Sound:
        """A buzz with a formant-like envelope: enough for an encoder to say something."""
        time = np.arange(int(seconds * 16_000)) / 16_000
        buzz = sum(np.sin(2 * np.pi * 120 * n * time) / n for n in range(1, 20))
        return np.asarray(0.05 * buzz * (1 + np.sin(2 * np.pi * 4 * time)), np.float32)

    @pytest.mark.parametrize("seconds", [0.3, 1.6, 5.0])
    def test_windows_cover_the_sound_with_unit_vectors(self, seconds: float) -> None:
        embedder = self.make()
        vectors, windows = embedder.partials(self.sample(seconds))
        assert vectors.shape == (len(windows), embedder.dimensions)
        assert len(windows) >= 1
        assert np.linalg.norm(vectors, axis=1) == pytest.approx(np.ones(len(vectors)), abs=1e-4)
        assert windows[0, 0] == 0
        assert (windows[:, 1] > windows[:, 0]).all()
        assert windows[:, 1].max() <= seconds + 0.01
        assert windows[:, 1].max() >= seconds - 1.0

    def test_windows_follow_each_other_in_time(self) -> None:
        _, windows = self.make().partials(self.sample(9))
        assert (np.diff(windows[:, 0]) > 0).all()
        assert (np.diff(windows[:, 1]) >= 0).all()

    def test_vectors_are_finite_float32(self) -> None:
        vectors, _ = self.make().partials(self.sample(2))
        assert vectors.dtype == np.float32
        assert np.isfinite(vectors).all()

    def test_one_sample_is_a_sound(self) -> None:
        vectors, windows = self.make().partials(np.full(1, 0.1, np.float32))
        assert vectors.shape == (1, self.make().dimensions)
        assert windows.shape == (1, 2)

    def test_a_sound_is_not_changed_by_listening(self) -> None:
        sound = self.sample(3)
        before = sound.copy()
        self.make().partials(sound)
        assert (sound == before).all()

    def test_silence_without_samples_gives_no_windows(self) -> None:
        embedder = self.make()
        vectors, windows = embedder.partials(np.zeros(0, np.float32))
        assert vectors.shape == (0, embedder.dimensions)
        assert windows.shape == (0, 2)

    def test_digital_silence_gives_finite_vectors(self) -> None:
        assert np.isfinite(self.make().partials(np.zeros(32_000, np.float32))[0]).all()

    def test_the_same_sound_gives_the_same_vectors(self) -> None:
        embedder = self.make()
        assert embedder.partials(self.sample(3))[0] == pytest.approx(embedder.partials(self.sample(3))[0], abs=1e-6)


class TestLoudnessEmbedder(VoiceEmbedderContract):
    def make(self) -> VoiceEmbedder:
        return LoudnessEmbedder()

    def sample(self, seconds: float) -> Sound:
        return voice_of(7, seconds)


class TestOnnxGe2eVoice(VoiceEmbedderContract):
    def make(self) -> VoiceEmbedder:
        return embedded_models(shared_models(), SessionFactory()).voice_embedder


class TestEnhancedGe2eVoice(VoiceEmbedderContract):
    def make(self) -> VoiceEmbedder:
        return enhanced_voice()

    @pytest.mark.parametrize("level", [0.05, 0.3, 3.0])
    def test_a_voice_is_the_same_voice_at_any_level(self, level: float) -> None:
        embedder = self.make()
        sound = 0.3 * speak("The old lighthouse keeper counted seven boats before the storm.", VOICES["ada"])
        plain, other = (embedder.partials(one)[0].mean(axis=0) for one in (sound, sound * np.float32(level)))
        assert _cosine(plain, other) > 0.995

    def test_in_noise_a_voice_stays_nearer_to_itself_than_the_encoder_alone_can_tell(self) -> None:
        sentence = "The old lighthouse keeper counted seven boats before the storm came in over the bay."
        one, other = (speak(sentence, VOICES[name]) for name in ("ada", "bruno"))
        noise = np.random.default_rng(1).standard_normal(one.size)
        noisy = np.asarray(one + 0.3 * np.sqrt(np.mean(np.square(one))) * noise, np.float32)
        margins = []
        for embedder in (plain_voice(), enhanced_voice()):
            heard, own, stranger = (embedder.partials(sound)[0].mean(axis=0) for sound in (noisy, one, other))
            margins.append(_cosine(heard, own) - _cosine(heard, stranger))
        assert margins[1] > margins[0] + 0.05


def _cosine(a: NDArray[np.float32], b: NDArray[np.float32]) -> float:
    return float(a @ b / np.linalg.norm(a) / np.linalg.norm(b))

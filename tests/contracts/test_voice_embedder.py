"""What every voice embedder promises."""

import os
from pathlib import Path

import numpy as np
import pytest

from likeness_guard.adapters.speechbrain import SpeechBrainVoice
from likeness_guard.adapters.stack import embedded_models
from likeness_guard.ports import Sound, VoiceEmbedder
from tests.fakes.likeness import LoudnessEmbedder, shared_models, voice_of
from trust_kernel.errors import Unavailable
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


class TestSpeechBrainVoice(VoiceEmbedderContract):
    def make(self) -> VoiceEmbedder:
        directory = os.environ.get("PLACET_TEST_SPEECHBRAIN", "")
        try:
            embedder = SpeechBrainVoice(Path(directory or "/nowhere"))
        except Unavailable as error:
            pytest.skip(f"speechbrain does not load here: {error.detail}")
        return embedder

"""The real voice networks on synthetic voices."""

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from benchmarks import degradations as worse
from likeness_guard.adapters.silero import SileroVoiceActivity
from likeness_guard.adapters.stack import embedded_models
from likeness_guard.ports import Sound, VoiceActivity
from likeness_guard.service.voices import Voice, one_voice, voices_of
from placet.demo.voices import VOICES, speak
from tests.fakes.likeness import enhanced_voice, shared_models
from trust_kernel.inference.sessions import SessionFactory
from trust_kernel.media.refs import SAMPLE_RATE

FIRST = "The old lighthouse keeper counted seven boats before the storm came in over the bay."
SECOND = "Every morning she walks along the river and feeds the birds with crumbs of bread."


@pytest.fixture(scope="module")
def activity() -> VoiceActivity:
    found = embedded_models(shared_models(), SessionFactory()).activity
    assert isinstance(found, SileroVoiceActivity)
    return found


@pytest.fixture(scope="module")
def said() -> dict[str, Sound]:
    return {
        f"{name}{at}": speak(text, VOICES[name]) for name in ("ada", "bruno") for at, text in ((1, FIRST), (2, SECOND))
    }


@pytest.fixture(scope="module")
def enrolled(said: dict[str, Sound], activity: VoiceActivity) -> dict[str, NDArray[np.float32]]:
    return {name: one_voice([said[f"{name}2"]], activity, enhanced_voice())[0][0] for name in ("ada", "bruno")}


def whose(voice: Voice, enrolled: dict[str, NDArray[np.float32]]) -> str:
    return max(enrolled, key=lambda name: float(voice.vector @ enrolled[name]))


@pytest.mark.parametrize("how", ["clean", "music", "noise", "telephone"])
def test_two_speakers_are_parted_and_known_whatever_lies_beneath(
    how: str, said: dict[str, Sound], enrolled: dict[str, NDArray[np.float32]], activity: VoiceActivity
) -> None:
    sound = np.concatenate([said["ada1"], np.zeros(SAMPLE_RATE // 2, np.float32), said["bruno1"]])
    rng = np.random.default_rng(4)
    ways: dict[str, Callable[[], Sound]] = {
        "clean": lambda: sound,
        "music": lambda: worse.under_music(sound, 10, rng),
        "noise": lambda: worse.noisy(sound, 10, rng),
        "telephone": lambda: worse.telephone(sound),
    }
    heard = voices_of(ways[how](), activity, enhanced_voice())
    change = said["ada1"].size / SAMPLE_RATE + 0.25
    first, second = sorted(heard.voices, key=lambda voice: voice.seconds)[:2]
    assert (whose(first, enrolled), whose(second, enrolled)) == ("ada", "bruno")
    assert first.seconds[1] == pytest.approx(change, abs=1.0)
    assert second.seconds[0] == pytest.approx(change, abs=1.0)


def test_one_speaker_is_one_voice_in_one_piece(said: dict[str, Sound], activity: VoiceActivity) -> None:
    (voice,) = voices_of(np.concatenate([said["ada1"], said["ada2"]]), activity, enhanced_voice()).voices
    assert voice.speech > 6


@pytest.mark.parametrize("kind", ["music", "noise"])
def test_music_and_noise_alone_are_nobody(kind: str, activity: VoiceActivity) -> None:
    rng = np.random.default_rng(2)
    sound = worse.music(8, rng) if kind == "music" else np.asarray(0.1 * rng.standard_normal(128_000), np.float32)
    assert voices_of(sound, activity, enhanced_voice()).voices == ()

"""A sound is known again after what happens to copies, and no other sound is taken for it."""

from collections import Counter

import numpy as np
import pytest
from numpy.typing import NDArray

from consent_registry.domain.challenge_checks import USUAL
from consent_registry.domain.sound_prints import landmarks
from placet.demo.voices import VoiceRecipe, speak
from tests.fakes.challenges import voice
from trust_kernel.media.refs import SAMPLE_RATE

Sound = NDArray[np.float32]


def shared(one: Sound, other: Sound) -> int:
    """As the store counts."""
    shifts: Counter[int] = Counter()
    known: dict[int, list[int]] = {}
    for token, slot in landmarks(one).tolist():
        known.setdefault(token, []).append(slot)
    for token, slot in landmarks(other).tolist():
        shifts.update(slot - before for before in known.get(token, []))
    return max((count + shifts[shift + 1] for shift, count in shifts.items()), default=0)


def noise(size: int, level: float, seed: int = 9) -> Sound:
    return (np.random.default_rng(seed).standard_normal(size) * level).astype(np.float32)


@pytest.fixture(scope="module")
def spoken() -> tuple[Sound, Sound]:
    """Six digits, and six others by the same voice."""
    recipe = VoiceRecipe("en-us+f2", rate=120)
    return speak("three. one. four. one. five. nine.", recipe), speak("two. seven. one. eight. two. eight.", recipe)


def test_the_same_sound_is_known_again(spoken: tuple[Sound, Sound]) -> None:
    said, _ = spoken
    late = np.concatenate([np.zeros(5_000, np.float32), said])
    for copy in (said, late, said * np.float32(0.3), said + noise(said.size, 0.01)):
        assert shared(said, copy) > 2 * USUAL.shared


def test_other_digits_by_the_same_voice_are_another_sound(spoken: tuple[Sound, Sound]) -> None:
    said, other = spoken
    assert shared(said, other) < USUAL.shared / 2
    assert shared(voice(1), voice(2)) < USUAL.shared / 2


def test_silence_and_the_shortest_sounds_have_no_landmarks() -> None:
    assert landmarks(np.zeros(3 * SAMPLE_RATE, np.float32)).shape == (0, 2)
    assert landmarks(np.zeros(100, np.float32)).shape == (0, 2)
    assert shared(noise(SAMPLE_RATE, 0.001), noise(SAMPLE_RATE, 0.001, seed=3)) < USUAL.shared / 2


def test_landmarks_are_small_numbers_at_moments_of_the_sound() -> None:
    found = landmarks(voice(1, seconds=4.0))
    assert found[:, 0].min() >= 0
    assert found[:, 0].max() < 2**22
    assert found[:, 1].max() <= 4.0 / 0.032

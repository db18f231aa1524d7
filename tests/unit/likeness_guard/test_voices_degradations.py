"""The degradations that accuracy is measured under do what they say."""

from collections.abc import Callable

import numpy as np
import pytest

from benchmarks import degradations as worse
from likeness_guard.ports import Sound
from trust_kernel.media.refs import SAMPLE_RATE

WAYS: dict[str, Callable[[Sound, np.random.Generator], Sound]] = {
    "white": lambda sound, rng: worse.noisy(sound, 10, rng),
    "pink": lambda sound, rng: worse.noisy(sound, 10, rng, worse.Noise.PINK),
    "speech": lambda sound, rng: worse.noisy(sound, 10, rng, worse.Noise.SPEECH),
    "babble": lambda sound, rng: worse.in_babble(sound, [talk(2, 1), talk(3, 2)], 10, rng),
    "room": worse.reverberant,
    "music": lambda sound, rng: worse.under_music(sound, 10, rng),
    "telephone": lambda sound, _: worse.telephone(sound),
}


def talk(seconds: float, seed: int = 0) -> Sound:
    """Bursts of noise."""
    count = int(seconds * SAMPLE_RATE)
    bursts = np.sin(2 * np.pi * 2 * np.arange(count) / SAMPLE_RATE) > 0
    return np.asarray(0.05 * bursts * np.random.default_rng(seed).standard_normal(count), np.float32)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("seconds", [0.0, 0.3, 4.0])
def test_length_and_kind_stay_and_equal_chance_gives_equal_sounds(way: str, seconds: float) -> None:
    sound = talk(seconds)
    first, again = (WAYS[way](sound, np.random.default_rng(7)) for _ in range(2))
    assert first.size == sound.size
    assert first.dtype == np.float32
    assert np.isfinite(first).all()
    assert (first == again).all()
    if sound.size:
        assert np.abs(first).max() <= 1
        assert (first != sound).any()


@pytest.mark.parametrize("noise", list(worse.Noise))
@pytest.mark.parametrize("ratio", [-5.0, 0.0, 10.0, 30.0])
def test_noise_is_as_far_beneath_as_asked(noise: worse.Noise, ratio: float) -> None:
    sound = talk(4)
    added = worse.noisy(sound, ratio, np.random.default_rng(1), noise) - sound
    assert 10 * np.log10(np.mean(sound**2) / np.mean(added**2)) == pytest.approx(ratio, abs=0.1)


def test_a_telephone_carries_nothing_below_200_hz() -> None:
    time = np.arange(SAMPLE_RATE) / SAMPLE_RATE
    low, middle = (np.asarray(0.3 * np.sin(2 * np.pi * f * time), np.float32) for f in (150, 1000))
    assert np.abs(worse.telephone(low)).max() < 0.01
    assert np.abs(worse.telephone(middle)).max() > 0.25


@pytest.mark.parametrize("rt60", [0.4, 0.8])
def test_a_click_in_a_room_dies_away_by_60_db_in_the_time_asked(rt60: float) -> None:
    click = np.zeros(2 * SAMPLE_RATE, np.float32)
    click[0] = 1
    energy = worse.reverberant(click, np.random.default_rng(3), rt60) ** 2
    left = 10 * np.log10(np.cumsum(energy[::-1])[::-1] + 1e-20)
    fall = left[int(0.3 * rt60 * SAMPLE_RATE)] - left[int(0.6 * rt60 * SAMPLE_RATE)]
    assert fall == pytest.approx(18, abs=2)


def test_a_cut_is_the_middle_and_never_longer_than_the_sound() -> None:
    sound = np.arange(SAMPLE_RATE * 4, dtype=np.float32)
    assert worse.cut(sound, 1.0).tolist() == sound[int(1.5 * SAMPLE_RATE) : int(2.5 * SAMPLE_RATE)].tolist()
    assert worse.cut(sound, 9.0).size == sound.size


def test_music_is_as_long_as_asked() -> None:
    assert worse.music(3.3, np.random.default_rng(1)).size == round(3.3 * SAMPLE_RATE)

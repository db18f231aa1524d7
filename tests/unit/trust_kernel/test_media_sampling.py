from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tests.factories.media import plain, scene
from trust_kernel.media.sampling import FrameSampler, signature

GRAY = plain(64, 36, (90, 90, 90))[..., 0]


def kept(times: list[float], fps: float = 2.0) -> list[float]:
    sampler = FrameSampler(fps)
    return [moment for moment in times if sampler.wants(moment, GRAY)]


@given(
    st.lists(st.floats(0.001, 0.2), min_size=1, max_size=80),
    st.floats(-5, 5),
    st.sampled_from([0.5, 1.0, 2.0, 3.7, 10.0]),
)
def test_no_stretch_of_a_video_goes_unseen(gaps: list[float], start: float, fps: float) -> None:
    """Between two kept frames lie at most one grid step and one frame."""
    times = (start + np.cumsum(gaps)).tolist()
    seen = kept(times, fps)
    assert seen[0] == times[0]
    assert all(later - earlier <= 1 / fps + max(gaps) + 0.002 for earlier, later in pairwise(seen))
    assert times[-1] - seen[-1] <= 1 / fps + 0.002


def test_a_still_video_gives_no_more_frames_than_the_grid() -> None:
    assert len(kept([place / 24 for place in range(240)])) == 20


@given(st.integers(0, 40), st.integers(0, 40))
def test_another_picture_is_kept_whenever_it_comes(before: int, seed: int) -> None:
    sampler = FrameSampler(0.001)
    first, other = scene(64, 36, 1000)[..., 1], scene(64, 36, seed)[..., 1]
    for place in range(before + 1):
        sampler.wants(place / 24, first)
    assert sampler.wants((before + 1) / 24, other)


@given(st.integers(1, 70), st.integers(1, 70), st.integers(0, 255))
def test_a_signature_is_well_formed_whatever_the_size(width: int, height: int, value: int) -> None:
    description = signature(np.full((height, width), value, np.uint8))
    assert description.shape == (176,)
    assert np.isclose(description[:32].sum(), 1)
    assert np.allclose(description[32:], value / 255, atol=1e-3)


def test_grain_and_a_small_movement_are_no_cut() -> None:
    picture = scene(320, 180, 1)[..., 1].astype(np.int16)
    grain = np.random.default_rng(0).normal(0, 4, picture.shape)
    sampler = FrameSampler(0.001)
    assert sampler.wants(0.0, picture.astype(np.uint8))
    moved = np.roll(np.clip(picture + grain, 0, 255).astype(np.uint8), 3, axis=1)
    assert not sampler.wants(1 / 24, moved)

"""Who knows how marks are made, but not the key, can neither remove nor forge one from what videos show.

The attacker here takes what is left of each frame when the picture is smoothed away, averages that over all frames that
share a pattern (and is told which those are), over the whole video, or folded onto smaller tiles; and spends up to
38 dB on it.
"""

from collections.abc import Callable

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from tests.factories.videos import luma_frames
from watermark.adapters.spread_spectrum import SpreadSpectrumMarker
from watermark.adapters.spread_spectrum.schedule import HOLD
from watermark.domain.marks import MarkKey, MarkKeys, MarkReading, Search
from watermark.ports.marks import YuvFrame

Luma = NDArray[np.uint8]
Estimate = Callable[[float], NDArray[np.float32]]
"""What the attacker believes that the mark is at a time."""
WIDTH, HEIGHT, RATE, SECONDS = 640, 360, 8, 4
MARKER = SpreadSpectrumMarker(MarkKeys(MarkKey("1", b"a key that no attacker has")))
PAYLOAD = 0x5EED_0FF0_1D_CAFE
BUDGET = 38.0
NO_CHROMA = np.zeros((0, 0), np.uint8)


def mark(frames: list[Luma], payload: int = PAYLOAD) -> list[Luma]:
    embedder = MARKER.embedder(payload, WIDTH, HEIGHT)
    return [embedder.mark(YuvFrame(y, NO_CHROMA, NO_CHROMA, place / RATE)).y for place, y in enumerate(frames)]


def read(frames: list[Luma]) -> MarkReading:
    detector = MARKER.detector()
    for place, y in enumerate(frames):
        detector.add(YuvFrame(y, NO_CHROMA, NO_CHROMA, place / RATE))
    return detector.read(Search.ALIGNED)


def moving(seed: int, seconds: int = SECONDS) -> list[Luma]:
    return luma_frames(width=WIDTH, height=HEIGHT, count=RATE * seconds, seed=seed)


def static(seed: int) -> list[Luma]:
    scene = luma_frames(width=WIDTH, height=HEIGHT, count=1, seed=seed)[0].astype(np.int16)
    noise = np.random.default_rng(seed).integers(-2, 3, (RATE * SECONDS, HEIGHT, WIDTH))
    return [np.clip(scene + grain, 0, 255).astype(np.uint8) for grain in noise]


def left_over(y: Luma) -> NDArray[np.float32]:
    plain = y.astype(np.float32)
    return np.asarray(plain - cv2.GaussianBlur(plain, (0, 0), 4.0), np.float32)


def by_pattern(frames: list[Luma]) -> Estimate:
    shared: dict[int, list[NDArray[np.float32]]] = {}
    for place, y in enumerate(frames):
        shared.setdefault(int(place / RATE / HOLD), []).append(left_over(y))
    means = {number: np.asarray(np.mean(each, axis=0), np.float32) for number, each in shared.items()}
    return lambda seconds: means[int(seconds / HOLD)]


def whole(frames: list[Luma]) -> Estimate:
    mean = np.asarray(np.mean([left_over(y) for y in frames], axis=0), np.float32)
    return lambda _: mean


def folded(frames: list[Luma]) -> Estimate:
    mean, side = whole(frames)(0.0), 128
    rows, columns = HEIGHT // side * side, WIDTH // side * side
    tile = mean[:rows, :columns].reshape(rows // side, side, columns // side, side).mean(axis=(0, 2))
    wide = np.tile(tile, (HEIGHT // side + 1, WIDTH // side + 1))[:HEIGHT, :WIDTH]
    return lambda _: np.asarray(wide, np.float32)


def spent(frames: list[Luma], estimate: Estimate, sign: int) -> list[Luma]:
    """The frames with an estimate added or subtracted, loud enough to cost the whole budget."""
    out = []
    for place, y in enumerate(frames):
        belief = estimate(place / RATE)
        loud = belief * (255.0 / 10 ** (BUDGET / 20) / (np.sqrt(np.mean(np.square(belief))) + 1e-9))
        out.append(np.clip(np.rint(y + sign * loud), 0, 255).astype(np.uint8))
    return out


SCENES = {"moving": moving, "static": static}
ESTIMATES = {"by pattern": by_pattern, "whole": whole, "folded": folded}


@pytest.fixture(scope="module")
def marked() -> dict[str, list[Luma]]:
    return {name: mark(scene(2)) for name, scene in SCENES.items()}


@pytest.mark.parametrize("scene", SCENES)
@pytest.mark.parametrize("way", ESTIMATES)
def test_an_estimate_from_one_video_does_not_remove_its_mark(
    marked: dict[str, list[Luma]], scene: str, way: str
) -> None:
    attacked = spent(marked[scene], ESTIMATES[way](marked[scene]), -1)
    assert read(attacked).payload == PAYLOAD


@pytest.mark.parametrize("scene", SCENES)
def test_what_is_folded_onto_a_tile_and_pasted_onto_another_video_is_no_mark(
    marked: dict[str, list[Luma]], scene: str
) -> None:
    assert not read(spent(moving(9), folded(marked[scene]), +1)).found


@pytest.mark.parametrize("scene", SCENES)
@pytest.mark.parametrize("way", ["by pattern", "whole"])
def test_a_pasted_estimate_says_at_most_what_it_was_taken_from(
    marked: dict[str, list[Luma]], scene: str, way: str
) -> None:
    """A copied mark points to the release that it was copied from, whose fingerprint is another."""
    forged = spent(moving(9), ESTIMATES[way](marked[scene]), +1)
    assert read(forged).payload in {None, PAYLOAD}


def test_what_fifty_marked_videos_share_neither_removes_nor_forges(marked: dict[str, list[Luma]]) -> None:
    total = np.zeros((HEIGHT, WIDTH), np.float32)
    for payload in range(50):
        video = mark(moving(100 + payload, seconds=1), payload)
        total += np.mean([left_over(y) for y in video], axis=0)
    assert read(spent(marked["moving"], lambda _: total, -1)).payload == PAYLOAD
    assert not read(spent(moving(9), lambda _: total, +1)).found

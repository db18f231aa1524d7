"""How a head is seen to move: geometry on points of a made-up head, and a recording by the real networks."""

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
import pytest
from numpy.typing import NDArray

from likeness_guard.domain.watching import angles, depth_of, near
from likeness_guard.ports import DetectedFace, Picture, Vectors
from likeness_guard.ports.watching import Head
from likeness_guard.service.senses import Senses
from likeness_guard.service.watching import Watcher
from tests.fakes.likeness import LoudVoice
from trust_kernel.media.refs import SAMPLE_RATE, Look, MediaKind

HEAD = np.asarray([[-32.0, -33, 0], [32, -33, 0], [0, 5, 33], [-25, 33, 0], [25, 33, 0]])
"""Eyes, the tip of the nose, mouth corners, in millimetres; z towards the camera."""


def turned(yaw: float = 0.0, pitch: float = 0.0, roll: float = 0.0, scale: float = 1.5) -> NDArray[np.float64]:
    """The head's points in the picture, after turning to its own left, down, and clockwise."""
    a, b, c = np.radians([yaw, pitch, roll])
    x, y, z = HEAD.T
    x, z = x * np.cos(a) + z * np.sin(a), z * np.cos(a) - x * np.sin(a)
    y, z = y * np.cos(b) + z * np.sin(b), z * np.cos(b) - y * np.sin(b)
    x, y = x * np.cos(c) - y * np.sin(c), x * np.sin(c) + y * np.cos(c)
    return np.stack([x * scale + 320, y * scale + 240], 1)


AHEAD = [turned()] * 20


@pytest.mark.parametrize("roll", [0.0, 15.0, -20.0])
@pytest.mark.parametrize("degrees", [15.0, 25.0, 35.0])
def test_turns_are_measured_whatever_the_heads_tilt(degrees: float, roll: float) -> None:
    others = [turned(roll=roll)] * 20
    left, right = turned(yaw=degrees, roll=roll), turned(yaw=-degrees, roll=roll)
    down, up = turned(pitch=degrees, roll=roll), turned(pitch=-degrees, roll=roll)
    yaw, pitch = angles(np.stack([*others, left, right, down, up]))
    assert yaw[20:22] == pytest.approx([degrees, -degrees], abs=degrees * 0.25)
    assert pitch[22] > 0.5 * degrees
    assert pitch[23] < -0.5 * degrees
    assert np.abs(yaw[22:]).max() < 3
    assert np.abs(pitch[:22]).max() < 3


def test_a_head_that_was_not_seen_has_no_angles() -> None:
    yaw, pitch = angles(np.stack([*AHEAD, np.full((5, 2), np.nan)]))
    assert np.isnan(yaw[-1])
    assert np.isnan(pitch[-1])
    assert np.abs(yaw[:-1]).max() < 1e-6


def test_a_head_that_turns_leaves_its_plane_and_a_photo_does_not() -> None:
    moving = [turned(yaw=degrees) for degrees in np.linspace(-30, 30, 12)]
    assert depth_of(np.stack([*AHEAD, *moving])) > 0.06
    photo = [turned() @ np.asarray([[np.cos(np.radians(d)), 0.05], [0.0, 1.0]]) for d in np.linspace(-50, 50, 12)]
    assert depth_of(np.stack([*AHEAD, *photo])) < 1e-3


def test_too_few_points_have_no_depth() -> None:
    assert depth_of(np.full((9, 5, 2), np.nan)) == 0.0
    assert depth_of(np.stack(AHEAD[:2])) == 0.0


def test_nearness_is_in_widths_of_the_first_box() -> None:
    assert near((0, 0, 100, 100), (50, 0, 100, 100)) == pytest.approx(0.5)


# --- the service, with heads that are drawn and networks that read colours


class DrawnHeads:
    """A head wherever it is told."""

    def __init__(self, heads: Sequence[Sequence[Head]]) -> None:
        self.all = heads

    def heads(self, frames: Sequence[Picture]) -> tuple[tuple[Head, ...], ...]:
        assert len(frames) == len(self.all)
        return tuple(tuple(heads) for heads in self.all)


class OneFace:
    """A face where the drawn heads are, and none elsewhere."""

    def detect(self, pictures: Sequence[Picture]) -> tuple[tuple[DetectedFace, ...], ...]:
        return tuple((DetectedFace(BOX, 1.0, turned()),) for _ in pictures)


class ByColour:
    """A vector that turns with the face's colour: 0 and 250 are different people."""

    version, dimensions = "colour-1", 2

    def embed(self, faces: Sequence[tuple[Picture, DetectedFace]]) -> Vectors:
        angle = np.asarray([float(picture[240, 320, 0]) / 200 for picture, _ in faces])
        return np.stack([np.cos(angle), np.sin(angle)], 1).astype(np.float32)


class Suspicious:
    """Takes everything for a picture of one."""

    version, threshold = "suspicious-1", 0.8

    def alive(self, faces: Sequence[tuple[Picture, DetectedFace]]) -> NDArray[np.float32]:
        return np.full(len(faces), 0.3, np.float32)


BOX = (230.0, 150.0, 180.0, 190.0)
SECONDS, FPS = 8, 8
COUNT = SECONDS * FPS


def head(yaw: float = 0.0, aside: float = 0.0) -> Head:
    points = turned(yaw)
    return Head((BOX[0] + aside, *BOX[1:]), 1.0, points + np.asarray([aside, 0.0]))


@lru_cache
def frames() -> Picture:
    rng = np.random.default_rng(1)
    room = np.full((480, 640, 3), 90, np.uint8) + rng.integers(0, 8, (480, 640, 3), np.uint8)
    return np.stack([room] * COUNT)


def look(pictures: Picture, sound: NDArray[np.float32] | None = None) -> Look:
    audio = np.zeros(SECONDS * SAMPLE_RATE, np.float32) if sound is None else sound
    return Look(MediaKind.VIDEO, 1280, 960, SECONDS, pictures, np.arange(COUNT) / FPS, audio)


def watcher(heads: Sequence[Sequence[Head]], *, liveness: Suspicious | None = None) -> Watcher:
    senses = Senses(OneFace(), LoudVoice(), ByColour(), None, liveness)  # type: ignore[arg-type] # nobody hears voices
    return Watcher(senses, DrawnHeads(heads), lambda: 0.9)


STILL = [[head()]] * COUNT


def test_one_person_throughout_is_one_person() -> None:
    seen = watcher(STILL).watch(look(frames()))
    assert seen.sameness == pytest.approx(1.0)
    assert seen.same_from == 0.9
    assert set(seen.faces.tolist()) == {1}
    assert seen.widths == pytest.approx(np.full(COUNT, 360.0))  # as recorded, at twice the size
    assert seen.light == pytest.approx(np.full(COUNT, 93.5), abs=1.0)
    assert seen.alive is None
    assert len(seen.pictures) >= 1


def test_another_person_half_way_is_noticed() -> None:
    pictures = frames().copy()
    pictures[COUNT // 2 :, 200:280, 280:360] = 250
    seen = watcher(STILL).watch(look(pictures))
    assert seen.sameness is not None
    assert seen.sameness < 0.9


def test_a_second_head_counts_from_two_fifths_of_the_first_ones_width() -> None:
    small = Head((10.0, 10.0, 0.3 * BOX[2], 60.0), 1.0, turned())
    large = Head((10.0, 10.0, 0.5 * BOX[2], 90.0), 1.0, turned())
    seen = watcher([[head(), small]] * 10 + [[head(), large]] * 10 + [[]] * (COUNT - 20)).watch(look(frames()))
    assert seen.faces.tolist() == [1] * 10 + [2] * 10 + [0] * (COUNT - 20)
    assert np.isnan(seen.widths[-1])


def test_a_cut_jumps_and_a_turn_does_not() -> None:
    slow = [[head(float(yaw))] for yaw in 25 * np.sin(np.linspace(0, 6.28, COUNT))]
    assert watcher(slow).watch(look(frames())).jumps.max() < 0.6
    aside = [[head()]] * 30 + [[head(aside=120.0)]] * (COUNT - 30)
    jumps = watcher(aside).watch(look(frames())).jumps
    assert jumps.argmax() == 30
    assert jumps[30] > 1


def test_another_room_is_a_cut() -> None:
    pictures = frames().copy()
    pictures[30:, :, :200] = 160
    jumps = watcher(STILL).watch(look(pictures)).jumps
    assert jumps.argmax() == 30
    assert jumps[30] > 1


def test_a_mouth_that_opens_is_told_from_a_face_that_brightens() -> None:
    rng = np.random.default_rng(2)
    pictures = frames().copy()
    pictures[:, 150:250, 230:410] = rng.integers(60, 200, (100, 180, 1), np.uint8)  # a face with features
    sound = np.zeros(SECONDS * SAMPLE_RATE, np.float32)
    sound[2 * SAMPLE_RATE : 5 * SAMPLE_RATE] = 0.5
    pictures[2 * FPS : 5 * FPS, 280:310, 285:355] = 10
    opened = watcher(STILL).watch(look(pictures, sound))
    assert opened.mouth[2 * FPS + 2 : 5 * FPS - 2].min() > opened.mouth[6 * FPS :].max() + 0.05
    brighter = frames().copy()
    brighter[:, 150:250, 230:410] = pictures[:, 150:250, 230:410]
    brighter[2 * FPS : 5 * FPS] += 20
    lit = watcher(STILL).watch(look(brighter, sound))
    assert np.abs(lit.mouth).max() < 0.05


def test_of_a_turned_head_the_mouth_is_not_read() -> None:
    away = [[head()]] * 40 + [[head(25.0)]] * (COUNT - 40)
    seen = watcher(away).watch(look(frames()))
    assert np.isnan(seen.mouth[45:]).all()
    assert np.isfinite(seen.mouth[:38]).all()


def test_a_recording_without_a_head_gives_nothing_to_enrol_with() -> None:
    seen = watcher([[]] * COUNT).watch(look(frames()))
    assert seen.pictures == ()
    assert seen.sameness is None
    assert seen.depth == 0.0
    assert not seen.faces.any()


def test_where_a_liveness_network_is_installed_its_lowest_answer_counts() -> None:
    seen = watcher(STILL, liveness=Suspicious()).watch(look(frames()))
    assert seen.alive == pytest.approx(0.3)
    assert seen.alive_from == 0.8

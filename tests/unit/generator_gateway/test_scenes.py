"""Which frames are read: few, and those that differ."""

import numpy as np
from numpy.typing import NDArray

from generator_gateway.gates.scenes import scenes
from tests.fakes.optout import look_at


def plain(level: int) -> NDArray[np.uint8]:
    return np.full((48, 64, 3), level, np.uint8)


def with_word(level: int = 100) -> NDArray[np.uint8]:
    """A small light patch, as a short word makes one."""
    frame = plain(level)
    frame[40:44, 50:56] = 255
    return frame


def levels(*frames: NDArray[np.uint8], most: int = 4) -> list[int]:
    return [int(scene.picture[0, 0, 0]) for scene in scenes(look_at(*frames), most)]


def test_a_picture_is_one_scene_without_a_time() -> None:
    (scene,) = scenes(look_at(plain(9)), 4)
    assert scene.seconds is None


def test_what_stands_still_is_read_once_and_lasts() -> None:
    (scene,) = scenes(look_at(*[plain(9)] * 6, seconds=0.5), 4)
    assert scene.seconds == (0.0, 2.5)


def test_a_word_that_shows_on_one_frame_of_many_is_read() -> None:
    frames = [plain(100 + place % 2) for place in range(20)]
    frames[13] = with_word()
    found = scenes(look_at(*frames, seconds=0.5), 2)
    assert any((scene.picture == 255).any() for scene in found)
    assert [scene.seconds for scene in found if (scene.picture == 255).any()] == [(6.5, 6.5)]


def test_no_more_than_asked_for_and_the_ones_that_differ_most() -> None:
    assert levels(plain(0), plain(10), plain(250), plain(240), plain(120), most=3) == [0, 250, 120]


def test_scenes_come_in_order_of_time() -> None:
    found = scenes(look_at(plain(0), plain(200), plain(90)), 4)
    assert [scene.seconds[0] for scene in found if scene.seconds] == [0.0, 0.5, 1.0]


def test_sound_alone_has_no_scene() -> None:
    look = look_at(plain(0))
    empty = np.zeros((0, 0, 0, 3), np.uint8)
    assert scenes(type(look)(look.kind, 0, 0, 1.0, empty, np.zeros(0), look.audio), 4) == ()

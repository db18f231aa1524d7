"""The demo's people, voices and the invented captain."""

import wave
from pathlib import Path
from threading import Thread

import dlib
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from placet.demo.characters import Pose, fennimore, scenery
from placet.demo.deployment import shared_model_cache
from placet.demo.people import Person, people, public_figure, write_assets
from placet.demo.voices import VOICES, VoiceRecipe, speak
from trust_kernel.errors import InvalidInput

DETECTOR = dlib.get_frontal_face_detector()


@pytest.fixture(scope="module")
def everyone() -> tuple[Person, ...]:
    return (*people(shared_model_cache()), public_figure(shared_model_cache()))


def faces(picture: NDArray[np.uint8]) -> list[int]:
    """Widths of the faces in a picture."""
    return [box.width() for box in DETECTOR(np.ascontiguousarray(picture), 0)]


def face_count(picture: NDArray[np.uint8]) -> int:
    return len(faces(picture))


def largest_face(picture: NDArray[np.uint8]) -> float:
    """Width of the largest face as a share of the picture's; 0 where there is none."""
    return float(max(faces(picture), default=0) / picture.shape[1])


def test_everyone_has_a_face_in_every_look_and_a_voice_of_their_own(everyone: tuple[Person, ...]) -> None:
    assert len({person.handle for person in everyone}) == len({person.voice for person in everyone}) == 8
    for person in everyone:
        assert len(person.looks) >= 4
        assert all(largest_face(look) > 0.15 for look in person.looks)


def test_only_the_astronaut_may_be_published(everyone: tuple[Person, ...]) -> None:
    assert [person.handle for person in everyone if person.publishable] == ["ada"]


def test_speaking_is_repeatable_and_differs_between_voices() -> None:
    sounds = {name: speak("The same words.", recipe) for name, recipe in VOICES.items()}
    for name, sound in sounds.items():
        assert sound.dtype == np.float32
        assert 0.5 < np.abs(sound).max() <= 0.91
        assert 0.4 < sound.size / 16_000 < 4
        assert np.array_equal(sound, speak("The same words.", VOICES[name]))
    assert len({sound.tobytes() for sound in sounds.values()}) == len(VOICES)


def test_voices_do_not_mix_when_several_threads_speak() -> None:
    alone = {name: speak(f"My name is {name}.", recipe) for name, recipe in VOICES.items()}
    together: dict[str, NDArray[np.float32]] = {}

    def say(name: str) -> None:
        together[name] = speak(f"My name is {name}.", VOICES[name])

    threads = [Thread(target=say, args=(name,)) for name in VOICES]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(np.array_equal(alone[name], together[name]) for name in VOICES)


@pytest.mark.parametrize("text", ["", "   ", "x" * 4001])
def test_nothing_to_say_and_too_much_are_refused(text: str) -> None:
    with pytest.raises(InvalidInput):
        speak(text, VOICES["ada"])


def test_an_unknown_voice_is_refused() -> None:
    with pytest.raises(InvalidInput):
        speak("hello", VoiceRecipe("nobody-at-all"))


def test_the_captain_is_the_same_each_time_and_different_in_each_pose() -> None:
    drawn = {pose: fennimore(pose, background=1, side=160) for pose in Pose}
    assert all(np.array_equal(picture, fennimore(pose, background=1, side=160)) for pose, picture in drawn.items())
    assert len({picture.tobytes() for picture in drawn.values()}) == len(Pose)


def test_no_detector_takes_the_captain_or_the_scenery_for_a_person() -> None:
    for number, pose in enumerate(Pose):
        assert face_count(fennimore(pose, background=number, side=512)) == 0
        assert face_count(scenery(number, 640, 360)) == 0


def test_assets_are_pngs_and_waves_that_open(tmp_path: Path) -> None:
    written = write_assets(tmp_path / "assets", shared_model_cache())
    assert {"ada", "ada-2", "ada-voice", "figure", "figure-voice", "group", "fennimore-waving", "scenery-1"} <= set(
        written
    )
    for path in written.values():
        if path.suffix == ".png":
            with Image.open(path) as picture:
                assert min(picture.size) >= 200
        else:
            with wave.open(str(path)) as sound:
                assert (sound.getframerate(), sound.getnchannels(), sound.getsampwidth()) == (16_000, 1, 2)
                assert sound.getnframes() > 32_000

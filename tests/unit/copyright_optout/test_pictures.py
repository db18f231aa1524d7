"""What PDQ over several views recognises, and what it does not."""

import io
from collections.abc import Callable

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from copyright_optout.api import Band, OptOutIndex, PicturedWork
from copyright_optout.domain import alike
from tests.factories.characters import fox, robot
from tests.factories.claims import active, terms
from tests.fakes.optout import look_at, optout_parts

Picture = NDArray[np.uint8]


@pytest.fixture(scope="module")
def optouts() -> OptOutIndex:
    made = OptOutIndex(optout_parts())
    active(made, terms("Fennimore"), pictures=[fox(0), fox(1), fox(2)])
    return made


def seen(optouts: OptOutIndex, *frames: Picture) -> PicturedWork | None:
    works = optouts.pictured(look_at(*(np.ascontiguousarray(frame) for frame in frames)))
    return works[0] if works else None


def natural(name: str) -> Picture:
    photographs = pytest.importorskip("skimage.data", reason="scikit-image's pictures are not installed")
    picture = np.asarray(getattr(photographs, name)(), dtype=np.uint8)
    colour = picture if picture.ndim == 3 else np.repeat(picture[..., None], 3, axis=2)
    return colour[..., :3]


def reencoded(picture: Picture) -> Picture:
    buffer = io.BytesIO()
    Image.fromarray(picture).save(buffer, "JPEG", quality=35)
    return np.asarray(Image.open(buffer).convert("RGB"))


def resized(picture: Picture) -> Picture:
    return np.asarray(cv2.resize(picture, (200, 150)), dtype=np.uint8)


def cropped(share: float) -> Callable[[Picture], Picture]:
    def crop(picture: Picture) -> Picture:
        edge = round(len(picture) * (1 - share) / 2)
        return picture[edge:-edge, edge:-edge]

    return crop


def piece(left: float, top: float, side: float) -> Callable[[Picture], Picture]:
    """A part of a picture, in shares of its width and height."""

    def cut(picture: Picture) -> Picture:
        height, width = picture.shape[:2]
        x, y = round(left * width), round(top * height)
        return picture[y : y + round(side * height), x : x + round(side * width)]

    return cut


def leaning(degrees: float) -> Callable[[Picture], Picture]:
    def turn(picture: Picture) -> Picture:
        height, width = picture.shape[:2]
        matrix = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1.0)
        return np.asarray(cv2.warpAffine(picture, matrix, (width, height)), np.uint8)

    return turn


def on_a_screen(picture: Picture) -> Picture:
    screen = np.full((720, 1280, 3), 244, np.uint8)
    screen[:48] = 40
    screen[90:560, 40:666] = cv2.resize(picture, (626, 470))
    for row in range(90, 640, 26):
        screen[row : row + 10, 930:1220] = 170
    return reencoded(screen)


def recoloured(picture: Picture) -> Picture:
    hsv = cv2.cvtColor(picture, cv2.COLOR_RGB2HSV).astype(int)
    hsv[..., 0] = (hsv[..., 0] + 40) % 180
    return np.asarray(cv2.cvtColor(hsv.astype(np.uint8), cv2.COLOR_HSV2RGB), dtype=np.uint8)


def mirrored(picture: Picture) -> Picture:
    return picture[:, ::-1]


def turned(picture: Picture) -> Picture:
    return np.asarray(np.rot90(picture))


def letterboxed(picture: Picture) -> Picture:
    framed = np.zeros((288, 512, 3), dtype=np.uint8)
    framed[:, 112:400] = cv2.resize(picture, (288, 288))
    return framed


def in_the_corner(picture: Picture) -> Picture:
    scene = np.asarray(cv2.resize(natural("coffee"), (1280, 720)), dtype=np.uint8)
    scene[360:, 920:] = cv2.resize(picture, (360, 360))
    return scene


@pytest.mark.parametrize(
    "change",
    [reencoded, resized, recoloured, mirrored, turned, letterboxed, in_the_corner]
    + [pytest.param(cropped(share), id=f"cropped to {share}") for share in (0.97, 0.95, 0.9, 0.85, 0.8, 0.75)],
)
def test_a_changed_copy_is_a_match(optouts: OptOutIndex, change: Callable[[Picture], Picture]) -> None:
    work = seen(optouts, change(fox(0)))
    assert work is not None
    assert work.band is Band.MATCH
    assert work.distance <= work.threshold
    assert work.score >= work.score_threshold


PIECES = {
    "a quarter cut away, off centre": piece(0.045, 0.09, 0.866),
    "half cut away, off centre": piece(0.1, 0.2, 0.707),
    "half cut away, to a corner": piece(0.0, 0.0, 0.707),
    "the same, mirrored and saved as JPEG": lambda picture: reencoded(mirrored(piece(0.29, 0.29, 0.707)(picture))),
    "three tenths cut off one side": lambda picture: picture[:, : round(picture.shape[1] * 0.7)],
    "turned by 4 degrees": leaning(4.0),
    "turned by 10 degrees": leaning(-10.0),
    "turned, and a piece of it": lambda picture: piece(0.1, 0.1, 0.8)(leaning(6.0)(picture)),
    "on a screen": on_a_screen,
}


@pytest.fixture(scope="module")
def album() -> OptOutIndex:
    made = OptOutIndex(optout_parts())
    for name in ("astronaut", "coffee", "cat"):
        active(made, terms(name.capitalize()), pictures=[natural(name)])
    return made


@pytest.mark.parametrize("edit", PIECES.values(), ids=PIECES)
@pytest.mark.parametrize("name", ["astronaut", "coffee"])
def test_a_piece_from_anywhere_and_a_turned_copy_are_matches(
    album: OptOutIndex, name: str, edit: Callable[[Picture], Picture]
) -> None:
    works = album.pictured(look_at(np.ascontiguousarray(edit(natural(name)))))
    assert [(work.claim.terms.title, work.band) for work in works] == [(name.capitalize(), Band.MATCH)]


@pytest.mark.parametrize("edit", PIECES.values(), ids=PIECES)
def test_a_piece_of_another_picture_is_nothing(album: OptOutIndex, edit: Callable[[Picture], Picture]) -> None:
    assert album.pictured(look_at(np.ascontiguousarray(edit(natural("rocket"))))) == ()


NATURAL = (
    "astronaut",
    "cat",
    "coffee",
    "rocket",
    "camera",
    "coins",
    "moon",
    "page",
    "brick",
    "grass",
    "gravel",
    "retina",
)


@pytest.mark.parametrize("name", NATURAL)
def test_a_natural_picture_is_not_a_character(optouts: OptOutIndex, name: str) -> None:
    assert seen(optouts, natural(name)) is None


@pytest.mark.parametrize("pose", range(4))
def test_another_character_is_another_character(optouts: OptOutIndex, pose: int) -> None:
    assert seen(optouts, robot(pose)) is None


def test_featureless_frames_show_nothing(optouts: OptOutIndex) -> None:
    assert seen(optouts, np.full((360, 640, 3), 128, dtype=np.uint8)) is None


def test_the_frames_of_a_video_that_show_it_are_timed(optouts: OptOutIndex) -> None:
    other = resized(natural("coffee"))
    shown = np.asarray(cv2.resize(fox(1), (200, 150)), dtype=np.uint8)
    work = seen(optouts, other, other, shown, shown, other)
    assert work is not None
    assert work.seconds == (1.0, 1.5)


def test_a_long_video_is_sampled_at_its_ends_too(optouts: OptOutIndex) -> None:
    generator = np.random.default_rng(3)
    noise = [np.asarray(generator.integers(0, 255, (72, 128, 3)), dtype=np.uint8) for _ in range(59)]
    shown = np.asarray(cv2.resize(fox(0), (128, 72)), dtype=np.uint8)
    assert seen(optouts, *noise, shown) is not None
    assert len(optouts.fingerprints(look_at(*noise, shown))) <= 24


def test_a_copy_of_a_video_is_alike_mirrored_or_not_and_another_is_not(optouts: OptOutIndex) -> None:
    ours = optouts.fingerprints(look_at(fox(0), fox(1), fox(2)))
    assert alike(ours, optouts.fingerprints(look_at(*(reencoded(fox(pose)) for pose in range(3)))))
    assert alike(ours, optouts.fingerprints(look_at(*(mirrored(fox(pose)) for pose in range(3)))))
    assert not alike(ours, optouts.fingerprints(look_at(robot(0), robot(1), robot(2))))

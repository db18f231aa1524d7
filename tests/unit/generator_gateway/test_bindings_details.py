"""Details of frames: a part of a picture is known however it was cut out, another picture is not."""

from collections.abc import Callable
from functools import cache
from pathlib import Path

import cv2
import numpy as np
import pytest

from generator_gateway.adapters.details import MOST, SCALES, details
from generator_gateway.ports.bindings import DETAIL, Prints
from generator_gateway.service.bindings_details import LEAST, kept_of, read_kept, shows_part_of
from tests.contracts.test_bindings import DatabaseWorld
from tests.factories.databases import sqlite
from tests.factories.media import Picture

Change = Callable[[Picture], Picture]
WIDTH, HEIGHT = 384, 216


@cache
def drawing(seed: int) -> Picture:
    """Overlapping shapes of many sizes: corners everywhere, as in pictures of things."""
    dice = np.random.default_rng(seed)
    made = np.full((HEIGHT, WIDTH, 3), 90, np.uint8)
    for size in np.geomspace(90, 6, 160):
        x, y = int(dice.integers(0, WIDTH)), int(dice.integers(0, HEIGHT))
        around = dice.normal(0, size / 2, (5, 2)) + np.array((x, y))
        grey = int(dice.integers(0, 256))
        cv2.fillConvexPoly(made, cv2.convexHull(around.astype(np.int32)), (grey, grey, grey))
    return np.asarray(cv2.GaussianBlur(made, (0, 0), 0.8), np.uint8)


def fitted(picture: Picture) -> Picture:
    scale = WIDTH / max(picture.shape[:2])
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(picture, None, fx=scale, fy=scale, interpolation=method), np.uint8)


def saved(picture: Picture) -> Picture:
    """As a poor JPEG."""
    return np.asarray(cv2.imdecode(cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, 35])[1], 1), np.uint8)


def cropped(share: float, x: float, y: float) -> Change:
    side = share**0.5

    def crop(picture: Picture) -> Picture:
        left, top = int(WIDTH * (1 - side) * x), int(HEIGHT * (1 - side) * y)
        return fitted(picture[top : top + int(HEIGHT * side), left : left + int(WIDTH * side)])

    return crop


def turned(picture: Picture) -> Picture:
    move = cv2.getRotationMatrix2D((WIDTH / 2, HEIGHT / 2), 10, 1)
    return np.asarray(cv2.warpAffine(picture, move, (WIDTH, HEIGHT)), np.uint8)


def narrowed(picture: Picture) -> Picture:
    return fitted(picture[:, 100:262])


def squeezed(picture: Picture) -> Picture:
    return np.asarray(cv2.resize(picture, (288, HEIGHT), interpolation=cv2.INTER_AREA), np.uint8)


def filmed(picture: Picture) -> Picture:
    here = np.array([[0, 0], [WIDTH, 0], [WIDTH, HEIGHT], [0, HEIGHT]], np.float32)
    there = np.array([[38, 17], [353, 4], [376, 205], [11, 194]], np.float32)
    return np.asarray(cv2.warpPerspective(picture, cv2.getPerspectiveTransform(here, there), (WIDTH, HEIGHT)), np.uint8)


def inset(picture: Picture) -> Picture:
    around = drawing(99).copy()
    around[54:162, 96:288] = cv2.resize(picture, (192, 108), interpolation=cv2.INTER_AREA)
    return around


def labelled(picture: Picture, x: int = 130, y: int = 190) -> Picture:
    made = picture.copy()
    cv2.rectangle(made, (x - 8, y - 22), (x + 230, y + 10), (0, 0, 0), -1)
    cv2.putText(made, "Made with AI - placet", (x, y), cv2.FONT_HERSHEY_SIMPLEX, 0.6, (255, 255, 255), 2)
    return made


def alike(query: Picture, release: Picture) -> int:
    return shows_part_of([details(saved(query))], kept_of([details(release)], 6))


CHANGES: dict[str, Change] = {
    "whole": lambda picture: picture,
    "crop to 75 %": cropped(0.75, 0.3, 0.6),
    "crop to 50 %": cropped(0.5, 1.0, 0.0),
    "crop to 40 %": cropped(0.4, 0.2, 0.9),
    "turned by 10 degrees": turned,
    "3:4": narrowed,
    "squeezed to 4:3": squeezed,
    "filmed from a screen": filmed,
    "picture in picture": inset,
    "with a label": labelled,
}


@pytest.mark.parametrize("change", list(CHANGES))
@pytest.mark.parametrize("seed", range(2))
def test_a_part_of_a_picture_is_known(change: str, seed: int) -> None:
    assert alike(CHANGES[change](drawing(seed)), drawing(seed)) >= LEAST


@pytest.mark.parametrize("change", list(CHANGES))
@pytest.mark.parametrize("seed", range(2))
def test_another_picture_is_not_taken_for_it(change: str, seed: int) -> None:
    assert alike(CHANGES[change](drawing(seed + 10)), drawing(seed)) == 0


@pytest.mark.parametrize("place", [(130, 190), (20, 40), (90, 110)])
def test_the_same_label_on_two_videos_does_not_make_them_alike(place: tuple[int, int]) -> None:
    assert alike(labelled(drawing(1), *place), labelled(drawing(2))) == 0


def test_any_frame_of_a_query_may_be_the_one() -> None:
    frames = [details(drawing(seed)) for seed in (20, 21, 3)]
    assert shows_part_of([b"", *frames], kept_of([details(drawing(3))], 6)) >= LEAST
    assert shows_part_of(frames[:2], kept_of([details(drawing(3))], 6)) == 0


def test_of_a_release_some_frames_are_kept_at_their_own_size() -> None:
    made = [details(drawing(seed)) for seed in range(9)]
    frames = read_kept(kept_of([b"", *made], 4))
    assert len(frames) == 4
    for frame in frames:
        assert set(frame["scale"]) == {0}
        assert 0 < len(frame) <= MOST
    full = np.frombuffer(made[0], DETAIL)
    assert set(full["scale"]) == set(range(len(SCALES)))


def test_what_has_no_details_is_like_nothing() -> None:
    plain = details(np.full((HEIGHT, WIDTH, 3), 128, np.uint8))
    tiny = details(np.zeros((1, 1, 3), np.uint8))
    assert plain == tiny == b""
    assert kept_of([plain, tiny], 6) == b""
    assert shows_part_of([plain, details(drawing(1))], b"") == 0
    assert shows_part_of([], kept_of([details(drawing(1))], 6)) == 0


def test_a_crop_fits_the_release_that_a_mark_names_and_no_other(tmp_path: Path) -> None:
    hashes = ("ab" * 32,)
    with sqlite(tmp_path) as database:
        world = DatabaseWorld(database)
        for seed in range(2):
            prints = Prints(pictures=(f"{seed:02x}" * 32,), details=(details(drawing(seed)),))
            world.released(f"video_{seed}", prints, number=seed)
        crop = Prints(pictures=hashes, details=(details(saved(cropped(0.5, 0.5, 0.5)(drawing(1)))),))
        (match,) = world.bindings.fits("video_1", crop)
        assert (match.matched_by, match.manifest_label) == ("pictures", "urn:c2pa:video_1")
        assert 0 < match.similarity <= 80
        assert world.bindings.fits("video_0", crop) == ()
        assert world.bindings.nearest(crop) == ()

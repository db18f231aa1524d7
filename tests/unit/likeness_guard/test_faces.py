"""From frames to tracks, over faces that are coloured squares."""

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from likeness_guard.ports import DetectedFace, Picture, Vectors
from likeness_guard.service.faces import (
    FaceTrack,
    box_shares,
    pooled,
    portrait_of,
    quality_of,
    tracks_of,
    views_of,
)
from tests.fakes.likeness import ColourEmbedder, SquareDetector, image, person, picture_of, video


class Counting(ColourEmbedder):
    """Remembers what it was asked to embed."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[DetectedFace] = []

    def embed(self, faces: Sequence[tuple[Picture, DetectedFace]]) -> Vectors:
        self.asked += [face for _, face in faces]
        return super().embed(faces)


def face_at(box: tuple[float, float, float, float], score: float = 1.0, roll: float = 0.0) -> DetectedFace:
    return DetectedFace(box, score, np.zeros((5, 2)), roll=roll)


class Fixed:
    """Says what it was told to, frame by frame."""

    def __init__(self, faces: Sequence[Sequence[DetectedFace]]) -> None:
        self._faces = tuple(tuple(each) for each in faces)

    def detect(self, pictures: Sequence[Picture]) -> tuple[tuple[DetectedFace, ...], ...]:
        assert len(pictures) == len(self._faces)
        return self._faces


def linked(*pictures: Picture) -> list[FaceTrack]:
    return tracks_of(video(pictures), SquareDetector(), ColourEmbedder())


def frames(track: FaceTrack) -> list[int]:
    return [view.frame for view in track.views]


def moved(picture: Picture, columns: int) -> Picture:
    return np.asarray(np.roll(picture, columns, axis=1), np.uint8)


def noisy(picture: Picture, most: int, seed: int) -> Picture:
    """The blue of a picture, which is no part of a person, changed by up to `most` levels."""
    change = np.random.default_rng(seed).integers(-most, most + 1, picture.shape[:2])
    changed = picture.astype(int)
    changed[..., 2] = np.clip(changed[..., 2] + change * (picture[..., 0] > 0), 0, 255)
    return changed.astype(np.uint8)


def test_a_person_who_stays_is_one_track_with_a_view_a_frame() -> None:
    (track,) = linked(*[picture_of(5)] * 4)
    assert frames(track) == [0, 1, 2, 3]


def test_two_people_are_two_tracks() -> None:
    tracks = linked(*[picture_of(5, 9)] * 3)
    assert [frames(track) for track in tracks] == [[0, 1, 2], [0, 1, 2]]


def test_a_face_that_becomes_another_person_in_the_same_place_starts_a_new_track() -> None:
    tracks = linked(picture_of(5), picture_of(5), picture_of(9), picture_of(5))
    assert [frames(track) for track in tracks] == [[0, 1, 3], [2]]


def test_a_person_who_moves_across_the_picture_or_comes_back_stays_on_the_track() -> None:
    blank = picture_of(blank=True)
    (track,) = linked(picture_of(5), moved(picture_of(5), 120), blank, blank, blank, picture_of(5))
    assert frames(track) == [0, 1, 5]


def test_two_people_who_change_places_keep_their_tracks() -> None:
    first, second = linked(picture_of(5, 9), picture_of(9, 5))
    assert {person(5), person(9)} == {_level(track, picture_of(5, 9)) for track in (first, second)}
    assert [len(first.views), len(second.views)] == [2, 2]
    assert all(float(one.views[0].vector @ one.views[1].vector) > 0.99 for one in (first, second))


def test_two_views_of_one_frame_never_share_a_track() -> None:
    twins = Fixed([[face_at((4, 20, 40, 40)), face_at((5, 20, 40, 40))]] * 2)
    tracks = tracks_of(video([picture_of(5)] * 2), twins, ColourEmbedder())
    assert [frames(track) for track in tracks] == [[0, 1], [0, 1]]


def test_a_face_that_holds_still_is_embedded_once() -> None:
    embedder = Counting()
    pictures = [noisy(picture_of(5, 9), 2, seed) for seed in range(6)]
    tracks = tracks_of(video(pictures), SquareDetector(), embedder)
    assert [frames(track) for track in tracks] == [[0, 1, 2, 3, 4, 5]] * 2
    assert len(embedder.asked) == 2


def test_a_face_that_holds_still_is_embedded_where_it_is_seen_best() -> None:
    embedder = Counting()
    seen = Fixed([[face_at((4, 20, 40, 40), score)] for score in (0.7, 0.9, 0.8)])
    (track,) = tracks_of(video([picture_of(5)] * 3), seen, embedder)
    assert track.best.frame == 1
    assert [face.score for face in embedder.asked] == [0.9]


def test_a_picture_that_changes_a_little_in_every_frame_is_embedded_again_and_again() -> None:
    embedder = Counting()
    pictures = []
    for step in range(8):
        picture = picture_of(5)
        picture[20:60, 4:44, 2] = np.minimum(picture[20:60, 4:44, 2].astype(int) + 2 * step, 255)
        pictures.append(picture)
    tracks_of(video(pictures), SquareDetector(), embedder)
    assert len(embedder.asked) >= 3


def test_a_track_pools_its_views_by_quality() -> None:
    (view,) = views_of(picture_of(5), 0, SquareDetector(), ColourEmbedder())
    (other,) = views_of(picture_of(5, likeness=0.9), 1, SquareDetector(), ColourEmbedder())
    track = FaceTrack([view, other])
    assert np.linalg.norm(track.vector) == pytest.approx(1.0, abs=1e-6)
    assert float(track.vector @ view.vector) > 0.97
    assert float(track.vector @ other.vector) > 0.97
    heavy = pooled([view.vector, other.vector], [1.0, 0.01])
    assert float(heavy @ view.vector) > float(track.vector @ view.vector)


def test_nobody_in_view_gives_no_tracks_and_asks_no_network() -> None:
    embedder = Counting()
    assert tracks_of(video([picture_of(blank=True)] * 2), SquareDetector(), embedder) == []
    assert embedder.asked == []


def test_a_picture_gives_a_track_for_each_face() -> None:
    assert len(tracks_of(image(picture_of(3, 5, 9)), SquareDetector(), ColourEmbedder())) == 3


shots = st.lists(st.lists(st.integers(1, 8), max_size=4, unique=True), min_size=1, max_size=7)


@settings(max_examples=60, deadline=None)
@given(shots)
def test_every_face_of_every_frame_is_on_one_track_and_no_track_holds_two_people(film: list[list[int]]) -> None:
    pictures = [picture_of(*people) for people in film]
    tracks = linked(*pictures)
    views = [(view.frame, view.face.box) for track in tracks for view in track.views]
    assert len(views) == len(set(views)) == sum(len(people) for people in film)
    for track in tracks:
        assert frames(track) == sorted(set(frames(track)))
        assert len({_level_of(pictures[view.frame], view.face) for view in track.views}) == 1
    assert len(tracks) == len({number for people in film for number in people})


def _level(track: FaceTrack, picture: Picture) -> int:
    return _level_of(picture, track.views[0].face)


def _level_of(picture: Picture, face: DetectedFace) -> int:
    x, y, _, _ = (int(v) for v in face.box)
    return int(picture[y, x, 0])


def grain(side: int, contrast: int = 255) -> Picture:
    return np.random.default_rng(1).integers(0, contrast + 1, (side, side, 3), dtype=np.uint8)


@pytest.mark.parametrize(
    ("better", "worse"),
    [
        (quality_of(grain(200), face_at((10, 10, 100, 100))), quality_of(grain(200), face_at((10, 10, 30, 30)))),
        (quality_of(grain(200), face_at((10, 10, 90, 90))), quality_of(grain(200), face_at((10, 10, 90, 90), 0.8))),
        (quality_of(grain(99), face_at((5, 5, 90, 90))), quality_of(grain(99, 5), face_at((5, 5, 90, 90)))),
    ],
    ids=["larger", "surer", "sharper"],
)
def test_quality_grows_with_size_sureness_and_sharpness(better: float, worse: float) -> None:
    assert 0 < worse < better <= 1


@pytest.mark.parametrize("box", [(-80, 0, 60, 60), (0, 300, 60, 60), (10, 10, 5, 5), (0, -70, 60, 60)])
def test_a_face_outside_the_picture_or_of_a_few_pixels_has_no_quality(box: tuple[float, float, float, float]) -> None:
    assert quality_of(grain(200), face_at(box)) == 0


def test_boxes_as_shares_end_where_the_picture_does() -> None:
    assert box_shares((50, 20, 100, 40), 200, 80) == pytest.approx((0.25, 0.25, 0.5, 0.5))
    assert box_shares((-20, 60, 60, 60), 200, 80) == pytest.approx((0, 0.75, 0.2, 0.25))


def test_a_portrait_holds_the_head_and_is_never_enlarged() -> None:
    assert portrait_of(grain(400), face_at((150, 150, 60, 60))).shape == (162, 162, 3)
    assert max(portrait_of(np.tile(grain(400), (4, 4, 1)), face_at((600, 600, 400, 400))).shape) <= 512


@pytest.mark.parametrize("quarters", [1, 2, 3])
def test_a_portrait_of_a_turned_face_is_upright(quarters: int) -> None:
    picture = np.concatenate([grain(300), np.zeros((300, 100, 3), np.uint8)], axis=1)
    upright = portrait_of(picture, face_at((120, 90, 60, 60)))
    turned = np.rot90(picture, -quarters)
    height, width = turned.shape[:2]
    box = {
        1: (width - 90 - 60, 120, 60, 60),
        2: (width - 120 - 60, height - 90 - 60, 60, 60),
        3: (90, height - 180, 60, 60),
    }
    again = portrait_of(np.ascontiguousarray(turned), face_at(box[quarters], roll=90.0 * quarters))
    assert _alike(again, upright)


def _alike(one: NDArray[np.uint8], other: NDArray[np.uint8]) -> bool:
    return one.shape == other.shape and bool((one == other).all())

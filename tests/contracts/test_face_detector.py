"""What every face detector promises."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from likeness_guard.adapters.dlib_detector import DlibFaceDetector
from likeness_guard.adapters.mtcnn import Mtcnn, Proposal, Search
from likeness_guard.adapters.packs import FACE_LANDMARKS
from likeness_guard.adapters.stack import embedded_models
from likeness_guard.ports import DetectedFace, FaceDetector, Picture
from tests.fakes.likeness import SquareDetector, picture_of, shared_models
from tests.unit.likeness_guard.conftest import packaged
from trust_kernel.errors import Broken
from trust_kernel.inference.sessions import SessionFactory


class FaceDetectorContract:
    def make(self) -> FaceDetector:
        raise NotImplementedError

    def several(self) -> Picture:
        """A picture with more than one face, of unlike sizes."""
        raise NotImplementedError

    def one(self) -> Picture:
        """A picture with one face."""
        raise NotImplementedError

    def test_no_pictures_give_no_answers(self) -> None:
        assert self.make().detect([]) == ()

    def test_a_picture_without_faces_gives_none(self) -> None:
        assert self.make().detect([np.zeros((90, 120, 3), np.uint8)]) == ((),)

    def test_a_picture_of_one_pixel_gives_none(self) -> None:
        assert self.make().detect([np.full((1, 1, 3), 130, np.uint8)]) == ((),)

    def test_pictures_are_answered_in_their_order_as_if_each_were_alone(self) -> None:
        detector = self.make()
        pictures = [self.one(), np.zeros((90, 120, 3), np.uint8), self.several()]
        together = detector.detect(pictures)
        assert [len(faces) for faces in together] == [1, 0, len(together[2])]
        for picture, faces in zip(pictures, together, strict=True):
            (alone,) = detector.detect([picture])
            boxes = [np.asarray([face.box for face in each]) for each in (alone, faces)]
            assert boxes[0] == pytest.approx(boxes[1])

    def test_the_largest_face_comes_first(self) -> None:
        (faces,) = self.make().detect([self.several()])
        areas = [face.box[2] * face.box[3] for face in faces]
        assert len(faces) > 1
        assert areas == sorted(areas, reverse=True)

    def test_scores_are_shares_and_landmarks_lie_in_the_face(self) -> None:
        for face in self.make().detect([self.several()])[0]:
            assert 0 < face.score <= 1
            assert face.landmarks.shape == (5, 2)
            assert np.isfinite(face.landmarks).all()
            x, y, width, height = face.box
            assert (np.abs(face.landmarks - (x + width / 2, y + height / 2)) <= (width, height)).all()

    def test_a_face_is_given_in_the_pictures_own_coordinates(self) -> None:
        picture = self.one()
        moved = np.zeros((picture.shape[0] + 40, picture.shape[1] + 60, 3), np.uint8)
        moved[40:, 60:] = picture
        (before,), (after,) = self.make().detect([picture, moved])
        shift = np.asarray(after.box[:2]) - before.box[:2]
        assert shift == pytest.approx([60, 40], abs=0.1 * before.box[2])

    def test_pictures_are_left_as_they_were_and_may_be_views(self) -> None:
        wide = np.repeat(self.one(), 2, axis=1)
        wide.setflags(write=False)
        assert len(self.make().detect([wide[:, ::2]])[0]) == 1


class TestSquareDetector(FaceDetectorContract):
    def make(self) -> FaceDetector:
        return SquareDetector()

    def one(self) -> Picture:
        return picture_of(7)

    def several(self) -> Picture:
        picture = picture_of(7, 9)
        picture[40:60, 4:44, 0] = 0  # the first is half as high
        return picture


class TestDlibFaceDetector(FaceDetectorContract):
    def make(self) -> FaceDetector:
        return _embedded()

    def one(self) -> Picture:
        return packaged("scikit-image", "data/astronaut.png")

    def several(self) -> Picture:
        return packaged("insightface", "images/t1.jpg")

    @pytest.mark.parametrize("quarters", [1, 2, 3])
    def test_a_turned_face_is_found_with_its_landmarks_and_how_far_it_is_turned(self, quarters: int) -> None:
        picture = self.one()
        upright, turned = (
            self._only(turned) for turned in (picture, np.ascontiguousarray(np.rot90(picture, -quarters)))
        )
        side = picture.shape[0] - 1
        x, y = turned.landmarks.T
        back = {1: (y, side - x), 2: (side - x, side - y), 3: (side - y, x)}[quarters]
        assert np.abs(np.stack(back, 1) - upright.landmarks).max() < 0.08 * upright.box[2]
        assert abs((turned.roll - upright.roll - 90 * quarters + 180) % 360 - 180) < 10

    @pytest.mark.parametrize("degrees", [-45, -30, 30, 45])
    def test_a_tilted_face_is_found_and_its_eyes_are_tilted_alike(self, degrees: int) -> None:
        import cv2

        picture = self.one()
        middle = tuple(float(v) for v in np.asarray(self._only(picture).box[:2]) + 45)
        matrix = cv2.getRotationMatrix2D(middle, degrees, 1)
        tilted = np.asarray(cv2.warpAffine(picture, matrix, picture.shape[1::-1]), np.uint8)
        across = _across(self._only(tilted)) - _across(self._only(picture))
        assert (across + 180) % 360 - 180 == pytest.approx(-degrees, abs=8)

    @pytest.mark.parametrize("turn", [0, 1])
    def test_an_inset_in_the_corner_of_a_large_picture_is_found_upright_or_turned(self, turn: int) -> None:
        import cv2

        scenery = packaged("scikit-image", "data/coffee.png")
        frame = np.asarray(cv2.resize(scenery, (1280, 720)), np.uint8)
        inset = np.asarray(cv2.resize(self.one(), (320, 320), interpolation=cv2.INTER_AREA), np.uint8)
        frame[400:, 960:] = np.rot90(inset, turn)
        assert self._only(frame).box[0] > 960

    def test_a_dark_face_is_found(self) -> None:
        assert self._only(np.asarray(self.one() * 0.12, np.uint8)).score > 0.5

    def test_a_face_of_twenty_pixels_is_found(self) -> None:
        import cv2

        small = np.asarray(cv2.resize(self.one(), (115, 115), interpolation=cv2.INTER_AREA), np.uint8)
        assert self._only(small).box[2] == pytest.approx(20, abs=5)

    def test_noise_and_patterns_are_no_faces(self) -> None:
        noise = np.random.default_rng(3).integers(0, 256, (360, 640, 3), dtype=np.uint8)
        stripes = np.repeat(np.tile(np.asarray([[[0], [255]]], np.uint8), (180, 160, 3)), 2, axis=0)
        assert self.make().detect([noise, stripes]) == ((), ())

    def _only(self, picture: Picture) -> DetectedFace:
        ((face,),) = self.make().detect([picture])
        return face


@cache
def _landmarks() -> Path:
    return shared_models().path(FACE_LANDMARKS)


@cache
def _embedded() -> FaceDetector:
    return embedded_models(shared_models(), SessionFactory()).detector


def _across(face: DetectedFace) -> float:
    """Degrees of the line from one eye to the other."""
    eyes = face.landmarks[:2].mean(axis=0) - face.landmarks[2:4].mean(axis=0)
    return float(np.degrees(np.arctan2(eyes[1], eyes[0])))


class Misshapen:
    """A network that gives one number."""

    inputs = ("pictures",)

    def run(self, feeds: object) -> list[NDArray[np.float32]]:  # noqa: ARG002 - the port's signature
        return [np.zeros((1, 1), np.float32)] * 3


class Proposing(Mtcnn):
    """Sees what it is told to in the first way up, nothing in the others."""

    def __init__(self, *proposals: Proposal) -> None:
        self._proposals = proposals

    def find(self, searches: Sequence[Search]) -> tuple[tuple[Proposal, ...], ...]:
        return tuple(tuple(p for p in self._proposals if p.turn == search.turn) for search in searches)


def unsure(number: int, score: float, turn: int = 0) -> Proposal:
    """A place in a picture of noise, apart from all others."""
    left, top = 40 * (number % 16), 40 * (number // 16)
    points = np.add([(10, 12), (22, 12), (16, 18), (11, 25), (21, 25)], np.asarray([left, top], np.float64))
    return Proposal((left, top, left + 32, top + 38), score, points, turn)


@pytest.mark.parametrize(
    ("proposals", "faces"),
    [
        ([unsure(0, 0.9)], 0),
        ([unsure(0, 0.98)], 1),
        ([unsure(0, 0.98, turn=1)], 0),
        ([unsure(0, 0.99, turn=1)], 1),
        ([unsure(0, 0.98), unsure(0, 0.9)], 1),
        ([unsure(number, 0.9) for number in range(30)], 6),
    ],
    ids=["unsure", "sure", "unsure when turned", "sure when turned", "twice", "more than can be asked about"],
)
def test_hog_decides_about_unsure_faces_as_long_as_they_are_few(proposals: list[Proposal], faces: int) -> None:
    noise = np.random.default_rng(8).integers(100, 150, (120, 640, 3), dtype=np.uint8)
    detector = DlibFaceDetector(_landmarks, Proposing(*proposals))
    assert len(detector.detect([noise])[0]) == faces


def test_networks_of_another_shape_are_refused() -> None:
    finder = Mtcnn(Misshapen, Misshapen, Misshapen)
    with pytest.raises(Broken) as refused:
        finder.find([Search(np.zeros((64, 64, 3), np.uint8), 20)])
    assert refused.value.code == "model:output:shape"


def test_threads_that_look_at_once_see_what_each_would_alone() -> None:
    detector = TestDlibFaceDetector()
    pictures = [detector.one(), np.ascontiguousarray(np.rot90(detector.one())), np.zeros((300, 300, 3), np.uint8)] * 2
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(lambda picture: detector.make().detect([picture])[0], pictures))
    assert [len(faces) for faces in together] == [1, 1, 0] * 2
    assert together[0][0].box == together[3][0].box
    assert together[1][0].box == together[4][0].box

"""What every liveness detector promises."""

from pathlib import Path

import numpy as np
import pytest

from likeness_guard.adapters.pack_building import build_liveness
from likeness_guard.ports import DetectedFace, LivenessDetector, Picture
from tests.fakes.packs import BrightLiveness, liveness_pack
from trust_kernel.errors import Broken, InvalidInput
from trust_kernel.inference.manifests import read_manifest
from trust_kernel.inference.sessions import SessionFactory

ARC = np.asarray([[30, 40], [60, 40], [45, 55], [33, 70], [57, 70]], np.float64)


def scene() -> Picture:
    rng = np.random.default_rng(5)
    picture = np.repeat(np.repeat(rng.integers(0, 200, (30, 40, 3), dtype=np.uint8), 10, 0), 10, 1)
    picture[150:] //= 3
    return picture


def face(x: float, y: float) -> DetectedFace:
    return DetectedFace((x, y, 90, 90), 1.0, ARC + np.asarray([x, y]), "arcface5")


class LivenessDetectorContract:
    def make(self, folder: Path) -> LivenessDetector:
        raise NotImplementedError

    def test_each_face_gets_a_probability_in_order(self, tmp_path: Path) -> None:
        detector = self.make(tmp_path)
        faces = [(scene(), face(40, 30)), (scene(), face(200, 180))]
        chances = detector.alive(faces)
        assert chances.shape == (2,)
        assert chances.dtype == np.float32
        assert ((chances >= 0) & (chances <= 1)).all()
        assert chances[0] == pytest.approx(detector.alive(faces[:1])[0], abs=1e-5)
        assert chances[1] == pytest.approx(detector.alive(faces[1:])[0], abs=1e-5)
        assert abs(chances[0] - chances[1]) > 1e-4

    def test_no_faces_give_no_probabilities(self, tmp_path: Path) -> None:
        assert self.make(tmp_path).alive([]).shape == (0,)

    def test_a_face_beyond_its_picture_is_not_called_alive(self, tmp_path: Path) -> None:
        assert self.make(tmp_path).alive([(scene(), face(900, 900))]).tolist() == [0.0]

    def test_it_says_what_it_is_and_from_where_a_face_counts_as_alive(self, tmp_path: Path) -> None:
        detector = self.make(tmp_path)
        assert detector.version.strip()
        assert 0 < detector.threshold < 1


class TestBrightLiveness(LivenessDetectorContract):
    def make(self, folder: Path) -> LivenessDetector:  # noqa: ARG002 - the fake needs no files
        return BrightLiveness()


class TestOnnxLiveness(LivenessDetectorContract):
    def make(self, folder: Path) -> LivenessDetector:
        pack = liveness_pack(folder / "alive")
        return build_liveness(read_manifest(pack), lambda: pack, SessionFactory())

    def test_landmarks_of_either_scheme_align_nearly_alike(self, tmp_path: Path) -> None:
        eyes = [[65, 40], [55, 40], [25, 40], [35, 40]]
        nose_base = [45, 55 + 30 * 6 / 35.24]
        dlib = DetectedFace((40, 30, 90, 90), 1.0, np.asarray([*eyes, nose_base], np.float64) + np.asarray([40, 30]))
        detector = self.make(tmp_path)
        both = detector.alive([(scene(), face(40, 30)), (scene(), dlib)])
        assert both[0] == pytest.approx(both[1], abs=0.2)

    def test_it_agrees_with_insightfaces_own_adapter(self, tmp_path: Path) -> None:
        liveness = pytest.importorskip("insightface.addons.liveness", reason="the extra insightface is not installed")
        theirs = liveness.Liveness(str(liveness_pack(tmp_path / "alive") / "model.onnx"))
        picture = scene()
        for one in (face(40, 30), face(200, 180), face(5, 90)):
            said = theirs.predict(np.ascontiguousarray(picture[:, :, ::-1]), one.landmarks)["live_score"]
            assert self.make(tmp_path).alive([(picture, one)])[0] == pytest.approx(said, abs=0.02)

    @pytest.mark.parametrize("landmarks", [np.zeros((5, 2)), np.full((5, 2), np.nan)])
    def test_landmarks_that_say_nothing_are_refused(self, tmp_path: Path, landmarks: np.ndarray) -> None:
        with pytest.raises(InvalidInput) as refused:
            self.make(tmp_path).alive([(scene(), DetectedFace((0, 0, 9, 9), 1.0, landmarks, "arcface5"))])
        assert refused.value.code == "likeness:face:unalignable"

    def test_logits_become_the_chance_of_the_living_class(self, tmp_path: Path) -> None:
        said = {"scores": "logits", "live_class": 1, "batch": 8}
        pack = liveness_pack(tmp_path / "classes", input=said)
        with pytest.raises(Broken) as refused:  # this network gives one number a face, not classes
            build_liveness(read_manifest(pack), lambda: pack, SessionFactory()).alive([(scene(), face(40, 30))])
        assert refused.value.code == "model:output:shape"

"""What every face embedder promises."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from likeness_guard.adapters.dlib_graph import CHIP
from likeness_guard.adapters.insightface import InsightFaceEmbedder
from likeness_guard.adapters.onnx_face import OnnxDlibFace
from likeness_guard.adapters.onnx_graph import Graph
from likeness_guard.adapters.packs import FACE_RESNET
from likeness_guard.adapters.stack import embedded_models
from likeness_guard.ports import DetectedFace, FaceEmbedder, Picture
from tests.fakes.likeness import ColourEmbedder, SquareDetector, picture_of, shared_models
from trust_kernel.errors import Broken, InvalidInput, NotPermitted, Unavailable
from trust_kernel.inference.sessions import SessionFactory

NO_FACE = np.zeros((1, CHIP, CHIP, 3), np.uint8)


class Fixed:
    """A network that always gives the same."""

    inputs = ("chips",)

    def __init__(self, output: NDArray[np.float32]) -> None:
        self._output = output

    def run(self, feeds: object) -> list[NDArray[np.float32]]:  # noqa: ARG002 - the port's signature
        return [self._output]


class FaceEmbedderContract:
    def make(self, folder: Path) -> FaceEmbedder:
        raise NotImplementedError

    def sample(self) -> tuple[Picture, list[DetectedFace]]:
        """A picture and two places in it."""
        rng = np.random.default_rng(5)
        picture = np.repeat(np.repeat(rng.integers(0, 256, (24, 40, 3), dtype=np.uint8), 10, 0), 10, 1)
        eyes = np.asarray([[70, 40], [60, 40], [30, 40], [40, 40], [50, 65]], np.float64)
        return picture, [
            DetectedFace((20 + dx, 20 + dy, 60, 60), 1.0, eyes + np.asarray([dx, dy]))
            for dx, dy in ((0, 0), (200, 120))
        ]

    def test_vectors_are_of_unit_length_one_a_face_in_order(self, tmp_path: Path) -> None:
        embedder = self.make(tmp_path)
        picture, faces = self.sample()
        vectors = embedder.embed([(picture, face) for face in faces])
        assert vectors.shape == (len(faces), embedder.dimensions)
        assert vectors.dtype == np.float32
        assert np.linalg.norm(vectors, axis=1) == pytest.approx(np.ones(len(faces)), abs=1e-5)
        assert vectors[0] == pytest.approx(embedder.embed([(picture, faces[0])])[0], abs=1e-5)
        assert not np.allclose(vectors[0], vectors[1], atol=1e-4)

    def test_the_same_face_gives_the_same_vector(self, tmp_path: Path) -> None:
        embedder = self.make(tmp_path)
        picture, faces = self.sample()
        pairs = [(picture, face) for face in faces]
        assert embedder.embed(pairs) == pytest.approx(embedder.embed(pairs), abs=1e-6)

    def test_many_faces_of_unlike_pictures_are_embedded_as_if_each_were_alone(self, tmp_path: Path) -> None:
        embedder = self.make(tmp_path)
        picture, faces = self.sample()
        wider = np.concatenate([picture, picture], axis=1)
        pairs = [(source, face) for _ in range(5) for source in (picture, wider) for face in faces]
        vectors = embedder.embed(pairs)
        alone = embedder.embed([(picture, face) for face in faces])
        assert vectors == pytest.approx(np.tile(alone, (10, 1)), abs=1e-5)

    def test_no_faces_give_no_vectors(self, tmp_path: Path) -> None:
        embedder = self.make(tmp_path)
        assert embedder.embed([]).shape == (0, embedder.dimensions)

    def test_the_version_names_the_model(self, tmp_path: Path) -> None:
        assert self.make(tmp_path).version.strip()


class TestColourEmbedder(FaceEmbedderContract):
    def make(self, folder: Path) -> FaceEmbedder:  # noqa: ARG002 - the fake needs no files
        return ColourEmbedder()

    def sample(self) -> tuple[Picture, list[DetectedFace]]:
        picture = picture_of(3, 9)
        return picture, list(SquareDetector().detect([picture])[0])


class TestOnnxDlibFace(FaceEmbedderContract):
    def make(self, folder: Path) -> FaceEmbedder:  # noqa: ARG002 - models are shared by all tests
        return embedded_models(shared_models(), SessionFactory()).face_embedder

    def test_its_version_is_the_packs(self, tmp_path: Path) -> None:
        assert self.make(tmp_path).version == f"{FACE_RESNET}-{shared_models().pack(FACE_RESNET).version}"

    @pytest.mark.parametrize("bad", [np.nan, np.inf, 0.0])
    def test_numbers_that_are_no_vector_are_refused(self, bad: float) -> None:
        with pytest.raises(Broken) as refused:
            OnnxDlibFace("x-1", lambda: Fixed(np.full((2, 128), bad, np.float32))).embed_chips(NO_FACE)
        assert refused.value.code == "likeness:template:malformed"

    @pytest.mark.parametrize("shape", [(2, 64), (1, 128), (2, 128, 1)])
    def test_a_network_of_another_shape_is_refused(self, shape: tuple[int, ...]) -> None:
        with pytest.raises(Broken) as refused:
            OnnxDlibFace("x-1", lambda: Fixed(np.ones(shape, np.float32))).embed_chips(NO_FACE)
        assert refused.value.code == "model:output:shape"

    def test_landmarks_of_another_scheme_are_refused(self, tmp_path: Path) -> None:
        picture, faces = self.sample()
        with pytest.raises(InvalidInput):
            self.make(tmp_path).embed([(picture, replace(faces[0], scheme="arcface5"))])


def random_arcface(folder: Path, dimensions: int = 64) -> Path:
    """A network of ArcFace's shape with random weights."""
    rng = np.random.default_rng(0)
    graph = Graph("random_arcface", {"input.1": ("n", 3, 112, 112)}, {"out": ("n", dimensions)})
    kernel = rng.normal(size=(8, 3, 8, 8)).astype(np.float32)
    x = graph.relu(graph.conv("input.1", kernel, np.zeros(8, np.float32), stride=8))
    weight = rng.normal(size=(8 * 14 * 14, dimensions)).astype(np.float32)
    graph.add("MatMul", graph.add("Flatten", x), graph.constant(weight), output="out")
    graph.save(folder / "w600k.onnx")
    return folder


class TestInsightFaceEmbedder(FaceEmbedderContract):
    def make(self, folder: Path) -> FaceEmbedder:
        pytest.importorskip("insightface", reason="the extra insightface is not installed")
        return InsightFaceEmbedder(random_arcface(folder), dimensions=64)

    def test_production_refuses_a_pack_without_a_stated_licence(self, tmp_path: Path) -> None:
        with pytest.raises(NotPermitted) as refused:
            InsightFaceEmbedder(tmp_path, production=True)
        assert refused.value.code == "likeness:model:non_commercial"

    def test_production_takes_a_pack_whose_licence_the_operator_states(self, tmp_path: Path) -> None:
        pytest.importorskip("insightface", reason="the extra insightface is not installed")
        pack = InsightFaceEmbedder(
            random_arcface(tmp_path), dimensions=64, production=True, stated_licence="contract 7/2026"
        )
        assert pack.licence == "contract 7/2026"

    def test_a_directory_without_a_recognition_model_is_unavailable(self, tmp_path: Path) -> None:
        pytest.importorskip("insightface", reason="the extra insightface is not installed")
        with pytest.raises(Unavailable):
            InsightFaceEmbedder(tmp_path)

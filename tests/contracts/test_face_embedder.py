"""What every face embedder promises."""

from pathlib import Path

import numpy as np
import pytest

from likeness_guard.adapters.insightface import InsightFaceEmbedder
from likeness_guard.adapters.onnx_graph import Graph
from likeness_guard.adapters.packs import FACE_RESNET
from likeness_guard.adapters.stack import embedded_models
from likeness_guard.ports import DetectedFace, FaceEmbedder, Picture
from tests.fakes.likeness import ColourEmbedder, SquareDetector, picture_of, shared_models
from trust_kernel.errors import NotPermitted, Unavailable
from trust_kernel.inference.sessions import SessionFactory


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
        vectors = embedder.embed(picture, faces)
        assert vectors.shape == (len(faces), embedder.dimensions)
        assert vectors.dtype == np.float32
        assert np.linalg.norm(vectors, axis=1) == pytest.approx(np.ones(len(faces)), abs=1e-5)
        assert vectors[0] == pytest.approx(embedder.embed(picture, faces[:1])[0], abs=1e-5)
        assert not np.allclose(vectors[0], vectors[1], atol=1e-4)

    def test_the_same_face_gives_the_same_vector(self, tmp_path: Path) -> None:
        embedder = self.make(tmp_path)
        picture, faces = self.sample()
        assert embedder.embed(picture, faces) == pytest.approx(embedder.embed(picture, faces), abs=1e-6)

    def test_no_faces_give_no_vectors(self, tmp_path: Path) -> None:
        embedder = self.make(tmp_path)
        assert embedder.embed(self.sample()[0], []).shape == (0, embedder.dimensions)

    def test_the_version_names_the_model(self, tmp_path: Path) -> None:
        assert self.make(tmp_path).version.strip()


class TestColourEmbedder(FaceEmbedderContract):
    def make(self, folder: Path) -> FaceEmbedder:  # noqa: ARG002 - the fake needs no files
        return ColourEmbedder()

    def sample(self) -> tuple[Picture, list[DetectedFace]]:
        picture = picture_of(3, 9)
        return picture, list(SquareDetector().detect(picture))


class TestOnnxDlibFace(FaceEmbedderContract):
    def make(self, folder: Path) -> FaceEmbedder:  # noqa: ARG002 - models are shared by all tests
        return embedded_models(shared_models(), SessionFactory()).face_embedder

    def test_its_version_is_the_packs(self, tmp_path: Path) -> None:
        assert self.make(tmp_path).version == f"{FACE_RESNET}-{shared_models().pack(FACE_RESNET).version}"


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

"""Operators' packs keep the promises of the ports that they serve."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from likeness_guard.adapters.pack_building import build_detector, build_face, build_voice
from likeness_guard.ports import DetectedFace, FaceEmbedder, VoiceEmbedder
from tests.contracts.test_face_embedder import FaceEmbedderContract
from tests.contracts.test_voice_embedder import VoiceEmbedderContract
from tests.fakes.packs import detector_pack, ecapa_pack, face_pack, scrfd_pack, voice_pack
from trust_kernel.inference.manifests import read_manifest
from trust_kernel.inference.sessions import SessionFactory


class TestOnnxPackFace(FaceEmbedderContract):
    def make(self, folder: Path) -> FaceEmbedder:
        pack = face_pack(folder / "face")
        return build_face(read_manifest(pack), lambda: pack, SessionFactory())


class TestOnnxPackFaceOnDlibsChips(FaceEmbedderContract):
    def make(self, folder: Path) -> FaceEmbedder:
        pack = face_pack(folder / "face", input={"side": 32, "alignment": "dlib5-chip", "channels": "bgr", "batch": 1})
        return build_face(read_manifest(pack), lambda: pack, SessionFactory())


class TestInsightFacePack(FaceEmbedderContract):
    def make(self, folder: Path) -> FaceEmbedder:
        pytest.importorskip("insightface", reason="the extra insightface is not installed")
        from tests.contracts.test_face_embedder import random_arcface

        pack = folder / "arc"
        pack.mkdir(exist_ok=True)
        random_arcface(pack)
        from tests.fakes.packs import manifest_of, write_manifest

        said = {"adapter": "insightface", "input": {}, "output": {"dimensions": 64}}
        write_manifest(pack, manifest_of(pack, "w600k.onnx", **said))
        return build_face(read_manifest(pack), lambda: pack, SessionFactory())


class _VoicePack(VoiceEmbedderContract):
    folder: Path

    @pytest.fixture(autouse=True)
    def _folder(self, tmp_path_factory: pytest.TempPathFactory) -> None:
        type(self).folder = tmp_path_factory.mktemp("voice")


class TestFilterBankVoicePack(_VoicePack):
    def make(self) -> VoiceEmbedder:
        pack = voice_pack(self.folder / "voice")
        return build_voice(read_manifest(pack), lambda: pack, SessionFactory())


class TestWaveformVoicePack(_VoicePack):
    def make(self) -> VoiceEmbedder:
        pack = voice_pack(self.folder / "wave", "waveform")
        return build_voice(read_manifest(pack), lambda: pack, SessionFactory())


class TestSpeechBrainPack(_VoicePack):
    """speechbrain's own network and filter bank, with random weights; torchaudio need not load."""

    def make(self) -> VoiceEmbedder:
        pytest.importorskip("torch", reason="the extra speechbrain is not installed")
        pytest.importorskip("hyperpyyaml", reason="the extra speechbrain is not installed")
        pack = ecapa_pack(self.folder / "ecapa")
        return build_voice(read_manifest(pack), lambda: pack, SessionFactory())


@pytest.mark.parametrize("make", [detector_pack, scrfd_pack])
def test_a_detector_pack_gives_faces_largest_first_with_landmarks_in_the_pictures_own_pixels(
    tmp_path: Path, make: Callable[[Path], Path]
) -> None:
    if make is scrfd_pack:
        pytest.importorskip("insightface", reason="the extra insightface is not installed")
    pack = make(tmp_path / "detector")
    detector = build_detector(read_manifest(pack), lambda: pack)
    rng = np.random.default_rng(0)
    pictures = [rng.integers(0, 256, (*size, 3), dtype=np.uint8) for size in ((240, 400), (90, 70))]
    for picture, faces in zip(pictures, detector.detect(pictures), strict=True):
        areas = [face.box[2] * face.box[3] for face in faces]
        assert areas == sorted(areas, reverse=True)
        assert faces
        assert all(isinstance(face, DetectedFace) and face.scheme == "arcface5" for face in faces)
        assert all(0.6 <= face.score <= 1 for face in faces)
        middles = np.stack([face.landmarks.mean(axis=0) for face in faces])
        assert np.abs(middles - np.asarray(picture.shape[1::-1]) / 2).max() < 400


def test_a_larger_picture_gives_boxes_in_its_own_pixels(tmp_path: Path) -> None:
    pack = detector_pack(tmp_path / "yunet", input={"longest": 320})
    detector = build_detector(read_manifest(pack), lambda: pack)
    small = np.random.default_rng(0).integers(0, 256, (40, 80, 3), dtype=np.uint8).repeat(4, 0).repeat(4, 1)
    plain, large = detector.detect([small, small.repeat(2, 0).repeat(2, 1)])
    assert np.asarray(large[0].box) == pytest.approx(2 * np.asarray(plain[0].box), abs=3)

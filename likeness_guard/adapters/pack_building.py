"""From an operator's pack to the port that it serves. Nothing is loaded before it is first used."""

import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from likeness_guard.adapters.insightface import InsightFaceDetector, InsightFaceEmbedder
from likeness_guard.adapters.onnx_liveness import OnnxLiveness
from likeness_guard.adapters.onnx_pack_face import OnnxPackFace
from likeness_guard.adapters.onnx_pack_voice import OnnxPackVoice
from likeness_guard.adapters.recipes import (
    DETECTOR,
    FACE,
    LIVENESS,
    VOICE,
    DetectorRecipe,
    FaceRecipe,
    LivenessRecipe,
    SpeechBrainRecipe,
    VoiceRecipe,
    recipe_as,
    recipe_of,
)
from likeness_guard.adapters.speechbrain import SpeechBrainVoice
from likeness_guard.adapters.yunet import YuNetDetector
from likeness_guard.ports import (
    DetectedFace,
    FaceDetector,
    FaceEmbedder,
    LivenessDetector,
    Picture,
    Sound,
    Vectors,
    VoiceEmbedder,
)
from trust_kernel.errors import InvalidInput
from trust_kernel.inference.manifests import PackManifest
from trust_kernel.inference.reasons import ModelReason
from trust_kernel.inference.sessions import Session, SessionFactory

Folder = Callable[[], Path]
"""Gives a pack's folder, its hashes checked."""

_Model = TypeVar("_Model")


class _Once(Generic[_Model]):
    """Makes a model when it is first asked for."""

    def __init__(self, make: Callable[[], _Model]) -> None:
        self._make = make
        self._made: _Model | None = None
        self._lock = threading.Lock()

    def get(self) -> _Model:
        with self._lock:
            if self._made is None:
                self._made = self._make()
            return self._made


class _LazyFace:
    """A face embedder that is loaded with its first face."""

    def __init__(self, manifest: PackManifest, make: Callable[[], FaceEmbedder]) -> None:
        self.version = manifest.model_version
        self.dimensions = manifest.output.dimensions
        self._model = _Once(make)

    def embed(self, faces: Sequence[tuple[Picture, DetectedFace]]) -> Vectors:
        """Unit vectors (n, dimensions)."""
        return self._model.get().embed(faces)


class _LazyVoice:
    """A voice embedder that is loaded with its first sound."""

    def __init__(self, manifest: PackManifest, make: Callable[[], VoiceEmbedder]) -> None:
        self.version = manifest.model_version
        self.dimensions = manifest.output.dimensions
        self._model = _Once(make)

    def partials(self, sound: Sound) -> tuple[Vectors, NDArray[np.float64]]:
        """Unit vectors of windows, and their spans."""
        return self._model.get().partials(sound)


class _LazyDetector:
    """A face detector that is loaded with its first picture."""

    def __init__(self, make: Callable[[], FaceDetector]) -> None:
        self._model = _Once(make)

    def detect(self, pictures: Sequence[Picture]) -> tuple[tuple[DetectedFace, ...], ...]:
        """Every face of every picture, largest first."""
        return self._model.get().detect(pictures)


def build_face(manifest: PackManifest, folder: Folder, sessions: SessionFactory) -> FaceEmbedder:
    """The face embedder of a pack; raises InvalidInput ``model:manifest:malformed``, ``model:pack:wrong_kind``."""
    _be(manifest, FACE)
    dimensions = manifest.output.dimensions
    if manifest.adapter == "insightface":
        return _LazyFace(manifest, lambda: InsightFaceEmbedder(folder(), dimensions=dimensions))
    recipe = recipe_as(manifest, FaceRecipe)
    return OnnxPackFace(manifest.model_version, dimensions, recipe, _session(manifest, folder, sessions))


def build_voice(manifest: PackManifest, folder: Folder, sessions: SessionFactory) -> VoiceEmbedder:
    """The voice embedder of a pack; raises InvalidInput ``model:manifest:malformed``, ``model:pack:wrong_kind``."""
    _be(manifest, VOICE)
    dimensions = manifest.output.dimensions
    if manifest.adapter == "speechbrain":
        speaker = recipe_as(manifest, SpeechBrainRecipe)
        return _LazyVoice(manifest, lambda: SpeechBrainVoice(folder(), dimensions=dimensions, recipe=speaker))
    recipe = recipe_as(manifest, VoiceRecipe)
    return OnnxPackVoice(manifest.model_version, dimensions, recipe, _session(manifest, folder, sessions))


def build_liveness(manifest: PackManifest, folder: Folder, sessions: SessionFactory) -> LivenessDetector:
    """The liveness detector of a pack; raises InvalidInput as above."""
    _be(manifest, LIVENESS)
    recipe = recipe_as(manifest, LivenessRecipe)
    return OnnxLiveness(manifest.model_version, recipe, _session(manifest, folder, sessions))


def build_detector(manifest: PackManifest, folder: Folder) -> FaceDetector:
    """The face detector of a pack; raises InvalidInput as above."""
    _be(manifest, DETECTOR)
    recipe = recipe_as(manifest, DetectorRecipe)
    if manifest.adapter == "insightface":
        return _LazyDetector(lambda: InsightFaceDetector(folder(), recipe))
    return YuNetDetector(recipe, lambda: folder() / manifest.files[0].path)


def takes_any_landmarks(manifest: PackManifest) -> bool:
    """Whether a face pack aligns by "arcface5" landmarks as well as by dlib's."""
    recipe = recipe_of(manifest)
    return not isinstance(recipe, FaceRecipe) or recipe.alignment == "arcface5"


def _session(manifest: PackManifest, folder: Folder, sessions: SessionFactory) -> Callable[[], Session]:
    return lambda: sessions.load(folder() / manifest.files[0].path)


def _be(manifest: PackManifest, kind: str) -> None:
    recipe_of(manifest)
    if manifest.kind != kind:
        raise InvalidInput(f"{manifest.name} is a {manifest.kind}, not a {kind}", code=ModelReason.PACK_WRONG_KIND)

"""The embedded default, put together from a model store."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from likeness_guard.adapters.dlib_detector import DlibFaceDetector
from likeness_guard.adapters.mtcnn import Mtcnn
from likeness_guard.adapters.onnx_face import OnnxDlibFace
from likeness_guard.adapters.onnx_voice import OnnxGe2eVoice
from likeness_guard.adapters.packs import FACE_LANDMARKS, FACE_RESNET, MTCNN, VOICE_ACTIVITY, VOICE_GE2E
from likeness_guard.adapters.silero import SileroVoiceActivity
from likeness_guard.domain import Calibration, calibration_of
from likeness_guard.ports import FaceDetector, FaceEmbedder, VoiceActivity, VoiceEmbedder
from trust_kernel.inference.models import ModelStore
from trust_kernel.inference.sessions import Session, SessionFactory


@dataclass(frozen=True, slots=True)
class EmbeddedModels:
    """The four networks' roles, nothing loaded yet."""

    detector: FaceDetector
    face_embedder: FaceEmbedder
    activity: VoiceActivity
    voice_embedder: VoiceEmbedder


def embedded_models(store: ModelStore, sessions: SessionFactory) -> EmbeddedModels:
    """Detectors and embedders over packs that are (or will be) in `store`; files load on first use."""

    def session(name: str) -> Callable[[], Session]:
        return lambda: sessions.load(store.path(name))

    def version(name: str) -> str:
        return f"{name}-{store.pack(name).version}"

    proposing, refining, final = (session(name) for name in MTCNN)
    return EmbeddedModels(
        DlibFaceDetector(lambda: store.path(FACE_LANDMARKS), Mtcnn(proposing, refining, final)),
        OnnxDlibFace(version(FACE_RESNET), session(FACE_RESNET)),
        SileroVoiceActivity(session(VOICE_ACTIVITY)),
        OnnxGe2eVoice(version(VOICE_GE2E), session(VOICE_GE2E)),
    )


def load_calibration(path: Path | None = None) -> Calibration:
    """The calibration at `path`, or the one shipped for the embedded models."""
    data = path.read_bytes() if path else (files("likeness_guard") / "calibration.json").read_bytes()
    return calibration_of(json.loads(data), hashlib.sha256(data).hexdigest())

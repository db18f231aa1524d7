"""The networks of one deployment, put together from a model store."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from likeness_guard.adapters.dlib_detector import DlibFaceDetector
from likeness_guard.adapters.mtcnn import Mtcnn
from likeness_guard.adapters.nsnet2 import NSNET2
from likeness_guard.adapters.onnx_face import OnnxDlibFace
from likeness_guard.adapters.onnx_voice import enhanced_ge2e
from likeness_guard.adapters.pack_building import (
    build_detector,
    build_face,
    build_liveness,
    build_voice,
    takes_any_landmarks,
)
from likeness_guard.adapters.packs import FACE_LANDMARKS, FACE_RESNET, MTCNN, VOICE_ACTIVITY, VOICE_GE2E
from likeness_guard.adapters.recipes import FACE, VOICE
from likeness_guard.adapters.silero import SileroVoiceActivity
from likeness_guard.ports import FaceDetector, FaceEmbedder, LivenessDetector, VoiceActivity, VoiceEmbedder
from trust_kernel.errors import Broken, InvalidInput, NotPermitted
from trust_kernel.inference.added import AddedPack
from trust_kernel.inference.models import ModelStore
from trust_kernel.inference.reasons import ModelReason
from trust_kernel.inference.sessions import Session, SessionFactory

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class EmbeddedModels:
    """The four networks' roles, nothing loaded yet."""

    detector: FaceDetector
    face_embedder: FaceEmbedder
    activity: VoiceActivity
    voice_embedder: VoiceEmbedder


@dataclass(frozen=True, slots=True)
class Stack:
    """Every network of a deployment, nothing loaded yet.

    Attributes:
        face: the embedder in use.
        voice: the embedder in use.
        liveness: None where no pack for it is in use.
        faces: every face embedder that can be had, by version, `face` among them.
        voices: likewise.
        calibrations: calibration files of operators' packs, as bytes, by version; those of the packs that ship lie in
            the package.
    """

    detector: FaceDetector
    activity: VoiceActivity
    face: FaceEmbedder
    voice: VoiceEmbedder
    liveness: LivenessDetector | None = None
    faces: Mapping[str, FaceEmbedder] = field(default_factory=dict)
    voices: Mapping[str, VoiceEmbedder] = field(default_factory=dict)
    calibrations: Mapping[str, bytes] = field(default_factory=dict)

    def face_of(self, version: str) -> FaceEmbedder | None:
        """The embedder of a version, so that galleries made with it can be searched; None where its pack is gone."""
        return self.faces.get(version)

    def voice_of(self, version: str) -> VoiceEmbedder | None:
        """The embedder of a version; None where its pack is gone."""
        return self.voices.get(version)


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
        enhanced_ge2e(f"{version(VOICE_GE2E)}+{version(NSNET2.name)}", session(VOICE_GE2E), session(NSNET2.name)),
    )


def stack_of(
    store: ModelStore,
    sessions: SessionFactory,
    *,
    face_pack: str = FACE_RESNET,
    voice_pack: str = VOICE_GE2E,
    detector_pack: str = "",
    liveness_pack: str = "",
    production: bool = False,
) -> Stack:
    """The networks that a deployment names; packs that ship or that an operator added.

    Args:
        store: where packs are.
        sessions: shares loaded networks.
        face_pack: of the face embedder in use.
        voice_pack: of the voice embedder in use.
        detector_pack: of the face detector; empty for dlib and MTCNN together.
        liveness_pack: empty for none.
        production: refuse packs that may not be used commercially.

    Raises:
        NotFound: ``model:pack:unknown``.
        Unavailable: ``model:pack:not_installed``, a pack waits for ``placet models pull``.
        NotPermitted: ``likeness:model:non_commercial``.
        InvalidInput: ``model:pack:wrong_kind``; ``likeness:model:unsuited``, the detector's landmarks do not fit the
            face embedder.
        Broken: ``model:pack:changed``.
    """
    shelf = _Shelf(store, sessions, production=production)
    shipped = embedded_models(store, sessions)
    faces = {shipped.face_embedder.version: shipped.face_embedder, **shelf.former_faces()}
    voices = {shipped.voice_embedder.version: shipped.voice_embedder, **shelf.former_voices()}
    face = shipped.face_embedder if face_pack == FACE_RESNET else shelf.face(face_pack)
    voice = shipped.voice_embedder if voice_pack == VOICE_GE2E else shelf.voice(voice_pack)
    if detector_pack and not shelf.takes_any_landmarks(face_pack):
        raise InvalidInput(
            f"{face_pack} aligns by dlib's landmarks alone: use it with dlib's detector", code="likeness:model:unsuited"
        )
    return Stack(
        shelf.detector(detector_pack) if detector_pack else shipped.detector,
        shipped.activity,
        face,
        voice,
        shelf.liveness(liveness_pack) if liveness_pack else None,
        {**faces, face.version: face},
        {**voices, voice.version: voice},
        shelf.calibrations(),
    )


class _Shelf:
    """The operator's packs, as ports."""

    def __init__(self, store: ModelStore, sessions: SessionFactory, *, production: bool) -> None:
        self._store = store
        self._sessions = sessions
        self._production = production

    def face(self, name: str) -> FaceEmbedder:
        return build_face(self._chosen(name).manifest, self._folder(name), self._sessions)

    def voice(self, name: str) -> VoiceEmbedder:
        return build_voice(self._chosen(name).manifest, self._folder(name), self._sessions)

    def detector(self, name: str) -> FaceDetector:
        return build_detector(self._chosen(name).manifest, self._folder(name))

    def liveness(self, name: str) -> LivenessDetector:
        return build_liveness(self._chosen(name).manifest, self._folder(name), self._sessions)

    def takes_any_landmarks(self, name: str) -> bool:
        return name not in self._store.names() and takes_any_landmarks(self._store.added.get(name).manifest)

    def former_faces(self) -> dict[str, FaceEmbedder]:
        made = [build_face(p.manifest, self._folder(p.manifest.name), self._sessions) for p in self._usable(FACE)]
        return {embedder.version: embedder for embedder in made}

    def former_voices(self) -> dict[str, VoiceEmbedder]:
        made = [build_voice(p.manifest, self._folder(p.manifest.name), self._sessions) for p in self._usable(VOICE)]
        return {embedder.version: embedder for embedder in made}

    def calibrations(self) -> dict[str, bytes]:
        """Of every pack that can be used."""
        found: dict[str, bytes] = {}
        for pack in (*self._usable(FACE), *self._usable(VOICE)):
            data = self._store.added.calibration(pack.manifest.name)
            if data is not None:
                found[pack.manifest.model_version] = data
        return found

    def _chosen(self, name: str) -> AddedPack:
        """The pack that a setting names: it must be whole, and allowed here."""
        if name in self._store.names():
            raise InvalidInput(f"{name} does not serve here", code=ModelReason.PACK_WRONG_KIND)
        pack = self._store.added.get(name)
        if self._production and not pack.usable_commercially:
            raise NotPermitted(
                f"the licence of {name} ({pack.manifest.licence}) excludes commercial use: state the licence "
                f"that you hold with `placet models licence {name} TEXT`, or use another pack",
                code="likeness:model:non_commercial",
            )
        self._store.added.path(name)  # hashed at start, not with the first face
        return pack

    def _usable(self, kind: str) -> list[AddedPack]:
        """Whole packs of a kind that may be used here: galleries made with them are served."""
        found = []
        for name in self._store.added.names():
            try:
                pack = self._store.added.get(name)
            except Broken:
                _log.warning("the model pack %s was changed and is left out", name)
                continue
            allowed = pack.usable_commercially or not self._production
            if pack.complete and allowed and pack.manifest.kind == kind:
                found.append(pack)
        return found

    def _folder(self, name: str) -> Callable[[], Path]:
        version = self._store.added.get(name).manifest.model_version

        def folder() -> Path:
            path = self._store.added.path(name)
            if self._store.added.get(name).manifest.model_version != version:
                # Removed and added again while we run: its vectors would be compared with another model's.
                raise Broken(f"the pack {name} is another one by now: start again", code="model:pack:changed")
            return path

        return folder

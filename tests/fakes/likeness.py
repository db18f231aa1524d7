"""Likeness without networks: faces are coloured squares, voices are loudnesses, and a calibration to match."""

import os
import tempfile
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from likeness_guard.adapters.faiss_index import FaissIndex
from likeness_guard.adapters.nsnet2 import NSNET2
from likeness_guard.adapters.onnx_voice import OnnxGe2eVoice, enhanced_ge2e
from likeness_guard.adapters.packs import CONVERTERS, PACKS, VOICE_GE2E, model_store
from likeness_guard.api import Aftermath, LikenessGuard, Senses, Shelves
from likeness_guard.domain import Calibrations, Modality
from likeness_guard.domain.calibration import Calibration
from likeness_guard.domain.rates import Condition, Rates, Targets
from likeness_guard.ports import DetectedFace, IndexMaker, Picture, Sound, Speech, Vectors
from likeness_guard.store import DatabaseEntryStore, DatabaseReferences, DatabaseSearches, DatabaseTemplateStore
from likeness_guard.tables import LikenessOutputRow
from trust_kernel.clock import SystemClock
from trust_kernel.db import Database
from trust_kernel.envelope import DatabaseKeyring, LocalKeyFile
from trust_kernel.inference.models import ModelStore
from trust_kernel.inference.sessions import Session, SessionFactory
from trust_kernel.media.refs import SAMPLE_RATE, Look, MediaKind

SIDE = 40
_SLOTS = 4


def shared_models() -> ModelStore:
    """The real packs, pulled once a machine and shared by every test run of this user."""
    store = model_store(Path(tempfile.gettempdir()) / f"placet-test-models-{os.getuid()}")
    for name in store.names():
        store.pull(name)
    return store


@lru_cache(maxsize=1)
def plain_voice() -> OnnxGe2eVoice:
    """The real voice encoder alone."""
    return OnnxGe2eVoice("plain", _voice_session(VOICE_GE2E))


@lru_cache(maxsize=1)
def enhanced_voice() -> OnnxGe2eVoice:
    """The real voice encoder with its enhancer and channels."""
    return enhanced_ge2e("enhanced", _voice_session(VOICE_GE2E), _voice_session(NSNET2.name))


def _voice_session(name: str) -> Callable[[], Session]:
    packs = {pack.name: pack for pack in (*PACKS, NSNET2)}
    store = ModelStore(shared_cache(), packs.values(), CONVERTERS)
    store.pull(name)
    sessions = SessionFactory()
    return lambda: sessions.load(store.path(name))


def shared_cache() -> Path:
    return Path(tempfile.gettempdir()) / f"placet-test-models-{os.getuid()}"


def person(number: int) -> int:
    """A person's colour level: people are numbers from 1 to 60."""
    assert 1 <= number <= 60
    return number * 4


def picture_of(*people: int, likeness: float = 1.0, blank: bool = False) -> Picture:
    """A 200x80 picture with a square a person; `likeness` below 1 makes the first one look less like themselves."""
    picture = np.zeros((80, 200, 3), np.uint8)
    for slot, number in enumerate(() if blank else people):
        left = 4 + slot * (SIDE + 8)
        picture[20 : 20 + SIDE, left : left + SIDE, 0] = person(number)
        picture[20 : 20 + SIDE, left : left + SIDE, 1] = round(likeness * 200) if slot == 0 else 200
        picture[20 : 20 + SIDE : 2, left : left + SIDE : 2, 2] = 255  # texture, so that it counts as sharp
    return picture


def voice_of(number: int, seconds: float = 5.0) -> Sound:
    """A steady loudness that is a person."""
    return np.full(int(seconds * SAMPLE_RATE), person(number) / 256, np.float32)


def image(picture: Picture) -> Look:
    """A look at a picture."""
    height, width = picture.shape[:2]
    return Look(MediaKind.IMAGE, width, height, 0.0, picture[None], np.zeros(1), np.zeros(0, np.float32))


def video(pictures: Sequence[Picture], sound: Sound | None = None, step: float = 0.5) -> Look:
    """A look at a video of two frames a second."""
    frames = np.stack(pictures)
    height, width = frames.shape[1:3]
    times = np.arange(len(frames), dtype=np.float64) * step
    audio = np.zeros(0, np.float32) if sound is None else sound
    return Look(MediaKind.VIDEO, width, height, len(frames) * step, frames, times, audio)


def audio(sound: Sound) -> Look:
    """A look at a sound."""
    nothing = np.zeros((0, 0, 0, 3), np.uint8)
    return Look(MediaKind.AUDIO, 0, 0, sound.size / SAMPLE_RATE, nothing, np.zeros(0), sound)


class SquareDetector:
    """Finds the squares of `picture_of`."""

    def detect(self, pictures: Sequence[Picture]) -> tuple[tuple[DetectedFace, ...], ...]:
        """One face a square, largest first, then in order of colour."""
        return tuple(self._detect_one(picture) for picture in pictures)

    def _detect_one(self, picture: Picture) -> tuple[DetectedFace, ...]:
        faces = []
        for level in np.unique(picture[..., 0]):
            rows, columns = np.nonzero(picture[..., 0] == level)
            if level and rows.size >= 64:
                x, y = int(columns.min()), int(rows.min())
                box = (float(x), float(y), float(columns.max() - x + 1), float(rows.max() - y + 1))
                faces.append(DetectedFace(box, 1.0, np.full((5, 2), (x + 20, y + 20), np.float64)))
        return tuple(sorted(faces, key=lambda face: -face.box[2] * face.box[3]))


class ColourEmbedder:
    """A fixed random direction a colour, turned away from itself as `likeness` falls."""

    dimensions = 32

    def __init__(self, version: str = "colour-1") -> None:
        self.version = version

    def embed(self, faces: Sequence[tuple[Picture, DetectedFace]]) -> Vectors:
        """Unit vectors of the squares."""
        rows = [np.zeros((0, self.dimensions))]
        for picture, face in faces:
            x, y, width, height = (int(v) for v in face.box)
            middle = picture[y + height // 2, x + width // 2]
            rows.append(_direction(int(middle[0]), self.dimensions, float(middle[1]) / 200)[None])
        return np.concatenate(rows).astype(np.float32)


class LoudVoice:
    """Anything louder than silence is speech."""

    def speech(self, sound: Sound) -> tuple[Speech, ...]:
        """Runs of samples that are not 0."""
        loud = np.flatnonzero(np.diff(np.concatenate([[0], (np.abs(sound) > 0.001).astype(int), [0]])))
        return tuple(Speech(a / SAMPLE_RATE, b / SAMPLE_RATE, 1.0) for a, b in loud.reshape(-1, 2).tolist())


class LoudnessEmbedder:
    """A fixed random direction a loudness, for every second."""

    version = "loudness-1"
    dimensions = 32

    def partials(self, sound: Sound) -> tuple[Vectors, NDArray[np.float64]]:
        """Windows of one second."""
        if not sound.size:
            return np.zeros((0, self.dimensions), np.float32), np.zeros((0, 2))
        starts = np.arange(0, max(1, sound.size - SAMPLE_RATE // 2), SAMPLE_RATE)
        rows = [_direction(round(float(np.median(sound[s : s + SAMPLE_RATE])) * 256), self.dimensions) for s in starts]
        ends = np.minimum(starts + SAMPLE_RATE, sound.size)
        return np.stack(rows).astype(np.float32), np.stack([starts, ends], axis=1) / SAMPLE_RATE


def _direction(number: int, dimensions: int, likeness: float = 1.0) -> NDArray[np.float64]:
    own = np.random.default_rng(number).normal(size=dimensions)
    other = np.random.default_rng(1000 + number).normal(size=dimensions)
    other -= own * (other @ own) / (own @ own)
    own, other = own / np.linalg.norm(own), other / np.linalg.norm(other)
    turned: NDArray[np.float64] = likeness * own + np.sqrt(max(0.0, 1 - likeness**2)) * other
    return turned


class ListRecord:
    """A ledger that remembers."""

    def __init__(self) -> None:
        self.entries: list[tuple[str, dict[str, str | int]]] = []

    def append(self, kind: str, body: Mapping[str, str | int]) -> object:
        """Remember it."""
        self.entries.append((kind, dict(body)))
        return None


class RawMedia:
    """Reference media byte for byte: what squares are made of does not live through JPEG."""

    def pack_face(self, picture: Picture) -> bytes:
        """Two sizes and the pixels."""
        return np.asarray(picture.shape[:2], "<i4").tobytes() + picture.tobytes()

    def unpack_face(self, data: bytes) -> Picture:
        """The picture."""
        height, width = np.frombuffer(data[:8], "<i4").tolist()
        return np.frombuffer(data[8:], np.uint8).reshape(height, width, 3)

    def pack_voice(self, sound: Sound) -> bytes:
        """The samples."""
        return sound.astype("<f4").tobytes()

    def unpack_voice(self, data: bytes) -> Sound:
        """The samples."""
        return np.frombuffer(data, "<f4")


def fake_calibration(pack: str, modality: Modality, match: float = 0.9, unsure: float = 0.8) -> Calibration:
    """The same two thresholds at every size, and next to no errors."""

    def rates(size: int) -> Rates:
        return Rates(size, match, unsure, (-1.0, 1.0), (1.0, 1e-6), (0.0, 1.0), 40.0, unsure, 100, 100)

    condition = Condition("any", 0.0, 0.0, 10, 100, rates(1), (rates(1), rates(1_000_000)), 4.0)
    targets = Targets(0.01, 0.05, 0.001, 0.01)
    return Calibration("fake", pack, modality, "squares", targets, 0.5, unsure, (condition,))


def fake_calibrations(*further: Calibration) -> Calibrations:
    """Of the fakes below, and of further ones."""
    known = (fake_calibration("colour-1", Modality.FACE), fake_calibration("loudness-1", Modality.VOICE), *further)
    return Calibrations({one.pack: one for one in known})


def fake_senses() -> Senses:
    """Squares and loudnesses."""
    return Senses(SquareDetector(), LoudVoice(), ColourEmbedder(), LoudnessEmbedder())


def shelves_of(database: Database) -> Shelves:
    """Everything in one database."""
    clock = SystemClock()
    return Shelves(
        templates=DatabaseTemplateStore(database, clock),
        outputs=DatabaseTemplateStore(database, clock, LikenessOutputRow),
        entries=DatabaseEntryStore(database, clock),
        references=DatabaseReferences(database, clock),
        searches=DatabaseSearches(database, clock),
    )


def fake_guard(
    database: Database,
    key_file: Path,
    senses: Senses | None = None,
    calibrations: Calibrations | None = None,
    make_index: IndexMaker = FaissIndex,
    after: Aftermath | None = None,
) -> LikenessGuard:
    """A guard over these fakes; guards over one database and key file are processes of one deployment."""
    keys = LocalKeyFile(key_file)
    return LikenessGuard(
        senses=senses or fake_senses(),
        shelves=shelves_of(database),
        keyring=DatabaseKeyring(database, keys),
        keys=keys,
        codec=RawMedia(),
        make_index=make_index,
        calibrations=calibrations or fake_calibrations(),
        clock=SystemClock(),
        record=ListRecord(),
        after=after,
    )

"""Likeness without networks: faces are coloured squares, voices are loudnesses, and a calibration to match."""

import os
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from likeness_guard.adapters.packs import model_store
from likeness_guard.api import LikenessGuard
from likeness_guard.domain import Calibration, Curve, Modality, Thresholds
from likeness_guard.ports import DetectedFace, Picture, Sound, Speech, Vectors
from likeness_guard.store import DatabaseTemplateStore
from trust_kernel.clock import SystemClock
from trust_kernel.db import Database
from trust_kernel.envelope import DatabaseKeyring, LocalKeyFile
from trust_kernel.inference.models import ModelStore
from trust_kernel.media.refs import SAMPLE_RATE, Look, MediaKind

SIDE = 40
_SLOTS = 4


def shared_models() -> ModelStore:
    """The real packs, pulled once a machine and shared by every test run of this user."""
    store = model_store(Path(tempfile.gettempdir()) / f"placet-test-models-{os.getuid()}")
    for name in store.names():
        store.pull(name)
    return store


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

    def detect(self, picture: Picture) -> tuple[DetectedFace, ...]:
        """One face a square, in order of colour."""
        faces = []
        for level in np.unique(picture[..., 0]):
            rows, columns = np.nonzero(picture[..., 0] == level)
            if level and rows.size >= 64:
                x, y = int(columns.min()), int(rows.min())
                box = (float(x), float(y), float(columns.max() - x + 1), float(rows.max() - y + 1))
                faces.append(DetectedFace(box, 1.0, np.full((5, 2), (x + 20, y + 20), np.float64)))
        return tuple(faces)


class ColourEmbedder:
    """A fixed random direction a colour, turned away from itself as `likeness` falls."""

    dimensions = 32

    def __init__(self, version: str = "colour-1") -> None:
        self.version = version

    def embed(self, picture: Picture, faces: Sequence[DetectedFace]) -> Vectors:
        """Unit vectors of the squares."""
        rows = [np.zeros((0, self.dimensions))]
        for face in faces:
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


class ListIndex:
    """Brute force over a dictionary."""

    def __init__(self, dimensions: int) -> None:
        self.generation = 0
        self._dimensions = dimensions
        self._rows: dict[int, NDArray[np.float32]] = {}

    def add(self, key: int, vector: NDArray[np.float32]) -> None:
        """Hold a vector."""
        self._rows[key] = np.asarray(vector, np.float32)

    def remove(self, key: int) -> None:
        """Let go of a vector."""
        self._rows.pop(key, None)

    def search(self, vectors: Vectors, k: int) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """Sort everything."""
        keys = np.full((len(vectors), k), -1, np.int64)
        scores = np.full((len(vectors), k), -1.0, np.float32)
        if self._rows:
            held = np.asarray(list(self._rows), np.int64)
            cosines = vectors @ np.stack(list(self._rows.values())).T
            order = np.argsort(-cosines, axis=1)[:, :k]
            keys[:, : order.shape[1]] = held[order]
            scores[:, : order.shape[1]] = np.take_along_axis(cosines, order, axis=1)
        return keys, scores

    def __len__(self) -> int:
        """How many are held."""
        return len(self._rows)


def fake_calibration(match: float = 0.9, unsure: float = 0.8) -> Calibration:
    """The same two thresholds at every size."""
    point = (Thresholds(match, unsure),)
    return Calibration(
        "fake",
        {
            Modality.FACE: Curve("colour-1", (1,), point, unsure),
            Modality.VOICE: Curve("loudness-1", (1,), point, unsure),
        },
    )


def fake_guard(database: Database, key_file: Path) -> LikenessGuard:
    """A guard over these fakes; guards over one database and key file are processes of one deployment."""
    keys = LocalKeyFile(key_file)
    return LikenessGuard(
        detector=SquareDetector(),
        face_embedder=ColourEmbedder(),
        activity=LoudVoice(),
        voice_embedder=LoudnessEmbedder(),
        store=DatabaseTemplateStore(database, SystemClock()),
        keyring=DatabaseKeyring(database, keys),
        keys=keys,
        make_index=ListIndex,
        calibration=fake_calibration(),
    )

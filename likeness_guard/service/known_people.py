"""Vectors of people who are known, made by the same code that serves requests."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from likeness_guard.ports import FaceDetector, FaceEmbedder, Picture, Sound, VoiceActivity, VoiceEmbedder
from likeness_guard.service.calibrating import Samples
from likeness_guard.service.degrading import in_noise, middle, poorer_face
from likeness_guard.service.faces import FaceView, views_of
from likeness_guard.service.voices import one_voice, voices_of
from trust_kernel.media.refs import SAMPLE_RATE

_LENGTHS = (1.6, 2.7, 4.3, 8.5)
"""Seconds that clips are cut to; a little of each is silence."""
_RATIOS = (0.0, 15.0)
"""Decibels between speech and noise."""


@dataclass(frozen=True, slots=True)
class Recording:
    """One picture or sound of a known person.

    Attributes:
        person: who.
        picture: gives uint8 RGB; None for a sound.
        sound: gives float32 mono at 16 kHz; None for a picture.
        groups: column of the manifest to value.
    """

    person: str
    picture: Callable[[], Picture] | None = None
    sound: Callable[[], Sound] | None = None
    groups: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Seen:
    """Samples with how well each was seen or heard.

    Attributes:
        quality: (n,) in [0, 1].
        seconds: (n,) of speech; 0 for faces.
        missed: recordings in which nobody was found.
    """

    samples: Samples
    quality: NDArray[np.float64]
    seconds: NDArray[np.float64]
    missed: int

    def where(self, chosen: NDArray[np.bool_]) -> Samples:
        """Those samples alone."""
        return self.samples.of(chosen)


class _Notes:
    """Samples as they come in."""

    def __init__(self, recordings: Sequence[Recording]) -> None:
        self._numbers = {name: n for n, name in enumerate(sorted({one.person for one in recordings}))}
        self._columns = sorted({name for one in recordings for name in one.groups})
        self._rows: list[tuple[NDArray[np.float32], int, int, float, float, Recording]] = []
        self.missed = 0

    def add(
        self, source: int, recording: Recording, vector: NDArray[np.float32], quality: float, seconds: float
    ) -> None:
        self._rows.append((vector, self._numbers[recording.person], source, quality, seconds, recording))

    def seen(self, dimensions: int) -> Seen:
        vectors = np.stack([row[0] for row in self._rows]) if self._rows else np.zeros((0, dimensions), np.float32)
        numbers = np.asarray([row[1:5] for row in self._rows], np.float64).reshape(-1, 4)
        groups = {name: [row[5].groups.get(name, "") for row in self._rows] for name in self._columns}
        people, sources = (numbers[:, column].astype(np.int64) for column in (0, 1))
        return Seen(Samples(vectors, people, sources, groups), numbers[:, 2], numbers[:, 3], self.missed)


def faces_of(
    recordings: Sequence[Recording],
    detector: FaceDetector,
    embedder: FaceEmbedder,
    *,
    poorer: np.random.Generator | None = None,
    chosen: Iterable[int] | None = None,
) -> Seen:
    """The most prominent face of every picture, or of the `chosen` ones made `poorer`."""
    notes = _Notes(recordings)
    for source in range(len(recordings)) if chosen is None else chosen:
        recording = recordings[source]
        if recording.picture is None:
            continue
        picture = recording.picture()
        if poorer is not None:
            picture = poorer_face(picture, poorer)
        views = views_of(picture, 0, detector, embedder)
        if not views:
            notes.missed += 1
            continue
        view = min(views, key=lambda one: _off_centre(one, picture))
        notes.add(source, recording, view.vector, view.quality, 0.0)
    return notes.seen(embedder.dimensions)


def _off_centre(view: FaceView, picture: Picture) -> float:
    """How far a face is from the middle, in its own widths: bystanders stand aside."""
    x, y, width, height = view.face.box
    across, down = x + width / 2 - picture.shape[1] / 2, y + height / 2 - picture.shape[0] / 2
    return float(np.hypot(across, down)) / max(width, 1.0)


def enrolled_voices(recordings: Sequence[Recording], activity: VoiceActivity, embedder: VoiceEmbedder) -> Seen:
    """Every clip as enrolment makes it."""
    notes = _Notes(recordings)
    for source, recording in enumerate(recordings):
        if recording.sound is None:
            continue
        vectors, spoken = one_voice([recording.sound()], activity, embedder)
        if len(vectors):
            notes.add(source, recording, vectors[0], 1.0, spoken)
        else:
            notes.missed += 1
    return notes.seen(embedder.dimensions)


def probe_voices(
    recordings: Sequence[Recording],
    activity: VoiceActivity,
    embedder: VoiceEmbedder,
    *,
    noise: np.random.Generator | None = None,
) -> Seen:
    """Every clip cut to several lengths, as examination hears it: the most heard voice. With `noise`, in noise."""
    notes = _Notes(recordings)
    for source, recording in enumerate(recordings):
        if recording.sound is None:
            continue
        whole = recording.sound()
        if noise is not None:
            whole = in_noise(whole, float(noise.uniform(*_RATIOS)), noise)
        shorter = [length for length in _LENGTHS if length * SAMPLE_RATE < whole.size]
        for sound in [*(middle(whole, length) for length in shorter), whole]:
            heard = voices_of(sound, activity, embedder)
            if not heard.voices:
                notes.missed += 1
                continue
            voice = heard.voices[0]
            notes.add(source, recording, voice.vector, voice.quality, voice.speech)
    return notes.seen(embedder.dimensions)

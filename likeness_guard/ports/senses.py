"""Who finds faces and voices and makes vectors of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]
"""uint8 RGB of shape (h, w, 3)."""

Sound = NDArray[np.float32]
"""float32 mono in [-1, 1] at 16 kHz, shape (m,)."""

Vectors = NDArray[np.float32]
"""float32 of shape (n, d); rows of unit length."""


@dataclass(frozen=True, slots=True)
class DetectedFace:
    """A face in a picture.

    Attributes:
        box: x, y, width, height in pixels; may reach beyond the picture.
        score: the detector's own confidence in [0, 1].
        landmarks: float64 (5, 2) in pixels.
        scheme: "dlib5" (the corners of both eyes, the base of the nose) or "arcface5" (eyes, nose, mouth corners).
        roll: degrees that the face is turned clockwise from upright, in (-180, 180], as far as the detector can say.
    """

    box: tuple[float, float, float, float]
    score: float
    landmarks: NDArray[np.float64]
    scheme: str = "dlib5"
    roll: float = 0.0


@dataclass(frozen=True, slots=True)
class Speech:
    """A stretch of speech.

    Attributes:
        start: seconds.
        end: seconds.
        sureness: mean probability of speech in [0, 1].
    """

    start: float
    end: float
    sureness: float


class FaceDetector(Protocol):
    """Finds faces."""

    def detect(self, pictures: Sequence[Picture]) -> tuple[tuple[DetectedFace, ...], ...]:
        """Every face of every picture, whichever way up, largest first, in the picture's own coordinates.

        Raises:
            Unavailable: the model is not installed.
        """
        ...


class FaceEmbedder(Protocol):
    """Makes a vector of a face."""

    version: str
    """Pack name and version; vectors of unlike versions do not compare."""
    dimensions: int

    def embed(self, faces: Sequence[tuple[Picture, DetectedFace]]) -> Vectors:
        """Unit vectors (n, dimensions) of faces and the pictures that they are in, in batches."""
        ...


class VoiceActivity(Protocol):
    """Finds speech: tones and music are none."""

    def speech(self, sound: Sound) -> tuple[Speech, ...]:
        """Stretches of speech in order of time, not overlapping."""
        ...


class VoiceEmbedder(Protocol):
    """Makes vectors of a voice.

    It may have an attribute ``same_voice: float``: the mean cosine of two groups of its windows from which they are one
    voice. Without it 0.64 is taken, which suits GE2E alone.
    """

    version: str
    """Pack name and version; vectors of unlike versions do not compare."""
    dimensions: int

    def partials(self, sound: Sound) -> tuple[Vectors, NDArray[np.float64]]:
        """Unit vectors (n, dimensions) of windows over `sound`, and their (n, 2) start and end in seconds.

        At least one window for a sound that is not empty.
        """
        ...


class VoiceEnhancer(Protocol):
    """Takes noise and music away from speech."""

    def enhanced(self, sound: Sound) -> Sound:
        """The speech of a sound, of the same length; empty for an empty one.

        Raises:
            Broken: the network's answer cannot be used.
        """
        ...


class LivenessDetector(Protocol):
    """Says whether a face is a living person's or a picture of one (presentation attack detection)."""

    version: str
    """Pack name and version."""
    threshold: float
    """Probability from which a face counts as alive."""

    def alive(self, faces: Sequence[tuple[Picture, DetectedFace]]) -> NDArray[np.float32]:
        """Probabilities (n,) in [0, 1] that the faces are alive; 0 where too little of a face is seen to say."""
        ...

"""Reading what is written in pictures, and hearing what is said in sound."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class ReadLine:
    """A line of text in a picture.

    Attributes:
        text: as read; a model's guess, letter by letter.
        confidence: mean probability of its letters, in [0, 1].
        box: x, y, width, height of the upright box around it, as shares of the picture, each in [0, 1].
    """

    text: str
    confidence: float
    box: tuple[float, float, float, float]


class TextReader(Protocol):
    """Reads text in pictures, without a network."""

    @property
    def version(self) -> str:
        """What reads, for the record of a decision; empty where nothing does."""
        ...

    def read(self, picture: NDArray[np.uint8]) -> tuple[ReadLine, ...]:
        """Every line of a picture, from top to bottom and from left to right.

        Args:
            picture: RGB of shape (h, w, 3).

        Raises:
            Unavailable: its models are not installed.
        """
        ...


@dataclass(frozen=True, slots=True)
class HeardPhrase:
    """A phrase that was heard.

    Attributes:
        phrase: as it was asked for.
        seconds: [start, end) in the sound.
        score: how much likelier it is than any other sound, in (0, 1]; comparable between phrases of one reader alone.
    """

    phrase: str
    seconds: tuple[float, float]
    score: float


class SpeechReader(Protocol):
    """Listens for phrases, without a network."""

    @property
    def version(self) -> str:
        """What listens, for the record of a decision; empty where nothing does."""
        ...

    @property
    def threshold(self) -> float:
        """The score from which it says that it heard a phrase."""
        ...

    def spot(self, sound: NDArray[np.float32], phrases: Sequence[str]) -> tuple[HeardPhrase, ...]:
        """Where phrases are said, in order of time.

        What it cannot pronounce (letters of another script, five words and more) it does not listen for.

        Args:
            sound: float32 mono at 16 kHz in [-1, 1].
            phrases: names and words, each once.

        Raises:
            Unavailable: its package is not installed.
        """
        ...


class NothingRead:
    """Reads no text: for a deployment that turned this off."""

    version = ""

    def read(self, picture: NDArray[np.uint8]) -> tuple[ReadLine, ...]:
        """Nothing."""
        del picture
        return ()


class NothingHeard:
    """Hears nothing: for a deployment that turned this off."""

    version = ""
    threshold = 1.0

    def spot(self, sound: NDArray[np.float32], phrases: Sequence[str]) -> tuple[HeardPhrase, ...]:
        """Nothing."""
        del sound, phrases
        return ()

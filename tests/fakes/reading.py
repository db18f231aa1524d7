"""Stand-ins for what reads pictures, listens and compares sentences."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from copyright_optout.ports.descriptions import Vectors
from generator_gateway.ports.reading import HeardPhrase, ReadLine
from trust_kernel.media.refs import SAMPLE_RATE

_WORDS = 64


@dataclass
class PaintedReader:
    """Reads what a test says is painted in a colour: the red of a picture's first pixel.

    Attributes:
        read_pictures: how many it was given.
    """

    painted: dict[int, tuple[ReadLine, ...]] = field(default_factory=dict)
    version: str = "painted-1"
    read_pictures: int = 0

    def read(self, picture: NDArray[np.uint8]) -> tuple[ReadLine, ...]:
        self.read_pictures += 1
        return self.painted.get(int(picture[0, 0, 0]), ())


@dataclass
class ScriptedListener:
    """Hears the phrases that a test says are said, one a second, where it is asked for them.

    Attributes:
        asked: the phrases of each call.
    """

    said: tuple[str, ...] = ()
    version: str = "scripted-1"
    threshold: float = 0.5
    asked: list[tuple[str, ...]] = field(default_factory=list)

    def spot(self, sound: NDArray[np.float32], phrases: Sequence[str]) -> tuple[HeardPhrase, ...]:
        self.asked.append(tuple(phrases))
        length = sound.size / SAMPLE_RATE
        return tuple(
            HeardPhrase(phrase, (float(second), second + 1.0), 0.6)
            for second, phrase in enumerate(self.said)
            if phrase in phrases and second < length
        )


class BagOfWords:
    """Compares texts by the words that they share.

    Attributes:
        passes: how many texts each call was given.
    """

    version = "words-1"

    def __init__(self) -> None:
        self.passes: list[int] = []

    def threshold(self, count: int) -> float:
        return 0.5 if count < 100 else 0.9

    def embed(self, texts: Sequence[str]) -> Vectors:
        self.passes.append(len(texts))
        rows = np.zeros((len(texts), _WORDS), np.float32)
        for row, text in enumerate(texts):
            for word in text.lower().replace(".", " ").split():
                rows[row, sum(map(ord, word)) % _WORDS] += 1
        unit: Vectors = rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9)
        return unit

"""Who follows heads through a recording."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from likeness_guard.ports.senses import Picture


@dataclass(frozen=True, slots=True)
class Head:
    """A head in a frame.

    Attributes:
        box: x, y, width, height in pixels; may reach beyond the frame.
        score: the detector's own confidence in [0, 1].
        points: float64 (5, 2) in pixels, "arcface5": the eye on the picture's left, the other eye, the tip of the
            nose, the mouth corner on the left, the other one.
    """

    box: tuple[float, float, float, float]
    score: float
    points: NDArray[np.float64]


class HeadFinder(Protocol):
    """Finds upright heads in many frames, quickly."""

    def heads(self, frames: Sequence[Picture]) -> tuple[tuple[Head, ...], ...]:
        """Every upright head of every uint8 RGB frame, largest first.

        Raises:
            Unavailable: the model is not installed.
        """
        ...

"""How a head was seen to move through one recording. Pure geometry of five points."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_NOSE_DEPTH = 0.5
"""How far the tip of the nose stands before the eyes and the corners of the mouth, in distances between these two.
Of a mean adult head (about 33 of 66 mm); it makes degrees of an offset, and an error of a fifth is one of a fifth."""
_FEW = 3


@dataclass(frozen=True, slots=True)
class Watched:
    """A recording, frame by frame. Where no head was seen, a frame's numbers are NaN.

    Attributes:
        times: float64 (n,), seconds of each frame.
        faces: int (n,): heads at least 0.4 times as wide as the largest.
        widths: float64 (n,): pixels of the largest, as recorded.
        light: float64 (n,): mean luma of it, or of the frame where there is none, 0 to 255.
        yaw: float64 (n,): degrees to the person's own left, from how they mostly looked.
        pitch: float64 (n,): degrees down, likewise.
        mouth: float64 (n,): how unlike the closed mouth the mouth is, less what the rest of the face is; about 0 for a
            mouth that is still, 0.1 and more for an open one. NaN where the head is turned.
        jumps: float64 (n,): how suddenly frame and head changed since the frame before; 1 is as much as a cut.
        depth: how far the five points left one plane, in distances between eyes and mouth: 95th percentile.
        sameness: lowest cosine of two glimpses of the face from first to last; None with fewer than two.
        same_from: cosine from which two are one person.
        speech: stretches in seconds, in order.
        alive: lowest probability that the face is no picture; None where nothing can tell.
        alive_from: from which it counts as alive; None likewise.
        pictures: frames for an enrolment, uint8 RGB, the frontal one first.
    """

    times: Floats
    faces: NDArray[np.intp]
    widths: Floats
    light: Floats
    yaw: Floats
    pitch: Floats
    mouth: Floats
    jumps: Floats
    depth: float
    sameness: float | None
    same_from: float
    speech: tuple[tuple[float, float], ...]
    alive: float | None
    alive_from: float | None
    pictures: tuple[NDArray[np.uint8], ...]


def angles(points: Floats) -> tuple[Floats, Floats]:
    """Yaw and pitch in degrees, each from its own median, of points (n, 5, 2) in "arcface5"; NaN stays NaN.

    The tip of the nose is nearer to the camera than eyes and mouth, so it moves against them when the head turns. What
    it is measured along, from eyes to mouth, turns with the head's roll.
    """
    across, along = _nose(points)
    return _degrees(across), _degrees(along)


def _nose(points: Floats) -> tuple[Floats, Floats]:
    eyes, mouth = points[:, :2].mean(axis=1), points[:, 3:].mean(axis=1)
    down = mouth - eyes
    length = np.maximum(np.linalg.norm(down, axis=1), 1e-6)
    unit = down / length[:, None]
    offset = (points[:, 2] - eyes) / length[:, None]
    # "across" is to the picture's right, which is the person's left
    return offset[:, 0] * unit[:, 1] - offset[:, 1] * unit[:, 0], (offset * unit).sum(axis=1)


def _degrees(offset: Floats) -> Floats:
    seen = offset[np.isfinite(offset)]
    usual = float(np.median(seen)) if seen.size else 0.0
    turned: Floats = np.degrees(np.arcsin(np.clip((offset - usual) / _NOSE_DEPTH, -1, 1)))
    return turned


def depth_of(points: Floats) -> float:
    """How far points (n, 5, 2) left the plane that they mostly formed; 0 where too few were seen.

    A photo that is turned or tilted stays one plane: what becomes of its points is an affine map.
    """
    seen = points[np.isfinite(points).all(axis=(1, 2))]
    if len(seen) < _FEW:
        return 0.0
    length = np.linalg.norm(seen[:, 3:].mean(axis=1) - seen[:, :2].mean(axis=1), axis=1)
    shaped = (seen - seen.mean(axis=1, keepdims=True)) / np.maximum(length, 1e-6)[:, None, None]
    usual = np.median(shaped, axis=0)
    base = np.column_stack([usual, np.ones(5)])
    fitted = base @ np.linalg.lstsq(base, np.concatenate(list(shaped), axis=1), rcond=None)[0]
    off = np.concatenate(list(shaped), axis=1) - fitted
    per_frame = np.sqrt((off.reshape(5, -1, 2) ** 2).sum(axis=2).mean(axis=0))
    return float(np.percentile(per_frame, 95))


def near(box: Sequence[float], other: Sequence[float]) -> float:
    """How far two boxes' middles are apart, in widths of the first."""
    x, y = box[0] + box[2] / 2 - other[0] - other[2] / 2, box[1] + box[3] / 2 - other[1] - other[3] / 2
    return float(np.hypot(x, y) / max(box[2], 1e-6))

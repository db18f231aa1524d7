"""Brings a face into the pose that a network was trained on, whichever five points its detector gives."""

import numpy as np
from numpy.typing import NDArray

from likeness_guard.adapters.dlib_graph import CHIP
from likeness_guard.adapters.onnx_face import chip_of
from likeness_guard.ports import DetectedFace, Picture
from trust_kernel.errors import InvalidInput

Points = NDArray[np.float64]

ARCFACE_SIDE = 112
ARCFACE: Points = np.asarray(
    [[38.2946, 51.6963], [73.5318, 51.5014], [56.0252, 71.7366], [41.5493, 92.3655], [70.7299, 92.2041]]
)
"""ArcFace's template for 112 x 112: eyes, nose, mouth corners (insightface.utils.face_align.arcface_dst)."""

_NOSE_BASE = 6.0 / 35.24
"""From the tip of the nose down to its base, dlib's fifth point, in distances between the eyes (measured)."""


def alignment(face: DetectedFace, template: Points) -> Points:
    """The 2x3 similarity that brings a face's landmarks nearest to `template`, (5, 2) in arcface5's order.

    A face with dlib's five points is aligned by the eyes and the base of the nose alone.

    Raises:
        InvalidInput: ``likeness:face:unalignable``, landmarks that are not finite or fall together, or an unknown
            scheme.
    """
    points, target = face.landmarks, template
    if face.scheme == "dlib5":
        # dlib: corners of the right-hand eye, corners of the left-hand eye, base of the nose
        points = np.stack([points[2:4].mean(axis=0), points[:2].mean(axis=0), points[4]])
        base = target[2] + np.asarray([0.0, _NOSE_BASE * np.linalg.norm(target[1] - target[0])])
        target = np.stack([target[0], target[1], base])
    elif face.scheme != "arcface5":
        raise _unalignable(f"landmarks of the scheme {face.scheme} are not known")
    return _similarity(points, target)


def arcface_crop(picture: Picture, face: DetectedFace, side: int) -> Picture:
    """The aligned face, uint8 RGB (side, side, 3); black where it reaches beyond the picture."""
    import cv2

    matrix = alignment(face, ARCFACE * (side / ARCFACE_SIDE))
    return np.asarray(cv2.warpAffine(picture, matrix, (side, side)), np.uint8)


def dlib_chip(picture: Picture, face: DetectedFace, side: int) -> Picture:
    """The chip that the shipped face pack sees, uint8 RGB (side, side, 3); raises InvalidInput for other landmarks."""
    import cv2

    chip = chip_of(picture, face)
    return chip if side == CHIP else np.asarray(cv2.resize(chip, (side, side), interpolation=cv2.INTER_AREA), np.uint8)


def _similarity(source: Points, target: Points) -> Points:
    """Rotation, scale and shift, without reflection, in least squares."""
    a, b = source - source.mean(axis=0), target - target.mean(axis=0)
    scale = float((a * a).sum())
    if not np.isfinite(scale) or scale < 1.0:  # points within a pixel of each other
        raise _unalignable("the landmarks fall together")
    cosine, sine = (a * b).sum() / scale, (a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]).sum() / scale
    turn = np.asarray([[cosine, -sine], [sine, cosine]])
    return np.concatenate([turn, (target.mean(axis=0) - turn @ source.mean(axis=0))[:, None]], axis=1)


def _unalignable(detail: str) -> InvalidInput:
    return InvalidInput(f"this face cannot be aligned: {detail}", code="likeness:face:unalignable")

"""dlib's face ResNet in ONNX Runtime, on chips aligned as dlib aligns them, but to a fraction of a pixel."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray

from likeness_guard.adapters.dlib_graph import CHIP
from likeness_guard.ports import DetectedFace, Picture, Vectors
from trust_kernel.errors import Broken, InvalidInput
from trust_kernel.inference.sessions import Session

_BATCH = 8
"""Faces that go through the network together; more gain nothing and cost memory."""
_LEAST_LENGTH = 1e-6
_MEAN_FACE = np.asarray(
    [
        [0.8595674595992, 0.2134981538014],
        [0.6460604764104, 0.2289674387677],
        [0.1205750620789, 0.2137274526848],
        [0.3340850613712, 0.2290642403242],
        [0.4901123135679, 0.6277975316475],
    ]
)
"""Where dlib's five points lie in an average face, as shares of it (dlib, `get_face_chip_details`)."""
_PADDING = 0.25
"""Margin around the face in the chip, as in dlib's training."""
_TARGET = (_PADDING + _MEAN_FACE) / (2 * _PADDING + 1) * CHIP


class OnnxDlibFace:
    """128 numbers a face; the chip and its mirror image are averaged (TAR at FMR 0.1 %: .946 to .956).

    Args:
        version: pack name and version.
        session: gives the loaded network.
        threads: batches that run side by side.
    """

    dimensions = 128

    def __init__(self, version: str, session: Callable[[], Session], threads: int = 2) -> None:
        self.version = version
        self._session = session
        self._threads = threads

    def embed(self, faces: Sequence[tuple[Picture, DetectedFace]]) -> Vectors:
        """Unit vectors (n, 128).

        Raises:
            InvalidInput: ``likeness:face:unalignable``, the landmarks are not dlib's five, not finite or one point.
            Broken: as for `embed_chips`.
        """
        batches = [faces[start : start + _BATCH] for start in range(0, len(faces), _BATCH)]
        if not batches:
            return np.zeros((0, self.dimensions), np.float32)
        if len(batches) == 1:
            return self._embed_batch(batches[0])
        with ThreadPoolExecutor(self._threads) as pool:
            return np.concatenate(list(pool.map(self._embed_batch, batches)))

    def _embed_batch(self, faces: Sequence[tuple[Picture, DetectedFace]]) -> Vectors:
        return self.embed_chips(np.stack([chip_of(picture, face) for picture, face in faces]))

    def embed_chips(self, chips: NDArray[np.uint8]) -> Vectors:
        """Unit vectors of aligned chips, uint8 RGB (n, 150, 150, 3).

        Raises:
            Broken: ``model:output:shape``, the network is another one; ``likeness:template:malformed``, it gives
                numbers that are not finite, or nothing.
        """
        both = np.concatenate([chips, chips[:, :, ::-1]]).transpose(0, 3, 1, 2).astype(np.float32)
        raw = self._session().run({"chips": both})[0]
        if raw.shape != (len(both), self.dimensions):
            raise Broken(
                f"the face network gives {raw.shape}, not {(len(both), self.dimensions)}", code="model:output:shape"
            )
        raw = _unit(raw)
        return _unit(raw[: len(chips)] + raw[len(chips) :])


def _unit(rows: Vectors) -> Vectors:
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    if not np.isfinite(lengths).all() or (lengths < _LEAST_LENGTH).any():
        raise Broken("the face network gave no usable numbers", code="likeness:template:malformed")
    return np.asarray(rows / lengths, np.float32)


def chip_of(picture: Picture, face: DetectedFace) -> Picture:
    """The aligned face, uint8 RGB (150, 150, 3); black where it reaches beyond the picture.

    dlib's own cut takes landmarks in whole pixels, which is coarse where the face is small.

    Raises:
        InvalidInput: ``likeness:face:unalignable``.
    """
    import cv2

    if face.scheme != "dlib5":
        raise _unalignable(f"this model aligns by dlib's five landmarks, not {face.scheme}")
    matrix = _alignment(face.landmarks)
    scale = float(np.hypot(*matrix[:, 0]))
    if scale < 1:  # a large face: average its pixels first, so that none is skipped
        picture, start = _surroundings(picture, matrix)
        size = (max(1, round(picture.shape[1] * scale)), max(1, round(picture.shape[0] * scale)))
        shrink = np.asarray([size[0] / picture.shape[1], size[1] / picture.shape[0]])
        picture = np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8)
        matrix = _alignment((face.landmarks - start + 0.5) * shrink - 0.5)
    return np.asarray(cv2.warpAffine(picture, matrix, (CHIP, CHIP), flags=cv2.INTER_LINEAR), np.uint8)


def _alignment(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """The 2x3 rotation, scale and shift that brings landmarks nearest to those of the chip (least squares)."""
    middle, target = points.mean(axis=0), _TARGET.mean(axis=0)
    a, b = ((part - part.mean(axis=0)) @ (1, 1j) for part in (points, _TARGET))
    spread = float((np.abs(a) ** 2).sum())
    if not np.isfinite(spread) or spread < 1.0:
        raise _unalignable("the landmarks fall together or are not finite")
    turn = complex(np.vdot(a, b)) / spread
    linear = np.asarray([[turn.real, -turn.imag], [turn.imag, turn.real]])
    return np.concatenate([linear, (target - linear @ middle)[:, None]], axis=1)


def _surroundings(picture: Picture, matrix: NDArray[np.float64]) -> tuple[Picture, NDArray[np.int64]]:
    """The part of the picture that the chip shows, and where it starts (x, y)."""
    corners = np.asarray([[0, 0], [CHIP, 0], [0, CHIP], [CHIP, CHIP]], np.float64)
    places = (corners - matrix[:, 2]) @ np.linalg.inv(matrix[:, :2]).T
    edges = np.asarray(picture.shape[1::-1])
    start = np.clip(np.floor(places.min(axis=0)).astype(np.int64) - 2, 0, edges - 1)
    end = np.clip(np.ceil(places.max(axis=0)).astype(np.int64) + 2, start + 1, edges)
    return picture[start[1] : end[1], start[0] : end[0]], start


def _unalignable(detail: str) -> InvalidInput:
    return InvalidInput(f"this face cannot be aligned: {detail}", code="likeness:face:unalignable")

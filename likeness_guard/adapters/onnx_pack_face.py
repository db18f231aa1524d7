"""Any ONNX face embedder that a manifest describes."""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from likeness_guard.adapters.alignment import arcface_crop, dlib_chip
from likeness_guard.adapters.recipes import FaceRecipe
from likeness_guard.adapters.vectors import checked, unit
from likeness_guard.ports import DetectedFace, Picture, Vectors
from trust_kernel.inference.sessions import Session


class OnnxPackFace:
    """Aligned crops through one network; its first input takes them, its first output gives the vectors.

    Args:
        version: of the pack, digest included.
        dimensions: length of its vectors.
        recipe: how it is fed.
        session: gives the loaded network.
    """

    def __init__(self, version: str, dimensions: int, recipe: FaceRecipe, session: Callable[[], Session]) -> None:
        self.version = version
        self.dimensions = dimensions
        self._recipe = recipe
        self._session = session

    def embed(self, faces: Sequence[tuple[Picture, DetectedFace]]) -> Vectors:
        """Unit vectors (n, dimensions).

        Raises:
            InvalidInput: ``likeness:face:unalignable``.
            Broken: ``model:output:shape``, ``model:output:not_finite``.
        """
        if not faces:
            return np.zeros((0, self.dimensions), np.float32)
        crop = arcface_crop if self._recipe.alignment == "arcface5" else dlib_chip
        crops = np.stack([crop(picture, face, self._recipe.side) for picture, face in faces])
        rows = unit(self._run(crops))
        if self._recipe.mirror:
            rows = unit(rows + unit(self._run(crops[:, :, ::-1])))
        return rows

    def _run(self, crops: NDArray[np.uint8]) -> NDArray[np.float32]:
        recipe, session = self._recipe, self._session()
        ordered = crops if recipe.channels == "rgb" else crops[..., ::-1]
        values = (ordered - np.asarray(recipe.mean, np.float32)) / np.asarray(recipe.std, np.float32)
        if recipe.layout == "nchw":
            values = values.transpose(0, 3, 1, 2)
        parts = [
            np.ascontiguousarray(values[at : at + recipe.batch], np.float32)
            for at in range(0, len(values), recipe.batch)
        ]
        name = session.inputs[0]
        return np.concatenate([checked(session.run({name: part})[0], len(part), self.dimensions) for part in parts])

"""Passive liveness by an ONNX network: is this face a person, or a picture of one?

Alignment and border rule are those of insightface's add-on (MIT), whose network is the one known to fit the defaults.
"""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from likeness_guard.adapters.alignment import alignment
from likeness_guard.adapters.recipes import LivenessRecipe
from likeness_guard.ports import DetectedFace, Picture
from trust_kernel.errors import Broken
from trust_kernel.inference.reasons import ModelReason
from trust_kernel.inference.sessions import Session

_TEMPLATE = np.asarray([[32.03, 38.06], [47.89, 37.98], [40.01, 47.08], [33.50, 56.36], [46.63, 56.29]])
"""Eyes, nose, mouth corners in a crop of 80 x 80 (insightface.addons.liveness)."""
_TEMPLATE_SIDE = 80
_MAX_OUTSIDE = 0.30
"""A crop with more than this share outside the picture is not judged."""


class OnnxLiveness:
    """A probability that each face is a living person's.

    Args:
        version: of the pack, digest included.
        recipe: how it is fed.
        session: gives the loaded network.
    """

    def __init__(self, version: str, recipe: LivenessRecipe, session: Callable[[], Session]) -> None:
        self.version = version
        self.threshold = recipe.threshold
        self._recipe = recipe
        self._session = session

    def alive(self, faces: Sequence[tuple[Picture, DetectedFace]]) -> NDArray[np.float32]:
        """Probabilities (n,) in [0, 1]; 0 where too much of the crop lies outside the picture to say.

        Raises:
            InvalidInput: ``likeness:face:unalignable``.
            Broken: ``model:output:shape``, ``model:output:not_finite``.
        """
        scores = np.zeros(len(faces), np.float32)
        crops = [self._crop(picture, face) for picture, face in faces]
        seen = [number for number, crop in enumerate(crops) if crop is not None]
        for at in range(0, len(seen), self._recipe.batch):
            part = seen[at : at + self._recipe.batch]
            scores[part] = self._run(np.stack([crop for number in part if (crop := crops[number]) is not None]))
        return scores

    def _crop(self, picture: Picture, face: DetectedFace) -> NDArray[np.float32] | None:
        import cv2

        side = self._recipe.side
        matrix = alignment(face, _TEMPLATE * (side / _TEMPLATE_SIDE))
        inside = cv2.warpAffine(np.ones(picture.shape[:2], np.float32), matrix, (side, side))
        if 1.0 - float(np.mean(inside)) > _MAX_OUTSIDE:
            return None
        crop = np.asarray(cv2.warpAffine(picture, matrix, (side, side), borderMode=cv2.BORDER_REPLICATE))
        if self._recipe.channels == "bgr":
            crop = crop[:, :, ::-1]
        values = (crop.astype(np.float32) - np.float32(self._recipe.mean)) / np.float32(self._recipe.std)
        return np.ascontiguousarray(values.transpose(2, 0, 1))

    def _run(self, crops: NDArray[np.float32]) -> NDArray[np.float32]:
        session = self._session()
        raw = np.asarray(session.run({session.inputs[0]: crops})[0], np.float32)
        if not np.isfinite(raw).all():
            raise Broken("the model gives numbers that are not finite", code=ModelReason.OUTPUT_NOT_FINITE)
        chances = raw.reshape(-1) if self._recipe.scores == "probability" else self._softmax(raw)
        if chances.shape != (len(crops),) or chances.min() < 0 or chances.max() > 1:
            raise Broken("the model does not give one probability a face", code=ModelReason.OUTPUT_SHAPE)
        return chances

    def _softmax(self, logits: NDArray[np.float32]) -> NDArray[np.float32]:
        if logits.ndim != 2 or logits.shape[1] <= self._recipe.live_class:  # noqa: PLR2004 - faces by classes
            raise Broken("the model has no such class", code=ModelReason.OUTPUT_SHAPE)
        powers = np.exp(logits - logits.max(axis=1, keepdims=True))
        return np.asarray((powers / powers.sum(axis=1, keepdims=True))[:, self._recipe.live_class], np.float32)

"""How characters look, as a network sees it: any ONNX image model that a manifest describes (SigLIP, DINOv2, CLIP)."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from trust_kernel.errors import Broken
from trust_kernel.inference.manifests import PackManifest, malformed
from trust_kernel.inference.reasons import ModelReason
from trust_kernel.inference.sessions import Session, SessionFactory

KIND = "looks-embedder"
ADAPTER = "onnx-looks"

Picture = NDArray[np.uint8]
Vectors = NDArray[np.float32]
_Number = Annotated[float, Field(ge=-1e4, le=1e4, allow_inf_nan=False)]
_Scale = Annotated[float, Field(gt=1e-6, le=1e4, allow_inf_nan=False)]
_LEAST_DIMENSIONS = 8
_SMALLEST_NORM = 1e-6
_TOKENS = 3
"""Dimensions of an output that gives a vector for each part of the picture: (n, tokens, d)."""


class LooksRecipe(BaseModel):
    """How the network is fed, and read.

    Attributes:
        side: of the square that it takes, in pixels.
        fit: "crop" takes the middle square, "pad" adds black bars, "stretch" neither.
        mean: taken from each value in [0, 255], for all channels or for each in the network's own order.
        std: what the rest is divided by.
        channels: order that the network wants.
        layout: of its input.
        output: which of its outputs is read.
        pool: of an output with a vector for each part of the picture, "first" reads the first (the class token), "mean"
            averages them; an output of one vector a picture needs neither.
        threshold: cosine from which two pictures look alike enough for a person to judge; depends on the model.
        batch: most pictures in one call.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    side: Annotated[int, Field(ge=32, le=1024)] = 224
    fit: Literal["crop", "pad", "stretch"] = "stretch"
    mean: _Number | tuple[_Number, _Number, _Number] = 127.5
    std: _Scale | tuple[_Scale, _Scale, _Scale] = 127.5
    channels: Literal["rgb", "bgr"] = "rgb"
    layout: Literal["nchw", "nhwc"] = "nchw"
    output: Annotated[int, Field(ge=0, le=15)] = 0
    pool: Literal["first", "mean"] = "first"
    threshold: Annotated[float, Field(gt=0.0, lt=1.0)] = 0.85
    batch: Annotated[int, Field(ge=1, le=64)] = 8


def looks_recipe(manifest: PackManifest) -> LooksRecipe:
    """The checked `input` of a manifest.

    Raises:
        InvalidInput: ``model:manifest:malformed``.
    """
    if (manifest.adapter, manifest.kind) != (ADAPTER, KIND):
        raise malformed(f"no adapter {manifest.adapter} for {manifest.kind} (known: {ADAPTER} for {KIND})", "adapter")
    if not manifest.files[0].path.endswith(".onnx"):
        raise malformed("the first file is not an .onnx file", "files")
    if manifest.output.dimensions < _LEAST_DIMENSIONS:
        raise malformed("an embedder gives at least eight numbers", "output.dimensions")
    try:
        return LooksRecipe.model_validate({name: _listed(value) for name, value in manifest.input.items()})
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        where = ".".join(str(part) for part in ("input", *first["loc"]))
        raise malformed(f"{where}: {first['msg']}"[:300], where) from error


def _listed(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


class OnnxLooks:
    """Pictures through one network; the file is loaded on first use.

    Args:
        manifest: of the pack.
        folder: gives where its files are, checked.
        sessions: shares loaded networks.
    """

    def __init__(self, manifest: PackManifest, folder: Callable[[], Path], sessions: SessionFactory) -> None:
        self.version = manifest.model_version
        self.dimensions = manifest.output.dimensions
        self._recipe = looks_recipe(manifest)
        self.threshold = self._recipe.threshold
        self._file = manifest.files[0].path
        self._folder = folder
        self._sessions = sessions

    @property
    def is_installed(self) -> bool:
        """It is."""
        return True

    def embed(self, pictures: Sequence[Picture]) -> Vectors:
        """Unit vectors (n, dimensions) of pictures, uint8 RGB (h, w, 3).

        Raises:
            Broken: ``model:output:shape``, ``model:output:not_finite``, ``model:output:constant``.
        """
        batch = self._recipe.batch
        session = self._sessions.load(self._folder() / self._file)
        parts = [self._run(session, pictures[at : at + batch]) for at in range(0, len(pictures), batch)]
        return np.concatenate([np.zeros((0, self.dimensions), np.float32), *parts])

    def _run(self, session: Session, pictures: Sequence[Picture]) -> Vectors:
        recipe = self._recipe
        squares = np.stack([_square(picture, recipe) for picture in pictures]).astype(np.float32)
        ordered = squares if recipe.channels == "rgb" else squares[..., ::-1]
        values = (ordered - np.asarray(recipe.mean, np.float32)) / np.asarray(recipe.std, np.float32)
        if recipe.layout == "nchw":
            values = values.transpose(0, 3, 1, 2)
        outputs = session.run({session.inputs[0]: np.ascontiguousarray(values, np.float32)})
        if recipe.output >= len(outputs):
            raise Broken("the model has no such output", code=ModelReason.OUTPUT_SHAPE)
        return self._vectors(np.asarray(outputs[recipe.output]), len(pictures))

    def _vectors(self, rows: NDArray[np.float32], count: int) -> Vectors:
        if rows.ndim == _TOKENS and rows.shape[1]:
            rows = rows[:, 0] if self._recipe.pool == "first" else rows.mean(axis=1)
        if rows.shape != (count, self.dimensions):
            detail = f"the model gave {rows.shape}, not {(count, self.dimensions)}"
            raise Broken(detail, code=ModelReason.OUTPUT_SHAPE)
        if not np.isfinite(rows).all():
            raise Broken("the model gave numbers that are not finite", code=ModelReason.OUTPUT_NOT_FINITE)
        norms = np.linalg.norm(rows, axis=1, keepdims=True)
        if norms.min(initial=1.0) < _SMALLEST_NORM:
            raise Broken("the model gives vectors of zeros", code=ModelReason.OUTPUT_CONSTANT)
        return np.asarray(rows / norms, np.float32)


def _square(picture: Picture, recipe: LooksRecipe) -> Picture:
    import cv2

    height, width = picture.shape[:2]
    if recipe.fit == "crop":
        side = min(height, width)
        top, left = (height - side) // 2, (width - side) // 2
        picture = picture[top : top + side, left : left + side]
    elif recipe.fit == "pad":
        side = max(height, width)
        framed = np.zeros((side, side, 3), np.uint8)
        top, left = (side - height) // 2, (side - width) // 2
        framed[top : top + height, left : left + width] = picture
        picture = framed
    method = cv2.INTER_AREA if min(picture.shape[:2]) > recipe.side else cv2.INTER_CUBIC
    resized = cv2.resize(np.ascontiguousarray(picture), (recipe.side, recipe.side), interpolation=method)
    return np.asarray(resized, np.uint8)

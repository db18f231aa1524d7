"""What an unknown face is: a person, a drawing, a blur, or somebody in a crowd.

Nobody need consent to a drawn figure; but a photograph under a drawing filter still shows the person, and no measure
that was tried tells it from a drawing once the filter is a new one (docs/accuracy.md, Strangers). So a face that looks
drawn is never cleared: a person looks at it. What is cleared is what shows nobody: a face of too few pixels or too
little detail for anybody to be told by, or one of many small ones in a crowd.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from likeness_guard.domain import Band
from likeness_guard.ports import DetectedFace, Picture
from likeness_guard.service.faces import FaceTrack
from trust_kernel.errors import Broken

_NOBODY_SIDE = 13.0
"""Pixels of face below which nobody is recognised: of LFW's people, shrunk, 0 of 110 at 11 pixels."""
_ANYBODY_SIDE = 20.0
"""Pixels from which somebody is: 40 % of them at 19, against 10 % at 15."""
_NOBODY_DETAIL = 0.015
"""Fine detail below which nobody is recognised: faces of 108 pixels blurred by a Gaussian of sigma 6, none of 70."""
_ANYBODY_DETAIL = 0.05
"""Detail from which somebody is: at sigma 4, about 0.06, a fifth of them; at sigma 3, about 0.12, two fifths."""
_CROWD = 8
"""Faces in one frame that make a crowd."""
_CROWD_SIDE = 48.0
_CROWD_SHARE = 1 / 16
"""A face in a crowd is one of its many when it is smaller than this, in pixels, and in shares of the longer side."""
_GREY = np.asarray([0.299, 0.587, 0.114])
_CLEAREST = 3
"""Views whose detail is measured."""
_PATCH = 64
_ENOUGH = 4 * _PATCH
_CYCLES = 8
"""Cycles across a face below which nobody recognises it (Harmon, The recognition of faces, 1973)."""


class FaceNature(StrEnum):
    """What a face is."""

    PERSON = "person"
    """A photographed person, as far as can be told."""
    DRAWN = "drawn"
    """Drawn, modelled or filtered: more like drawings than like photographs."""
    UNCLEAR = "unclear"
    """So small or blurred that few, or none, could be recognised."""
    BYSTANDER = "bystander"
    """One of many small faces."""


@dataclass(frozen=True, slots=True)
class Nature:
    """What a face is taken for.

    Attributes:
        kind: what it is.
        drawn: probability that it is drawn, in [0, 1], where drawings and photographs are equally common; 0 where no
            model says.
        side: of the largest view, in pixels.
        detail: of the sharpest view (see `detail_of`).
    """

    kind: FaceNature
    drawn: float
    side: float
    detail: float


@dataclass(frozen=True, slots=True)
class DrawnModel:
    """A logistic regression on a face embedder's unit vector: drawings have a direction of their own there.

    Attributes:
        version: of the embedder that it was fitted with; it says nothing about another's vectors.
        weights: float64 (d,).
        offset: added to the product.
        drawn_from: the sum from which a face counts as drawn.
    """

    version: str
    weights: NDArray[np.float64]
    offset: float
    drawn_from: float

    def score(self, vectors: NDArray[np.float32]) -> NDArray[np.float64]:
        """Log-odds (n,) of "drawn" for unit vectors (n, d)."""
        return np.asarray(vectors.astype(np.float64) @ self.weights + self.offset)


def drawn_model_of(document: Mapping[str, Any]) -> DrawnModel:
    """Read a document as `benchmarks/strangers.py` writes it.

    Raises:
        Broken: ``likeness:nature:malformed``.
    """
    try:
        weights = np.asarray(document["weights"], np.float64)
        offset, drawn_from = float(document["offset"]), float(document["drawn_from"])
        version = str(document["version"])
    except (KeyError, TypeError, ValueError) as error:
        raise Broken("the file that tells drawings cannot be read", code="likeness:nature:malformed") from error
    if weights.ndim != 1 or not weights.size or not np.isfinite([*weights, offset, drawn_from]).all():
        raise Broken("the file that tells drawings holds no plain numbers", code="likeness:nature:malformed")
    return DrawnModel(version, weights, offset, drawn_from)


class NatureJudge:
    """Says what the faces of strangers are.

    Args:
        model: tells drawings; without it, or with another embedder's vectors, no face counts as drawn.
    """

    def __init__(self, model: DrawnModel | None) -> None:
        self._model = model

    def natures_of(self, tracks: Sequence[FaceTrack], frames: NDArray[np.uint8], version: str) -> tuple[Nature, ...]:
        """The nature of each face track, in order; every track of a look is given, because a crowd is told by them.

        Args:
            tracks: of one look.
            frames: its frames, uint8 RGB (n, h, w, 3).
            version: of the embedder that made the tracks' vectors.
        """
        crowd = _faces_by_frame(tracks)
        return tuple(self._nature(track, frames, version, crowd) for track in tracks)

    def _nature(self, track: FaceTrack, frames: NDArray[np.uint8], version: str, crowd: Mapping[int, int]) -> Nature:
        side = max(min(view.face.box[2:]) for view in track.views)
        clearest = sorted(track.views, key=lambda view: -view.quality)[:_CLEAREST]
        detail = max(detail_of(frames[view.frame], view.face) for view in clearest)
        drawn = self._drawn(track, version)
        probability = 0.0 if drawn is None else float(1 / (1 + np.exp(-np.clip(drawn, -50, 50))))
        return Nature(self._kind(track, frames, side, detail, drawn, crowd), probability, side, detail)

    def _kind(
        self,
        track: FaceTrack,
        frames: NDArray[np.uint8],
        side: float,
        detail: float,
        drawn: float | None,
        crowd: Mapping[int, int],
    ) -> FaceNature:
        if side < _ANYBODY_SIDE or detail < _ANYBODY_DETAIL:
            return FaceNature.UNCLEAR
        longest = max(frames.shape[1:3])
        if all(crowd[view.frame] >= _CROWD for view in track.views) and side < min(_CROWD_SIDE, longest * _CROWD_SHARE):
            return FaceNature.BYSTANDER
        if drawn is not None and self._model is not None and drawn >= self._model.drawn_from:
            return FaceNature.DRAWN
        return FaceNature.PERSON

    def _drawn(self, track: FaceTrack, version: str) -> float | None:
        """Log-odds of "drawn" by the view that looks most like a photograph: one such is enough for a person."""
        if self._model is None or version != self._model.version:
            return None
        return float(self._model.score(np.stack([view.vector for view in track.views])).min())


def stranger_band(nature: Nature) -> Band:
    """What an unknown face means: MATCH is denied, UNSURE is held for a reviewer, NONE says nothing.

    A person is denied. What looks drawn is held, and what few could recognise. Nobody can be told by a face below both
    limits, and one of a crowd is not its subject: nothing is said of them.
    """
    match nature.kind:
        case FaceNature.PERSON:
            return Band.MATCH
        case FaceNature.DRAWN:
            return Band.UNSURE
        case FaceNature.BYSTANDER:
            return Band.NONE
        case FaceNature.UNCLEAR:
            shows_nobody = nature.side < _NOBODY_SIDE or nature.detail < _NOBODY_DETAIL
            return Band.NONE if shows_nobody else Band.UNSURE


def detail_of(picture: Picture, face: DetectedFace) -> float:
    """How much of a face is finer than `_CYCLES` cycles across it: a ratio of amplitudes, about 0 to 1.

    Size does not matter to it, sharpness does: an enlarged small face has little. Noise counts as detail, so it errs
    towards "can be recognised".
    """
    x, y, width, height = face.box
    top, bottom, left, right = (max(0, int(v)) for v in (y, y + height, x, x + width))
    crop = picture[top:bottom, left:right]
    if min(crop.shape[:2]) < 2 or crop.max() == crop.min():  # noqa: PLR2004 - a line has no detail
        return 0.0
    thin = max(1, min(crop.shape[:2]) // _ENOUGH)  # what this adds by aliasing counts as detail, on the safe side
    grey = _resampled(_resampled(crop[::thin, ::thin] @ _GREY).T).T
    window = np.hanning(_PATCH)
    power = np.abs(np.fft.rfft2((grey - grey.mean()) * window[:, None] * window)) ** 2
    cycles = np.hypot(np.fft.fftfreq(_PATCH, 1 / _PATCH)[:, None], np.fft.rfftfreq(_PATCH, 1 / _PATCH))
    coarse = float(power[(cycles >= 2) & (cycles < _CYCLES)].sum())  # noqa: PLR2004 - slower is light, not a face
    fine = float(power[(cycles >= _CYCLES) & (cycles < 3 * _CYCLES)].sum())
    return float(np.sqrt(fine / coarse)) if coarse > 0 else 0.0


def _resampled(rows: NDArray[np.float64]) -> NDArray[np.float64]:
    """(h, w) to (_PATCH, w) by a triangle filter as wide as a step."""
    height = rows.shape[0]
    step = height / _PATCH
    centres = (np.arange(_PATCH) + 0.5) * step - 0.5
    weights = np.maximum(0.0, 1 - np.abs(centres[:, None] - np.arange(height)) / max(1.0, step))
    weights = weights / np.maximum(weights.sum(axis=1, keepdims=True), 1e-9)
    return np.asarray(weights @ rows, np.float64)


def _faces_by_frame(tracks: Sequence[FaceTrack]) -> Mapping[int, int]:
    counts: dict[int, int] = {}
    for track in tracks:
        for view in track.views:
            counts[view.frame] = counts.get(view.frame, 0) + 1
    return counts

"""From frames to face tracks: one pooled vector for each person who passes through the picture."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from likeness_guard.domain import Box
from likeness_guard.ports import DetectedFace, FaceDetector, FaceEmbedder, Picture
from trust_kernel.media.refs import Look

_GOOD_SIDE = 80.0
"""Pixels of face from which size no longer costs quality: what the landmark model was trained on."""
_GOOD_SHARPNESS = 60.0
"""Variance of the Laplacian of a 64-pixel grey face from which sharpness no longer costs quality."""
_GREY = np.asarray([0.299, 0.587, 0.114])
_PATCH = 64
_JOIN_OVERLAP = 0.3
_JOIN_NEAR = 0.88
"""Cosine that an overlapping face must have to stay on its track: a face that changes person starts a new one."""
_JOIN_FAR = 0.94
"""Cosine that joins a face that moved: about the match threshold of a small gallery."""


@dataclass(frozen=True, slots=True)
class FaceView:
    """One face in one frame.

    Attributes:
        frame: number of the frame.
        vector: unit vector.
        quality: [0, 1], from size, sharpness and the detector's confidence.
    """

    frame: int
    face: DetectedFace
    vector: NDArray[np.float32]
    quality: float


@dataclass(slots=True)
class FaceTrack:
    """One person over time."""

    views: list[FaceView] = field(default_factory=list)

    @property
    def vector(self) -> NDArray[np.float32]:
        """Quality-weighted mean of the views, of unit length."""
        return pooled([view.vector for view in self.views], [0.1 + view.quality for view in self.views])

    @property
    def best(self) -> FaceView:
        """The best view."""
        return max(self.views, key=lambda view: view.quality)


def pooled(vectors: Sequence[NDArray[np.float32]], weights: Sequence[float] | None = None) -> NDArray[np.float32]:
    """Weighted mean of unit vectors, brought back to unit length."""
    mean = np.average(np.stack(vectors), axis=0, weights=weights)
    return np.asarray(mean / max(float(np.linalg.norm(mean)), 1e-12), np.float32)


def views_of(picture: Picture, frame: int, detector: FaceDetector, embedder: FaceEmbedder) -> list[FaceView]:
    """Every face of one frame, largest first."""
    faces = detector.detect(picture)
    vectors = embedder.embed(picture, faces)
    return [
        FaceView(frame, face, vector, quality_of(picture, face)) for face, vector in zip(faces, vectors, strict=True)
    ]


def tracks_of(look: Look, detector: FaceDetector, embedder: FaceEmbedder) -> list[FaceTrack]:
    """Link the faces of all frames: by overlap of boxes and by likeness."""
    tracks: list[FaceTrack] = []
    for number in range(len(look.frames)):
        free = list(tracks)
        for view in views_of(look.frames[number], number, detector, embedder):
            track = _continued(view, free)
            if track is None:
                tracks.append(FaceTrack([view]))
            else:
                track.views.append(view)
                free.remove(track)
    return tracks


def _continued(view: FaceView, free: Sequence[FaceTrack]) -> FaceTrack | None:
    best, best_likeness = None, -1.0
    for track in free:
        likeness = float(view.vector @ track.vector)
        near = _overlap(view.face.box, track.views[-1].face.box) >= _JOIN_OVERLAP
        if likeness >= (_JOIN_NEAR if near else _JOIN_FAR) and likeness > best_likeness:
            best, best_likeness = track, likeness
    return best


def _overlap(a: tuple[float, ...], b: tuple[float, ...]) -> float:
    wide = min(a[0] + a[2], b[0] + b[2]) - max(a[0], b[0])
    high = min(a[1] + a[3], b[1] + b[3]) - max(a[1], b[1])
    common = max(0.0, wide) * max(0.0, high)
    return common / (a[2] * a[3] + b[2] * b[3] - common) if common else 0.0


def quality_of(picture: Picture, face: DetectedFace) -> float:
    """How well a face is seen, in [0, 1]: size times sharpness times the detector's confidence."""
    x, y, width, height = face.box
    top, left = max(0, int(y)), max(0, int(x))
    crop = picture[top : int(y + height), left : int(x + width)]
    if min(crop.shape[:2]) < 8:  # noqa: PLR2004 - fewer pixels than this hold no face
        return 0.0
    rows = np.linspace(0, crop.shape[0] - 1, _PATCH).astype(int)
    columns = np.linspace(0, crop.shape[1] - 1, _PATCH).astype(int)
    grey = crop[rows][:, columns] @ _GREY
    inner = grey[1:-1, 1:-1]
    laplacian = grey[:-2, 1:-1] + grey[2:, 1:-1] + grey[1:-1, :-2] + grey[1:-1, 2:] - 4 * inner
    sharpness = min(1.0, float(laplacian.var()) / _GOOD_SHARPNESS)
    return min(1.0, width / _GOOD_SIDE) * (0.3 + 0.7 * sharpness) * face.score


def box_shares(box: tuple[float, float, float, float], width: int, height: int) -> Box:
    """A pixel box as shares of the picture, cut at its edges."""
    x0, x1 = (min(1.0, max(0.0, v / width)) for v in (box[0], box[0] + box[2]))
    y0, y1 = (min(1.0, max(0.0, v / height)) for v in (box[1], box[1] + box[3]))
    return x0, y0, x1 - x0, y1 - y0


def portrait_of(picture: Picture, face: DetectedFace, side: int = 512) -> Picture:
    """Head and shoulders, at most `side` pixels a side, never enlarged."""
    x, y, width, height = face.box
    reach = 1.35 * max(width, height)
    across, down = x + width / 2, y + height * 0.62
    left, right = max(0, int(across - reach)), min(picture.shape[1], int(across + reach))
    top, bottom = max(0, int(down - reach)), min(picture.shape[0], int(down + reach))
    crop = picture[top:bottom, left:right]
    step = max(crop.shape[:2]) / side
    if step <= 1:
        return crop.copy()
    return _shrunk(crop, step)


def _shrunk(crop: Picture, step: float) -> Picture:
    """Mean over cells of `step` pixels (area averaging), by sums over rows, then columns."""
    floats = crop.astype(np.float64)
    for axis in (0, 1):
        size = int(floats.shape[axis] / step)
        edges = (np.arange(size + 1) * step).astype(int)
        sums = np.add.reduceat(floats, edges[:-1], axis=axis)
        counts = np.diff(np.append(edges[:-1], floats.shape[axis]))
        floats = sums / np.expand_dims(counts, tuple(n for n in range(floats.ndim) if n != axis))
    return np.asarray(np.clip(np.round(floats), 0, 255), np.uint8)

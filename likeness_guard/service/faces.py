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
_THUMB = 16
_LEAST_PIXELS = 8
"""Fewer pixels than this a side hold no face."""
_SAME_LEVELS, _SAME_SHARE = 2.0, 0.1
"""Two thumbnails are one picture if no cell differs by more than 2 of 255 levels, or a tenth of their contrast: what
compression leaves of a face that holds still. Anything laxer would let one face hide behind another's vector."""
_RECENT = 2
"""Frames back that a face is compared with, so that the cost of a crowd stays linear in time."""
_JOIN_OVERLAP = 0.3
_JOIN_NEAR = 0.91
"""Cosine that an overlapping face must have to stay on its track: a face that changes person starts a new one."""
_JOIN_FAR = 0.94
"""Cosine that joins a face that moved: about the match threshold of a small gallery."""

_PixelBox = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class FaceView:
    """One face in one frame.

    Attributes:
        frame: number of the frame.
        vector: unit vector; views that are one picture of one face share the vector of the best of them.
        quality: [0, 1], from size, sharpness and the detector's confidence.
    """

    frame: int
    face: DetectedFace
    vector: NDArray[np.float32]
    quality: float


@dataclass(slots=True)
class FaceTrack:
    """One person over time.

    Attributes:
        views: in order of time, at most one a frame.
    """

    views: list[FaceView] = field(default_factory=list)

    @property
    def vector(self) -> NDArray[np.float32]:
        """Quality-weighted mean of the views, of unit length."""
        return pooled_views(self.views, [view.vector for view in self.views])

    @property
    def best(self) -> FaceView:
        """The best view."""
        return max(self.views, key=lambda view: view.quality)


@dataclass(frozen=True, slots=True)
class _Glimpse:
    """A face before it has a vector.

    Attributes:
        thumb: float64 (16, 16, 3), means of the face's cells in [0, 255]; None where next to nothing is in the picture.
    """

    frame: int
    face: DetectedFace
    quality: float
    thumb: NDArray[np.float64] | None


def pooled(vectors: Sequence[NDArray[np.float32]], weights: Sequence[float] | None = None) -> NDArray[np.float32]:
    """Weighted mean of unit vectors, brought back to unit length."""
    mean = np.average(np.stack(vectors), axis=0, weights=weights)
    return np.asarray(mean / max(float(np.linalg.norm(mean)), 1e-12), np.float32)


def pooled_views(views: Sequence[FaceView], vectors: Sequence[NDArray[np.float32]]) -> NDArray[np.float32]:
    """Quality-weighted mean of the vectors that some model made of some views, of unit length."""
    return pooled(vectors, [0.1 + view.quality for view in views])


def views_of(picture: Picture, frame: int, detector: FaceDetector, embedder: FaceEmbedder) -> list[FaceView]:
    """Every face of one frame, largest first."""
    faces = detector.detect([picture])[0]
    vectors = embedder.embed([(picture, face) for face in faces])
    return [
        FaceView(frame, face, vector, quality_of(picture, face)) for face, vector in zip(faces, vectors, strict=True)
    ]


def tracks_of(look: Look, detector: FaceDetector, embedder: FaceEmbedder) -> list[FaceTrack]:
    """Link the faces of all frames: by overlap of boxes and by likeness.

    Every frame is searched and every face has a vector; a face that holds still shares one.
    """
    seen = detector.detect(list(look.frames))
    glimpses = [_glimpse(look.frames[number], number, face) for number, faces in enumerate(seen) for face in faces]
    leaders = _leaders(glimpses)
    chosen = sorted(set(leaders))
    vectors = embedder.embed([(look.frames[glimpses[at].frame], glimpses[at].face) for at in chosen])
    row = {at: number for number, at in enumerate(chosen)}
    tracks: list[FaceTrack] = []
    views = [
        FaceView(glimpse.frame, glimpse.face, vectors[row[leader]], glimpse.quality)
        for glimpse, leader in zip(glimpses, leaders, strict=True)
    ]
    start = 0
    for faces in seen:
        _join(views[start : start + len(faces)], tracks)
        start += len(faces)
    return tracks


def _leaders(glimpses: Sequence[_Glimpse]) -> list[int]:
    """For each glimpse the best one of those that are the same picture, by number.

    Each is compared with the first of its kind, not with the one before, so that no slow change is overlooked.
    """
    kinds: list[list[int]] = []
    for number, glimpse in enumerate(glimpses):
        for kind in reversed(kinds):
            if glimpse.frame - glimpses[kind[-1]].frame <= _RECENT and _same(glimpses[kind[0]], glimpse):
                kind.append(number)
                break
        else:
            kinds.append([number])
    leaders = [0] * len(glimpses)
    for kind in kinds:
        best = max(kind, key=lambda number: glimpses[number].quality)
        for number in kind:
            leaders[number] = best
    return leaders


def _same(one: _Glimpse, other: _Glimpse) -> bool:
    if one.frame == other.frame or one.thumb is None or other.thumb is None:
        return False
    if _overlap(one.face.box, other.face.box) < _JOIN_OVERLAP:
        return False
    limit = min(_SAME_LEVELS, _SAME_SHARE * float(one.thumb.std()))
    return bool(np.abs(one.thumb - other.thumb).max() <= limit)


def _join(views: Sequence[FaceView], tracks: list[FaceTrack]) -> None:
    """Put the faces of one frame on tracks, the most alike first; the rest start new ones."""
    free = list(range(len(views)))
    if views and tracks:
        likeness = np.stack([view.vector for view in views]) @ np.stack([track.vector for track in tracks]).T
        for place in np.argsort(-likeness, axis=None, kind="stable").tolist():
            number, other = divmod(place, likeness.shape[1])
            track, score = tracks[other], float(likeness[number, other])
            if score < _JOIN_NEAR:
                break
            taken = number not in free or track.views[-1].frame == views[number].frame
            if not taken and (score >= _JOIN_FAR or _near(views[number], track)):
                track.views.append(views[number])
                free.remove(number)
    tracks += [FaceTrack([views[number]]) for number in free]


def _near(view: FaceView, track: FaceTrack) -> bool:
    return _overlap(view.face.box, track.views[-1].face.box) >= _JOIN_OVERLAP


def _overlap(a: _PixelBox, b: _PixelBox) -> float:
    wide = min(a[0] + a[2], b[0] + b[2]) - max(a[0], b[0])
    high = min(a[1] + a[3], b[1] + b[3]) - max(a[1], b[1])
    common = max(0.0, wide) * max(0.0, high)
    return common / (a[2] * a[3] + b[2] * b[3] - common) if common else 0.0


def quality_of(picture: Picture, face: DetectedFace) -> float:
    """How well a face is seen, in [0, 1]: size times sharpness times the detector's confidence."""
    patch = _patch(picture, face)
    return 0.0 if patch is None else _quality(patch, face)


def _glimpse(picture: Picture, frame: int, face: DetectedFace) -> _Glimpse:
    patch = _patch(picture, face)
    if patch is None:
        return _Glimpse(frame, face, 0.0, None)
    cell = _PATCH // _THUMB
    thumb = patch.reshape(_THUMB, cell, _THUMB, cell, 3).mean(axis=(1, 3), dtype=np.float64)
    return _Glimpse(frame, face, _quality(patch, face), thumb)


def _patch(picture: Picture, face: DetectedFace) -> Picture | None:
    """The part of the face inside the picture, 64 by 64 pixels; None where next to nothing is inside."""
    x, y, width, height = face.box
    top, left = max(0, int(y)), max(0, int(x))
    crop = picture[top : max(0, int(y + height)), left : max(0, int(x + width))]
    if min(crop.shape[:2]) < _LEAST_PIXELS:
        return None
    rows = np.linspace(0, crop.shape[0] - 1, _PATCH).astype(int)
    columns = np.linspace(0, crop.shape[1] - 1, _PATCH).astype(int)
    return np.asarray(crop[rows][:, columns], np.uint8)


def _quality(patch: Picture, face: DetectedFace) -> float:
    grey = patch @ _GREY
    inner = grey[1:-1, 1:-1]
    laplacian = grey[:-2, 1:-1] + grey[2:, 1:-1] + grey[1:-1, :-2] + grey[1:-1, 2:] - 4 * inner
    sharpness = min(1.0, float(laplacian.var()) / _GOOD_SHARPNESS)
    return min(1.0, face.box[2] / _GOOD_SIDE) * (0.3 + 0.7 * sharpness) * face.score


def box_shares(box: _PixelBox, width: int, height: int) -> Box:
    """A pixel box as shares of the picture, cut at its edges."""
    x0, x1 = (min(1.0, max(0.0, v / width)) for v in (box[0], box[0] + box[2]))
    y0, y1 = (min(1.0, max(0.0, v / height)) for v in (box[1], box[1] + box[3]))
    return x0, y0, x1 - x0, y1 - y0


def portrait_of(picture: Picture, face: DetectedFace, side: int = 512) -> Picture:
    """Head and shoulders, at most `side` pixels a side, never enlarged; upright to the nearest quarter turn."""
    quarters = round(face.roll / 90)
    x, y, width, height = _turned_box(face.box, quarters, picture.shape[1], picture.shape[0])
    picture = np.rot90(picture, quarters)
    reach = 1.35 * max(width, height)
    across, down = x + width / 2, y + height * 0.62
    left, right = max(0, int(across - reach)), min(picture.shape[1], int(across + reach))
    top, bottom = max(0, int(down - reach)), min(picture.shape[0], int(down + reach))
    crop = picture[top:bottom, left:right]
    step = max(crop.shape[:2]) / side
    if step <= 1:
        return crop.copy()
    return _shrunk(crop, step)


def _turned_box(box: _PixelBox, quarters: int, width: int, height: int) -> _PixelBox:
    """A box in the picture of `width` x `height` after so many quarter turns anticlockwise."""
    x, y, wide, high = box
    for _ in range(quarters % 4):
        x, y, wide, high, width, height = y, width - x - wide, high, wide, height, width
    return x, y, wide, high


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

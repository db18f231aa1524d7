"""Follows one head through a recording: where it turns, whether its lips move, whether it stays the same person."""

import itertools
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from likeness_guard.domain.watching import Floats, Watched, angles, depth_of, near
from likeness_guard.ports import Picture
from likeness_guard.ports.watching import Head, HeadFinder
from likeness_guard.service.faces import FaceView, views_of
from likeness_guard.service.senses import Senses
from trust_kernel.media.refs import Look

_BYSTANDER = 0.4
"""A second head this wide, as a share of the first, is a second person."""
_FRONTAL = 9.0
"""Degrees within which a head looks ahead."""
_GLIMPSES = 8
"""Moments, evenly spread, at which the face is compared with itself."""
_MOST_PICTURES = 5
_CELLS = (12, 16)
_ROOM_JUMP, _HEAD_JUMP, _TURN_JUMP = 0.045, 0.45, 30.0
"""What counts as a cut within one step: mean change of the cells beside the head as a share of full scale, way of the
head in widths of it, degrees."""
_STEP = 0.3
"""Seconds up to which two frames are neighbours."""
_CHIP = (64, 80)
_LEFT_EYE, _APART = (20.0, 24.0), 24.0
"""Where the eye on the picture's left comes to lie in a chip of 64 x 80 pixels, and how far the other one from it."""
_LEAST_CONTRAST = 4.0
_MOUTH_ROWS, _MOUTH_COLUMNS = slice(40, 72), slice(16, 48)
_EYE_ROWS, _EYE_COLUMNS = slice(10, 38), slice(10, 54)
_LEAST_QUIET = 4
_GREY = np.asarray([0.299, 0.587, 0.114], np.float32)


class Watcher:
    """Looks at recordings of one person.

    Args:
        senses: the networks that recognise.
        heads: finds heads in every frame.
        same_face: cosine that two pictures of one person have at least.
    """

    def __init__(self, senses: Senses, heads: HeadFinder, same_face: Callable[[], float]) -> None:
        self._senses = senses
        self._heads = heads
        self._same_face = same_face

    def watch(self, look: Look) -> Watched:
        """What one decoded recording shows; raises Unavailable where a model is not installed."""
        found = self._heads.heads(list(look.frames))
        heads = [_followed(found, number) for number in range(len(found))]
        points = np.stack([np.full((5, 2), np.nan) if head is None else head.points for head in heads])
        yaw, pitch = angles(points)
        speech = tuple((one.start, one.end) for one in self._senses.activity.speech(look.mix))
        ahead = np.hypot(np.nan_to_num(yaw, nan=90.0), np.nan_to_num(pitch, nan=90.0)) < _FRONTAL
        glimpses = self._glimpses(look, heads, ahead)
        pictures = self._pictures(look, heads, glimpses, yaw, pitch)
        alive, alive_from = self._alive(look, glimpses)
        scale = look.width / max(look.frames.shape[2], 1)
        return Watched(
            times=look.times,
            faces=np.asarray([_people(heads_there) for heads_there in found], np.intp),
            widths=np.asarray([np.nan if head is None else head.box[2] * scale for head in heads]),
            light=np.asarray([_light(frame, head) for frame, head in zip(look.frames, heads, strict=True)]),
            yaw=yaw,
            pitch=pitch,
            mouth=_mouth(look, heads, ahead, speech),
            jumps=_jumps(look, heads, yaw, pitch),
            depth=depth_of(points),
            sameness=_sameness(glimpses),
            same_from=self._same_face(),
            speech=speech,
            alive=alive,
            alive_from=alive_from,
            pictures=pictures,
        )

    def _glimpses(self, look: Look, heads: Sequence[Head | None], ahead: NDArray[np.bool_]) -> list[FaceView]:
        """The face at some moments, as the recognising networks see it; the sharpest of each moment."""
        frontal = np.flatnonzero(ahead)
        chosen: list[int] = []
        edges = np.linspace(0, max(look.duration, 1e-6), _GLIMPSES + 1)
        for first, last in itertools.pairwise(edges):
            inside = [int(n) for n in frontal if first <= look.times[n] < last]
            if inside:
                chosen.append(inside[len(inside) // 2])
        return [view for number in chosen if (view := self._view(look, number, heads[number])) is not None]

    def _view(self, look: Look, number: int, head: Head | None) -> FaceView | None:
        if head is None:
            return None
        views = views_of(look.frames[number], number, self._senses.detector, self._senses.face)
        close = [view for view in views if near(head.box, view.face.box) < 1 / 2]
        return close[0] if close else None

    def _pictures(
        self, look: Look, heads: Sequence[Head | None], glimpses: Sequence[FaceView], yaw: Floats, pitch: Floats
    ) -> tuple[Picture, ...]:
        """Frames for an enrolment: the best ones, then turned ones that are still known for the same face."""
        best = sorted(glimpses, key=lambda view: -view.quality)[:2]
        if not best:
            return ()
        turned = [
            view
            for series in (yaw, -yaw, pitch, -pitch)
            if np.isfinite(series).any()
            and (view := self._view(look, number := _mildly_turned(series), heads[number])) is not None
            and all(float(view.vector @ one.vector) >= self._same_face() for one in best)
        ]
        numbers = dict.fromkeys(view.frame for view in (*best, *turned))
        return tuple(look.frames[number].copy() for number in [*numbers][:_MOST_PICTURES])

    def _alive(self, look: Look, glimpses: Sequence[FaceView]) -> tuple[float | None, float | None]:
        liveness = self._senses.liveness
        if liveness is None or not glimpses:
            return None, None
        chances = liveness.alive([(look.frames[view.frame], view.face) for view in glimpses])
        return float(np.nan_to_num(chances).min()), liveness.threshold


def _followed(found: Sequence[Sequence[Head]], number: int) -> Head | None:
    """The head that is followed: the largest."""
    return found[number][0] if found[number] else None


def _people(heads: Sequence[Head]) -> int:
    return sum(head.box[2] >= _BYSTANDER * heads[0].box[2] for head in heads)


def _mildly_turned(series: Floats) -> int:
    """The frame turned farthest, but no farther than a recogniser takes."""
    limited = np.where(np.nan_to_num(series, nan=0.0) <= 2.2 * _FRONTAL, series, -np.inf)
    return int(np.nanargmax(limited))


def _light(frame: Picture, head: Head | None) -> float:
    x, y, width, height = (0, 0, frame.shape[1], frame.shape[0]) if head is None else (round(v) for v in head.box)
    inner = frame[max(0, y) : max(0, y + height) : 2, max(0, x) : max(0, x + width) : 2]
    return float((inner @ _GREY).mean()) if inner.size else 0.0


def _sameness(glimpses: Sequence[FaceView]) -> float | None:
    if len(glimpses) < 2:  # noqa: PLR2004 - two to compare
        return None
    vectors = np.stack([view.vector for view in glimpses])
    return float((vectors @ vectors.T).min())


def _mouth(
    look: Look, heads: Sequence[Head | None], ahead: NDArray[np.bool_], speech: Sequence[tuple[float, float]]
) -> Floats:
    """How far the mouth is from closed, beyond what the upper face changes; NaN where the head is turned."""
    opening = np.full(len(heads), np.nan)
    shown = [(n, head) for n, head in enumerate(heads) if head is not None and ahead[n]]
    if not shown:
        return opening
    numbers = [n for n, _ in shown]
    chips = np.stack([_chip(look.frames[n], head) for n, head in shown])
    quiet = [k for k, n in enumerate(numbers) if not _within(float(look.times[n]), speech)]
    usual = np.median(chips[quiet] if len(quiet) >= _LEAST_QUIET else chips, axis=0)
    change = np.abs(chips - usual)
    opening[numbers] = _much(change[:, _MOUTH_ROWS, _MOUTH_COLUMNS]) - _much(change[:, _EYE_ROWS, _EYE_COLUMNS])
    return opening


def _much(change: NDArray[np.float32]) -> NDArray[np.float32]:
    """What a tenth of a region's pixels changed by at least: an open mouth is a small part of what is around it."""
    return np.asarray(np.percentile(change, 90, axis=(1, 2)), np.float32)


def _within(at: float, spans: Sequence[tuple[float, float]]) -> bool:
    return any(start <= at <= end for start, end in spans)


def _chip(frame: Picture, head: Head) -> NDArray[np.float32]:
    """The upright face, grey, in units of its upper half's contrast; the eyes always in one place."""
    import cv2

    left, right = head.points[:2]
    way = right - left
    length = max(float(way @ way), 1e-6)
    # the similarity that brings both eyes home: it hangs on nothing that speaking moves
    c, s = _APART * way[0] / length, -_APART * way[1] / length
    across, down = _LEFT_EYE
    matrix = np.asarray([[c, -s, across - c * left[0] + s * left[1]], [s, c, down - s * left[0] - c * left[1]]])
    chip = np.asarray(cv2.warpAffine(frame, matrix, _CHIP, flags=cv2.INTER_AREA))
    grey = np.asarray(cv2.GaussianBlur(chip, (5, 5), 0).astype(np.float32) @ _GREY)
    upper = grey[_EYE_ROWS, _EYE_COLUMNS]
    scaled: NDArray[np.float32] = (grey - upper.mean()) / max(float(upper.std()), _LEAST_CONTRAST) / np.float32(4)
    return scaled


def _jumps(look: Look, heads: Sequence[Head | None], yaw: Floats, pitch: Floats) -> Floats:
    """How suddenly each frame differs from the one before."""
    jumps = np.zeros(len(heads))
    for n in range(1, len(heads)):
        if look.times[n] - look.times[n - 1] > _STEP:
            continue
        one, other = heads[n - 1], heads[n]
        jumps[n] = _room_change(look.frames[n - 1], look.frames[n], [h for h in (one, other) if h]) / _ROOM_JUMP
        if one is not None and other is not None:
            turned = float(np.hypot(yaw[n] - yaw[n - 1], pitch[n] - pitch[n - 1]))
            jumps[n] = max(jumps[n], near(one.box, other.box) / _HEAD_JUMP, turned / _TURN_JUMP)
    return jumps


def _room_change(one: Picture, other: Picture, heads: Sequence[Head]) -> float:
    """Mean change of the picture's cells beside the head, as a share of full scale."""
    rows, columns = _CELLS
    height, width = one.shape[:2]
    before, after = _cells(one), _cells(other)
    kept = np.ones(_CELLS, bool)
    for head in heads:
        x, y, wide, high = head.box
        top, bottom = (y - 0.6 * high) / height * rows, (y + 1.6 * high) / height * rows
        left, right = (x - 0.5 * wide) / width * columns, (x + 1.5 * wide) / width * columns
        kept[max(0, int(top)) : max(0, int(np.ceil(bottom))), max(0, int(left)) : max(0, int(np.ceil(right)))] = False
    return float(np.abs(before - after)[kept].mean() / 255) if kept.any() else 0.0


def _cells(frame: Picture) -> Floats:
    rows, columns = _CELLS
    grey = frame[::4, ::4] @ _GREY
    tops = np.linspace(0, grey.shape[0], rows, endpoint=False).astype(np.intp)
    lefts = np.linspace(0, grey.shape[1], columns, endpoint=False).astype(np.intp)
    sums = np.add.reduceat(np.add.reduceat(grey, tops, axis=0), lefts, axis=1)
    sizes = np.outer(np.diff(tops, append=grey.shape[0]), np.diff(lefts, append=grey.shape[1]))
    return np.asarray(sums / np.maximum(sizes, 1), np.float64)

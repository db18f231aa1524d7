"""Which frames of a video are looked at: an even grid, every change of picture, the first and the last.

Every frame is decoded and compared with those kept, on a coarse grid of its luma, so that one inserted frame does not
slip between two samples, nor a face that is in every frame but those of the grid.
"""

import numpy as np
from numpy.typing import NDArray

_BINS = 32
_CELLS = (9, 16)
_HISTOGRAM_JUMP = 0.35
"""Half the L1 distance of two 32-bin luma histograms, in [0, 1], that counts as another picture. A pan or a gesture
stays under 0.2; a plain cut between two scenes is mostly over 0.5."""
_CELL_JUMP = 0.09
"""Mean difference of 9 × 16 cell means, as a share of full scale, that counts as another picture even where the
histogram is alike."""
_PART_CELLS = 6
_PART_JUMP = 0.16
"""Mean difference of the 6 most different cells, 4 % of the picture, that counts as another thing in a part of it."""
_MOST_PARTS = 3
"""Frames a grid step that are kept for a part's sake: motion changes parts all the time."""
_STEP = 4
_GRID_SLACK = 1e-3


def signature(luma: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Describe a picture coarsely: a luma histogram (sums to 1) and 144 cell means in [0, 1], float32 of shape (176,).

    Args:
        luma: uint8 of shape (h, w); every fourth pixel of every fourth row is read.
    """
    step = _STEP if min(luma.shape) >= _STEP * max(_CELLS) else 1
    thin = luma[::step, ::step]
    histogram = np.bincount((thin >> 3).ravel(), minlength=_BINS).astype(np.float32) / max(thin.size, 1)
    description: NDArray[np.float32] = np.concatenate([histogram, _cell_means(thin).ravel()])
    return description


def _cell_means(thin: NDArray[np.uint8]) -> NDArray[np.float32]:
    rows, columns = _CELLS
    tops = np.linspace(0, thin.shape[0], rows, endpoint=False).astype(np.intp)
    lefts = np.linspace(0, thin.shape[1], columns, endpoint=False).astype(np.intp)
    sums: NDArray[np.float32] = np.add.reduceat(np.add.reduceat(thin, tops, axis=0, dtype=np.float32), lefts, axis=1)
    # A picture smaller than the grid gives a row or column to several cells.
    heights = np.maximum(np.diff(tops, append=thin.shape[0]), 1)
    widths = np.maximum(np.diff(lefts, append=thin.shape[1]), 1)
    means: NDArray[np.float32] = (sums / np.outer(heights, widths) / 255).astype(np.float32)
    return means


class FrameSampler:
    """Says of each frame, in order, whether to keep it.

    Args:
        fps: frames a second of the even grid.
    """

    def __init__(self, fps: float) -> None:
        self._fps = fps
        self._origin: float | None = None
        self._kept: list[NDArray[np.float32]] = []
        self._slot = -1

    def wants(self, seconds: float, luma: NDArray[np.uint8]) -> bool:
        """Whether the frame shown at `seconds` is to be kept.

        The first is; the first of its grid slot; one unlike the last kept; one that differs in a part from all that
        were kept of its slot, `_MOST_PARTS` of them at most.
        """
        description = signature(luma)
        if self._origin is None:
            self._origin = seconds
        slot = int((seconds - self._origin + _GRID_SLACK) * self._fps)
        if not self._kept or slot > self._slot:
            self._kept = [description]
        elif _differs(description, self._kept[-1]) or self._has_news(description):
            self._kept.append(description)
        else:
            return False
        self._slot = max(slot, self._slot)
        return True

    def _has_news(self, description: NDArray[np.float32]) -> bool:
        return len(self._kept) <= _MOST_PARTS and all(_differs_in_part(description, one) for one in self._kept)


def _differs(one: NDArray[np.float32], other: NDArray[np.float32]) -> bool:
    gap = np.abs(one - other)
    return bool(gap[:_BINS].sum() / 2 > _HISTOGRAM_JUMP or gap[_BINS:].mean() > _CELL_JUMP)


def _differs_in_part(one: NDArray[np.float32], other: NDArray[np.float32]) -> bool:
    gap = np.abs(one[_BINS:] - other[_BINS:])
    return bool(np.partition(gap, -_PART_CELLS)[-_PART_CELLS:].mean() > _PART_JUMP)

"""Boxes in pictures: overlap, and what is left when several boxes show one thing."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

XYWH = tuple[float, float, float, float]
"""x, y, width, height."""


def overlap(a: XYWH, b: XYWH) -> float:
    """Intersection over union of two boxes (x, y, width, height), in [0, 1]."""
    wide = min(a[0] + a[2], b[0] + b[2]) - max(a[0], b[0])
    high = min(a[1] + a[3], b[1] + b[3]) - max(a[1], b[1])
    common = max(0.0, wide) * max(0.0, high)
    return common / (a[2] * a[3] + b[2] * b[3] - common) if common else 0.0


def suppressed(boxes: NDArray[np.floating], limit: float, *, by_smaller: bool = False) -> NDArray[np.intp]:
    """Greedy non-maximum suppression; gives the rows kept, best first.

    Args:
        boxes: (n, 5 or more): x0, y0, x1, y1, score.
        limit: overlap above which the lesser box goes.
        by_smaller: measure the overlap against the smaller box, not the union.
    """
    if not len(boxes):
        return np.zeros(0, np.intp)
    order = np.argsort(-boxes[:, 4], kind="stable")
    x0, y0, x1, y1 = boxes[order, :4].astype(np.float32).T
    area = (x1 - x0 + 1) * (y1 - y0 + 1)
    wide = np.minimum(x1[:, None], x1) - np.maximum(x0[:, None], x0) + 1
    high = np.minimum(y1[:, None], y1) - np.maximum(y0[:, None], y0) + 1
    common = np.maximum(wide, 0) * np.maximum(high, 0)
    base = np.minimum(area[:, None], area) if by_smaller else area[:, None] + area - common
    clear = common <= limit * base
    standing = np.ones(len(order), bool)
    for row in range(len(order)):
        if standing[row]:
            standing[row + 1 :] &= clear[row, row + 1 :]
    return order[standing]


def squared(boxes: Floats) -> Floats:
    """The squares around boxes (n, 5), with the boxes' middles and longer sides."""
    size = boxes[:, 2:4] - boxes[:, :2]
    side = size.max(axis=1, keepdims=True) if len(boxes) else size[:, :1]
    start = boxes[:, :2] + size * 0.5 - side * 0.5
    return np.concatenate([start, start + side, boxes[:, 4:5]], axis=1).astype(np.float32)

"""Windows that go with what is shown, so that pieces from anywhere, turned copies and pictures in pictures are found.

PDQ forgives a shift of one part in a hundred and a turn of two degrees: to find pieces by hashes of crops would take
hundreds of them. So windows are laid round spots that a copy has as well, as many times as large as the spot is (SIFT's
detector: Lowe, "Distinctive Image Features from Scale-Invariant Keypoints", IJCV 2004), and are hashed like pictures of
their own. What a crop or another size does to the picture, it does to its spots. Directions of spots are not used:
those of a copy differ by 1.5 degrees in the median, which costs more bits than is to spare.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from copyright_optout.adapters.pdq_hash import SIDE

Picture = NDArray[np.uint8]
Points = NDArray[np.float32]

_DETECTED = 128
"""Pixels of the longer side in which spots are looked for; SIFT itself begins with twice as many."""
_HALF = 0.25
"""Pixels by which OpenCV's SIFT puts spots too far right and down, because it begins with a doubled picture."""
_CONTRAST = 0.005
"""SIFT's least contrast of a spot, an eighth of the usual: pictures of soft colours have few spots."""
_TIMES = (5.0, 8.0, 12.0)
"""Side of a window against the diameter of its spot."""
_LEAST_SIDE = 0.2
"""Share of a picture's shorter side below which a window is too small to say whose it is."""
_X, _Y, _SIZE, _STRENGTH = range(4)
_SAME = 2
"""Decimals of a pixel to which two spots are one: SIFT lists a spot once for each of its directions."""


def windows(picture: Picture, most: int, turns: Sequence[float] = (0.0,)) -> Points:
    """Luma of windows round a picture's strongest spots that lie in it whole, float32 (n, 64, 64).

    Args:
        picture: uint8 RGB (h, w, 3).
        most: windows at most, before they are turned.
        turns: degrees; each window is taken at each of them.
    """
    import cv2

    shown = np.asarray(cv2.cvtColor(np.ascontiguousarray(picture), cv2.COLOR_RGB2GRAY), np.uint8)
    found = _spots(shown)
    height, width = shown.shape
    laid: list[NDArray[np.uint8]] = []
    for times in _TIMES:
        sides = found[:, _SIZE] * times
        room = np.minimum(found[:, :2], np.array([width - 1, height - 1]) - found[:, :2]).min(axis=1)
        inside = (room >= sides / 2) & (sides >= _LEAST_SIDE * min(height, width))
        for spot in np.flatnonzero(inside)[: most // len(_TIMES)].tolist():
            at = found[spot, _X], found[spot, _Y]
            laid += [_window(shown, at, sides[spot] / SIDE, np.deg2rad(turn)) for turn in turns]
    return np.array(laid, np.float32).reshape(-1, SIDE, SIDE)


def _spots(shown: Picture) -> NDArray[np.float64]:
    """Place, diameter and strength of spots of a grey picture, (n, 4), in pixels, the strongest first and each once."""
    import cv2

    height, width = shown.shape
    scale = min(1.0, _DETECTED / max(height, width))
    size = max(1, round(width * scale)), max(1, round(height * scale))
    small = cv2.resize(shown, size, interpolation=cv2.INTER_AREA)
    sift = cv2.SIFT_create(contrastThreshold=_CONTRAST)  # type: ignore[attr-defined] # OpenCV's stubs leave it out
    spots = sift.detect(small, None)
    rows = [(*spot.pt, spot.size, spot.response) for spot in spots]
    found = np.array(rows, np.float64).reshape(-1, 4)
    per = np.array([width / size[0], height / size[1]])
    found[:, :2] = (found[:, :2] - _HALF + 0.5) * per - 0.5
    found[:, _SIZE] *= per[0]
    _, first = np.unique(found[:, :_STRENGTH].round(_SAME), axis=0, return_index=True)
    found = found[first]
    return found[np.argsort(-found[:, _STRENGTH], kind="stable")]


def _window(shown: Picture, at: tuple[float, float], step: float, turn: float) -> NDArray[np.uint8]:
    """64 by 64 points of a grey picture round a place, `step` pixels from one to the next, turned by radians."""
    import cv2

    map_to = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]]) * step
    corner = np.array(at) - map_to @ np.full(2, (SIDE - 1) / 2)
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    border = cv2.BORDER_REPLICATE  # a window that is turned reaches out of the picture by its corners
    laid = cv2.warpAffine(shown, np.column_stack([map_to, corner]), (SIDE, SIDE), flags=flags, borderMode=border)
    return np.asarray(laid, np.uint8)

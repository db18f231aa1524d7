"""Whether one frame shows a part of another: details that lie in both as one plane moves."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from generator_gateway.ports.bindings import DETAIL

LEAST = 7
"""Details that must lie in both frames alike. Frames of other videos reach 4 (benchmarks/bindings.py)."""
_NEAR_BITS = 64
"""Bits of 256 by which two details differ at most (the ORB paper's own operating point)."""
_PLAINLY = 0.9
"""Of a detail's two nearest, the nearer is at most so far of the other, or it could be either."""
_FEWEST = 6
_TRIES = 400
"""Triples of pairs tried: where a quarter of the pairs are right, six of them are, on average."""
_WITHIN = 5.0
"""Pixels, of the 384 of a frame, by which a detail may miss its place: a filmed screen is not quite flat."""
_LEAST_AREA = 500.0
"""Twice the area of a triple's triangle, in square pixels; a thinner one says little."""
_MOST_SQUEEZE = 2.2
_MOST_ZOOM = 4.0
_LEAST_SPREAD = 50.0
"""Pixels, in either direction, over which details in common must spread: the label that every release of a deployment
bears, a logo or subtitles do not make two videos alike."""
_SEED = 7

Details = NDArray[Any]


def kept_of(frames: Sequence[bytes], most: int) -> bytes:
    """What is kept of a release: details at their own scale of some frames, evenly, each with its count before it."""
    chosen = [frame for frame in frames if frame]
    if len(chosen) > most:
        chosen = [chosen[round(place)] for place in np.linspace(0, len(chosen) - 1, most)]
    parts = []
    for frame in chosen:
        own = _read(frame)
        own = own[own["scale"] == 0]
        parts.append(len(own).to_bytes(2, "big") + own.tobytes())
    return b"".join(parts)


def read_kept(raw: bytes) -> list[Details]:
    """The frames of `kept_of`."""
    frames, place = [], 0
    while place < len(raw):
        count = int.from_bytes(raw[place : place + 2], "big")
        end = place + 2 + count * DETAIL.itemsize
        frames.append(_read(raw[place + 2 : end]))
        place = end
    return frames


def shows_part_of(frames: Sequence[bytes], kept: bytes) -> int:
    """Details that a query's frames have alike with a release's, in the pair of frames that has most; 0 under `LEAST`.

    Stops at the first pair that has twice as many as are needed.
    """
    theirs = read_kept(kept)
    best = 0
    for frame in frames:
        mine = _read(frame)
        for number in np.unique(mine["scale"]):
            for other in theirs:
                best = max(best, _in_common(mine[mine["scale"] == number], other))
                if best >= 2 * LEAST:
                    return best
    return best if best >= LEAST else 0


def _read(raw: bytes) -> Details:
    return np.frombuffer(raw, DETAIL)


def _in_common(mine: Details, theirs: Details) -> int:
    if min(len(mine), len(theirs)) < _FEWEST:
        return 0
    left, right = _pairs(mine, theirs)
    if len(left) < _FEWEST:
        return 0
    here = np.stack([mine["x"][left], mine["y"][left], np.ones(len(left))], axis=1).astype(np.float64)
    there = np.stack([theirs["x"][right], theirs["y"][right]], axis=1).astype(np.float64)
    moves = _moves(here, there)
    if not len(moves):
        return 0
    missed = np.linalg.norm(np.einsum("nk,hkc->hnc", here, moves) - there, axis=2)
    fitting = missed < _WITHIN
    # Details that crowd in one spot are one piece of evidence.
    best = fitting[int(fitting.sum(axis=1).argmax())]
    spots = np.unique((there[best] // (2 * _WITHIN)).astype(np.int64), axis=0)
    return len(spots) if _is_wide(there[best]) else 0


def _is_wide(places: NDArray[np.float64]) -> bool:
    """Whether they spread over more than a line of text, even without the outermost on each side."""
    if len(places) < _FEWEST:
        return False
    inner = np.sort(places, axis=0)[1:-1]
    return bool((inner[-1] - inner[0]).min() >= _LEAST_SPREAD)


def _pairs(mine: Details, theirs: Details) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Details that are each other's nearest, near, and plainly so."""
    apart = np.bitwise_count(_words(mine)[:, None] ^ _words(theirs)[None]).sum(axis=2, dtype=np.int64)
    nearest = apart.argmin(axis=1)
    rows = np.arange(len(mine))
    bits = apart[rows, nearest]
    second = np.partition(apart, 1, axis=1)[:, 1]
    good = (bits <= _NEAR_BITS) & (bits < _PLAINLY * second) & (apart.argmin(axis=0)[nearest] == rows)
    return np.flatnonzero(good), nearest[good]


def _words(frame: Details) -> NDArray[np.uint64]:
    return np.ascontiguousarray(frame["around"]).view(np.uint64)


def _moves(here: NDArray[np.float64], there: NDArray[np.float64]) -> NDArray[np.float64]:
    """Affine maps (h, 3, 2) by triples of pairs, drawn at random; those that no camera or editor makes left out."""
    dice = np.random.default_rng(_SEED)
    triples = dice.integers(0, len(here), (_TRIES, 3))
    corners = here[triples]
    wide = np.abs(np.linalg.det(corners)) > _LEAST_AREA
    moves = np.linalg.solve(corners[wide], there[triples[wide]])
    turned = moves[:, :2]
    stretch = np.linalg.svd(turned, compute_uv=False)
    possible = np.linalg.det(turned) > 0
    possible &= stretch[:, 0] < _MOST_SQUEEZE * stretch[:, 1]
    possible &= (stretch[:, 0] < _MOST_ZOOM) & (stretch[:, 1] * _MOST_ZOOM > 1)
    return np.asarray(moves[possible], np.float64)

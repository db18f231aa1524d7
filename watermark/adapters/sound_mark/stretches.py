"""Which seconds carry a mark that is known by now."""

import numpy as np
from numpy.typing import NDArray

from watermark.adapters.sound_mark.detect import Evidence, runs
from watermark.domain.marks import Stretch

_CHANGE = 8.0
"""Nats that a change between marked and unmarked costs; a stretch of its own must be e**16 times likelier."""
_DOUBT = 0.05
"""Nats a frame that marked sound must bring: so a long silence is not told as marked."""
_SHORTEST_FRAMES = 12
_SNAP = 0.3
"""Seconds from either end of the sound within which a stretch reaches the end."""
JOINED = 1.0
"""Seconds between two stretches of the same number that are told as one."""


def marked_frames(likelihood: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Frames that belong to marked sound: the likeliest way to cut it (Viterbi's algorithm with two states).

    Args:
        likelihood: from `Evidence.likelihood`, shape (frames,).
    """
    from_marked = np.zeros((len(likelihood), 2), np.bool_)
    plain, marked = 0.0, 0.0
    gains = likelihood - _DOUBT
    for frame, gain in enumerate(gains):
        from_marked[frame] = marked - _CHANGE > plain, marked >= plain - _CHANGE
        plain, marked = max(plain, marked - _CHANGE), max(marked, plain - _CHANGE) + float(gain)
    flags = np.zeros(len(likelihood), np.bool_)
    state = marked > plain
    for frame in range(len(likelihood) - 1, -1, -1):
        flags[frame] = state
        state = bool(from_marked[frame, int(state)])
    for start, stop in runs(flags):
        # At the ends of the sound nothing forces a stretch to end before a silence: there it ends with its evidence.
        gained = np.cumsum(gains[start:stop])
        last = start + int(gained.argmax()) + 1
        first = start + int(np.concatenate([[0.0], gained[: last - start - 1]]).argmin())
        flags[start:first] = flags[last:stop] = False
        start, stop = first, last  # noqa: PLW2901 - the run without silence around it
        if stop - start < _SHORTEST_FRAMES:
            flags[start:stop] = False
    return flags


def stretches(evidence: Evidence, marked: NDArray[np.bool_], payload: int, key_id: str, most: float) -> list[Stretch]:
    """Stretches of marked frames, within [0, most] seconds."""
    found = []
    for start, stop in runs(marked):
        agreed, spread = evidence.agreed[:, start:stop].sum(axis=1), evidence.spread[:, start:stop].sum(axis=1)
        statistic = float((agreed / np.sqrt(spread + 1e-9)).max())
        begin, end = evidence.seconds(start), evidence.seconds(stop)
        begin = 0.0 if begin < _SNAP else begin
        end = most if end > most - _SNAP else end
        if end > begin:
            found.append(Stretch(round(begin, 2), round(end, 2), payload, key_id, round(statistic, 2)))
    return found


def joined(found: list[Stretch]) -> tuple[Stretch, ...]:
    """In time order, none overlapping; neighbours that say the same are one."""
    whole: list[Stretch] = []
    for each in sorted(found, key=lambda stretch: stretch.start):
        last = whole[-1] if whole else None
        if last and (last.payload, last.key_id) == (each.payload, each.key_id) and each.start - last.end <= JOINED:
            surer = float(np.hypot(last.confidence, each.confidence))
            whole[-1] = Stretch(last.start, max(last.end, each.end), each.payload, each.key_id, round(surer, 2))
        elif last and each.start < last.end:
            if each.end > last.end:
                whole.append(Stretch(last.end, each.end, each.payload, each.key_id, each.confidence))
        else:
            whole.append(each)
    return tuple(whole)

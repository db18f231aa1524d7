"""Where the wandering mark is, how large and how opaque, at any time."""

import math
from dataclasses import dataclass

from watermark.adapters.keystream import KeyStream

SIZE_DRIFT = 0.12
OPACITY_DRIFT = 0.1
_STANDING_WITHIN = 60.0


@dataclass(frozen=True, slots=True)
class Moment:
    """The mark at one time.

    Attributes:
        across: share of the way that it can go from left to right, in [0, 1].
        down: the same from top to bottom.
        size: factor of its size, 1 within `SIZE_DRIFT`.
        opacity: what to add to its opacity, within `OPACITY_DRIFT`.
    """

    across: float
    down: float
    size: float
    opacity: float


class WanderingPath:
    """A Lissajous figure with keyed periods of 7 to 10 seconds and a keyed wobble.

    It has no jumps, passes the very middle of the picture within the first two seconds, where the subject mostly is,
    and reaches all four edges in turn. Without the key nobody knows where it goes next.

    Args:
        key: secret bytes.
        purpose: what tells this video from others under the same key.
    """

    def __init__(self, key: bytes, purpose: str) -> None:
        draws = KeyStream(key, f"visible:v2:{purpose}").unit(10, "path")
        self._period_x = 7.0 + 1.4 * draws[0]
        self._period_y = self._period_x * (1.17 + 0.14 * draws[1])
        self._middle_at = 0.3 + 1.7 * draws[2]
        self._direction_x = 1.0 if draws[3] < 0.5 else -1.0  # noqa: PLR2004 - a fair coin
        self._direction_y = 1.0 if draws[4] < 0.5 else -1.0  # noqa: PLR2004 - a fair coin
        self._wobble = 0.25 + 0.2 * draws[5]
        self._wobble_period = 4.1 + 1.5 * draws[6]
        self._drift_phase = 2 * math.pi * draws[7]
        self._size_period = 3.1 + draws[8]
        self._opacity_period = 2.3 + draws[9]
        self._standing_at = _STANDING_WITHIN * float(KeyStream(key, f"visible:v2:{purpose}").unit(1, "standing")[0])

    def at(self, seconds: float) -> Moment:
        """The mark at a time of the video."""
        since = seconds - self._middle_at
        bend = self._wobble * math.sin(2 * math.pi * since / self._wobble_period)
        turn = 2 * math.pi * since
        return Moment(
            across=0.5 + 0.5 * self._direction_x * math.sin(turn / self._period_x + bend),
            down=0.5 + 0.5 * self._direction_y * math.sin(turn / self._period_y - bend),
            size=1 + SIZE_DRIFT * math.sin(2 * math.pi * seconds / self._size_period + self._drift_phase),
            opacity=OPACITY_DRIFT * math.sin(2 * math.pi * seconds / self._opacity_period + self._drift_phase),
        )

    def standing(self) -> Moment:
        """The mark on a still picture: at a keyed place of its path."""
        return self.at(self._standing_at)

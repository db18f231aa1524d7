"""Input references: pictures under a moving camera, videos played, each in its own stretch of the film."""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from generator_gateway.backends.drawing.plan import Plan
from generator_gateway.backends.drawing.surface import Moment, Pixels, Sprite, to_video
from trust_kernel.media.refs import Look, MediaKind

_KEPT = 0.62
"""Share of a picture that must survive cropping to the frame; less than that and it is shown whole, on a panel."""
_CLOSER = 0.1
"""How much closer the camera moves."""


class Inserts:
    """Pictures and videos, one after another, each filling the frame or whole on a panel over the set."""

    def __init__(self, plan: Plan, looks: Sequence[Look]) -> None:
        shown = [look for look in looks if look.frames.shape[0]]
        self._shots = [_Shot(plan, look) for look in shown]

    def paint(self, canvas: Pixels, moment: Moment) -> None:
        """Paint the one whose turn it is."""
        if not self._shots:
            return
        place = moment.share * len(self._shots)
        number = min(int(place), len(self._shots) - 1)
        lasts = moment.seconds / max(moment.share, 1e-9) / len(self._shots) if moment.share else 0.0
        self._shots[number].paint(canvas, place - number, (place - number) * lasts)


class _Shot:
    """One input."""

    def __init__(self, plan: Plan, look: Look) -> None:
        self._look, self._plan = look, plan
        height, width = look.frames.shape[1:3]
        frame, picture = plan.width / plan.height, width / height
        self._fills = min(frame, picture) / max(frame, picture) >= _KEPT
        if self._fills:
            self._scale = max(plan.width / width, plan.height / height) * 1.01
        else:
            self._scale = min(plan.width * 0.84 / width, plan.height * 0.76 / height)
        self._shown = -1
        self._frame: Pixels = np.zeros((1, 1, 3), np.uint8)
        self._shadow: Sprite | None = None

    def _pick(self, seconds: float) -> Pixels:
        """The frame of this moment, a video starting again at its end."""
        count = self._look.frames.shape[0]
        number = 0
        if self._look.kind is MediaKind.VIDEO and count > 1:
            lasts = max(self._look.duration, float(self._look.times[-1]), 1e-3)
            number = int(np.searchsorted(self._look.times, seconds % lasts, side="right")) - 1
            number = min(max(number, 0), count - 1)
        if number != self._shown:
            self._shown = number
            self._frame = to_video(self._look.frames[number])
        return self._frame

    def paint(self, canvas: Pixels, share: float, seconds: float) -> None:
        frame = self._pick(seconds)
        if self._fills:
            moves = self._look.kind is MediaKind.IMAGE
            self._fill(canvas, frame, share if moves else 0.0)
        else:
            self._panel(canvas, frame, share)

    def _fill(self, canvas: Pixels, frame: Pixels, share: float) -> None:
        plan = self._plan
        scale = self._scale * (1 + _CLOSER * share)
        spare = (frame.shape[1] * scale - plan.width) / 2 * 0.6
        x = plan.width / 2 - plan.toward * spare * (share * 2 - 1)
        cv2.warpAffine(
            frame,
            _about(frame, scale, x, plan.height / 2),
            (plan.width, plan.height),
            dst=canvas,
            flags=cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_REPLICATE,
        )

    def _panel(self, canvas: Pixels, frame: Pixels, share: float) -> None:
        plan = self._plan
        scale = self._scale * (1 + 0.03 * share)
        wide, tall = round(frame.shape[1] * scale), round(frame.shape[0] * scale)
        left, top = (plan.width - wide) // 2, round(plan.height * 0.46 - tall / 2)
        if self._shadow is None:
            self._shadow = _shadow(wide, tall, plan.unit)
        self._shadow.put(canvas, plan.width / 2, top + tall / 2 + 4 * plan.unit)
        how = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
        canvas[top : top + tall, left : left + wide] = cv2.resize(frame, (wide, tall), interpolation=how)


def _about(frame: Pixels, scale: float, x: float, y: float) -> NDArray[np.float64]:
    return np.array(
        [[scale, 0, x - frame.shape[1] * scale / 2], [0, scale, y - frame.shape[0] * scale / 2]], np.float64
    )


def _shadow(wide: int, tall: int, unit: float) -> Sprite:
    reach = round(30 * unit)
    alpha = np.zeros((tall + 2 * reach, wide + 2 * reach), np.float32)
    alpha[reach:-reach, reach:-reach] = 150
    soft = cv2.GaussianBlur(alpha, (0, 0), reach / 2.2)
    return Sprite(np.asarray(np.dstack([*[np.full_like(soft, c) for c in (8, 10, 16)], soft]), np.uint8))


class Veil:
    """Darkens the corners of a frame, so that what is in its middle stands out; luma only."""

    def __init__(self, plan: Plan, strength: float) -> None:
        rows, columns = np.ogrid[: plan.height, : plan.width]
        off = np.hypot((columns / plan.width - 0.5) * 1.7, (rows / plan.height - 0.46) * 1.7)
        self._clear = np.asarray((1 - np.clip(strength * off**2, 0, 0.5)) * 255, np.uint8)
        self._spare = np.empty_like(self._clear)

    def paint(self, canvas: Pixels, moment: Moment) -> None:
        """Darken."""
        del moment
        luma = cv2.multiply(cv2.extractChannel(canvas, 0, self._spare), self._clear, dst=self._spare, scale=1 / 255)
        cv2.insertChannel(luma, canvas, 0)

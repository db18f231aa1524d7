"""The visible marks of one video.

They tell honest viewers that the video was generated. They do not stop anyone who wants them gone, but they make him
work: the mark moves without a stop, on a path that nobody knows beforehand, over the middle as well as the edges, and
its size and opacity drift.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from watermark.adapters.visible import lettering, logo
from watermark.adapters.visible.path import SIZE_DRIFT, WanderingPath
from watermark.adapters.visible.stamp import Stamp, blend, render
from watermark.domain.marks import OpeningLabel, Visibility
from watermark.domain.visible_look import VisibleLook
from watermark.ports.marks import YuvFrame

_SMALLEST = 6.0
_LOWEST = 7.0
"""Pixels of a capital below which nothing can be read, whatever share of a tiny picture that is."""
_MARGIN = 0.035
"""Distance of the opening label from the edges, as a share of the shorter side."""
_FADE = 0.3
"""Seconds that the opening label takes to go."""
_OPENING_OPACITY, _OPENING_SHADE = 0.96, 0.55
_DARK, _BRIGHT = 50.0, 190.0
"""Luma of the ground at which the shadow is weakest, and strongest."""
_FOLLOW = 0.12
"""How fast the shadow follows the ground from one frame to the next."""


@dataclass(frozen=True, slots=True)
class _Strength:
    """How plainly the wandering mark shows.

    Attributes:
        height: size of its font as a share of the picture's shorter side: 22 pixels at 360p.
        widest: most of the picture's width that it may take.
        opacity: of the ink.
        shades: of the shadow, on dark and on bright ground.
    """

    height: float
    widest: float
    opacity: float
    shades: tuple[float, float]


_STRENGTHS = {
    Visibility.STANDARD: _Strength(0.06, 0.55, 0.72, (0.35, 0.62)),
    Visibility.STRONG: _Strength(0.088, 0.75, 0.9, (0.5, 0.8)),
}


class VisibleMark:
    """Draws the wandering mark, and the opening label while it lasts.

    Args:
        look: what to draw.
        key: secret bytes; equal keys, payloads and sizes give equal paths.
        payload: which video this is, so that every video has a path of its own.
        width: pixels of every frame that will come.
        height: pixels.
        visibility: how plainly; `OFF` draws nothing, the opening label neither.
        standing: for a still picture: the mark keeps to one keyed place.
    """

    def __init__(
        self,
        look: VisibleLook,
        key: bytes,
        payload: int,
        width: int,
        height: int,
        visibility: Visibility = Visibility.STANDARD,
        *,
        standing: bool = False,
    ) -> None:
        self._strength = _STRENGTHS.get(visibility)
        self._size = (width, height)
        self.path = WanderingPath(key, f"{payload}:{width}x{height}")
        self._still = self.path.standing() if standing else None
        self._ground: float | None = None
        self._began: float | None = None
        self._copy: YuvFrame | None = None
        self._stamp: Stamp | None = None
        self._opening: tuple[OpeningLabel, Stamp] | None = None
        if self._strength is None:
            return
        picture = logo.decode(look.logo_png) if look.logo_png is not None else None
        self._stamp = _wandering(look.text.strip(), picture, self._strength, self._size)
        if look.opening is not None:
            self._opening = look.opening, _opening_stamp(look.opening, self._size)

    def draw(self, frame: YuvFrame) -> YuvFrame:
        """A copy of the frame with the marks, the frame itself where there are none.

        The copy's planes are used again by the next call: fresh memory for each frame would cost more than drawing.
        """
        if self._stamp is None or self._strength is None:
            return frame
        if self._copy is None or self._copy.y.shape != frame.y.shape:
            self._copy = replace(frame, y=frame.y.copy(), u=frame.u.copy(), v=frame.v.copy())
        drawn = replace(self._copy, seconds=frame.seconds)
        for plane, values in ((drawn.y, frame.y), (drawn.u, frame.u), (drawn.v, frame.v)):
            np.copyto(plane, values)
        self._draw_wandering(drawn, self._stamp, self._strength)
        if self._opening is not None:
            self._draw_opening(drawn, *self._opening)
        return drawn

    def _draw_wandering(self, planes: YuvFrame, stamp: Stamp, strength: _Strength) -> None:
        moment = self._still or self.path.at(planes.seconds)
        scale = moment.size / (1 + SIZE_DRIFT)
        wide, high = stamp.size[0] * scale, stamp.size[1] * scale
        at = max(moment.across * (self._size[0] - wide), 0.0), max(moment.down * (self._size[1] - high), 0.0)
        # Quarter pixels: finer steps cannot be seen.
        at = round(at[0] * 4) / 4, round(at[1] * 4) / 4
        shade = self._shade(planes.y, at, (wide, high), strength)
        blend(planes, stamp, at=at, scale=scale, opacity=min(strength.opacity + moment.opacity, 1.0), shade=shade)

    def _shade(
        self, luma: NDArray[np.uint8], at: tuple[float, float], size: tuple[float, float], strength: _Strength
    ) -> float:
        import cv2

        left, top = int(at[0]), int(at[1])
        box = luma[top : top + max(int(size[1]), 1), left : left + max(int(size[0]), 1)]
        here = float(cv2.mean(box)[0])
        self._ground = here if self._ground is None else self._ground + _FOLLOW * (here - self._ground)
        share = min(max((self._ground - _DARK) / (_BRIGHT - _DARK), 0.0), 1.0)
        weakest, strongest = strength.shades
        return weakest + share * (strongest - weakest)

    def _draw_opening(self, planes: YuvFrame, label: OpeningLabel, stamp: Stamp) -> None:
        # Some videos begin a little after 0; the label lasts from their first picture on.
        self._began = planes.seconds if self._began is None else self._began
        left = 1.0 if self._still else min((label.seconds + _FADE - planes.seconds + self._began) / _FADE, 1.0)
        if left <= 0:
            return
        margin = max(round(_MARGIN * min(self._size)) // 2 * 2, 0)
        at = min(margin, max(self._size[0] - stamp.size[0], 0)), min(margin, max(self._size[1] - stamp.size[1], 0))
        blend(planes, stamp, at=at, scale=1.0, opacity=_OPENING_OPACITY * left, shade=_OPENING_SHADE * left)


def _wandering(text: str, picture: NDArray[np.uint8] | None, strength: _Strength, size: tuple[int, int]) -> Stamp:
    """The wandering mark at its largest."""
    font = max(strength.height * min(size) * (1 + SIZE_DRIFT), 9.0)
    stamp = render([text], font, picture)
    room = strength.widest * size[0]
    if stamp.size[0] > room:
        stamp = render([text], max(font * room / stamp.size[0], _SMALLEST), picture)
    return stamp


def _opening_stamp(label: OpeningLabel, size: tuple[int, int]) -> Stamp:
    """The opening label: its letters are never lower than asked for, so a long text takes several lines."""
    font = lettering.size_for(max(label.height * min(size), _LOWEST))
    room = size[0] * (1 - 2 * _MARGIN) - font
    return render(_broken(label.text.strip(), font, room), font, None, plate=True)


def _broken(text: str, font: float, room: float) -> list[str]:
    """A text in lines that fit: broken at spaces, and inside a word where that alone is too long."""
    lines = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        if lettering.width_of(longer, font) <= room:
            lines[-1] = longer
            continue
        lines.append("")
        for letter in word:
            if lines[-1] and lettering.width_of(lines[-1] + letter, font) > room:
                lines.append("")
            lines[-1] += letter
    return [text for text in lines if text]

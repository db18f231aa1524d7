"""Live challenges without networks: a watcher that saw what it is told, a recogniser that understands loudness."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from consent_registry.domain.challenges import HeardDigit, Seen, Turn
from trust_kernel.errors import PlacetError
from trust_kernel.media.refs import SAMPLE_RATE

FRAMES_A_SECOND = 8
TALKS = (1.0, 5.0)
"""Seconds in which the person of `seen_well` speaks."""
_TURN_SECONDS = 2.0


def seen_well(*turns: Turn, **but: Any) -> Seen:
    """What is seen of somebody who does everything right, but for some fields."""
    seconds = TALKS[1] + 1.0 + _TURN_SECONDS * len(turns)
    times = np.arange(0, seconds, 1 / FRAMES_A_SECOND)
    count = len(times)
    yaw, pitch = np.zeros(count), np.zeros(count)
    for number, turn in enumerate(turns):
        start = TALKS[1] + 1.0 + number * _TURN_SECONDS
        move = np.interp(times, [start, start + 0.6, start + 1.0, start + 1.6], [0, 25, 25, 0])
        series, sign = {
            Turn.LEFT: (yaw, 1),
            Turn.RIGHT: (yaw, -1),
            Turn.DOWN: (pitch, 1),
            Turn.UP: (pitch, -1),
        }[turn]
        series += sign * move
    speaking = (times >= TALKS[0]) & (times <= TALKS[1])
    mouth = np.where(speaking, 0.1 + 0.05 * np.sin(7 * times), 0.0)
    seen = Seen(
        times=times,
        faces=np.ones(count, np.intp),
        widths=np.full(count, 160.0),
        light=np.full(count, 120.0),
        yaw=yaw,
        pitch=pitch,
        mouth=np.where(np.hypot(yaw, pitch) < 9, mouth, np.nan),
        jumps=np.full(count, 0.2),
        depth=0.07,
        sameness=0.97,
        same_from=0.91,
        speech=(TALKS,),
    )
    return replace(seen, **but)


def heard(*digits: int) -> tuple[HeardDigit, ...]:
    """Digits as they are understood."""
    return tuple(HeardDigit(digit, 1.0 + 0.6 * n, 1.4 + 0.6 * n) for n, digit in enumerate(digits))


def voice(seed: int, seconds: float = 6.0) -> NDArray[np.float32]:
    """A sound with peaks of its own: short tones one after another."""
    rng = np.random.default_rng(seed)
    t = np.arange(int(0.15 * SAMPLE_RATE)) / SAMPLE_RATE
    tones = [np.sin(2 * np.pi * rng.uniform(200, 3500) * t) * np.hanning(t.size) for _ in range(int(seconds / 0.15))]
    return (np.concatenate(tones) * 0.4).astype(np.float32)


@dataclass
class FakeRecording:
    """A recording, already watched."""

    seen: Seen
    pictures: Sequence[NDArray[np.uint8]] = field(default_factory=lambda: [np.zeros((8, 8, 3), np.uint8)])
    sound: NDArray[np.float32] = field(default_factory=lambda: voice(1))


@dataclass
class FakeWatcher:
    """Saw what it is told.

    Attributes:
        recording: what every file shows.
        fault: raised instead.
    """

    recording: FakeRecording
    fault: PlacetError | None = None
    watched: int = 0

    def watch(self, path: Path) -> FakeRecording:
        del path
        self.watched += 1
        if self.fault is not None:
            raise self.fault
        return self.recording


@dataclass
class FakeRecogniser:
    """Understands what it is told."""

    digits: Sequence[int] = ()
    languages: Sequence[str] = ("en", "it")

    def recognise(self, sound: NDArray[np.float32], language: str) -> tuple[HeardDigit, ...]:
        assert language in self.languages
        return heard(*self.digits) if np.any(sound) else ()

"""Fingerprints of files: pictures by PDQ, sound by energy differences, bytes by ISCC. One decode, in a child."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from generator_gateway.adapters.details import details
from generator_gateway.ports.bindings import Prints
from trust_kernel.errors import InvalidInput
from trust_kernel.media.reasons import DEFAULT_FIELD, MediaReason
from trust_kernel.media.refs import Look, MediaKind, MediaLimits
from trust_kernel.media.sandbox import ChildLimits, Reply, Sandbox

LONGEST = 384
"""Pixels of a frame's longer side: what the hasher works on."""
MOST_FRAMES = 240
STEP = 0.5
MOST_DETAILED = 24
"""Frames whose details are looked for, evenly."""
_CHANNELS = 3
_FRAME_DIMENSIONS = 4
_SILENCE = np.zeros(0, np.float32)


class Hashes(Protocol):
    """Hashes frames; `copyright_optout.api.OptOutIndex` does."""

    def fingerprints(self, look: Look) -> tuple[str, ...]:
        """PDQ hashes of some frames of a look; frames with too little in them are left out."""
        ...


class SandboxedPrints:
    """Makes fingerprints.

    Args:
        sandbox: where decoding happens.
        hashes: hashes frames, here: what comes back from the child are plain arrays.
        limits: what may be read; of what is longer than `max_seconds`, that much is.
        code: ISCC of a file's bytes; empty where none is made.
        longest: pixels of a frame's longer side.
        most: frames hashed, evenly.
        step: seconds from one of them to the next, at least.
        detailed: frames whose details are looked for, evenly.
    """

    def __init__(
        self,
        sandbox: Sandbox,
        hashes: Hashes,
        limits: MediaLimits,
        code: Callable[[Path], str] = lambda _: "",
        *,
        longest: int = LONGEST,
        most: int = MOST_FRAMES,
        step: float = STEP,
        detailed: int = MOST_DETAILED,
    ) -> None:
        self._longest = longest
        self._most = most
        self._step = step
        self._detailed = detailed
        self._sandbox = sandbox
        self._hashes = hashes
        self._limits = limits
        self._code = code

    def prints(self, path: Path) -> Prints:
        """Fingerprints of a video, a picture or sound.

        Raises:
            InvalidInput: the file cannot be decoded, or is more than may be read.
            Unavailable: there is no room to decode in.
        """
        if path.stat().st_size > self._limits.max_bytes:
            limit = f"{self._limits.max_bytes} bytes"
            raise InvalidInput(
                "the file is too large", code=MediaReason.FILE_TOO_LARGE, field=DEFAULT_FIELD, limit=limit
            )
        reply = self._gathered(path)
        frames = _array(reply, "frames", np.uint8, _FRAME_DIMENSIONS)
        times = _array(reply, "times", np.float64, 1)
        sound = _array(reply, "sound", np.uint32, 1)
        if len(times) != len(frames) or frames.shape[3] != _CHANNELS:
            raise _unreadable()
        hashed = [(place, bits) for place, frame in enumerate(frames) for bits in self._hash(frame)]
        looked_into = set(np.linspace(0, len(hashed) - 1, min(len(hashed), self._detailed)).round().tolist())
        return Prints(
            pictures=tuple(bits for _, bits in hashed),
            sound=tuple(sound.tolist()),
            iscc=self._code(path),
            times=tuple(float(times[place]) for place, _ in hashed),
            details=tuple(
                details(frames[place]) if number in looked_into else b"" for number, (place, _) in enumerate(hashed)
            ),
        )

    def _gathered(self, path: Path) -> Reply:
        from generator_gateway.adapters import prints_child

        limits = self._limits
        child = ChildLimits(
            wall_seconds=limits.decode_seconds,
            cpu_seconds=limits.decode_seconds * 2,
            memory_bytes=limits.memory_bytes,
        )
        return self._sandbox.call(
            prints_child.gather,
            limits=child,
            source=path.resolve(),
            longest=self._longest,
            most=self._most,
            step=self._step,
            max_pixels=limits.max_pixels,
            max_seconds=limits.max_seconds,
        )

    def _hash(self, frame: NDArray[np.uint8]) -> tuple[str, ...]:
        height, width = frame.shape[:2]
        alone = Look(MediaKind.IMAGE, width, height, 0.0, frame[None], np.zeros(1), _SILENCE)
        return self._hashes.fingerprints(alone)


def _array(reply: Reply, name: str, dtype: type[Any], dimensions: int) -> NDArray[Any]:
    """An array of a child's reply; the child may have been taken over, so it is looked at first."""
    array = reply.get(name)
    if not isinstance(array, np.ndarray) or array.dtype != dtype or array.ndim != dimensions:
        raise _unreadable()
    return array


def _unreadable() -> InvalidInput:
    return InvalidInput("this cannot be read", code=MediaReason.DECODE_FAILED, field=DEFAULT_FIELD)

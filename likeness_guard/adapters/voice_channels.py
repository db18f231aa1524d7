"""What a microphone, a room, noise and a telephone do to the vectors of a voice, taken back out of them.

Nuisance attribute projection (Solomonoff, Campbell and Boardman, ICASSP 2005), softened: the directions in which the
vectors of one clip move when it is degraded are shortened, not erased. They were learnt from pairs of a clean clip and
its degraded copies, so they know channels, not people. `python -m benchmarks.voices learn` writes the file.
"""

import base64
import binascii
import hashlib
import json
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

import numpy as np
from numpy.typing import NDArray

from likeness_guard.adapters.vectors import unit
from likeness_guard.ports import Vectors
from trust_kernel.errors import Broken

_FILE = "voice_channels.json"
_STRENGTH = 0.3
"""How much of a direction goes, for the variance that degradation gives it: with more, clean voices lose."""


@dataclass(frozen=True, slots=True)
class VoiceChannels:
    """A mean and a few directions.

    Attributes:
        version: short digest of the file, part of the version of every vector that it touched.
        mean: (d,) mean vector of speech over clean and degraded channels.
        directions: (d, k) orthonormal.
        shares: (k,) share of each direction that is taken away, in [0, 1].
    """

    version: str
    mean: NDArray[np.float32]
    directions: NDArray[np.float32]
    shares: NDArray[np.float32]

    def neutral(self, vectors: Vectors) -> Vectors:
        """Unit vectors (n, d) with most of the channel taken out, of unit length again."""
        centred = vectors - self.mean
        nuisance = (centred @ self.directions * self.shares) @ self.directions.T
        return unit(np.asarray(centred - nuisance, np.float32))


def learnt(clips: NDArray[np.float32], kept: int = 16) -> VoiceChannels:
    """The channels of pooled unit vectors (conditions, clips, d): how each clip's vectors move between conditions.

    Args:
        clips: the same clips in every condition.
        kept: number of directions.
    """
    every = clips.reshape(-1, clips.shape[-1]).astype(np.float64)
    mean = every.mean(axis=0)
    moved = (clips - clips.mean(axis=0)).reshape(every.shape).astype(np.float64)
    variances, directions = np.linalg.eigh(moved.T @ moved / len(moved))
    strongest = variances[::-1][:kept]
    typical = float(np.square(every - mean).sum(axis=1).mean()) / every.shape[1]
    shares = 1 - 1 / np.sqrt(1 + _STRENGTH * strongest / typical)
    parts = [np.asarray(part, np.float32) for part in (mean, directions[:, ::-1][:, :kept], shares)]
    return VoiceChannels("", *parts)


def as_document(channels: VoiceChannels, about: str, people: list[str]) -> str:
    """The file: numbers as base64 of little-endian float16, and what they were learnt from."""
    fields = {
        name: base64.b64encode(np.asarray(getattr(channels, name), "<f2").tobytes()).decode()
        for name in ("mean", "directions", "shares")
    }
    return json.dumps({"about": about, "people": people, "kept": channels.shares.size, **fields}, indent=1) + "\n"


def shipped_channels() -> VoiceChannels:
    """The channels that ship with the package, for GE2E over raw and enhanced sound (512 numbers).

    Raises:
        Broken: ``likeness:channels:malformed``.
    """
    return channels_of((files("likeness_guard") / _FILE).read_bytes())


def channels_of(data: bytes) -> VoiceChannels:
    """Read a file that `as_document` wrote.

    Raises:
        Broken: ``likeness:channels:malformed``.
    """
    try:
        document: dict[str, Any] = json.loads(data)
        kept = int(document["kept"])
        mean, directions, shares = (_numbers(document[name]) for name in ("mean", "directions", "shares"))
        found = VoiceChannels(
            hashlib.sha256(data).hexdigest()[:8], mean, directions.reshape(mean.size, kept), shares.reshape(kept)
        )
    except (KeyError, TypeError, ValueError, binascii.Error) as error:
        raise Broken("the file of voice channels cannot be read", code="likeness:channels:malformed") from error
    if not all(np.isfinite(part).all() for part in (mean, directions, shares)):
        raise Broken("the file of voice channels holds no numbers", code="likeness:channels:malformed")
    return found


def _numbers(text: str) -> NDArray[np.float32]:
    return np.frombuffer(base64.b64decode(text, validate=True), "<f2").astype(np.float32)

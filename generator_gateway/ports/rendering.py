"""What a video backend is given, and what it does."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from trust_kernel.media.refs import MediaKind

Progress = Callable[[float], None]
"""Called with the share done, in [0, 1], in the thread that called `render`. It raises to abort."""


@dataclass(frozen=True, slots=True)
class CameoReference:
    """What a backend is given of a granted cameo.

    Attributes:
        handle: the subject's handle, without @.
        portrait: uint8 RGB (h, w, 3); None where the face was not granted or no reference was kept.
        voice: float32 mono 16 kHz; None where the voice was not granted or no reference was kept.
    """

    handle: str
    portrait: NDArray[np.uint8] | None
    voice: NDArray[np.float32] | None


@dataclass(frozen=True, slots=True)
class MediaInput:
    """An input reference, as bytes: a backend never gets a URL."""

    kind: MediaKind
    path: Path


@dataclass(frozen=True, slots=True)
class RenderOrder:
    """One video to make.

    Attributes:
        prompt: what the person wrote.
        width: pixels, even.
        height: pixels, even.
        seconds: whole seconds.
        seed: equal orders with equal seeds give equal bytes, where the backend promises that.
        cameos: granted likenesses.
        inputs: input references.
    """

    prompt: str
    width: int
    height: int
    seconds: int
    seed: int
    cameos: Sequence[CameoReference] = ()
    inputs: Sequence[MediaInput] = ()


class VideoBackend(Protocol):
    """Makes a video."""

    name: str

    def render(self, order: RenderOrder, target: Path, progress: Progress) -> None:
        """Write an MP4 to `target`.

        Raises:
            Unavailable: the backend does not answer; the case is tried again.
            InvalidInput: the order cannot be rendered.
        """
        ...

"""What the release path needs, as roles. `placet.wiring` joins them to technologies."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from generator_gateway.stages import (
    Admitted,
    Draft,
    Ended,
    Logged,
    Marked,
    Opened,
    Passed,
    Released,
    Request,
    Signed,
    Stopped,
)
from trust_kernel.media.refs import MediaKind

Progress = Callable[[float], None]
"""Called with the share done, in [0, 1]. It raises to abort."""


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


class CaseLedger(Protocol):
    """Puts a case on record."""

    def open(self, request: Request) -> Opened:
        """Record the intent before any work."""
        ...

    def seal(self, signed: Signed) -> Logged:
        """Record what is about to be released; gives the inclusion proof's place."""
        ...

    def close(self, stopped: Stopped) -> Stopped:
        """Record why a case goes no further."""
        ...


class RequestGates(Protocol):
    """Everything that looks at a request."""

    def judge(self, opened: Opened) -> Admitted | Stopped:
        """Run every gate, ask policy."""
        ...


class OutputGates(Protocol):
    """Everything that looks at what was made."""

    def judge(self, draft: Draft) -> Passed | Stopped:
        """Run every gate on the draft, ask policy."""
        ...


class Renderer(Protocol):
    """Renders an admitted case into quarantine."""

    def render(self, admitted: Admitted) -> Draft:
        """Make the draft."""
        ...


class Marker(Protocol):
    """Visible and invisible marks."""

    def mark(self, passed: Passed) -> Marked:
        """Mark the draft and read the mark back."""
        ...


class Signer(Protocol):
    """Content credentials."""

    def sign(self, marked: Marked) -> Signed:
        """Sign, then verify what was signed."""
        ...


class Vault(Protocol):
    """The door out."""

    def release(self, logged: Logged) -> Ended:
        """Re-check consent under lock and release, or stop, in one transaction."""
        ...


class Line(Protocol):
    """The release path's parts."""

    @property
    def ledger(self) -> CaseLedger: ...  # noqa: D102
    @property
    def request_gates(self) -> RequestGates: ...  # noqa: D102
    @property
    def backend(self) -> Renderer: ...  # noqa: D102
    @property
    def output_gates(self) -> OutputGates: ...  # noqa: D102
    @property
    def marker(self) -> Marker: ...  # noqa: D102
    @property
    def signer(self) -> Signer: ...  # noqa: D102
    @property
    def vault(self) -> Vault: ...  # noqa: D102


__all__ = [
    "CameoReference",
    "CaseLedger",
    "Line",
    "Marker",
    "MediaInput",
    "OutputGates",
    "Progress",
    "Released",
    "RenderOrder",
    "Renderer",
    "RequestGates",
    "Signer",
    "Vault",
    "VideoBackend",
]

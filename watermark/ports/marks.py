"""What marking needs, as roles: a marker of frames, and a marker of whole files."""

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from watermark.domain.marks import MarkedFile, MarkReading, Search


@dataclass(frozen=True, slots=True)
class YuvFrame:
    """One picture of a video, 4:2:0, 8 bits.

    Attributes:
        y: uint8 luma of shape (h, w); read-only by convention, it may be a view of a decoder's buffer.
        u: uint8 of shape (ceil(h / 2), ceil(w / 2)).
        v: uint8, same shape as u.
        seconds: when it is shown.
    """

    y: NDArray[np.uint8]
    u: NDArray[np.uint8]
    v: NDArray[np.uint8]
    seconds: float = 0.0


class FrameEmbedder(Protocol):
    """Marks the frames of one video, in the order in which they are shown."""

    def mark(self, frame: YuvFrame) -> YuvFrame:
        """A marked copy of the frame, same size and time; planes that are not touched may be the same arrays."""
        ...


class StreamDetector(Protocol):
    """Gathers the frames of one video and looks for a mark in them."""

    def add(self, frame: YuvFrame) -> None:
        """Take one more frame, of any size."""
        ...

    def read(self, search: Search) -> MarkReading:
        """Look for a mark in all frames taken so far. May be called again after more frames."""
        ...


class VideoMarker(Protocol):
    """An invisible mark under one key. The key is given at construction and never leaves the marker."""

    @property
    def name(self) -> str:
        """The technology's name, as settings spell it."""
        ...

    @property
    def payload_bits(self) -> int:
        """A payload is a whole number in [0, 2 ** payload_bits)."""
        ...

    def embedder(self, payload: int, width: int, height: int) -> FrameEmbedder:
        """Start marking one video.

        Args:
            payload: what the mark says.
            width: pixels of every frame that will come.
            height: pixels.

        Raises:
            InvalidInput: the payload does not fit (`watermark:payload:out_of_range`).
        """
        ...

    def detector(self) -> StreamDetector:
        """Start reading one video."""
        ...


class FrameOverlay(Protocol):
    """Draws something that people see on every frame."""

    def draw(self, frame: YuvFrame) -> YuvFrame:
        """A copy of the frame with the overlay."""
        ...


class VideoFileMarks(Protocol):
    """Marks whole files and reads marks in them, somewhere safe from what a hostile file does to a decoder."""

    def write(self, source: Path, target: Path, *, payload: int) -> MarkedFile:
        """Mark `source`, visibly and invisibly, and write it to `target` as an MP4.

        Raises:
            InvalidInput: the source cannot be decoded, or the payload does not fit.
            Unavailable: the marker's package is missing.
        """
        ...

    def read(self, path: Path, search: Search) -> MarkReading:
        """Look for a mark in a file.

        Raises:
            InvalidInput: the file cannot be decoded.
            Unavailable: the marker's package is missing.
        """
        ...

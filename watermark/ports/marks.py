"""What marking needs, as roles: a marker of frames, and a marker of whole files."""

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from watermark.domain.marks import MarkedFile, MarkReading, MarksFound, Search, SoundReading, Visibility


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
    """An invisible mark: written under the current key, read under every one.

    The keys are given at construction and never leave it.
    """

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


@dataclass(frozen=True, slots=True)
class Sound:
    """Decoded sound.

    Attributes:
        samples: float32 in [-1, 1] of shape (channels, n).
        rate: samples a second.
    """

    samples: NDArray[np.float32]
    rate: int

    @property
    def seconds(self) -> float:
        """How long it lasts."""
        return float(self.samples.shape[1] / self.rate)


class SoundMarker(Protocol):
    """An inaudible mark. It writes under the current key and reads under every one."""

    @property
    def name(self) -> str:
        """The technology's name."""
        ...

    @property
    def payload_bits(self) -> int:
        """A payload is a whole number in [0, 2 ** payload_bits)."""
        ...

    def mark(self, sound: Sound, payload: int) -> Sound:
        """A marked copy, same shape and rate. Silence stays silent.

        Raises:
            InvalidInput: the payload does not fit (`watermark:payload:out_of_range`).
        """
        ...

    def read(self, sound: Sound, search: Search) -> SoundReading:
        """Listen for a mark.

        Args:
            sound: at most some minutes; whoever has more reads it piece by piece.
            search: `ALIGNED` tries the speed that it was marked at; `FULL` others as well.
        """
        ...


class SoundPresence(Protocol):
    """A second technology, without a key: it says that there is a mark, not which."""

    def mark(self, sound: Sound) -> Sound:
        """A marked copy, same shape and rate."""
        ...

    def score(self, sound: Sound) -> float:
        """How surely sound carries it, in [0, 1]."""
        ...


class VideoFileMarks(Protocol):
    """Marks whole files and reads marks in them, somewhere safe from what a hostile file does to a decoder."""

    def write(
        self, source: Path, target: Path, *, payload: int, visibility: Visibility = Visibility.STANDARD
    ) -> MarkedFile:
        """Mark `source`'s pictures, visibly and invisibly, and its sound, and write it to `target` as an MP4.

        Raises:
            InvalidInput: the source cannot be decoded, or the payload does not fit.
            Unavailable: the marker's package is missing.
        """
        ...

    def write_still(
        self, source: Path, target: Path, *, payload: int, visibility: Visibility = Visibility.STANDARD
    ) -> MarkedFile:
        """Mark a still picture, visibly and invisibly, and write it to `target`: a WebP by its name, or a JPEG.

        Raises:
            InvalidInput: the source cannot be decoded, or the payload does not fit.
        """
        ...

    def read(self, path: Path, search: Search) -> MarksFound:
        """Look and listen for marks in a file: a video, a picture or sound. It is decoded once.

        Raises:
            InvalidInput: the file cannot be decoded, or holds neither pictures nor sound.
            Unavailable: the marker's package is missing.
        """
        ...

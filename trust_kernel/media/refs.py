"""What a medium is here: a digest and a kind, and, once decoded in the sandbox, a look at it."""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

SAMPLE_RATE = 16_000
"""Hz of every decoded sound track: what the voice models take."""


class MediaKind(StrEnum):
    """The three kinds of media that a request can refer to."""

    IMAGE = "image"
    VIDEO = "video"
    AUDIO = "audio"


@dataclass(frozen=True, slots=True)
class MediaRef:
    """A stored medium.

    Attributes:
        digest: SHA-256 of the bytes, hex.
        kind: image, video or audio, as its bytes say, whatever the caller called it.
        mime: media type, as its bytes say.
        size: bytes.
    """

    digest: str
    kind: MediaKind
    mime: str
    size: int


@dataclass(frozen=True, slots=True)
class MediaLimits:
    """What a decoder may be asked to swallow; past any of these the medium is refused, not truncated.

    Attributes:
        max_bytes: file size in bytes.
        max_pixels: width times height of a picture or frame.
        max_seconds: length of a video or sound.
        decode_seconds: wall-clock time that the child process may take.
        memory_bytes: address space of the child process.
    """

    max_bytes: int = 50_000_000
    max_pixels: int = 40_000_000
    max_seconds: float = 10.0
    decode_seconds: float = 30.0
    memory_bytes: int = 3_000_000_000


@dataclass(frozen=True, slots=True)
class Look:
    """What one decoding of one medium yields; every gate looks at the same one.

    Attributes:
        kind: what it is.
        width: pixels as displayed (rotation applied); 0 for sound.
        height: pixels as displayed; 0 for sound.
        duration: seconds; 0 for a picture.
        frames: uint8 RGB of shape (n, h, w, 3); n = 1 for most pictures, 0 for sound. May be smaller than
            width × height. A picture whose transparency hides something has two: as shown on white, and with
            transparency dropped. A JPEG that holds several has them all, the further ones fitted into the first
            one's shape.
        times: float64 of shape (n,), seconds of each frame.
        audio: float32 mono in [-1, 1] at SAMPLE_RATE, shape (m,); empty where there is no sound. Channels that the
            mix drowns follow it, each after a second of silence, so it may be longer than `duration`.
    """

    kind: MediaKind
    width: int
    height: int
    duration: float
    frames: NDArray[np.uint8]
    times: NDArray[np.float64]
    audio: NDArray[np.float32]

    @property
    def mix(self) -> NDArray[np.float32]:
        """The sound without the channels that follow it, no longer than `duration`."""
        return self.audio[: round(self.duration * SAMPLE_RATE)]


@dataclass(frozen=True, slots=True)
class Stills:
    """The pictures that stand for a video or a picture.

    Attributes:
        poster: WebP, at most 640 pixels on its longer side; a video's is from a third of its length.
        small: the same at 320 pixels.
        sheet: JPEG; twenty frames at even distances, five to a row, at most 320 pixels each.
    """

    poster: bytes
    small: bytes
    sheet: bytes

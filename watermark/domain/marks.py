"""What is known about a mark in a video: where it was found, how surely, and what it says."""

from dataclasses import dataclass
from enum import StrEnum

PAYLOAD_BITS = 64
"""A mark carries one whole number in [0, 2**64): the release number."""


class WatermarkReason(StrEnum):
    """Why marking or reading a mark ended as it did."""

    UNREADABLE = "watermark:video:unreadable"
    """The mark was written and does not read back; the video must not go out."""
    UNUSABLE = "watermark:video:unusable"
    """The file cannot be decoded, or holds no picture."""
    PAYLOAD = "watermark:payload:out_of_range"
    """The number does not fit into a mark."""
    MARKER = "watermark:marker:unavailable"
    """The marker's package is not installed, or the marker's name is not known."""
    FOUND = "watermark:video:found"
    """A mark of ours. It points to a release; only that release's fingerprint makes it proof."""
    NOT_FOUND = "watermark:video:not_found"
    """No mark of ours. That does not prove that the video was not generated."""


class Search(StrEnum):
    """How far a detector goes to find a mark."""

    ALIGNED = "aligned"
    """The picture may be resized, re-encoded and shifted, but keeps its frame: a fraction of a second."""
    FULL = "full"
    """Also cropped, zoomed, squeezed, mirrored or slightly rotated: some seconds."""


@dataclass(frozen=True, slots=True)
class Geometry:
    """How the picture lies now, against how it lay when it was marked.

    Attributes:
        scale_x: width of a detail now over its width then, both at the canonical size.
        scale_y: the same for its height.
        rotation: degrees, positive clockwise as seen.
        mirrored: left and right are swapped.
    """

    scale_x: float = 1.0
    scale_y: float = 1.0
    rotation: float = 0.0
    mirrored: bool = False


@dataclass(frozen=True, slots=True)
class MarkReading:
    """What a detector saw.

    Attributes:
        found: a mark under this key, with its checksum right and confidence at or above the threshold.
        payload: the number that it carries; None where nothing was found.
        confidence: the detector's statistic in standard deviations of what an unmarked video gives.
        threshold: the confidence from which `found` can be true.
        geometry: how the picture lies against the marked one; None where nothing was found.
        frames: frames looked at.
        seconds: length of video looked at.
    """

    found: bool
    payload: int | None
    confidence: float
    threshold: float
    geometry: Geometry | None
    frames: int
    seconds: float

    @property
    def reason(self) -> WatermarkReason:
        """The reading as a reason code."""
        return WatermarkReason.FOUND if self.found else WatermarkReason.NOT_FOUND


@dataclass(frozen=True, slots=True)
class MarkedFile:
    """What writing a marked file measured.

    Attributes:
        psnr_y: dB of the marked luma against the same luma before the invisible mark and before encoding.
        frames: frames written.
        fps: average frames a second of video, as written.
        width: pixels.
        height: pixels.
        size_ratio: bytes of the marked file over bytes of the source.
    """

    psnr_y: float
    frames: int
    fps: float
    width: int
    height: int
    size_ratio: float


@dataclass(frozen=True, slots=True)
class MarkReport:
    """A video that was marked, and whose mark was read back from the written file.

    Attributes:
        psnr_y: dB, see MarkedFile.
        size_ratio: bytes of the marked file over bytes of the source.
        read_back: the reading of the written file; always found.
        seconds: wall-clock time that marking and reading took.
    """

    psnr_y: float
    size_ratio: float
    read_back: MarkReading
    seconds: float

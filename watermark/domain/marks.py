"""What is known about a mark in a video or in its sound: where it was found, how surely, and what it says."""

from dataclasses import dataclass, field
from enum import StrEnum

from trust_kernel.errors import InvalidInput

PAYLOAD_BITS = 64
"""A mark in pictures carries one whole number in [0, 2**64): the release number."""
SOUND_BITS = 32
"""A mark in sound carries the lowest 32 bits of the release number."""


def sound_number(release_number: int) -> int:
    """What the mark in the sound of a release says, in [0, 2**32). Several releases may share it."""
    return release_number & ((1 << SOUND_BITS) - 1)


class WatermarkReason(StrEnum):
    """Why marking or reading a mark ended as it did."""

    UNREADABLE = "watermark:video:unreadable"
    """The mark was written and does not read back; the video must not go out."""
    UNUSABLE = "watermark:video:unusable"
    """The file cannot be decoded, or holds no picture."""
    TOO_SMALL = "watermark:video:too_small"
    """The pictures are too small, or too few, to bear a mark."""
    PAYLOAD = "watermark:payload:out_of_range"
    """The number does not fit into a mark."""
    MARKER = "watermark:marker:unavailable"
    """The marker's package is not installed, or the marker's name is not known."""
    ROTATED = "watermark:key:rotated"
    """The keys of marks were rotated by somebody else in the same moment."""
    FOUND = "watermark:video:found"
    """A mark of ours. It points to a release; only that release's fingerprint makes it proof."""
    NOT_FOUND = "watermark:video:not_found"
    """No mark of ours. That does not prove that the video was not generated."""


def check_payload(payload: int, bits: int) -> None:
    """Say whether a number fits into a mark of so many bits.

    Raises:
        InvalidInput: it does not (`watermark:payload:out_of_range`).
    """
    if not 0 <= payload < 1 << bits:
        raise InvalidInput(
            "The number does not fit into a mark.", code=WatermarkReason.PAYLOAD, field="payload", limit=f"{bits} bits"
        )


class Search(StrEnum):
    """How far a detector goes to find a mark."""

    ALIGNED = "aligned"
    """The picture may be resized, re-encoded and shifted, but keeps its frame: a fraction of a second."""
    FULL = "full"
    """Also cropped, zoomed, squeezed, mirrored or slightly rotated: some seconds."""


class Visibility(StrEnum):
    """How plainly the visible mark shows."""

    STANDARD = "standard"
    STRONG = "strong"
    """Larger and less translucent."""
    OFF = "off"
    """None. Only where a policy says so."""


@dataclass(frozen=True, slots=True)
class OpeningLabel:
    """Plain words at the start of a video, which some jurisdictions ask for.

    Attributes:
        text: what it says.
        seconds: how long it stays.
        height: least height of its letters, as a share of the picture's shorter side.
    """

    text: str
    seconds: float
    height: float


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
class MarkKey:
    """One secret under which marks are made.

    Attributes:
        id: short public name, such as "1"; a reading repeats it.
        secret: the key's bytes.
    """

    id: str
    secret: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class MarkKeys:
    """The key in use and those before it.

    Attributes:
        current: what new marks are made under.
        former: what older marks may bear, the newest first.
    """

    current: MarkKey
    former: tuple[MarkKey, ...] = ()

    @property
    def all(self) -> tuple[MarkKey, ...]:
        """Every key, the current one first."""
        return (self.current, *self.former)


@dataclass(frozen=True, slots=True)
class Stretch:
    """A stretch of time that carries one mark.

    Attributes:
        start: seconds from the beginning of what was looked at.
        end: seconds; past `start`.
        payload: what the mark says there.
        key_id: the key that it was made under.
        confidence: the detector's statistic over this stretch.
    """

    start: float
    end: float
    payload: int
    key_id: str
    confidence: float


@dataclass(frozen=True, slots=True)
class MarkReading:
    """What a detector saw in pictures.

    Attributes:
        found: a mark under one of our keys, with its checksum right and confidence at or above the threshold.
        payload: the number that it carries, of several marks that with the longest stretches; None where nothing was
            found.
        confidence: the detector's statistic in standard deviations of what an unmarked video gives.
        threshold: the confidence from which `found` can be true.
        geometry: how the picture lies against the marked one; None where nothing was found.
        frames: frames looked at.
        seconds: length of video looked at.
        key_id: the key that the mark was made under; None where nothing was found.
        stretches: which seconds carry a mark, in time order, none overlapping.
        chance: bound on the probability that a file without a mark gives such a reading; 1 where nothing was found.
    """

    found: bool
    payload: int | None
    confidence: float
    threshold: float
    geometry: Geometry | None
    frames: int
    seconds: float
    key_id: str | None = None
    stretches: tuple[Stretch, ...] = ()
    chance: float = 1.0

    @property
    def reason(self) -> WatermarkReason:
        """The reading as a reason code."""
        return WatermarkReason.FOUND if self.found else WatermarkReason.NOT_FOUND

    @property
    def payloads(self) -> tuple[int, ...]:
        """Every number found, that with the longest stretches first."""
        return payloads_of(self.stretches, self.payload)


@dataclass(frozen=True, slots=True)
class SoundReading:
    """What a detector heard in sound.

    Attributes:
        found: a mark under one of our keys, with its checksum right and confidence at or above the threshold.
        payload: the 32-bit number that it carries, of several that with the longest stretches; None where nothing was
            found.
        confidence: the detector's statistic in standard deviations of what unmarked sound gives.
        threshold: the confidence from which `found` can be true.
        seconds: length of sound listened to.
        speed: how fast it plays against what was marked: 1.1 is ten per cent faster. 1 where nothing was found.
        key_id: the key that the mark was made under; None where nothing was found.
        stretches: which seconds carry a mark, in time order, none overlapping.
        chance: bound on the probability that sound without a mark gives such a reading; 1 where nothing was found.
        presence: score in [0, 1] of a second, unkeyed technology that only says that there is a mark; None where it
            is not installed, or no full search was asked for.
    """

    found: bool
    payload: int | None
    confidence: float
    threshold: float
    seconds: float
    speed: float = 1.0
    key_id: str | None = None
    stretches: tuple[Stretch, ...] = ()
    chance: float = 1.0
    presence: float | None = None

    @property
    def payloads(self) -> tuple[int, ...]:
        """Every number found, that with the longest stretches first."""
        return payloads_of(self.stretches, self.payload)


@dataclass(frozen=True, slots=True)
class MarksFound:
    """What a file carries.

    Attributes:
        picture: None where the file holds no pictures.
        sound: None where the file holds no sound, or was not listened to.
    """

    picture: MarkReading | None
    sound: SoundReading | None


def payloads_of(stretches: tuple[Stretch, ...], best: int | None) -> tuple[int, ...]:
    """The numbers of stretches by their whole length, longest first; `best` leads, and stands alone without any."""
    lengths: dict[int, float] = {}
    for stretch in stretches:
        lengths[stretch.payload] = lengths.get(stretch.payload, 0.0) + stretch.end - stretch.start
    order = sorted(lengths, key=lambda payload: (payload != best, -lengths[payload]))
    return tuple(order) if order else () if best is None else (best,)


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
        sound_snr: dB of the sound over what its mark added; None where there is no sound.
    """

    psnr_y: float
    frames: int
    fps: float
    width: int
    height: int
    size_ratio: float
    sound_snr: float | None = None


@dataclass(frozen=True, slots=True)
class MarkReport:
    """A video that was marked, and whose mark was read back from the written file.

    Attributes:
        psnr_y: dB, see MarkedFile.
        size_ratio: bytes of the marked file over bytes of the source.
        read_back: the reading of the written file; always found.
        seconds: wall-clock time that marking and reading took.
        sound: the reading of its sound; None where it has none. Found, unless the sound is silent or under a second.
        sound_snr: dB, see MarkedFile.
        length: seconds of video written.
    """

    psnr_y: float
    size_ratio: float
    read_back: MarkReading
    seconds: float
    sound: SoundReading | None = None
    sound_snr: float | None = None
    length: float = 0.0

"""What a file is, by its first bytes. Names and declared types are never believed.

Magic numbers: PNG (RFC 2083), JPEG (ITU T.81), RIFF/WebP (developers.google.com/speed/webp), GIF89a, ISO BMFF (ISO/IEC
14496-12, ``ftyp``), HEIF (ISO/IEC 23008-12), AVIF (aomediacodec.github.io/av1-avif), EBML (RFC 8794), Ogg (RFC 3533),
FLAC (RFC 9639), MPEG audio (ISO/IEC 11172-3), ID3v2.
"""

from dataclasses import dataclass

from trust_kernel.media.refs import MediaKind

HEAD_BYTES = 4096
"""How much of a file `recognise` wants to see."""


@dataclass(frozen=True, slots=True)
class Format:
    """A format that is taken.

    Attributes:
        mime: media type of what usually comes in it.
        reader: the one decoder that may open it: a Pillow format name, or an FFmpeg demuxer. Guessing is never left
            to a library, because a playlist or a script that FFmpeg guesses at can name other files and hosts.
        kind: what is in it; None where only its streams say.
        sound_mime: media type where there is sound and no picture.
    """

    mime: str
    reader: str
    kind: MediaKind | None = None
    sound_mime: str = ""


JPEG = Format("image/jpeg", "JPEG", MediaKind.IMAGE)
PNG = Format("image/png", "PNG", MediaKind.IMAGE)
WEBP = Format("image/webp", "WEBP", MediaKind.IMAGE)
AVIF = Format("image/avif", "AVIF", MediaKind.IMAGE)
GIF = Format("image/gif", "gif")
MP4 = Format("video/mp4", "mp4", sound_mime="audio/mp4")
QUICKTIME = Format("video/quicktime", "mov", sound_mime="audio/mp4")
WEBM = Format("video/webm", "matroska", sound_mime="audio/webm")
MATROSKA = Format("video/x-matroska", "matroska", sound_mime="audio/x-matroska")
OGG = Format("video/ogg", "ogg", sound_mime="audio/ogg")
WAV = Format("audio/wav", "wav", MediaKind.AUDIO, "audio/wav")
MP3 = Format("audio/mpeg", "mp3", MediaKind.AUDIO, "audio/mpeg")
FLAC = Format("audio/flac", "flac", MediaKind.AUDIO, "audio/flac")

_STARTS = (
    (b"\xff\xd8\xff", JPEG),
    (b"\x89PNG\r\n\x1a\n", PNG),
    (b"GIF87a", GIF),
    (b"GIF89a", GIF),
    (b"OggS", OGG),
    (b"fLaC", FLAC),
    (b"ID3", MP3),
)
_AVIF_BRANDS = frozenset({b"avif", b"avis"})
_HEIF_BRANDS = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"mif2", b"msf1", b"crx "})
"""ISO BMFF brands of still pictures, which FFmpeg's mov demuxer would open and show in part. Pillow reads only AVIF."""
_EBML = b"\x1a\x45\xdf\xa3"
_DOC_TYPE = b"\x42\x82"
_RIFF_HEAD = 12
_FTYP_HEAD = 16


def recognise(head: bytes) -> Format | None:
    """Tell the format of a file from its first `HEAD_BYTES` bytes; None for anything that is not taken."""
    for start, found in _STARTS:
        if head.startswith(start):
            return found
    if head.startswith(b"RIFF") and len(head) >= _RIFF_HEAD:
        return {b"WEBP": WEBP, b"WAVE": WAV}.get(head[8:12])
    if head[4:8] == b"ftyp" and len(head) >= _FTYP_HEAD:
        return _iso_format(*_brands(head))
    if head[4:8] in {b"moov", b"mdat", b"wide"}:
        return QUICKTIME  # files older than the ftyp box
    if head.startswith(_EBML):
        return _ebml_format(head)
    return MP3 if _is_mpeg_audio(head) else None


def is_heif(head: bytes) -> bool:
    """Whether a file is a HEIC or other HEIF picture that is not AVIF: common enough to be refused by its name."""
    return head[4:8] == b"ftyp" and head[8:12] in _HEIF_BRANDS and recognise(head) is None


def _brands(head: bytes) -> tuple[bytes, tuple[bytes, ...]]:
    """The major brand of a file type box, and the compatible ones."""
    end = min(int.from_bytes(head[:4], "big"), len(head))
    return head[8:12], tuple(head[place : place + 4] for place in range(_FTYP_HEAD, end - 3, 4))


def _iso_format(brand: bytes, compatible: tuple[bytes, ...]) -> Format | None:
    if brand in _AVIF_BRANDS:
        return AVIF
    if brand in _HEIF_BRANDS:
        return AVIF if _AVIF_BRANDS & set(compatible) else None
    return QUICKTIME if brand == b"qt  " else MP4


def _ebml_format(head: bytes) -> Format | None:
    place = head.find(_DOC_TYPE, 4, 64)
    if place < 0:
        return None
    length = head[place + 2] & 0x7F
    name = head[place + 3 : place + 3 + length].rstrip(b"\0")
    return {b"webm": WEBM, b"matroska": MATROSKA}.get(name)


def _is_mpeg_audio(head: bytes) -> bool:
    """A frame header: eleven bits set, then no reserved version, layer, bit rate or sample rate."""
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE0 != 0xE0:  # noqa: PLR2004 - bit masks of the standard
        return False
    version, layer = head[1] >> 3 & 3, head[1] >> 1 & 3
    bit_rate, sample_rate = head[2] >> 4, head[2] >> 2 & 3
    return version != 1 and layer != 0 and bit_rate not in {0, 15} and sample_rate != 3  # noqa: PLR2004

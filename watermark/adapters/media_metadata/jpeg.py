"""Metadata in JPEG: XMP in an APP1 segment, and the older IPTC-IIM in APP13 for programs that know nothing newer."""

import struct
from collections.abc import Iterator
from typing import BinaryIO

from watermark.adapters.media_metadata.boxes import damaged, signed_already
from watermark.domain.disclosure import Disclosure, LatentField

_XMP = b"http://ns.adobe.com/xap/1.0/\x00"
_MORE_XMP = b"http://ns.adobe.com/xmp/extension/\x00"
_PHOTOSHOP = b"Photoshop 3.0\x00"
_APP0, _APP1, _APP11, _APP13, _SOS = 0xE0, 0xE1, 0xEB, 0xED, 0xDA
_EXIF = b"Exif\x00"
_MAX_SEGMENTS = 2000
_MAX_SEGMENT = 65_533
_JUMBF = b"JP"
_ROOM = {65: 32, 70: 10, 120: 2000}
"""Bytes that IIM 4.2 allows originating program, its version, and caption."""


def write_jpeg(source: BinaryIO, target: BinaryIO, disclosure: Disclosure, packet: bytes) -> None:
    """Copy a JPEG with this XMP packet, and IPTC-IIM from the disclosure, in place of any that it had.

    Raises:
        InvalidInput: `watermark:metadata:unusable`, `watermark:metadata:already_signed`.
    """
    source.seek(0)
    if len(_XMP) + len(packet) > _MAX_SEGMENT:
        raise damaged("the metadata does not fit into a JPEG")
    head: list[tuple[int, bytes]] = []
    rest: list[tuple[int, bytes]] = []
    for marker, content in _segments(source):
        if marker == _APP11 and content.startswith(_JUMBF):
            raise signed_already()
        if marker == _APP13 or (marker == _APP1 and content.startswith((_XMP, _MORE_XMP))):
            continue
        # JFIF and Exif want to come first.
        first = not rest and (marker == _APP0 or (marker == _APP1 and content.startswith(_EXIF)))
        (head if first else rest).append((marker, content))
    ours = [(_APP1, _XMP + packet), (_APP13, _photoshop(_iim(disclosure)))]
    target.write(b"\xff\xd8")
    for marker, content in [*head, *ours, *rest]:
        target.write(struct.pack(">BBH", 0xFF, marker, len(content) + 2) + content)
    while chunk := source.read(1 << 20):
        target.write(chunk)


def read_jpeg(source: BinaryIO) -> bytes:
    """The XMP packet of anybody's JPEG; empty without one."""
    source.seek(0)
    return next(
        (content[len(_XMP) :] for marker, content in _segments(source) if marker == _APP1 and content.startswith(_XMP)),
        b"",
    )


def _segments(source: BinaryIO) -> Iterator[tuple[int, bytes]]:
    """Segments before the picture itself; the file then stands at the marker that starts it."""
    if source.read(2) != b"\xff\xd8":
        raise damaged("this is not a JPEG")
    for _ in range(_MAX_SEGMENTS):
        at = source.tell()
        head = source.read(4)
        if len(head) < 4 or head[0] != 0xFF:  # noqa: PLR2004 - two bytes of marker, two of length
            raise damaged()
        if head[1] == _SOS:
            source.seek(at)
            return
        length = struct.unpack_from(">H", head, 2)[0] - 2
        content = source.read(max(0, length))
        if length < 0 or len(content) != length:
            raise damaged()
        yield head[1], content
    raise damaged()


def _iim(disclosure: Disclosure) -> bytes:
    """IPTC-IIM 4.2: character set UTF-8, record version 4, program, its version, caption."""
    said = disclosure.fields
    values = {
        65: said.get(LatentField.SYSTEM, ""),
        70: said.get(LatentField.SYSTEM_VERSION, ""),
        120: disclosure.sentence,
    }
    sets = [(1, 90, b"\x1b%G"), (2, 0, b"\x00\x04")]
    sets += [(2, number, _cut(value, _ROOM[number])) for number, value in values.items() if value]
    return b"".join(struct.pack(">BBBH", 0x1C, record, number, len(data)) + data for record, number, data in sets)


def _cut(value: str, room: int) -> bytes:
    return value.encode()[:room].decode("utf-8", "ignore").encode()


def _photoshop(iim: bytes) -> bytes:
    """An image resource block: IPTC has number 0x0404; its data is padded to an even length."""
    return _PHOTOSHOP + struct.pack(">4sHHI", b"8BIM", 0x0404, 0, len(iim)) + iim + bytes(len(iim) % 2)

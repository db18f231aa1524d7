"""Metadata in PNG: an iTXt chunk with the keyword that the XMP specification names, right after the header."""

import struct
import zlib
from collections.abc import Iterator
from typing import BinaryIO

from watermark.adapters.media_metadata.boxes import damaged, signed_already

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_KEYWORD = b"XML:com.adobe.xmp\x00"
_PLAIN = b"\x00\x00\x00\x00"
"""Not compressed, method 0, no language, no translated keyword."""
_MAX_FILE = 128_000_000
_MAX_CHUNKS = 100_000


def write_png(source: BinaryIO, target: BinaryIO, packet: bytes) -> None:
    """Copy a PNG with this XMP packet in place of any that it had.

    Raises:
        InvalidInput: `watermark:metadata:unusable`, `watermark:metadata:already_signed`.
    """
    chunks = list(_chunks(source))
    if not chunks or chunks[0][0] != b"IHDR" or chunks[-1][0] != b"IEND":
        raise damaged()
    if any(kind == b"caBX" for kind, _ in chunks):
        raise signed_already()
    kept = [(kind, content) for kind, content in chunks if not (kind == b"iTXt" and content.startswith(_KEYWORD))]
    target.write(_SIGNATURE)
    for kind, content in [kept[0], (b"iTXt", _KEYWORD + _PLAIN + packet), *kept[1:]]:
        target.write(struct.pack(">I4s", len(content), kind) + content)
        target.write(struct.pack(">I", zlib.crc32(kind + content)))


def read_png(source: BinaryIO) -> bytes:
    """The XMP packet of anybody's PNG; empty without one, or where it is compressed."""
    start = _KEYWORD + _PLAIN
    found = (content for kind, content in _chunks(source) if kind == b"iTXt" and content.startswith(start))
    return next(found, b"")[len(start) :]


def _chunks(source: BinaryIO) -> Iterator[tuple[bytes, bytes]]:
    source.seek(0)
    data = source.read(_MAX_FILE + 1)
    if len(data) > _MAX_FILE or not data.startswith(_SIGNATURE):
        raise damaged("this is not a PNG")
    at = len(_SIGNATURE)
    for _ in range(_MAX_CHUNKS):
        if at == len(data):
            return
        if len(data) - at < 12:  # noqa: PLR2004 - length, four letters, checksum
            raise damaged()
        size, kind = struct.unpack_from(">I4s", data, at)
        if at + 12 + size > len(data):
            raise damaged()
        yield kind, data[at + 8 : at + 8 + size]
        at += 12 + size
    raise damaged()

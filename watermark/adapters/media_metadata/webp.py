"""Metadata in WebP (RFC 9649): an XMP chunk at the end, and the flag for it in the VP8X chunk that comes first."""

import struct
from collections.abc import Iterator
from typing import BinaryIO

from watermark.adapters.media_metadata.boxes import damaged, signed_already

_XMP, _C2PA, _EXTENDED, _LOSSY, _LOSSLESS = b"XMP ", b"C2PA", b"VP8X", b"VP8 ", b"VP8L"
_XMP_FLAG, _ALPHA_FLAG = 0x04, 0x10
_HEAD_BYTES = 10
"""VP8X: flags and three reserved bytes, width, height."""
_MAX_FILE = 64_000_000
_MAX_CHUNKS = 100_000
_SIZE_MASK = 0x3FFF


def write_webp(source: BinaryIO, target: BinaryIO, packet: bytes) -> None:
    """Copy a WebP with this XMP packet in place of any that it had.

    Raises:
        InvalidInput: `watermark:metadata:unusable`, `watermark:metadata:already_signed`.
    """
    chunks = [(kind, content) for kind, content in _chunks(source) if kind != _XMP]
    if any(kind == _C2PA for kind, _ in chunks):
        raise signed_already()
    if not chunks:
        raise damaged()
    head = chunks.pop(0)[1] if chunks[0][0] == _EXTENDED else _extended(*chunks[0])
    if len(head) != _HEAD_BYTES:
        raise damaged()
    head = bytes([head[0] | _XMP_FLAG]) + head[1:]
    body = b"".join(_chunk(kind, content) for kind, content in [(_EXTENDED, head), *chunks, (_XMP, packet)])
    target.write(struct.pack("<4sI4s", b"RIFF", 4 + len(body), b"WEBP") + body)


def read_webp(source: BinaryIO) -> bytes:
    """The XMP packet of anybody's WebP; empty without one."""
    return next((content for kind, content in _chunks(source) if kind == _XMP), b"")


def _chunks(source: BinaryIO) -> Iterator[tuple[bytes, bytes]]:
    source.seek(0)
    data = source.read(_MAX_FILE + 1)
    if len(data) > _MAX_FILE or data[:4] != b"RIFF" or data[8:12] != b"WEBP":
        raise damaged("this is not a WebP")
    at, end = 12, min(len(data), 8 + struct.unpack_from("<I", data, 4)[0])
    for _ in range(_MAX_CHUNKS):
        if at == end:
            return
        if end - at < 8:  # noqa: PLR2004 - four letters and a length
            raise damaged()
        kind, size = struct.unpack_from("<4sI", data, at)
        if at + 8 + size > end:
            raise damaged()
        yield kind, data[at + 8 : at + 8 + size]
        at = min(end, at + 8 + size + size % 2)
    raise damaged()


def _extended(kind: bytes, content: bytes) -> bytes:
    """The VP8X chunk that a simple file lacks: flags, then width and height less one, 24 bits each."""
    if kind == _LOSSY and content[3:6] == b"\x9d\x01\x2a" and len(content) >= 10:  # noqa: PLR2004 - a key frame's header
        width, height = (int(size) & _SIZE_MASK for size in struct.unpack_from("<HH", content, 6))
        alpha = False
    elif kind == _LOSSLESS and content[:1] == b"\x2f" and len(content) >= 5:  # noqa: PLR2004 - signature, sizes
        bits = int.from_bytes(content[1:5], "little")
        width, height, alpha = (bits & _SIZE_MASK) + 1, (bits >> 14 & _SIZE_MASK) + 1, bool(bits >> 28 & 1)
    else:
        raise damaged()
    if not width or not height:
        raise damaged()
    flags = struct.pack("<I", _ALPHA_FLAG if alpha else 0)
    return flags + (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack("<4sI", kind, len(content)) + content + bytes(len(content) % 2)

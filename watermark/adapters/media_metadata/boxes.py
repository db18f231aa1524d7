"""Boxes of ISO base media files (ISO/IEC 14496-12), read without trust in any length that they state."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from trust_kernel.errors import InvalidInput
from watermark.domain.disclosure import DisclosureReason

_SHORT, _LONG = 8, 16
_MAX_BOXES = 100_000


@dataclass(frozen=True, slots=True)
class Box:
    """Where a box lies.

    Attributes:
        kind: its four characters.
        start: offset of its header.
        body: offset of its content.
        end: offset past it.
    """

    kind: bytes
    start: int
    body: int
    end: int


def boxes(file: BinaryIO, start: int, end: int) -> Iterator[Box]:
    """The boxes between two offsets.

    Raises:
        InvalidInput: `watermark:metadata:unusable`: a length does not fit, or there are more than 100,000.
    """
    for _ in range(_MAX_BOXES):
        if end - start < _SHORT:
            # Up to four zero bytes may end QuickTime's user data.
            return
        file.seek(start)
        head = file.read(_LONG)
        size, kind = struct.unpack_from(">I4s", head)
        body = start + _SHORT
        if size == 1 and len(head) == _LONG:
            (size,) = struct.unpack_from(">Q", head, _SHORT)
            body = start + _LONG
        elif size == 0:
            size = end - start
        if size < body - start or start + size > end:
            raise damaged()
        yield Box(kind, start, body, start + size)
        start += size
    raise damaged()


def parts(data: bytes, start: int = 0) -> Iterator[tuple[bytes, bytes]]:
    """Kind and whole bytes of each box in `data`, from an offset.

    Raises:
        InvalidInput: `watermark:metadata:unusable`.
    """
    while len(data) - start >= _SHORT:
        size, kind = struct.unpack_from(">I4s", data, start)
        if size < _SHORT or start + size > len(data):
            raise damaged()
        yield kind, data[start : start + size]
        start += size


def box(kind: bytes, *content: bytes) -> bytes:
    """A box of this content."""
    body = b"".join(content)
    return struct.pack(">I4s", _SHORT + len(body), kind) + body


def damaged(detail: str = "the file's structure is damaged") -> InvalidInput:
    """The error for a file whose metadata cannot be written."""
    return InvalidInput(detail, code=DisclosureReason.FILE, field="file")


def signed_already() -> InvalidInput:
    """The error for a file whose credential would be broken."""
    return InvalidInput("the file is signed already", code=DisclosureReason.SIGNED, field="file")

"""ISCC codes (ISO 24138:2024) taken apart: what of them says the same about the same bytes.

A code is a header of four numbers (main type, subtype, version, length), 4 bits each, and a body. Every unit of one
kind is a prefix of the longer units of that kind, so units of different length are compared by what both have.
"""

import base64
import binascii
from collections.abc import Iterator

from generator_gateway.ports.bindings import ByteCodes

_DATA, _INSTANCE, _COMPOSITE = 3, 4, 5
_META, _SEMANTIC, _CONTENT = 0, 1, 2
_UNITS = frozenset({_META, _SEMANTIC, _CONTENT, _DATA, _INSTANCE})
_WIDE = 7
_HEADER = 2
_HALF, _WHOLE = 8, 16
KEPT = 16
"""Bytes of a unit that are compared, at most: 128 bits, what a wide composite code holds."""
_LONGEST_LENGTH = 7


def read_code(text: str) -> ByteCodes:
    """Take a code apart as it is written, with or without its ``ISCC:``.

    Raises:
        ValueError: it is not one.
    """
    body = text.strip().upper().removeprefix("ISCC:").replace("-", "")
    try:
        raw = base64.b32decode(body + "=" * (-len(body) % 8))
    except binascii.Error as error:
        raise ValueError("this is no ISCC") from error
    kind, subtype, _, _ = _header(raw)
    if kind == _COMPOSITE:
        return _of_composite(subtype, raw[_HEADER:])
    return read_units(raw)


def read_units(raw: bytes) -> ByteCodes:
    """Take a sequence of units apart, as soft bindings carry it (IEP-0020): headers and bodies end to end.

    Units of other kinds are passed over.

    Raises:
        ValueError: it is not one.
    """
    data, instance = b"", b""
    for kind, body in _units(raw):
        if kind == _DATA:
            data = max(data, body[:KEPT], key=len)
        elif kind == _INSTANCE:
            instance = max(instance, body[:KEPT], key=len)
    return ByteCodes(data, instance)


def _units(raw: bytes) -> Iterator[tuple[int, bytes]]:
    if not raw:
        raise ValueError("there is no unit in this")
    place = 0
    while place < len(raw):
        kind, _, _, length = _header(raw[place:])
        end = place + _HEADER + 4 * (length + 1)
        if kind not in _UNITS or end > len(raw):
            raise ValueError("this is no sequence of ISCC units")
        yield kind, raw[place + _HEADER : end]
        place = end


def _header(raw: bytes) -> tuple[int, int, int, int]:
    """Main type, subtype, version, length. Numbers past 7 take more bits; no code in use has one."""
    if len(raw) <= _HEADER:
        raise ValueError("this is too short for an ISCC")
    numbers = (raw[0] >> 4, raw[0] & 15, raw[1] >> 4, raw[1] & 15)
    if max(numbers) > _LONGEST_LENGTH:
        raise ValueError("this is no ISCC of a kind that is known here")
    return numbers


def _of_composite(subtype: int, body: bytes) -> ByteCodes:
    """The last two units of any composite are its Data- and Instance-Code."""
    each = _WHOLE if subtype == _WIDE else _HALF
    if len(body) < 2 * each:
        raise ValueError("this is no composite ISCC")
    return ByteCodes(body[-2 * each : -each], body[-each:])

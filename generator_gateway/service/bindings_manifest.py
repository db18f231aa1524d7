"""One manifest out of a manifest store: nested boxes with a length and a type (JUMBF, ISO 19566-5)."""

from collections.abc import Iterator
from dataclasses import dataclass

_SUPERBOX, _DESCRIPTION = b"jumb", b"jumd"
_HEAD, _LONG_HEAD = 8, 16
_UUID_BYTES = 16
_HAS_LABEL = 2
"""Bit of a description's toggles that says that a label follows."""


@dataclass(frozen=True, slots=True)
class _Box:
    kind: bytes
    whole: bytes
    body: bytes


def only(store: bytes, label: str) -> bytes | None:
    """The store with no other manifest than the one of this label; None where it is not there.

    Raises:
        ValueError: this is no manifest store.
    """
    outer = next(_boxes(store), None)
    if outer is None or outer.kind != _SUPERBOX:
        raise ValueError("this is no manifest store")
    description, *manifests = _boxes(outer.body)
    wanted = next((box for box in manifests if _label(box) == label), None)
    if wanted is None:
        return None
    body = description.whole + wanted.whole
    return (_HEAD + len(body)).to_bytes(4, "big") + _SUPERBOX + body


def _boxes(data: bytes) -> Iterator[_Box]:
    place = 0
    while place < len(data):
        size, kind = int.from_bytes(data[place : place + 4], "big"), data[place + 4 : place + 8]
        head = _HEAD
        if size == 1:
            size, head = int.from_bytes(data[place + 8 : place + 16], "big"), _LONG_HEAD
        end = place + size if size else len(data)
        if end < place + head or end > len(data):
            raise ValueError("a box does not fit into the one around it")
        yield _Box(kind, data[place:end], data[place + head : end])
        place = end


def _label(box: _Box) -> str | None:
    """The label in a superbox's description; None where there is none."""
    description = next(_boxes(box.body), None) if box.kind == _SUPERBOX else None
    if description is None or description.kind != _DESCRIPTION or len(description.body) <= _UUID_BYTES:
        return None
    if not description.body[_UUID_BYTES] & _HAS_LABEL:
        return None
    return description.body[_UUID_BYTES + 1 :].split(b"\0", 1)[0].decode("utf-8", "replace")

"""The boxes of a C2PA manifest store: a length, a type and a content, nested (JUMBF, ISO/IEC 19566-5)."""

from collections.abc import Iterator
from dataclasses import dataclass

SUPERBOX = b"jumb"
STORE_LABEL = "c2pa"
_DESCRIPTION = b"jumd"
_HEAD, _LONG_HEAD = 8, 16
_UUID_BYTES = 16
_HAS_LABEL = 2
"""Bit of a description's toggles that says that a label follows."""


@dataclass(frozen=True, slots=True)
class Box:
    """One box.

    Attributes:
        kind: its four-byte type.
        whole: all its bytes.
        body: what follows its head.
    """

    kind: bytes
    whole: bytes
    body: bytes

    @property
    def label(self) -> str | None:
        """The label in a superbox's description; None where there is none.

        Raises:
            ValueError: the boxes in it do not fit, or the label is not UTF-8.
        """
        description = next(boxes(self.body), None) if self.kind == SUPERBOX else None
        if description is None or description.kind != _DESCRIPTION or len(description.body) <= _UUID_BYTES:
            return None
        if not description.body[_UUID_BYTES] & _HAS_LABEL:
            return None
        return description.body[_UUID_BYTES + 1 :].split(b"\0", 1)[0].decode("utf-8")


def boxes(data: bytes) -> Iterator[Box]:
    """The boxes that lie side by side in some bytes.

    Raises:
        ValueError: one does not fit into the one around it.
    """
    place = 0
    while len(data) - place >= _HEAD:
        size, kind = int.from_bytes(data[place : place + 4], "big"), data[place + 4 : place + _HEAD]
        head = _HEAD
        if size == 1:
            size, head = int.from_bytes(data[place + _HEAD : place + _LONG_HEAD], "big"), _LONG_HEAD
        end = place + size if size else len(data)
        if end < place + head or end > len(data):
            raise ValueError("a box does not fit into the one around it")
        yield Box(kind, data[place:end], data[place + head : end])
        place = end


def only_manifest(store: bytes, label: str) -> bytes | None:
    """The store with no other manifest than the one of this label; None where it is not there.

    Raises:
        ValueError: this is no manifest store.
    """
    outer = next(boxes(store), None)
    if outer is None or outer.kind != SUPERBOX:
        raise ValueError("this is no manifest store")
    description, *manifests = boxes(outer.body)
    wanted = next((box for box in manifests if box.label == label), None)
    if wanted is None:
        return None
    body = description.whole + wanted.whole
    return (_HEAD + len(body)).to_bytes(4, "big") + SUPERBOX + body

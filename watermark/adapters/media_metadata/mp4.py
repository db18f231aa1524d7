"""Metadata in MP4: named values in moov/udta/meta, as FFmpeg's `use_metadata_tags` writes them, and an XMP box.

Only boxes are moved: no stream is decoded or muxed anew. Where `moov` lies before the media it grows, and every chunk
offset in it is moved along.
"""

import contextlib
import struct
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import BinaryIO

import numpy as np

from trust_kernel.errors import InvalidInput
from watermark.adapters.media_metadata.boxes import Box, box, boxes, damaged, parts, signed_already
from watermark.adapters.media_metadata.xmp import MAX_PACKET

XMP_UUID = bytes.fromhex("be7acfcb97a942e89c71999491e3afac")
"""XMP specification part 3, ISO base media files."""
C2PA_UUID = bytes.fromhex("d8fec3d61b0e483c92975828877ec481")
_MAX_MOOV = 64_000_000
_MAX_KEYS = 256
_MAX_VALUE = 20_000
_UTF8 = 1
_PATH = {b"moov": b"trak", b"trak": b"mdia", b"mdia": b"minf", b"minf": b"stbl"}
_OFFSETS = {b"stco": ">u4", b"co64": ">u8"}


@dataclass(frozen=True, slots=True)
class _Move:
    """A top-level box that is kept: where it was, and where it goes."""

    box: Box
    target: int


def write_mp4(source: BinaryIO, target: BinaryIO, keys: Mapping[str, str], packet: bytes) -> None:
    """Copy an MP4 with these named values and this XMP packet in place of any that it had.

    Raises:
        InvalidInput: `watermark:metadata:unusable` for a damaged, fragmented or open-ended file;
            `watermark:metadata:already_signed`.
    """
    found = list(boxes(source, 0, source.seek(0, 2)))
    moov = _checked(source, found)
    content = _with_keys(_bytes(source, moov), keys)
    kept = [entry for entry in found if _uuid(source, entry) != XMP_UUID]
    moves, at = [], 0
    for entry in kept:
        moves.append(_Move(entry, at))
        at += len(content) if entry is moov else entry.end - entry.start
    content = _moved(content, moves)
    for entry in kept:
        if entry is moov:
            target.write(content)
        else:
            _copy(source, target, entry)
    target.write(box(b"uuid", XMP_UUID, packet))


def read_mp4(source: BinaryIO) -> tuple[bytes, dict[str, str]]:
    """The XMP packet (empty without one) and the named values of anybody's MP4; what is damaged counts as absent."""
    packet, keys = b"", dict[str, str]()
    # A file that is cut off in the middle still says what it said before that.
    with contextlib.suppress(InvalidInput):
        for entry in boxes(source, 0, source.seek(0, 2)):
            if entry.kind == b"moov":
                keys = _read_keys(source, entry)
            elif not packet and _uuid(source, entry) == XMP_UUID and entry.end - entry.body <= MAX_PACKET:
                packet = _bytes(source, entry)[entry.body - entry.start + len(XMP_UUID) :]
    return packet, keys


def _checked(source: BinaryIO, found: Sequence[Box]) -> Box:
    """The one `moov` of a file that can be written into."""
    moovs = [entry for entry in found if entry.kind == b"moov"]
    if not found or found[0].kind != b"ftyp" or len(moovs) != 1:
        raise damaged("this is not an MP4")
    if any(entry.kind in {b"moof", b"sidx"} for entry in found):
        raise damaged("a fragmented MP4 cannot take metadata")
    if moovs[0].end - moovs[0].start > _MAX_MOOV:
        raise damaged("the index of the MP4 is too large")
    source.seek(found[-1].start)
    if found[-1].end != source.seek(0, 2) or _states_no_size(source, found[-1]):
        raise damaged("the last box of the MP4 is open-ended")
    if any(_uuid(source, entry) == C2PA_UUID for entry in found):
        raise signed_already()
    return moovs[0]


def _states_no_size(source: BinaryIO, entry: Box) -> bool:
    source.seek(entry.start)
    return source.read(4) == bytes(4)


def _uuid(source: BinaryIO, entry: Box) -> bytes:
    if entry.kind != b"uuid":
        return b""
    source.seek(entry.body)
    return source.read(len(XMP_UUID))


def _bytes(source: BinaryIO, entry: Box) -> bytes:
    source.seek(entry.start)
    return source.read(entry.end - entry.start)


def _copy(source: BinaryIO, target: BinaryIO, entry: Box) -> None:
    source.seek(entry.start)
    left = entry.end - entry.start
    while left:
        chunk = source.read(min(left, 1 << 20))
        if not chunk:
            raise damaged()
        target.write(chunk)
        left -= len(chunk)


def _with_keys(moov: bytes, keys: Mapping[str, str]) -> bytes:
    """`moov` with its user data's `meta` replaced; other user data stays."""
    rest, user_data = [], []
    for kind, content in parts(moov, 8):
        if kind == b"udta":
            user_data += [part for inner, part in parts(content, 8) if inner != b"meta"]
        else:
            rest.append(content)
    return box(b"moov", *rest, box(b"udta", *user_data, _meta(keys)))


def _meta(keys: Mapping[str, str]) -> bytes:
    """QuickTime metadata with handler `mdta`: a list of names, and values that point into it, from 1."""
    names = b"".join(struct.pack(">I4s", 8 + len(name.encode()), b"mdta") + name.encode() for name in keys)
    values = (
        box(struct.pack(">I", place), box(b"data", struct.pack(">II", _UTF8, 0), value.encode()))
        for place, value in enumerate(keys.values(), start=1)
    )
    return box(
        b"meta",
        bytes(4),
        box(b"hdlr", bytes(8), b"mdta", bytes(13)),
        box(b"keys", struct.pack(">II", 0, len(keys)), names),
        box(b"ilst", *values),
    )


def _moved(moov: bytes, moves: Sequence[_Move]) -> bytes:
    """`moov` with every chunk offset moved as its top-level box is."""
    starts = np.array([move.box.start for move in moves], np.int64)
    ends = np.array([move.box.end for move in moves], np.int64)
    shifts = np.array([move.target - move.box.start for move in moves], np.int64)
    changed = bytearray(moov)
    for start, kind, count in _tables(moov):
        table = np.frombuffer(moov, _OFFSETS[kind], count, start).astype(np.int64)
        inside = np.searchsorted(starts, table, "right") - 1
        if np.any(table < 0) or np.any(inside < 0) or np.any(table > ends[inside]):
            raise damaged()
        shifted = table + shifts[inside]
        if np.any(shifted > np.iinfo(np.dtype(_OFFSETS[kind])).max):
            raise damaged("the MP4 is too long for its own index")
        new = shifted.astype(_OFFSETS[kind]).tobytes()
        changed[start : start + len(new)] = new
    return bytes(changed)


def _tables(moov: bytes) -> Iterator[tuple[int, bytes, int]]:
    """Where each chunk offset table begins, its kind, and how many entries it has."""
    waiting = [(b"moov", 8, len(moov))]
    while waiting:
        inside, at, end = waiting.pop()
        for kind, content in parts(moov[:end], at):
            if kind == _PATH.get(inside):
                waiting.append((kind, at + 8, at + len(content)))
            elif inside == b"stbl" and kind in _OFFSETS:
                if len(content) < 16:  # noqa: PLR2004 - header, version, count
                    raise damaged()
                (count,) = struct.unpack_from(">I", content, 12)
                if 16 + count * np.dtype(_OFFSETS[kind]).itemsize > len(content):
                    raise damaged()
                yield at + 16, kind, count
            at += len(content)


def _read_keys(source: BinaryIO, moov: Box) -> dict[str, str]:
    """Named values in moov/udta/meta (FFmpeg) and moov/meta (Apple)."""
    metas = []
    for entry in boxes(source, moov.body, moov.end):
        if entry.kind == b"meta":
            metas.append(entry)
        elif entry.kind == b"udta":
            metas += [inner for inner in boxes(source, entry.body, entry.end) if inner.kind == b"meta"]
    found: dict[str, str] = {}
    for meta in metas:
        if meta.end - meta.start <= _MAX_MOOV:
            found = _named(_bytes(source, meta)[meta.body - meta.start :]) | found
    return found


def _named(meta: bytes) -> dict[str, str]:
    # ISO gives `meta` a version and flags; QuickTime does not.
    inside = dict(parts(meta, 0 if meta[4:8] == b"hdlr" else 4))
    names = [content[8:] for _, content in parts(inside.get(b"keys", b""), 16)][:_MAX_KEYS]
    found = {}
    for kind, content in parts(inside.get(b"ilst", b""), 8):
        (place,) = struct.unpack(">I", kind)
        data = next((part for inner, part in parts(content, 8) if inner == b"data"), b"")
        if 1 <= place <= len(names) and data[8:12] == struct.pack(">I", _UTF8) and len(data) <= _MAX_VALUE:
            found[names[place - 1].decode("utf-8", "replace")] = data[16:].decode("utf-8", "replace")
    return found

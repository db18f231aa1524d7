"""Hashes of pictures (PDQ) and videos (vPDQ): lines as HMA's file exchange has them, and ThreatExchange's JSON.

Forms: python-threatexchange's `file_api`, `vpdq_util` and `descriptor`; Graph API's threat_updates.
"""

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from copyright_optout.adapters.feed_parts import counted, parsed, text_of, unreadable, written
from copyright_optout.domain.feeds import MOST_HASHES, FeedFrame, FeedHash, Lost

_PICTURE, _VIDEO = "HASH_PDQ", "HASH_VIDEO_VPDQ"
_BITS = re.compile(r"[0-9a-fA-F]{64}")
_LINE = re.compile(r"(?:pdq[ ,\t]+)?(?P<bits>[0-9a-fA-F]{64})(?:[ ,\t]+(?P<quality>\d{1,3}))?(?P<rest>.*)", re.ASCII)
_VIDEO_LINE = re.compile(r"(?:vpdq[ \t]+)?(?P<frames>[\[{].*)")
_FRAME = re.compile(r"([0-9a-fA-F]{64}),(\d{1,3}),([0-9.eE+]{1,20})", re.ASCII)
_WHOLE = 100
_LAST_SECOND = 1_000_000.0
_KNOWN = frozenset(
    {"raw_indicator", "indicator", "type", "id", "should_delete", "status", "last_updated", "descriptors"}
)
_DENIED = "NON_MALICIOUS"
"""Status of a descriptor which says that the thing is nothing to stop."""
_LOST = frozenset({Lost.METADATA})


def read_lines(data: bytes) -> Sequence[FeedHash]:
    """Entries of a file of lines: ``pdq HASH`` and ``vpdq [...]``, first word and quality may be missing."""
    lines = counted(text_of(data).splitlines(), MOST_HASHES)
    return [_of_line(number, line.strip()) for number, line in enumerate(lines, start=1) if line.strip()]


def read_descriptors(data: bytes) -> Sequence[FeedHash]:
    """Entries of an array of descriptors or updates, or of an answer with these as ``data``."""
    found = parsed(data)
    members = found.get("data") if isinstance(found, dict) else found
    if not isinstance(members, list):
        raise unreadable('an object with "data", or an array')
    return [_descriptor(number, value) for number, value in enumerate(counted(members, MOST_HASHES), start=1)]


def write_lines(hashes: Iterable[FeedHash]) -> Iterator[bytes]:
    """A file of lines, each with the type of its signal: an exchange needs no further setting."""
    return ((f"vpdq {_said(one)}\n" if one.frames else f"pdq {one.bits}\n").encode() for one in hashes)


def write_descriptors(hashes: Iterable[FeedHash]) -> Iterator[bytes]:
    """An answer with descriptors."""
    found = (
        {
            "raw_indicator": _said(one) if one.frames else one.bits,
            "type": _VIDEO if one.frames else _PICTURE,
            "description": one.label,
        }
        for one in hashes
    )
    return written(found, '{"data": [', "]}")


def _of_line(number: int, line: str) -> FeedHash:
    video = _VIDEO_LINE.fullmatch(line)
    if video is not None:
        return FeedHash(number, "", frames=_frames(video["frames"]))
    found = _LINE.fullmatch(line)
    if found is None:
        return FeedHash(number, "")
    quality = int(found["quality"] or _WHOLE)
    lost = _LOST if found["rest"].strip(" ,\t") else frozenset[Lost]()
    return FeedHash(number, found["bits"].lower() if quality <= _WHOLE else "", quality, lost=lost)


def _descriptor(number: int, value: Any) -> FeedHash:
    if not isinstance(value, dict):
        return FeedHash(number, "")
    said = value.get("raw_indicator", value.get("indicator"))
    lost = _LOST if value.keys() - _KNOWN or value.get("descriptors") else frozenset[Lost]()
    retracted = _is_retracted(value)
    if value.get("type") == _VIDEO and isinstance(said, str):
        return FeedHash(number, "", lost=lost, frames=_frames(said), retracted=retracted)
    bits = said.lower() if value.get("type") == _PICTURE and isinstance(said, str) and _BITS.fullmatch(said) else ""
    return FeedHash(number, bits, lost=lost, retracted=retracted)


def _is_retracted(value: dict[str, Any]) -> bool:
    """Whether an update is a tombstone, or nobody who describes the thing says that it is to be stopped."""
    inner = value.get("descriptors")
    opinions = inner.get("data") if isinstance(inner, dict) else inner
    if isinstance(opinions, list) and opinions:
        return all(isinstance(one, dict) and one.get("status") == _DENIED for one in opinions)
    return value.get("should_delete") is True or value.get("status") == _DENIED


def _frames(text: str) -> tuple[FeedFrame, ...]:
    """The frames of a vPDQ hash; none where one of them cannot be read."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return ()
    if isinstance(found, dict):  # as earlier releases wrote it: by number of the frame
        found = [_joined(frame) for frame in found.values()]
    made = [_frame(one) for one in found] if isinstance(found, list) else []
    return tuple(frame for frame in made if frame is not None) if None not in made else ()


def _joined(frame: Any) -> str:
    known = frame if isinstance(frame, dict) else {}
    return ",".join(str(known.get(name, "")) for name in ("hash", "quality", "timestamp"))


def _frame(said: Any) -> FeedFrame | None:
    found = _FRAME.fullmatch(said) if isinstance(said, str) else None
    if found is None or int(found[2]) > _WHOLE:
        return None
    try:
        second = float(found[3])  # three digits in all, so 1e+03 from a thousand seconds on
    except ValueError:
        return None
    return FeedFrame(found[1].lower(), int(found[2]), second) if second <= _LAST_SECOND else None


def _said(one: FeedHash) -> str:
    return json.dumps([f"{frame.bits},{frame.quality},{frame.second:.3f}" for frame in one.frames])

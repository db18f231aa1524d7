"""Feeds in JSON and in lines: TDMRep, TDM-AI, ThreatExchange, lists of PDQ hashes; RSL through `feeds_rsl`."""

import json
import re
from collections.abc import Sequence
from typing import Any

from copyright_optout.adapters.feeds_rsl import read_rsl, write_rsl
from copyright_optout.domain.feeds import (
    MOST_ENTRIES,
    MOST_HASHES,
    OWN_NAMESPACE,
    OWN_TERM,
    FeedClaim,
    FeedEntry,
    FeedFormat,
    FeedHash,
    Lost,
)
from copyright_optout.domain.reasons import FeedFault
from trust_kernel.errors import InvalidInput
from trust_kernel.tabular.lines import is_whole

_ABOUT = {FeedFormat.TDMREP: "location", FeedFormat.TDMAI: "iscc"}
_RESERVATION, _POLICY = "tdm-reservation", "tdm-policy"
_ISCC = re.compile(r"ISCC:[A-Z2-7]{10,200}")
_PDQ = re.compile(r"[0-9a-fA-F]{64}")
_LINE = re.compile(r"(?:pdq[ ,\t]+)?(?P<bits>[0-9a-fA-F]{64})(?:[ ,\t]+(?P<quality>\d{1,3}))?(?P<rest>.*)")
_WHOLE = 100
_ALL_LOST = frozenset({Lost.METADATA})
_TYPE = "HASH_PDQ"


class FeedFiles:
    """Reads and writes feeds."""

    def entries(self, form: FeedFormat, data: bytes) -> Sequence[FeedEntry]:
        """The entries of a feed of reservations; raises InvalidInput with a `FeedFault`."""
        if form is FeedFormat.RSL:
            return read_rsl(data)
        found = _parsed(data)
        # One TDM-AI declaration is often exchanged by itself.
        members = found if isinstance(found, list) else [found]
        return [_entry(form, number, value) for number, value in enumerate(_counted(members), start=1)]

    def hashes(self, form: FeedFormat, data: bytes) -> Sequence[FeedHash]:
        """The entries of a feed of hashes; raises as `entries`."""
        if form is FeedFormat.PDQ:
            lines = _counted(_text(data).splitlines(), MOST_HASHES)
            return [_of_line(number, line) for number, line in enumerate(lines, start=1) if line.strip()]
        found = _parsed(data)
        members = found.get("data") if isinstance(found, dict) else found
        if not isinstance(members, list):
            raise _unreadable('an object with "data", or an array')
        return [_descriptor(number, value) for number, value in enumerate(_counted(members, MOST_HASHES), start=1)]

    def of_claims(self, form: FeedFormat, claims: Sequence[FeedClaim]) -> bytes:
        """A feed of reservations."""
        if form is FeedFormat.RSL:
            return write_rsl(claims)
        context = {"placet": f"{OWN_NAMESPACE}:"}
        return _written(
            [
                {"@context": context, _ABOUT[form]: claim.about, _RESERVATION: 1, OWN_TERM: dict(claim.said)}
                for claim in claims
            ]
        )

    def of_hashes(self, form: FeedFormat, hashes: Sequence[FeedHash]) -> bytes:
        """A feed of hashes."""
        if form is FeedFormat.PDQ:
            return "".join(f"{one.bits}\n" for one in hashes).encode()
        return _written(
            {"data": [{"raw_indicator": one.bits, "type": _TYPE, "description": one.label} for one in hashes]}
        )


def _entry(form: FeedFormat, number: int, value: Any) -> FeedEntry:
    if not isinstance(value, dict):
        return FeedEntry(number, "")
    about, reserved = value.get(_ABOUT[form]), value.get(_RESERVATION)
    usable = isinstance(about, str) and about.strip() and is_whole(about) and reserved in (0, 1)
    if not isinstance(about, str) or not usable or (form is FeedFormat.TDMAI and not _ISCC.fullmatch(about)):
        return FeedEntry(number, "")
    lost = frozenset({Lost.POLICY}) if value.get(_POLICY) else frozenset[Lost]()
    return FeedEntry(number, about.strip(), reserved == 1, value.get(OWN_TERM), lost)


def _of_line(number: int, line: str) -> FeedHash:
    found = _LINE.fullmatch(line.strip())
    if found is None:
        return FeedHash(number, "")
    quality = int(found["quality"] or _WHOLE)
    lost = _ALL_LOST if found["rest"].strip(" ,\t") else frozenset[Lost]()
    return FeedHash(number, found["bits"].lower() if quality <= _WHOLE else "", quality, lost=lost)


def _descriptor(number: int, value: Any) -> FeedHash:
    bits = value.get("raw_indicator") if isinstance(value, dict) and value.get("type") == _TYPE else None
    if not isinstance(bits, str) or not _PDQ.fullmatch(bits):
        return FeedHash(number, "")
    lost = _ALL_LOST if value.keys() - {"raw_indicator", "type", "id"} else frozenset[Lost]()
    return FeedHash(number, bits.lower(), lost=lost)


def _counted(members: list[Any], most: int = MOST_ENTRIES) -> list[Any]:
    if len(members) > most:
        raise InvalidInput("this feed is too long", code=FeedFault.TOO_LARGE, field="file", limit=f"{most} entries")
    return members


def _parsed(data: bytes) -> Any:
    try:
        return json.loads(_text(data))
    except (ValueError, RecursionError):
        raise _unreadable("JSON") from None


def _text(data: bytes) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise _unreadable("UTF-8") from None


def _unreadable(limit: str) -> InvalidInput:
    return InvalidInput("this is no such feed", code=FeedFault.UNREADABLE, field="file", limit=limit)


def _written(value: object) -> bytes:
    return (json.dumps(value, ensure_ascii=False, indent=1) + "\n").encode()

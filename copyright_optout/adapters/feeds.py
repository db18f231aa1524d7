"""Feeds in every format: TDMRep and TDM-AI here, RSL through `feeds_rsl`, hashes through `feeds_hashes`."""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from copyright_optout.adapters.feed_parts import counted, parsed, written
from copyright_optout.adapters.feeds_hashes import read_descriptors, read_lines, write_descriptors, write_lines
from copyright_optout.adapters.feeds_rsl import read_rsl, write_rsl
from copyright_optout.domain.feeds import OWN_NAMESPACE, OWN_TERM, FeedClaim, FeedEntry, FeedFormat, FeedHash, Lost
from trust_kernel.texts import is_text

_ABOUT = {FeedFormat.TDMREP: "location", FeedFormat.TDMAI: "iscc"}
_RESERVATION, _POLICY = "tdm-reservation", "tdm-policy"
_ISCC = re.compile(r"ISCC:[A-Z2-7]{10,200}")
_FALLS_BACK = {"train-genai": "train-ai", "train-ai": "all"}
"""TDM-AI in the IETF's words (draft-ietf-aipref-vocab-02): what is not said of a use holds as of the wider one."""
_GENERATING = ("train-genai", "ai-use")
_WORDS = frozenset({"all", "train-ai", "train-genai", "ai-use", "search"})
_ALLOWED, _RESERVED = "true", "false"


class FeedFiles:
    """Reads and writes feeds."""

    def entries(self, form: FeedFormat, data: bytes) -> Sequence[FeedEntry]:
        """The entries of a feed of reservations; raises InvalidInput with a `FeedFault`."""
        if form is FeedFormat.RSL:
            return read_rsl(data)
        found = parsed(data)
        # One TDM-AI declaration is often exchanged by itself.
        members = found if isinstance(found, list) else [found]
        return [_entry(form, number, value) for number, value in enumerate(counted(members), start=1)]

    def hashes(self, form: FeedFormat, data: bytes) -> Sequence[FeedHash]:
        """The entries of a feed of hashes; raises as `entries`."""
        return read_lines(data) if form is FeedFormat.PDQ else read_descriptors(data)

    def of_claims(self, form: FeedFormat, claims: Iterable[FeedClaim]) -> Iterator[bytes]:
        """A feed of reservations, in pieces."""
        if form is FeedFormat.RSL:
            return write_rsl(claims)
        context = {"placet": f"{OWN_NAMESPACE}:"}
        return written(
            {"@context": context, _ABOUT[form]: claim.about, _RESERVATION: 1, OWN_TERM: dict(claim.said)}
            for claim in claims
        )

    def of_hashes(self, form: FeedFormat, hashes: Iterable[FeedHash]) -> Iterator[bytes]:
        """A feed of hashes, in pieces."""
        return write_lines(hashes) if form is FeedFormat.PDQ else write_descriptors(hashes)


def _entry(form: FeedFormat, number: int, value: Any) -> FeedEntry:
    about = value.get(_ABOUT[form]) if isinstance(value, dict) else None
    if not isinstance(about, str) or not about.strip() or not is_text(about):
        return FeedEntry(number, "")
    if form is FeedFormat.TDMAI and not _ISCC.fullmatch(about):
        return FeedEntry(number, "")
    reserved, lost = _reserved(value), set[Lost]()
    if value.get(_POLICY) or value.get("policy"):
        lost.add(Lost.POLICY)
    if reserved is None and form is FeedFormat.TDMAI:
        reserved = _reserved_by_word(value)
        if value.get("all") != _RESERVED or _ALLOWED in _words(value):
            lost.add(Lost.LIMITS)
    if reserved is None:
        return FeedEntry(number, "")
    return FeedEntry(number, about.strip(), reserved, value.get(OWN_TERM), frozenset(lost))


def _reserved(value: dict[str, Any]) -> bool | None:
    """Whether anything is reserved; None for anything but 1 and 0, which says nothing (TDMRep, section 3)."""
    said = value.get(_RESERVATION)
    return None if isinstance(said, bool) or said not in (0, 1) else said == 1


def _reserved_by_word(value: dict[str, Any]) -> bool | None:
    if not _words(value):
        return None
    return any(_said(value, use) == _RESERVED for use in _GENERATING)


def _said(value: dict[str, Any], use: str) -> object:
    """What holds of a use: what is said of it, or of the next wider one."""
    said = value.get(use)
    return said if said is not None or use not in _FALLS_BACK else _said(value, _FALLS_BACK[use])


def _words(value: dict[str, Any]) -> list[object]:
    return [value[word] for word in _WORDS if value.get(word) in (_ALLOWED, _RESERVED)]

"""Really Simple Licensing 1.0 (https://rslstandard.org/rsl), read by expat without any entity or document type."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import quote
from xml.parsers import expat
from xml.sax.saxutils import escape, quoteattr

from copyright_optout.adapters.feed_parts import counted, unreadable
from copyright_optout.domain.feeds import OWN_NAMESPACE, FeedClaim, FeedEntry, Lost

_NAMESPACE = "https://rslstandard.org/rsl"
_OWN = f"{OWN_NAMESPACE} claim"
_DEEPEST = 20
_TRAIN, _INPUT = "ai-train", "ai-input"
_GENERATING = frozenset({_TRAIN, _INPUT})
"""What a generator is made of, and what it makes something of."""
_MEANS: Mapping[str, frozenset[str]] = {
    "all": _GENERATING,
    "ai-all": _GENERATING,
    _TRAIN: frozenset({_TRAIN}),
    _INPUT: frozenset({_INPUT}),
    "train-ai": frozenset({_TRAIN}),
    "train-genai": frozenset({_TRAIN}),
    "ai-use": frozenset({_INPUT}),
}
"""Words for uses, section 3.4.1.1, and those of drafts, which were the IETF's; `ai-index` and `search` make nothing."""
_FREE = frozenset({"free", "attribution", "contribution"})
"""Payments that nobody has to agree about first; a licence without one is free (section 3.7)."""
_MORE = {
    "payment": Lost.POLICY,
    "reporting": Lost.POLICY,
    "legal": Lost.POLICY,
    "terms": Lost.POLICY,
    "alternate": Lost.METADATA,
    "schema": Lost.METADATA,
    "copyright": Lost.METADATA,
}
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(slots=True)
class _Content:
    """What is said of one address; `opened` is what some licence lets everybody do without asking."""

    url: str
    said: object = None
    licensed: bool = False
    opened: set[str] = field(default_factory=set)
    prohibited: set[str] = field(default_factory=set)
    lost: set[Lost] = field(default_factory=set)

    def entry(self, number: int) -> FeedEntry:
        closed = (_GENERATING - self.opened) | self.prohibited if self.licensed else frozenset[str]()
        if closed != _GENERATING:
            self.lost.add(Lost.LIMITS)
        return FeedEntry(number, self.url, bool(closed), self.said, frozenset(self.lost))


@dataclass(slots=True)
class _License:
    """One licence; without permitted uses it permits what it does not prohibit (section 3.5)."""

    permitted: set[str] | None = None
    limited: bool = False
    free: bool = True

    @property
    def opens(self) -> frozenset[str] | set[str]:
        if self.limited or not self.free:
            return frozenset()
        return _GENERATING if self.permitted is None else self.permitted


class _Reader:
    """Gathers the contents of a document while expat goes through it."""

    def __init__(self) -> None:
        self.found: list[FeedEntry] = []
        self._depth = 0
        self._text: list[str] = []
        self._content = _Content("")
        self._license = _License()
        self._type = ""

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        self._depth += 1
        if self._depth > _DEEPEST or (self._depth == 1 and name != f"{_NAMESPACE} rsl"):
            raise unreadable("<rsl>, at most 20 deep")
        self._text.clear()
        plain = _plain(name)
        if plain == "content":
            self._content = _Content(attributes.get("url", "").strip())
        elif plain == "license":
            self._license, self._content.licensed = _License(), True
        elif plain == "payment":
            self._license.free = attributes.get("type", "free") in _FREE
        elif plain in {"permits", "prohibits"}:
            self._type = attributes.get("type", "")
        if plain in _MORE:
            self._content.lost.add(_MORE[plain])

    def text(self, data: str) -> None:
        self._text.append(data)

    def end(self, name: str) -> None:
        self._depth -= 1
        said, plain = "".join(self._text).strip(), _plain(name)
        self._text.clear()
        if name == _OWN:
            self._content.said = _own(said)
        elif plain in {"permits", "prohibits"}:
            self._term(plain, said)
        elif plain == "license":
            self._content.opened |= self._license.opens
        elif plain == "content":
            self._close()

    def _term(self, plain: str, said: str) -> None:
        if self._type != "usage":  # for some users or countries alone
            self._license.limited = True
            self._content.lost.add(Lost.LIMITS)
            return
        # Words are parted by spaces, in drafts by commas; those of others' vocabularies mean nothing here.
        uses = {use for word in said.replace(",", " ").split() for use in _MEANS.get(word, ())}
        if plain == "prohibits":
            self._content.prohibited |= uses
        else:
            self._license.permitted = (self._license.permitted or set()) | uses

    def _close(self) -> None:
        self.found.append(self._content.entry(len(self.found) + 1))
        counted(self.found)


def read_rsl(data: bytes) -> Sequence[FeedEntry]:
    """The contents of a document; raises InvalidInput with a `FeedFault`.

    What is prohibited is reserved, and so is what is not among the permitted uses, or is only for some, or for pay:
    terms are read conservatively (section 3.1.1).
    """
    reader, parser = _Reader(), expat.ParserCreate(namespace_separator=" ")
    parser.StartElementHandler, parser.EndElementHandler = reader.start, reader.end
    parser.CharacterDataHandler = reader.text
    # Entities are declared in a document type alone: without one nothing can be blown up or fetched.
    parser.StartDoctypeDeclHandler = _no_doctype
    try:
        parser.Parse(data, True)
    except (expat.ExpatError, LookupError, ValueError):  # the latter two: an encoding that nobody knows
        raise unreadable("XML 1.0") from None
    return reader.found


def write_rsl(claims: Iterable[FeedClaim]) -> Iterator[bytes]:
    """A document that prohibits every use by AI of each claim's content; being found stays allowed."""
    yield f'<rsl xmlns="{_NAMESPACE}" xmlns:p="{OWN_NAMESPACE}">\n'.encode()
    for claim in claims:
        content = (
            f"<content url={quoteattr(_NOT_XML.sub(_quoted, claim.about))}><license>"
            f'<prohibits type="usage">ai-all</prohibits></license>'
            # Escaped as JSON does it, so that no letter is left that XML does not know.
            f"<p:claim>{escape(json.dumps(dict(claim.said)))}</p:claim></content>\n"
        )
        yield content.encode()
    yield b"</rsl>\n"


def _quoted(found: re.Match[str]) -> str:
    return quote(found[0], errors="replace")


def _own(said: str) -> object:
    """Our own term is a JSON object in an element; what is none spoils its entry, as in the other formats."""
    try:
        return json.loads(said)
    except (ValueError, RecursionError):
        return said


def _plain(name: str) -> str:
    """An element of this namespace without it; empty for others'."""
    namespace, _, plain = name.rpartition(" ")
    return plain if namespace == _NAMESPACE else ""


def _no_doctype(*_: object) -> None:
    raise unreadable("XML 1.0 without a document type")

"""Really Simple Licensing 1.0 (https://rslstandard.org/rsl), read by expat without any entity or document type."""

import json
from collections.abc import Mapping, Sequence
from xml.parsers import expat
from xml.sax.saxutils import escape, quoteattr

from copyright_optout.domain.feeds import MOST_ENTRIES, OWN_NAMESPACE, FeedClaim, FeedEntry, Lost
from copyright_optout.domain.reasons import FeedFault
from trust_kernel.errors import InvalidInput

_NAMESPACE = "https://rslstandard.org/rsl"
_OWN = f"{OWN_NAMESPACE} claim"
_DEEPEST = 20
_RESERVING = frozenset({"all", "ai-all", "ai-train", "ai-input"})
"""Uses whose prohibition reserves what a generator is made of or makes; ai-index and search do not."""
_MORE = {"payment": Lost.POLICY, "legal": Lost.POLICY, "permits": Lost.LIMITS}


class _Reader:
    """Gathers the contents of a document while expat goes through it."""

    def __init__(self) -> None:
        self.found: list[FeedEntry] = []
        self._path: list[str] = []
        self._text: list[str] = []
        self._url, self._prohibited, self._of_usage = "", False, False
        self._said: object = None
        self._lost: set[Lost] = set()

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        self._path.append(name)
        if len(self._path) > _DEEPEST or (len(self._path) == 1 and name != _named("rsl")):
            raise _unreadable("<rsl>, at most 20 deep")
        self._text.clear()
        if name == _named("content"):
            self._url, self._prohibited, self._said = attributes.get("url", "").strip(), False, None
            self._lost.clear()
        self._of_usage = attributes.get("type") == "usage"
        plain = name.removeprefix(f"{_NAMESPACE} ")
        if plain in _MORE:
            self._lost.add(_MORE[plain])
        if plain == "prohibits" and not self._of_usage:
            self._lost.add(Lost.LIMITS)

    def text(self, data: str) -> None:
        self._text.append(data)

    def end(self, name: str) -> None:
        self._path.pop()
        said = "".join(self._text).strip()
        self._text.clear()
        if name == _named("prohibits") and self._of_usage:
            uses = set(said.replace(",", " ").split())
            self._prohibited |= bool(uses & _RESERVING)
            if uses != {"all"}:
                self._lost.add(Lost.LIMITS)
        elif name == _OWN:
            self._said = _own(said)
        elif name == _named("content"):
            if len(self.found) == MOST_ENTRIES:
                raise InvalidInput(
                    "this feed is too long", code=FeedFault.TOO_LARGE, field="file", limit=f"{MOST_ENTRIES} entries"
                )
            number = len(self.found) + 1
            self.found.append(FeedEntry(number, self._url, self._prohibited, self._said, frozenset(self._lost)))


def read_rsl(data: bytes) -> Sequence[FeedEntry]:
    """The contents of a document; raises InvalidInput with a `FeedFault`."""
    reader, parser = _Reader(), expat.ParserCreate(namespace_separator=" ")
    parser.StartElementHandler, parser.EndElementHandler = reader.start, reader.end
    parser.CharacterDataHandler = reader.text
    # Entities are declared in a document type alone: without one nothing can be blown up or fetched.
    parser.StartDoctypeDeclHandler = _no_doctype
    try:
        parser.Parse(data, True)
    except (expat.ExpatError, LookupError, ValueError):  # the latter two: an encoding that nobody knows
        raise _unreadable("XML 1.0") from None
    return reader.found


def write_rsl(claims: Sequence[FeedClaim]) -> bytes:
    """A document that prohibits every use of each claim's content."""
    contents = "".join(
        f"<content url={quoteattr(claim.about)}><license>"
        f'<prohibits type="usage">all</prohibits></license>'
        f"<p:claim>{escape(json.dumps(dict(claim.said), ensure_ascii=False))}</p:claim></content>\n"
        for claim in claims
    )
    return f'<rsl xmlns="{_NAMESPACE}" xmlns:p="{OWN_NAMESPACE}">\n{contents}</rsl>\n'.encode()


def _own(said: str) -> object:
    """Our own term is a JSON object in an element; what is none spoils its entry, as in the other formats."""
    try:
        return json.loads(said)
    except (ValueError, RecursionError):
        return said


def _named(name: str) -> str:
    return f"{_NAMESPACE} {name}"


def _no_doctype(*_: object) -> None:
    raise _unreadable("XML 1.0 without a document type")


def _unreadable(limit: str) -> InvalidInput:
    return InvalidInput("this is no such feed", code=FeedFault.UNREADABLE, field="file", limit=limit)

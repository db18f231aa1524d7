"""The members of one large array or object of a JSON document, one at a time, never the whole in memory."""

import io
import json
from collections.abc import Iterator
from json import JSONDecodeError
from typing import Any, BinaryIO

from trust_kernel.errors import InvalidInput
from trust_kernel.tabular.lines import Codes

LARGEST_ITEM = 32_000_000
"""Characters of one member at most."""
_CHUNK = 1 << 16
_SPACE = " \t\r\n"


class JsonItems:
    """Reads ``[…]``, one value a line, or the members of objects and arrays of known names in an object.

    Args:
        file: UTF-8, read from where it stands.
        codes: what faults are called.
        within: names of objects and arrays whose members are wanted, such as ``results`` and ``bindings``.
        members: the one of them that may be an object of members by name.
        lenient: bytes that are no UTF-8 become lone surrogates, and spoil their own member alone.
        largest: characters of one member at most; `LARGEST_ITEM` where it is not given.
    """

    def __init__(
        self,
        file: BinaryIO,
        codes: Codes,
        *,
        within: frozenset[str] = frozenset(),
        members: str = "",
        lenient: bool = False,
        largest: int | None = None,
    ) -> None:
        errors = "surrogateescape" if lenient else "strict"
        self._text = io.TextIOWrapper(file, encoding="utf-8-sig", errors=errors)
        self._codes = codes
        self._within = within
        self._named = members
        self._largest = LARGEST_ITEM if largest is None else largest
        self._decoder = json.JSONDecoder()
        self._buffer = ""
        self._at = 0
        self._ended = False
        self.found = False
        """Whether there was anything to iterate over, be it empty."""

    def __iter__(self) -> Iterator[Any]:
        """The members; a member of an object without its name.

        Raises:
            InvalidInput: `Codes.unreadable`, or `Codes.too_large` for one member.
        """
        try:
            yield from self._document()
        except (ValueError, RecursionError) as error:  # bad bytes and numbers of many thousand digits are ValueErrors
            raise self._unreadable() from error
        finally:
            if not self._text.closed:
                self._text.detach()

    def _document(self) -> Iterator[Any]:
        start = self._peek()
        if start == "[":
            yield from self._array()
        elif start == "{":
            yield from self._object()
            while self._peek():  # one value a line
                yield self._value()
        else:
            raise self._unreadable()

    def _array(self) -> Iterator[Any]:
        self.found = True
        self._expect("[")
        if self._peek() == "]":
            self._at += 1
            return
        while True:
            yield self._value()
            if self._expect(",]") == "]":
                return
            if self._peek() == "]":  # dumps of Wikidata end their last line with a comma at times
                self._at += 1
                return

    def _object(self) -> Iterator[Any]:
        """Members of the objects and arrays that we know; an object without any of them is itself the one value."""
        self._expect("{")
        rest: dict[str, Any] = {}
        while self._peek() != "}":
            name = self._value()
            self._expect(":")
            opening = self._peek()
            if name in self._within and opening == "[":
                yield from self._array()
            elif name == self._named and opening == "{":
                yield from self._members()
            elif name in self._within and opening == "{":
                yield from self._object()
            else:
                rest[str(name)] = self._value()
            if self._peek() == ",":
                self._at += 1
        self._at += 1
        if not self.found and rest:
            self.found = True
            yield rest

    def _members(self) -> Iterator[Any]:
        self.found = True
        self._expect("{")
        while self._peek() != "}":
            self._value()
            self._expect(":")
            yield self._value()
            if self._peek() == ",":
                self._at += 1
        self._at += 1

    def _value(self) -> Any:
        self._peek()
        size = _CHUNK
        while True:
            try:
                value, end = self._decoder.raw_decode(self._buffer, self._at)
            except JSONDecodeError as error:
                if self._ended:
                    raise self._unreadable() from error
            else:
                if end < len(self._buffer) or self._ended:  # a number at the very end may go on
                    self._at = end
                    return value
            if len(self._buffer) - self._at > self._largest:
                raise InvalidInput(
                    "one member of this document is too large, or never ends",
                    code=self._codes.too_large,
                    field="file",
                    limit=f"{self._largest} characters",
                )
            self._more(size)
            size *= 2

    def _expect(self, characters: str) -> str:
        found = self._peek()
        if not found or found not in characters:
            raise self._unreadable()
        self._at += 1
        return found

    def _peek(self) -> str:
        """The next character that is no space; empty at the end."""
        while True:
            while self._at < len(self._buffer):
                if self._buffer[self._at] not in _SPACE:
                    return self._buffer[self._at]
                self._at += 1
            if self._ended:
                return ""
            self._more(_CHUNK)

    def _more(self, size: int) -> None:
        read = self._text.read(size)
        self._ended = not read
        self._buffer = self._buffer[self._at :] + read
        self._at = 0

    def _unreadable(self) -> InvalidInput:
        return InvalidInput(
            "this is no readable JSON", code=self._codes.unreadable, field="file", limit="UTF-8, complete"
        )

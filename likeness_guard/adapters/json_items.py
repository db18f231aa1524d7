"""The members of one large array or object of a JSON document, one at a time, never the whole in memory."""

import io
import json
from collections.abc import Iterator
from json import JSONDecodeError
from typing import Any, BinaryIO

from likeness_guard.errors import ImportFault
from trust_kernel.errors import InvalidInput

LARGEST_ITEM = 32_000_000
"""Characters of one member at most."""
_CHUNK = 1 << 16
_SPACE = " \t\r\n"
_DESCEND = {"entities", "results", "bindings"}


class JsonItems:
    """Reads ``[…]``, one value a line, ``{"entities": {…}}`` or ``{"results": {"bindings": […]}}``.

    Args:
        file: UTF-8.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._text = io.TextIOWrapper(file, encoding="utf-8-sig")
        self._decoder = json.JSONDecoder()
        self._buffer = ""
        self._at = 0
        self._ended = False
        self.found = False
        """Whether there was anything to iterate over, be it empty."""

    def __iter__(self) -> Iterator[Any]:
        """The members; a member of an object without its name.

        Raises:
            InvalidInput: ``likeness:import:unreadable``, or ``likeness:import:too_large`` for one member.
        """
        try:
            yield from self._document()
        except (UnicodeDecodeError, RecursionError) as error:
            raise _unreadable() from error
        finally:
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
            raise _unreadable()

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
            if name in _DESCEND and opening == "[":
                yield from self._array()
            elif name == "entities" and opening == "{":
                yield from self._members()
            elif name in _DESCEND and opening == "{":
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
                    raise _unreadable() from error
            else:
                if end < len(self._buffer) or self._ended:  # a number at the very end may go on
                    self._at = end
                    return value
            if len(self._buffer) - self._at > LARGEST_ITEM:
                raise InvalidInput(
                    "one person's part is too large",
                    code=ImportFault.TOO_LARGE,
                    field="file",
                    limit=f"{LARGEST_ITEM} characters",
                )
            self._more(size)
            size *= 2

    def _expect(self, characters: str) -> str:
        found = self._peek()
        if not found or found not in characters:
            raise _unreadable()
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


def _unreadable() -> InvalidInput:
    return InvalidInput("this is no readable JSON", code=ImportFault.UNREADABLE, field="file", limit="UTF-8, complete")

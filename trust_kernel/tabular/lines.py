"""Lines of a file, never more than one in memory however long it is."""

import io
from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, BinaryIO

from trust_kernel.texts import is_whole

_CHUNK = 1 << 16


@dataclass(frozen=True, slots=True)
class Codes:
    """What a package calls the faults of a list.

    Attributes:
        unreadable: no table and no JSON, or a line that is none.
        encoding: no UTF-8.
        column: a column that is not known, is named twice, or is missing.
        too_large: a line or member that is too long.
    """

    unreadable: str
    encoding: str
    column: str
    too_large: str


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a table; `line` is where it begins, from 1."""

    line: int
    cells: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Item:
    """One JSON value; `line` is where it stands, or its number in the document, from 1."""

    line: int
    value: Any


@dataclass(frozen=True, slots=True)
class BadRow:
    """One that says nothing usable.

    Attributes:
        line: where it begins.
        code: one of `Codes`.
        detail: one sentence.
        limit: what was passed, with its unit; empty where nothing was.
        first: its first cell, as far as it could be read.
    """

    line: int
    code: str
    detail: str
    limit: str = ""
    first: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """A line as text with its end, or what is wrong with it."""

    number: int
    text: str
    fault: BadRow | None = None


class Lines:
    """Lines in order; some can be given back, to be read again.

    Args:
        file: read from where it stands; left open.
        codes: what faults are called.
        longest: characters of a line at most; what is longer is skipped without being held.
    """

    def __init__(self, file: BinaryIO, codes: Codes, longest: int) -> None:
        # Bytes that are no UTF-8 become lone surrogates, which no text may hold: they spoil their own line alone.
        self._text = io.TextIOWrapper(file, encoding="utf-8-sig", errors="surrogateescape", newline="")
        self._codes = codes
        self._longest = longest
        self._number = 0
        self._waiting: deque[Line] = deque()

    def next(self) -> Line | None:
        """The next line; None at the end."""
        if self._waiting:
            return self._waiting.popleft()
        text = self._text.readline(self._longest + 1)
        if not text:
            return None
        self._number += 1
        if len(text) > self._longest and not text.endswith(("\n", "\r")):
            while (more := self._text.readline(_CHUNK)) and not more.endswith(("\n", "\r")):
                pass
            limit = f"{self._longest} characters"
            return self._faulty(self._codes.too_large, "this line is too long", limit)
        if "\0" in text:
            return self._faulty(self._codes.unreadable, "this line has a NUL byte in it")
        if not text.isascii() and not is_whole(text):
            return self._faulty(self._codes.encoding, "this line is not UTF-8", "UTF-8")
        return Line(self._number, text)

    def give_back(self, lines: Iterable[Line]) -> None:
        """Have lines read again, in their order."""
        self._waiting.extendleft(reversed(list(lines)))

    def release(self) -> None:
        """Let go of the file, if nobody has closed it."""
        if not self._text.closed:
            self._text.detach()

    def _faulty(self, code: str, detail: str, limit: str = "") -> Line:
        return Line(self._number, "", BadRow(self._number, code, detail, limit))

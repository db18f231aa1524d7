"""Aliases and prompts in CSV files, a line at a time: what is wrong with a line is said, and the rest is kept."""

import csv
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import BinaryIO

from trust_kernel.errors import InvalidInput
from trust_kernel.names.aliases import LONGEST_ALIAS
from trust_kernel.names.english import NEVER_NAMES
from trust_kernel.names.normal import read

LONGEST_PROMPT = 100_000
"""Characters."""

_LONGEST_ID = 500
_ALIAS_LINE = 1 << 14
_PROMPT_LINE = 1 << 20
_CHUNK = 1 << 20
_MARK = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that was left out.

    Attributes:
        line: where it begins, from 1.
        detail: why, with the limit where there is one.
    """

    line: int
    detail: str


Report = Callable[[BadRow], None]


@dataclass(frozen=True, slots=True)
class _Line:
    number: int
    text: str | None
    fault: str = ""


def read_aliases(file: BinaryIO, report: Report) -> Iterator[tuple[str, str]]:
    """Entities and aliases of a file with columns `entity,alias`.

    Raises:
        InvalidInput: the first line does not name these columns.
    """
    lines = _lines(file, _ALIAS_LINE, report)
    columns = _columns(next(lines, None), ("entity", "alias"))
    for line in lines:
        row = _fields(line.text or "")
        if row is None:
            report(BadRow(line.number, "a quotation mark is never closed"))
        elif row:
            fault = _row_fault(row, columns) or _alias_fault(row[columns[1]].strip())
            if fault:
                report(BadRow(line.number, fault))
            else:
                yield row[columns[0]].strip(), row[columns[1]].strip()


def read_prompts(file: BinaryIO, report: Report) -> Iterator[tuple[str, str]]:
    """Ids and prompts of a file with columns `id,prompt`; a quoted prompt may have several lines.

    Raises:
        InvalidInput: the first line does not name these columns.
    """
    lines = _lines(file, _PROMPT_LINE, report)
    columns = _columns(next(lines, None), ("id", "prompt"))
    seen: set[str] = set()
    waiting: list[_Line] = []
    while True:
        line = waiting.pop(0) if waiting else next(lines, None)
        if line is None:
            return
        row = _row_of_lines(line, lines, waiting)
        if row is None:
            report(BadRow(line.number, "a quotation mark is never closed"))
        elif row:
            fault = _row_fault(row, columns) or _prompt_fault(row[columns[0]].strip(), row[columns[1]], seen)
            if fault:
                report(BadRow(line.number, fault))
                continue
            seen.add(row[columns[0]].strip())
            yield row[columns[0]].strip(), row[columns[1]]


def _row_of_lines(line: _Line, lines: Iterator[_Line], waiting: list[_Line]) -> list[str] | None:
    """A row, over as many lines as its quotation marks ask for; lines that were no part of it go back."""
    text, taken = line.text or "", list[_Line]()
    row = _fields(text)
    while row is None and len(text) <= LONGEST_PROMPT:
        after = waiting.pop(0) if waiting else next(lines, None)
        if after is None:
            break
        taken.append(after)
        text += after.text or ""
        row = _fields(text)
    if row is None:
        waiting[:0] = taken
    return row


def _lines(file: BinaryIO, longest: int, report: Report) -> Iterator[_Line]:
    """Lines as text; what is too long or no UTF-8 is reported and left out, without being held in memory."""
    number = 0
    while raw := file.readline(longest + 1):
        number += 1
        if number == 1:
            raw = raw.removeprefix(_MARK)
        if len(raw) > longest and not raw.endswith(b"\n"):
            while (more := file.readline(_CHUNK)) and not more.endswith(b"\n"):
                pass
            report(BadRow(number, f"too long: the line has more than {longest:,} bytes"))
            continue
        try:
            yield _Line(number, raw.decode("utf-8"))
        except UnicodeDecodeError as error:
            report(BadRow(number, f"wrong encoding: byte {error.start + 1} of the line is no UTF-8"))


def _fields(text: str) -> list[str] | None:
    """Fields of a row; None where a quotation mark is open."""
    try:
        return next(csv.reader([text], strict=True), [])
    except csv.Error:
        return None


def _columns(line: _Line | None, wanted: tuple[str, str]) -> tuple[int, int]:
    names = [name.strip().casefold() for name in (_fields(line.text or "") or [])] if line else []
    if not set(wanted) <= set(names):
        raise InvalidInput(f"the first line must name the columns {wanted[0]} and {wanted[1]}", field="columns")
    return names.index(wanted[0]), names.index(wanted[1])


def _row_fault(row: Sequence[str], columns: tuple[int, int]) -> str:
    if len(row) <= max(columns):
        return f"too few columns: {len(row)}"
    if not row[columns[0]].strip():
        return "it names no entity: the first column is empty"
    return "" if len(row[columns[0]]) <= _LONGEST_ID else f"the id is longer than {_LONGEST_ID} characters"


def _alias_fault(alias: str) -> str:
    if not alias:
        return "empty alias"
    if len(alias) > LONGEST_ALIAS:
        return f"too long: a name has at most {LONGEST_ALIAS} characters"
    if alias.casefold() in NEVER_NAMES:
        return f"common word: '{alias}' would be found in most prompts"
    return "" if read(alias).folded else "no letter and no digit: nothing to look for"


def _prompt_fault(number: str, prompt: str, seen: set[str]) -> str:
    if number in seen:
        return "this id occurred before"
    return "" if len(prompt) <= LONGEST_PROMPT else f"too long: a prompt has at most {LONGEST_PROMPT:,} characters"

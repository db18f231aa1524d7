"""Tables: comma-, semicolon- or tab-separated values, UTF-8, with a header line."""

import csv
from collections.abc import Iterator, Sequence
from typing import BinaryIO

from trust_kernel.errors import InvalidInput
from trust_kernel.tabular.lines import BadRow, Codes, Line, Lines, Row

LONGEST_LINE = 100_000
"""Characters; below what `csv` takes for one cell."""
MOST_LINES = 100
"""Lines that one row may have; a quotation mark that is never closed costs no more than so many."""
_LONGEST_COLUMN = 40
_DELIMITERS = ",;\t"


def read_rows(file: BinaryIO, columns: Sequence[str], needed: str, codes: Codes) -> Iterator[Row | BadRow]:
    """Rows in the order of the lines; empty ones are left out.

    Args:
        file: read from where it stands.
        columns: every column that there may be.
        needed: the one that must be there.
        codes: what faults are called.

    Raises:
        InvalidInput: `codes.unreadable`, `codes.encoding` or `codes.column`: the first line names no columns.
    """
    lines = Lines(file, codes, LONGEST_LINE)
    try:
        first = lines.next()
        text = _readable(first).text if first else ""
        table = _Table(lines, max(_DELIMITERS, key=text.count), codes)
        header = [cell.strip().casefold() for cell in table.header(text)]
        _check_header(header, columns, needed, codes)
        yield from table.rows(header)
    finally:
        lines.release()


def listed(cell: str) -> tuple[str, ...]:
    """The values of a cell, parted by ``|``."""
    return tuple(part.strip() for part in cell.split("|") if part.strip())


def _readable(line: Line) -> Line:
    if line.fault is not None:
        fault = line.fault
        raise InvalidInput(fault.detail, code=fault.code, field="file", limit=fault.limit or "CSV or JSON in UTF-8")
    return line


def _check_header(header: list[str], columns: Sequence[str], needed: str, codes: Codes) -> None:
    unknown = [cell for cell in header if cell not in columns]
    if needed not in header or len(set(header)) != len(header) or unknown:
        readable = all(cell.isprintable() and len(cell) <= _LONGEST_COLUMN for cell in header)
        detail = f"there is no column {unknown[0]!r}" if unknown and readable and needed in header else ""
        raise InvalidInput(
            detail or f"the first line must name the columns, each once, and `{needed}` among them",
            code=codes.column if readable else codes.unreadable,
            field="file",
            limit=", ".join(columns),
        )


class _Table:
    def __init__(self, lines: Lines, delimiter: str, codes: Codes) -> None:
        self._lines = lines
        self._delimiter = delimiter
        self._codes = codes

    def header(self, text: str) -> list[str]:
        cells = self._cells(text)
        if isinstance(cells, str):
            raise InvalidInput("this is no table", code=self._codes.unreadable, field="file", limit=cells)
        return cells

    def rows(self, header: Sequence[str]) -> Iterator[Row | BadRow]:
        while line := self._lines.next():
            if line.fault is not None:
                yield line.fault
                continue
            cells = self._row(line, len(header))
            if isinstance(cells, BadRow):
                yield cells
            elif any(cell.strip() for cell in cells):
                yield Row(line.number, dict(zip(header, cells, strict=True)))

    def _row(self, line: Line, width: int) -> list[str] | BadRow:
        """A row over as many lines as its quotation marks ask for; lines that are no part of it are read again."""
        text, taken = line.text, list[Line]()
        cells = self._cells(text)
        while cells == _OPEN and len(taken) < MOST_LINES and len(text) < LONGEST_LINE:
            more = self._lines.next()
            if more is None:
                break
            taken.append(more)
            if more.fault is not None:
                break
            text += more.text
            cells = self._cells(text)
        if isinstance(cells, list) and (len(cells) == width or not any(cell.strip() for cell in cells)):
            return cells
        self._lines.give_back(taken)
        if isinstance(cells, str):
            return BadRow(line.number, self._codes.unreadable, cells)
        detail = f"{len(cells)} cells where the header has {width}"
        return BadRow(line.number, self._codes.unreadable, detail, first=cells[0])

    def _cells(self, text: str) -> list[str] | str:
        """The cells; what is wrong where there are none."""
        try:
            return next(csv.reader([text], delimiter=self._delimiter, strict=True), [])
        except csv.Error as error:
            return _OPEN if "unexpected end" in str(error) else f"this is no row of a table: {error}"


_OPEN = "a quotation mark is never closed"

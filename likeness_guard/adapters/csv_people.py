"""Tables of people to be blocked: comma-, semicolon- or tab-separated values, UTF-8, with a header line."""

import csv
import io
from collections.abc import Iterator, Mapping
from typing import BinaryIO

from likeness_guard.errors import ImportFault
from likeness_guard.ports.people_files import BadLine, ListedPerson, Trouble
from likeness_guard.service.blocklist_terms import moment_of
from trust_kernel.errors import InvalidInput

COLUMNS = (
    "name",
    "aliases",
    "category",
    "lifted_by",
    "starts",
    "ends",
    "source",
    "external_id",
    "note",
    "faces",
    "voices",
)
_TEXTS = ("name", "category", "lifted_by", "source", "external_id", "note")
_LONGEST_LINE = 100_000
_DELIMITERS = ",;\t"


def read_table(file: BinaryIO) -> Iterator[ListedPerson | BadLine]:
    """People in the order of the lines; only `name` must be there, and several values in a cell are parted by ``|``.

    Raises:
        InvalidInput: ``likeness:import:unreadable`` or ``likeness:import:column``: no table of people at all.
    """
    # Bytes that are no UTF-8 become lone surrogates, which no name may hold: they spoil their own line alone.
    text = io.TextIOWrapper(file, encoding="utf-8-sig", errors="surrogateescape", newline="")
    try:
        first = text.readline(_LONGEST_LINE)
        delimiter = max(_DELIMITERS, key=first.count)
        header = [cell.strip().casefold() for cell in next(csv.reader([first], delimiter=delimiter), [])]
        _check_header(header)
        yield from _people(csv.reader(text, delimiter=delimiter), header)
    except csv.Error as error:
        raise InvalidInput("this is no table", code=ImportFault.UNREADABLE, field="file") from error
    finally:
        text.detach()


def _check_header(header: list[str]) -> None:
    unknown = [cell for cell in header if cell not in COLUMNS]
    if "name" not in header or len(set(header)) != len(header) or unknown:
        readable = all(cell.isprintable() and len(cell) <= 40 for cell in header)  # noqa: PLR2004 - else no header
        detail = f"there is no column {unknown[0]!r}" if unknown and readable and "name" in header else ""
        raise InvalidInput(
            detail or "the first line must name the columns, each once, and `name` among them",
            code=ImportFault.COLUMN if readable else ImportFault.UNREADABLE,
            field="file",
            limit=", ".join(COLUMNS),
        )


def _people(rows: "Iterator[list[str]]", header: list[str]) -> Iterator[ListedPerson | BadLine]:
    while True:
        line = getattr(rows, "line_num", 0) + 2
        try:
            cells = next(rows, None)
        except csv.Error as error:
            yield BadLine(line, Trouble(ImportFault.UNREADABLE, str(error)))
            continue
        if cells is None:
            return
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) != len(header):
            detail = f"{len(cells)} cells where the header has {len(header)}"
            yield BadLine(line, Trouble(ImportFault.UNREADABLE, detail), cells[0])
            continue
        yield _person(line, dict(zip(header, cells, strict=True)))


def _person(line: int, cells: Mapping[str, str]) -> ListedPerson | BadLine:
    fields: dict[str, object] = {name: cells[name].strip() for name in _TEXTS if name in cells}
    if "aliases" in cells:
        fields["aliases"] = listed(cells["aliases"])
    try:
        if "starts" in cells:
            fields["starts_at"] = moment_of(cells["starts"], "starts")
        if "ends" in cells:
            fields["ends_at"] = moment_of(cells["ends"], "ends", last=True)
    except InvalidInput as error:
        trouble = Trouble(error.code, error.detail, error.field or "", error.limit or "")
        return BadLine(line, trouble, str(fields["name"]))
    return ListedPerson(line, fields, listed(cells.get("faces", "")), listed(cells.get("voices", "")))


def listed(cell: str) -> tuple[str, ...]:
    """The values of a cell, parted by ``|``."""
    return tuple(part.strip() for part in cell.split("|") if part.strip())

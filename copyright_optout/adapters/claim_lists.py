"""Lists of claims: tables (CSV), JSON lines, or a JSON array, told apart by how they begin."""

from collections.abc import Iterator
from typing import Any, BinaryIO

from copyright_optout.domain.imports import COLUMNS, LISTS, LineTrouble
from copyright_optout.domain.reasons import ImportFault
from copyright_optout.ports.imports import BadLine, ListedClaim
from trust_kernel.errors import InvalidInput
from trust_kernel.tabular import BadRow, Codes, Item, JsonItems, Row, listed, read_json_lines, read_rows
from trust_kernel.texts import is_text

CODES = Codes(ImportFault.UNREADABLE, ImportFault.ENCODING, ImportFault.COLUMN, ImportFault.TOO_LARGE)
LONGEST_LINE = 400_000
"""Characters of one claim as JSON: what a claim may say at most, each letter escaped, is less."""
_HEAD = 4096
_MARK = b"\xef\xbb\xbf"
_WIDE_MARKS = (b"\xff\xfe", b"\xfe\xff")
_SHOWN = 200


class ClaimFiles:
    """Reads lists of claims from files."""

    def read(self, file: BinaryIO) -> Iterator[ListedClaim | BadLine]:
        """The lines in order, from where the file stands.

        Args:
            file: can be sought in.

        Raises:
            InvalidInput: ``optout:import:unreadable``, ``optout:import:encoding`` or ``optout:import:column``: it is no
                such list; ``optout:import:too_large``: a member of an array is, and nothing behind it can be read.
        """
        start = file.tell()
        head = file.read(_HEAD)
        file.seek(start)
        _check_head(head)
        first = head.removeprefix(_MARK).lstrip()[:1]
        if first == b"[":
            return _members(file)
        return _lines(read_json_lines(file, CODES, LONGEST_LINE) if first == b"{" else _rows(file))


def _check_head(head: bytes) -> None:
    if not head.strip():
        raise InvalidInput("this file is empty", code=ImportFault.UNREADABLE, field="file", limit="CSV or JSON")
    # Text in UTF-16 has a NUL beside most letters.
    if head.startswith(_WIDE_MARKS) or head.count(b"\0") * 4 > len(head):
        raise InvalidInput(
            "this file is UTF-16 or no text; save it as UTF-8", code=ImportFault.ENCODING, field="file", limit="UTF-8"
        )


def _rows(file: BinaryIO) -> Iterator[Row | BadRow]:
    return read_rows(file, COLUMNS, "title", CODES)


def _members(file: BinaryIO) -> Iterator[ListedClaim | BadLine]:
    for number, value in enumerate(JsonItems(file, CODES, lenient=True, largest=LONGEST_LINE), start=1):
        yield _claim_of(number, value)


def _lines(rows: Iterator[Row | BadRow] | Iterator[Item | BadRow]) -> Iterator[ListedClaim | BadLine]:
    for row in rows:
        if isinstance(row, BadRow):
            yield BadLine(row.line, LineTrouble(row.code, row.detail, limit=row.limit), row.first[:_SHOWN])
        elif isinstance(row, Item):
            yield _claim_of(row.line, row.value)
        else:
            cells = {name: cell.strip() for name, cell in row.cells.items()}
            lists = {name: _listed(name, cell) for name, cell in cells.items() if name in LISTS}
            yield ListedClaim(row.line, {name: cell for name, cell in cells.items() if name not in LISTS}, lists)


def _listed(name: str, cell: str) -> tuple[str, ...]:
    """The values of a cell; an empty name among others is a slip that is to be told, and not passed over."""
    return tuple(part.strip() for part in cell.split("|")) if name == "names" and cell else listed(cell)


def _claim_of(line: int, value: Any) -> ListedClaim | BadLine:
    """A JSON object's claim; what is not an object, or has a member of another shape, spoils its line."""
    if not isinstance(value, dict):
        return BadLine(line, LineTrouble(ImportFault.UNREADABLE, "a claim is an object", limit="{...}"))
    title = value.get("title")
    shown = title[:_SHOWN] if isinstance(title, str) and is_text(title) else ""
    texts: dict[str, str] = {}
    lists: dict[str, tuple[str, ...]] = {}
    for name, given in value.items():
        if name not in COLUMNS:
            detail = f"there is no field {name[:40]!r}"
            return BadLine(line, LineTrouble(ImportFault.COLUMN, detail, limit=", ".join(COLUMNS)), shown)
        if given is None:
            continue
        found = _texts(given, several=name in LISTS)
        if found is None:
            wanted = "a list of texts" if name in LISTS else "a text"
            return BadLine(line, LineTrouble(ImportFault.VALUE, f"{name} is {wanted}", name, wanted), shown)
        if not all(map(is_text, found)):
            detail = f"{name} has a NUL or half a letter in it"
            return BadLine(line, LineTrouble(ImportFault.ENCODING, detail, name, "UTF-8"), shown)
        if name in LISTS:
            lists[name] = tuple(text for text in map(str.strip, found) if text or name == "names")
        else:
            texts[name] = found[0].strip()
    return ListedClaim(line, texts, lists)


def _texts(given: Any, *, several: bool) -> list[str] | None:
    """The texts of a member, a number as it is written; None where it has another shape."""
    values = given if several and isinstance(given, list) else [given]
    if any(isinstance(value, bool) or not isinstance(value, str | int) for value in values):
        return None
    return [str(value) for value in values]

"""Tables of people to be blocked: comma-, semicolon- or tab-separated values, UTF-8, with a header line."""

from collections.abc import Iterator, Mapping
from typing import BinaryIO

from likeness_guard.errors import ImportFault
from likeness_guard.ports.people_files import BadLine, ListedPerson, Trouble
from likeness_guard.service.blocklist_terms import moment_of
from trust_kernel.errors import InvalidInput
from trust_kernel.tabular import BadRow, Codes, listed, read_rows

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
CODES = Codes(ImportFault.UNREADABLE, ImportFault.UNREADABLE, ImportFault.COLUMN, ImportFault.TOO_LARGE)


def read_table(file: BinaryIO) -> Iterator[ListedPerson | BadLine]:
    """People in the order of the lines; only `name` must be there, and several values in a cell are parted by ``|``.

    Raises:
        InvalidInput: ``likeness:import:unreadable`` or ``likeness:import:column``: no table of people at all.
    """
    for row in read_rows(file, COLUMNS, "name", CODES):
        if isinstance(row, BadRow):
            yield BadLine(row.line, Trouble(row.code, row.detail, limit=row.limit), row.first)
        else:
            yield _person(row.line, row.cells)


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

"""JSON, one value a line."""

import json
from collections.abc import Iterator
from typing import BinaryIO

from trust_kernel.tabular.lines import BadRow, Codes, Item, Lines


def read_json_lines(file: BinaryIO, codes: Codes, longest: int) -> Iterator[Item | BadRow]:
    """Values in the order of the lines; empty lines are left out.

    Args:
        file: read from where it stands.
        codes: what faults are called.
        longest: characters of a line at most.
    """
    lines = Lines(file, codes, longest)
    try:
        while line := lines.next():
            if line.fault is not None:
                yield line.fault
            elif line.text.strip():
                try:
                    value = json.loads(line.text)
                except (ValueError, RecursionError):  # a number of many thousand digits is a ValueError too
                    yield BadRow(line.number, codes.unreadable, "this line is no JSON")
                else:
                    yield Item(line.number, value)
    finally:
        lines.release()

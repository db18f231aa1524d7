"""The lines of a list of claims, one after the other, as long as it can be read."""

from collections.abc import Iterator
from typing import BinaryIO

from copyright_optout.domain.imports import MOST_LINES, LineTrouble
from copyright_optout.domain.reasons import ImportFault
from copyright_optout.ports.imports import BadLine, ClaimLists, ListedClaim
from trust_kernel.errors import InvalidInput


class ListStream:
    """The lines of a list; where it cannot be read any further it ends, and says why."""

    def __init__(self, lists: ClaimLists, file: BinaryIO) -> None:
        self._lists = lists
        self._file = file
        self._lines: Iterator[ListedClaim | BadLine] | None = None
        self._read = 0
        self.failure: LineTrouble | None = None

    def __iter__(self) -> Iterator[ListedClaim | BadLine]:
        return self

    def __next__(self) -> ListedClaim | BadLine:
        try:
            if self._lines is None:
                self._lines = self._lists.read(self._file)
            line = next(self._lines)
        except InvalidInput as error:
            self._lines = iter(())
            self.failure = LineTrouble(error.code, error.detail, error.field or "", error.limit or "")
            raise StopIteration from error
        if self._read == MOST_LINES:
            self._lines = iter(())
            self.failure = LineTrouble(
                ImportFault.TOO_LONG, "this list is too long", field="file", limit=f"{MOST_LINES} lines"
            )
            raise StopIteration
        self._read += 1
        return line

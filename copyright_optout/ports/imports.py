"""Taking in long lists of claims."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, Protocol

from copyright_optout.domain.imports import ClaimImport, LineReport, LineTrouble


@dataclass(frozen=True, slots=True)
class ListedClaim:
    """One claim of a list, unchecked.

    Attributes:
        line: of the table or of JSON lines, or the number of the member of an array, from 1.
        texts: single values by column, only those that the list speaks of.
        lists: columns of several values.
    """

    line: int
    texts: Mapping[str, str]
    lists: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class BadLine:
    """A line that says nothing usable."""

    line: int
    trouble: LineTrouble
    title: str = ""


class ClaimLists(Protocol):
    """Reads lists of claims, whatever form they have."""

    def read(self, file: BinaryIO) -> Iterator[ListedClaim | BadLine]:
        """The lines in order, from where the file stands.

        Raises:
            InvalidInput: an `ImportFault`: it is no such list, or cannot be read any further.
        """
        ...


class ImportFiles(Protocol):
    """Where the files lie until they were read."""

    def put_file(self, path: Path) -> str:
        """Keep a copy of a file; gives the digest by which it is found."""
        ...

    def open_path(self, digest: str) -> AbstractContextManager[Path]:
        """A local file to read while the block lasts; raises NotFound."""
        ...

    def delete(self, digest: str) -> None:
        """Drop it; nothing where there is none."""
        ...


class ImportStore(Protocol):
    """The imports, in the database."""

    def add(self, made: ClaimImport) -> None:
        """Keep a new one."""
        ...

    def get(self, import_id: str, *, lock: bool = False) -> ClaimImport | None:
        """One of them, locked until the transaction ends if asked."""
        ...

    def put(self, changed: ClaimImport) -> None:
        """Keep a changed one."""
        ...

    def page(
        self, organisation_ids: Collection[str] | None, *, after: str | None = None, limit: int = 100
    ) -> Sequence[ClaimImport]:
        """Those of these organisations, or of all, newest first; `after` is the last id of the page before."""
        ...

    def unfinished(self, organisation_id: str) -> int:
        """How many of an organisation's files are still to be read."""
        ...

    def due(self, at: datetime) -> str | None:
        """The id of the oldest one that a worker should take up: there is work, and nobody holds it."""
        ...

    def add_report(self, import_id: str, number: int, reports: Sequence[LineReport]) -> None:
        """Keep what became of a batch of lines."""
        ...

    def report(self, import_id: str, number: int) -> Sequence[LineReport]:
        """What became of a batch of lines; nothing where there is no such batch."""
        ...

    def wanting(self, import_id: str, limit: int) -> Sequence[LineReport]:
        """The first lines that somebody has to look at; no more is read than that takes."""
        ...

    def with_needless_files(self, limit: int) -> Sequence[ClaimImport]:
        """Those that are over, and whose files were not dropped yet."""
        ...

    def drop_older(self, at: datetime, limit: int) -> int:
        """Forget imports, with their reports, on which nothing happened since a moment; gives how many."""
        ...

"""Files of people by what they hold, and a folder of the pictures and sounds that they name."""

import hashlib
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import BinaryIO, Protocol

from likeness_guard.adapters.csv_people import read_table
from likeness_guard.adapters.wikidata import read_document
from likeness_guard.errors import ImportFault
from likeness_guard.ports.people_files import BadLine, ListedPerson
from trust_kernel.errors import InvalidInput
from trust_kernel.media.refs import Look, MediaLimits

_HEAD = 4096
_MARK = b"\xef\xbb\xbf"


def read_people(file: BinaryIO, today: date) -> Iterator[ListedPerson | BadLine]:
    """People of a table or a JSON document, told apart by the first character.

    Args:
        file: can be sought in.
        today: decides who is a minor.

    Raises:
        InvalidInput: ``likeness:import:unreadable`` or ``likeness:import:column``: it is neither.
    """
    head = file.read(_HEAD)
    file.seek(0)
    start = head.removeprefix(_MARK).lstrip()[:1]
    if not start or b"\0" in head:
        raise InvalidInput(
            "this file is empty" if not head.strip() else "this is neither a table nor JSON",
            code=ImportFault.UNREADABLE,
            field="file",
            limit="CSV or JSON in UTF-8",
        )
    yield from read_document(file, today) if start in b"{[" else read_table(file)


class Looker(Protocol):
    """Decodes in the sandbox; `trust_kernel.media.decode.Decoder` is one."""

    def look(self, path: Path, limits: MediaLimits = ..., *, field: str = ...) -> Look:
        """Decode a file; raises InvalidInput with the field at fault."""
        ...


class MediaFolder:
    """Reference files in one folder; nothing outside it, and nothing below it.

    Args:
        folder: where the files lie.
        decoder: opens them.
        limits: what one file may be.
    """

    def __init__(self, folder: Path, decoder: Looker, limits: MediaLimits) -> None:
        self._folder = folder
        self._decoder = decoder
        self._limits = limits

    def digest(self, name: str, field: str) -> str:
        """SHA-256 of a file, hex; raises InvalidInput where there is none."""
        with self._path(name, field).open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()

    def look(self, name: str, field: str) -> Look:
        """Decode a file."""
        return self._decoder.look(self._path(name, field), self._limits, field=field)

    def _path(self, name: str, field: str) -> Path:
        path = self._folder / name
        plain = Path(name).name == name and "\\" not in name and "\0" not in name and name not in {"", ".", ".."}
        if not plain or path.is_symlink() or not path.is_file():
            raise InvalidInput("there is no such file beside the list", code=ImportFault.FILE_MISSING, field=field)
        return path

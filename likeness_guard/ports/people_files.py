"""Files of people to be blocked, and the pictures and sounds that they name."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from trust_kernel.media.refs import Look


@dataclass(frozen=True, slots=True)
class Trouble:
    """What is wrong with a line, or was done to it.

    Attributes:
        code: an `ImportFault`, `EnrolmentFault` or `BlocklistFault`.
        detail: one sentence.
        field: the column or file at fault.
        limit: the limit that was passed.
    """

    code: str
    detail: str
    field: str = ""
    limit: str = ""


@dataclass(frozen=True, slots=True)
class ListedPerson:
    """One person in a file.

    Attributes:
        line: line of the table, or number of the person in a document, from 1.
        fields: values by name of the field, only those that the file speaks of.
        faces: names of picture files.
        voices: names of sound files.
        notes: what was left out on reading.
    """

    line: int
    fields: Mapping[str, object]
    faces: tuple[str, ...] = ()
    voices: tuple[str, ...] = ()
    notes: tuple[Trouble, ...] = ()


@dataclass(frozen=True, slots=True)
class BadLine:
    """One line that says nothing usable."""

    line: int
    trouble: Trouble
    name: str = ""


class MediaFiles(Protocol):
    """Where the files lie that a list names."""

    def digest(self, name: str, field: str) -> str:
        """SHA-256 of a file, hex.

        Raises:
            InvalidInput: ``likeness:import:file_missing``, there is no such file here.
        """
        ...

    def look(self, name: str, field: str) -> Look:
        """Decode a file in the sandbox; raises InvalidInput with the field."""
        ...

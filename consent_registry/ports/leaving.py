"""What others hold of a person who leaves."""

from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Departure:
    """Somebody who leaves.

    Attributes:
        account_id: the account that speaks for them.
        handle: what prompts called them.
        display_name: what pages called them.
        with_account: whether the account goes too, with all that it made.
    """

    subject_id: str
    account_id: str
    handle: str
    display_name: str
    with_account: bool


class Departures(Protocol):
    """Erases what everybody else in the house holds of a person."""

    def prepare(self, departure: Departure) -> None:
        """Before anything else, in transactions of its own: what the account made is withdrawn, where that goes too."""
        ...

    def take_out(self, departure: Departure) -> None:
        """In the transaction in which the person is forgotten, as its last step: whatever still says who it was."""
        ...

    def finish(self) -> None:
        """After its commit: what cannot be undone, files and old pages. A chore does the same if this does not."""
        ...


class NobodyElse:
    """The registry alone: nobody else holds anything."""

    def prepare(self, departure: Departure) -> None:
        """Nothing."""

    def take_out(self, departure: Departure) -> None:
        """Nothing."""

    def finish(self) -> None:
        """Nothing."""


class Exporter(Protocol):
    """Gathers what everybody in the house holds of a person."""

    def archive(self, subject_id: str) -> AbstractContextManager[Path]:
        """A ZIP file that is there while the block lasts; raises NotFound where there is no such subject."""
        ...

"""What happens where somebody is blocked; whoever keeps what was released looks for them in it."""

from collections.abc import Sequence
from typing import Protocol

from likeness_guard.domain.people import Entry


class Aftermath(Protocol):
    """Told of blocks that stop more than before."""

    def blocked(self, entries: Sequence[Entry]) -> None:
        """Take note of entries that are new, got names, or stand at other times, in the caller's transaction."""
        ...


class NothingAfter:
    """An `Aftermath` where nothing was released."""

    def blocked(self, entries: Sequence[Entry]) -> None:
        """Nothing."""

"""The people who run the house, for what they have to hear of at once."""

from collections.abc import Collection
from typing import Protocol


class Staff(Protocol):
    """Knows who may do what."""

    def who_may(self, permission: str) -> Collection[str]:
        """Accounts, in use, that have a permission."""
        ...


class NoStaff:
    """Nobody is to be told."""

    def who_may(self, permission: str) -> Collection[str]:
        """Nobody."""
        del permission
        return ()

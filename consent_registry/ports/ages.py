"""How old the people are who ask, as far as it matters."""

from collections.abc import Mapping
from typing import Protocol

from consent_registry.domain.ages import AgeBand


class Ages(Protocol):
    """Knows in which band an account's person is."""

    def band_of(self, account_id: str) -> AgeBand:
        """The band; `AgeBand.UNKNOWN` where no year of birth was ever stated."""
        ...


class UnstatedAges:
    """Nobody ever said how old they are.

    Args:
        stated: exceptions, by account.
    """

    def __init__(self, stated: Mapping[str, AgeBand] | None = None) -> None:
        self._stated = dict(stated or {})

    def band_of(self, account_id: str) -> AgeBand:
        """Unknown, but for the exceptions."""
        return self._stated.get(account_id, AgeBand.UNKNOWN)

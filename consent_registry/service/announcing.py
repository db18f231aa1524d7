"""Ledger entries and notices of what is no change of consent itself."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from consent_registry.domain import ConsentEvent
from consent_registry.service.families import guardians_of
from consent_registry.service.parts import RegistryParts


@dataclass(frozen=True, slots=True)
class Announcer:
    """Writes both, in the caller's transaction."""

    parts: RegistryParts

    def record(self, kind: ConsentEvent, actor: str, body: Mapping[str, str | int]) -> None:
        """Put it on the ledger; whoever did it stands there as a pseudonym."""
        parts = self.parts
        mine = parts.store.subject_of(actor)  # the account and the subject are one person, with one pseudonym
        self.parts.record.append(str(kind), {"actor": parts.pseudonym(mine.id if mine else actor), **body})

    def tell(
        self, kind: ConsentEvent, recipients: Collection[str], payload: Mapping[str, str | int | bool | None]
    ) -> None:
        """Tell some accounts, and the guardians of those who are minors."""
        now = self.parts.clock.now()
        guardians = frozenset[str]().union(*(guardians_of(self.parts.store, one, now) for one in recipients))
        for recipient in sorted(frozenset(recipients) | guardians):
            self.parts.notifier.emit(str(kind), recipient, payload)

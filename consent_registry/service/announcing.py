"""Ledger entries and notices of what is no change of consent itself."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from consent_registry.domain import ConsentEvent
from consent_registry.service.families import heard_by
from consent_registry.service.parts import RegistryParts
from trust_kernel.events import tell_hearers


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
        """Tell some accounts, and the guardians of those who are minors, as ``whom`` says to them."""
        now = self.parts.clock.now()
        heard: dict[str, str] = {}
        for one in recipients:
            heard |= heard_by(self.parts.store, one, now)
        heard |= dict.fromkeys(recipients, "")  # whoever is told for themselves is not told as a guardian
        tell_hearers(self.parts.notifier, str(kind), heard, payload)

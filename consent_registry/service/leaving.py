"""Forgetting a person for good."""

from consent_registry.domain import ConsentEvent
from consent_registry.ports.leaving import Departure
from consent_registry.service.granting import Granting
from consent_registry.service.parts import Change, RegistryParts, changing, unknown_subject


class Leaving:
    """Ends, destroys and buries."""

    def __init__(self, parts: RegistryParts, granting: Granting) -> None:
        self._parts = parts
        self._granting = granting

    def forget(self, subject_id: str, actor: str, *, with_account: bool = False) -> tuple[str, ...]:
        """Forget a person. See `ConsentRegistry.forget`."""
        parts = self._parts
        departure = self._departure(subject_id, with_account=with_account)
        parts.departures.prepare(departure)
        with changing(parts, subject_id, actor) as change:
            withdrawn = self._forget(change)
            # Last: by now the notices are written, and some of them say who it was.
            parts.departures.take_out(departure)
        parts.departures.finish()
        return withdrawn

    def _departure(self, subject_id: str, *, with_account: bool) -> Departure:
        with self._parts.unit.reading():
            record = self._parts.store.subject(subject_id)
            subject = record.as_of(self._parts.clock.now()) if record else None
        if subject is None:
            raise unknown_subject()
        return Departure(subject.id, subject.account_id, subject.handle, subject.display_name, with_account)

    def _forget(self, change: Change) -> tuple[str, ...]:
        parts, subject_id = self._parts, change.subject.id
        withdrawn, ended = self._granting.end_for_good(change)
        parts.store.strip_grants(subject_id)
        parts.store.strip_approvals(subject_id)
        parts.store.drop_media(subject_id)
        parts.store.drop_cameos(subject_id)
        parts.store.drop_attempts(subject_id)
        parts.store.drop_follows(change.subject.account_id)
        parts.store.drop_bars(subject_id)
        parts.store.drop_groups(subject_id, change.subject.account_id)
        parts.enroller.forget(subject_id)
        parts.keyring.shred(subject_id)
        parts.store.bury(subject_id, change.at)
        self._granting.publish(change, ended)
        change.record(ConsentEvent.SUBJECT_FORGOTTEN, {"withdrawn": len(withdrawn)})
        told = frozenset({change.subject.account_id})
        change.tell(ConsentEvent.SUBJECT_FORGOTTEN, told, {"withdrawn": len(withdrawn)})
        return withdrawn

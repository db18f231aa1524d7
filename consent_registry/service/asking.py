"""The questions that the release path asks: may this be used, and does it still hold at the moment of release."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from consent_registry.domain import (
    ConsentAnswer,
    ConsentAsk,
    ConsentReason,
    ConsentSnapshot,
    Permit,
    Relation,
    SubjectRecord,
    choose,
    why_not,
)
from consent_registry.service.parts import RegistryParts
from trust_kernel.errors import Broken


class Asking:
    """Answers at admission, and again under lock at release."""

    def __init__(self, parts: RegistryParts) -> None:
        self._parts = parts

    def answer(self, ask: ConsentAsk) -> ConsentAnswer:
        """Whether an account may use a likeness. See `ConsentRegistry.answer`."""
        with self._parts.unit.reading():
            record = self._parts.store.subject(ask.subject_id)
            if record is None or record.forgotten_at is not None:
                return _refusal(ask, ConsentReason.CAMEO_UNKNOWN, 0)
            epoch = record.consent_epoch
            if record.account_id == ask.account_id:
                return ConsentAnswer(True, ConsentReason.OWN, None, epoch, ask.modalities)
            if self._parts.store.cameo(ask.subject_id) is None:
                return _refusal(ask, ConsentReason.CAMEO_UNKNOWN, epoch)
            grants = self._parts.store.grants(ask.subject_id)
            chosen = choose(grants, ask, ask.at, self._relation(record, ask.account_id))
        if isinstance(chosen, Permit):
            return ConsentAnswer(True, ConsentReason.GRANT_ACTIVE, chosen.grant_id, epoch, ask.modalities)
        return _refusal(ask, chosen.reason, epoch)

    def recheck(self, snapshots: Sequence[ConsentSnapshot], account_id: str, at: datetime) -> ConsentReason | None:
        """Whether all consents of a case still stand, counting one use of each grant. See `ConsentRegistry.recheck`."""
        with self._parts.unit.transaction():
            locked = self._parts.store.lock({snapshot.subject_id for snapshot in snapshots})
            # everything is checked before anything is counted: a refused release uses nothing up
            for snapshot in snapshots:
                reason = self._fallen(snapshot, locked, account_id, at)
                if reason is not None:
                    return reason
            for grant_id in sorted({snapshot.grant_id for snapshot in snapshots if snapshot.grant_id is not None}):
                if not self._parts.store.count_use(grant_id):
                    raise Broken("a grant changed while its subject was locked", code="consent:grant:raced")
            return None

    def _fallen(
        self, snapshot: ConsentSnapshot, locked: Mapping[str, SubjectRecord], account_id: str, at: datetime
    ) -> ConsentReason | None:
        record = locked.get(snapshot.subject_id)
        if record is None or record.forgotten_at is not None:
            return ConsentReason.CAMEO_UNKNOWN
        if snapshot.epoch > record.consent_epoch:
            return ConsentReason.EPOCH_CHANGED
        # Any other epoch, and the grant itself is asked again: its time and count run on without a new epoch, and a
        # grant that the subject gave to somebody else meanwhile must not stop this one.
        if snapshot.grant_id is None:
            return None if record.account_id == account_id else ConsentReason.GRANT_NONE
        if self._parts.store.cameo(record.id) is None:
            return ConsentReason.CAMEO_UNKNOWN
        grant = self._parts.store.grant(snapshot.grant_id)
        if grant is None:
            return ConsentReason.GRANT_NONE
        return why_not(grant, snapshot, account_id, at, self._relation(record, account_id))

    def _relation(self, record: SubjectRecord, account_id: str) -> Relation:
        owner = record.account_id
        if owner is None:
            return Relation.STRANGER
        if owner == account_id:
            return Relation.SELF
        store = self._parts.store
        mutual = store.follows(owner, account_id) and store.follows(account_id, owner)
        return Relation.MUTUAL if mutual else Relation.STRANGER


def _refusal(ask: ConsentAsk, reason: ConsentReason, epoch: int) -> ConsentAnswer:
    return ConsentAnswer(False, reason, None, epoch, ask.modalities)

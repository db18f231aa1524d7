"""The questions that the release path asks: may this be used, and does it still hold at the moment of release."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from consent_registry.domain import (
    WAITING,
    AgeBand,
    Asker,
    ConsentAnswer,
    ConsentAsk,
    ConsentReason,
    ConsentSnapshot,
    Context,
    Grant,
    GrantUse,
    Permit,
    Refused,
    Relation,
    SubjectRecord,
    Tally,
    Trait,
    Use,
    band_of,
    choose,
    closed_to_minors,
    outside,
    why_not,
)
from consent_registry.ports import WordHit
from consent_registry.service.parts import RegistryParts
from trust_kernel.errors import Broken
from trust_kernel.ids import new_id

_DAY = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Using:
    """One use of one or more people's likeness, as it is asked about again.

    Attributes:
        account_id: who asks.
        use_id: the gateway's case.
        at: the moment.
        use: what for, as declared.
        ages: of whom it was asked already. Each rule asks, the release under the subject's lock, and the answer cannot
            change between two rules.
    """

    account_id: str
    use_id: str
    at: datetime
    use: Use
    ages: dict[str, AgeBand] = field(default_factory=dict, compare=False)


class Asking:
    """Answers at admission, and again under lock at release.

    Refusals come in one order everywhere, so that the first one is the one told: lockdown, nobody there, paused,
    too young, nobody enrolled, barred, and then the grants. Whoever is barred is told what somebody is told whom no
    grant ever covered; as the bar comes after all that everybody is told, it cannot be read from the difference.
    """

    def __init__(self, parts: RegistryParts) -> None:
        self._parts = parts

    def read(self, words: str) -> tuple[WordHit, ...]:
        """Contexts and changes of appearance that some words name. See `ConsentRegistry.read`."""
        return self._parts.reader.read(words)

    def age_of(self, account_id: str) -> AgeBand:
        """In which band an account's person is. See `ConsentRegistry.age_of`."""
        with self._parts.unit.reading():
            return self._age(account_id, self._parts.clock.now())

    def answer(self, ask: ConsentAsk) -> ConsentAnswer:
        """Whether an account may use a likeness. See `ConsentRegistry.answer`."""
        ask = replace(ask, use=self._completed(ask.use))
        using = Using(ask.account_id, ask.use_id, ask.at, ask.use)
        with self._parts.unit.reading():
            if self._parts.store.lockdown().on:
                return _refusal(ask, ConsentReason.LOCKDOWN, 0)
            record = self._parts.store.subject(ask.subject_id)
            reason = self._closed(record, using)
            if record is None or reason is not None:
                return _refusal(ask, reason or ConsentReason.CAMEO_UNKNOWN, record.consent_epoch if record else 0)
            if record.account_id == ask.account_id:
                return ConsentAnswer(True, ConsentReason.OWN, None, record.consent_epoch, ask.modalities)
            return self._by_grants(record, ask, using)

    def _by_grants(self, record: SubjectRecord, ask: ConsentAsk, using: Using) -> ConsentAnswer:
        epoch, store = record.consent_epoch, self._parts.store
        reason = self._out_of_reach(record, using)
        if reason is not None:
            return _refusal(ask, reason, epoch)
        grants = store.grants(ask.subject_id)
        chosen = choose(grants, ask, self._asker(record, using), self._tally(record, grants, using))
        if isinstance(chosen, Refused):
            return _refusal(ask, chosen.reason, epoch)
        spent = self._spent(record, using)
        if spent is not None:  # told to nobody whom no grant covers
            return _refusal(ask, spent, epoch)
        if isinstance(chosen, Permit):
            return ConsentAnswer(True, ConsentReason.GRANT_ACTIVE, chosen.grant_id, epoch, ask.modalities)
        return ConsentAnswer(False, chosen.reason, chosen.grant_id, epoch, ask.modalities)

    def still(self, snapshots: Sequence[ConsentSnapshot], using: Using) -> Mapping[str, ConsentReason]:
        """Which consents of a case no longer stand. See `ConsentRegistry.still`."""
        if not snapshots:
            return {}
        with self._parts.unit.reading():
            if self._parts.store.lockdown().on:
                return dict.fromkeys((snapshot.subject_id for snapshot in snapshots), ConsentReason.LOCKDOWN)
            fallen: dict[str, ConsentReason] = {}
            for snapshot in snapshots:
                record = self._parts.store.subject(snapshot.subject_id)
                reason = self._fallen(snapshot, record, using) or self._beyond(snapshot, using)
                if reason is not None and reason not in WAITING:
                    fallen.setdefault(snapshot.subject_id, reason)
            return fallen

    def recheck(self, snapshots: Sequence[ConsentSnapshot], using: Using) -> ConsentReason | None:
        """Whether all consents of a case still stand, counting one use of each grant. See `ConsentRegistry.recheck`."""
        if not snapshots:
            return None
        with self._parts.unit.transaction():
            if self._parts.store.lockdown_held(to_change=False).on:
                return ConsentReason.LOCKDOWN
            locked = self._parts.store.lock({snapshot.subject_id for snapshot in snapshots})
            # everything is checked before anything is counted: a refused release uses nothing up
            for snapshot in snapshots:
                reason = self._fallen(snapshot, locked.get(snapshot.subject_id), using)
                if reason is not None:
                    return reason
            granted = {snapshot.grant_id: snapshot.subject_id for snapshot in snapshots if snapshot.grant_id}
            reason = self._all_spent([locked[subject_id] for subject_id in set(granted.values())], using)
            if reason is None:
                self._count(granted, using)
            return reason

    def _count(self, granted: Mapping[str, str], using: Using) -> None:
        """Count one use of each grant, given with its subject."""
        for grant_id in sorted(granted):
            if not self._parts.store.count_use(grant_id):
                raise Broken("a grant changed while its subject was locked", code="consent:grant:raced")
            use = GrantUse(using.use_id or new_id("use"), grant_id, granted[grant_id], using.account_id, using.at)
            self._parts.store.add_use(use)

    def _all_spent(self, records: Collection[SubjectRecord], using: Using) -> ConsentReason | None:
        if records and self._cap(using) is not None:  # others of their releases wait, so that none slips past the cap
            self._parts.store.hold_requester(using.account_id)
        return next((reason for record in records if (reason := self._spent(record, using))), None)

    def _spent(self, record: SubjectRecord, using: Using) -> ConsentReason | None:
        """Why there may be no more uses by this person, or of this likeness, within a day; None where there may."""
        since = using.at - _DAY
        if record.daily_uses is not None and self._parts.store.uses_of(record.id, since) >= record.daily_uses:
            return ConsentReason.DAY_SPENT
        cap = self._cap(using)
        if cap is not None and self._parts.store.uses_made(using.account_id, since) >= cap:
            return ConsentReason.REQUESTER_SPENT
        return None

    def _cap(self, using: Using) -> int | None:
        return self._parts.caps.of(self._age_in(using, using.account_id))

    def _closed(self, record: SubjectRecord | None, using: Using) -> ConsentReason | None:
        """What stands against a use whatever was granted; None where nothing does."""
        if record is None or record.forgotten_at is not None:
            return ConsentReason.CAMEO_UNKNOWN
        if record.paused_at is not None:
            return ConsentReason.PAUSED
        ages = tuple(self._age_in(using, one) for one in (using.account_id, record.account_id or ""))
        if any(age.minor for age in ages) and closed_to_minors(self._completed(using.use), *ages):
            return ConsentReason.MINOR_CONTEXT
        return None

    def _out_of_reach(self, record: SubjectRecord, using: Using) -> ConsentReason | None:
        """What stands against anybody else's use before the grants are asked; None where nothing does."""
        if self._parts.store.cameo(record.id) is None:
            return ConsentReason.CAMEO_UNKNOWN
        return ConsentReason.GRANT_NONE if self._parts.store.barred(record.id, using.account_id) else None

    def _fallen(self, snapshot: ConsentSnapshot, record: SubjectRecord | None, using: Using) -> ConsentReason | None:
        closed = self._closed(record, using)
        if record is None or closed is not None:
            return closed or ConsentReason.CAMEO_UNKNOWN
        if snapshot.epoch > record.consent_epoch:
            return ConsentReason.EPOCH_CHANGED
        # Any other epoch, and the grant itself is asked again: its time and count run on without a new epoch, and a
        # grant that the subject gave to somebody else meanwhile must not stop this one.
        if snapshot.grant_id is None:
            return None if record.account_id == using.account_id else ConsentReason.GRANT_NONE
        reason = self._out_of_reach(record, using)
        grant = None if reason else self._parts.store.grant(snapshot.grant_id)
        if grant is None:
            return reason or ConsentReason.GRANT_NONE
        return why_not(grant, snapshot, self._asker(record, using), self._tally(record, [grant], using), using.at)

    def _beyond(self, snapshot: ConsentSnapshot, using: Using) -> ConsentReason | None:
        """How a use has left the scope that it was admitted under; None where it is within."""
        grant = self._parts.store.grant(snapshot.grant_id) if snapshot.grant_id else None
        return outside(grant.terms.scope, self._completed(using.use)) if grant else None

    def _completed(self, use: Use) -> Use:
        """The use with what its words name; reading never takes away what was declared."""
        hits = [hit.names for hit in self._parts.reader.read(use.words)]
        contexts = frozenset(name for name in hits if isinstance(name, Context))
        changed = frozenset(name for name in hits if isinstance(name, Trait))
        return replace(use, contexts=use.contexts | contexts, changed=use.changed | changed)

    def _tally(self, record: SubjectRecord, grants: Collection[Grant], using: Using) -> Tally:
        store = self._parts.store
        # a day may have thousands of uses, and this is asked under the subject's lock: counted where it matters
        limited = any(grant.terms.daily_uses is not None for grant in grants)
        today = store.uses_by(record.id, using.account_id, using.at - _DAY) if limited else {}
        return Tally(today, store.of_use(using.use_id, record.id) if using.use_id else {})

    def _asker(self, record: SubjectRecord, using: Using) -> Asker:
        account_id = using.account_id
        groups = self._parts.store.groups_with(record.id, account_id)
        return Asker(account_id, self._relation(record, account_id), self._age_in(using, account_id), groups)

    def _age_in(self, using: Using, account_id: str) -> AgeBand:
        if account_id not in using.ages:
            using.ages[account_id] = self._age(account_id, using.at)
        return using.ages[account_id]

    def _age(self, account_id: str, now: datetime) -> AgeBand:
        """The band of an account's person; where nobody stated an age, what they said when they became a subject."""
        stated = self._parts.ages.band_of(account_id)
        record = self._parts.store.subject_of(account_id) if stated is AgeBand.UNKNOWN else None
        return band_of(record.birth_year, now) if record else stated

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

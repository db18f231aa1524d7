"""Giving consent and taking it back."""

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime

from consent_registry.domain import (
    ConsentEvent,
    ConsentFault,
    ConsentReason,
    Grant,
    GrantTerms,
    OnRevocation,
    Revocation,
    TakeBack,
    check_terms,
)
from consent_registry.ports import Ending
from consent_registry.service.families import check_giver, within_estate
from consent_registry.service.parts import Change, RegistryParts, changing, unknown_grant, unknown_subject
from trust_kernel.errors import InvalidInput
from trust_kernel.ids import new_id


class Granting:
    """Grants, revocations and their receipts."""

    def __init__(self, parts: RegistryParts) -> None:
        self._parts = parts

    def grant(self, subject_id: str, terms: GrantTerms, actor: str) -> Grant:
        """Give consent. See `ConsentRegistry.grant`."""
        with changing(self._parts, subject_id, actor) as change:
            check_giver(self._parts.store, change.subject, actor, change.at)
            checked = check_terms(terms, change.at, minor=change.subject.minor)
            made = _made(subject_id, within_estate(self._parts.store, subject_id, checked), change.at)
            self._check_groups(made)
            self._parts.store.add_grant(made)
            receipt = change.issue_receipt(made)
            change.record(ConsentEvent.GRANT_GIVEN, {"grant": made.id, "version": made.version, "receipt": receipt})
            told = made.terms.audience.account_ids | {change.subject.account_id}
            change.tell(ConsentEvent.GRANT_GIVEN, told, {"grant_id": made.id, "modalities": _listed(made)})
        return made

    def revoke(self, grant_id: str, actor: str, take_back: TakeBack = TakeBack.AS_GRANTED) -> Revocation:
        """End one grant. See `ConsentRegistry.revoke`."""
        with self._parts.unit.transaction():
            subject_id = self.named(grant_id).subject_id
            locked = self._parts.store.lock([subject_id])
            # read again: the grant may have been revoked while we waited for the lock
            grant = self.named(grant_id)
            if grant.revoked_at is not None and take_back is not TakeBack.TAKE_BACK:
                return Revocation((), locked[subject_id].consent_epoch)
            with changing(self._parts, subject_id, actor) as change:
                return self._end(change, [grant], take_back)

    def revoke_all(self, subject_id: str, actor: str, take_back: TakeBack = TakeBack.AS_GRANTED) -> Revocation:
        """End every grant of a subject. See `ConsentRegistry.revoke_all`."""
        with changing(self._parts, subject_id, actor) as change:
            if take_back is TakeBack.TAKE_BACK:
                return self._take_back_all(change)
            return self._end(change, self._standing(subject_id), take_back)

    def end_for(self, change: Change, account_id: str, take_back: TakeBack) -> tuple[str, ...]:
        """End grants that name nobody but one account, and whatever that account makes or made with the likeness.

        Other grants stay as they are for everybody else; the account is barred by whoever calls this, and is not told
        which grants ended.

        Returns:
            The ids of what was withdrawn.
        """
        grants = self._parts.store.grants(change.subject.id)
        alone = frozenset({account_id})
        ended = [
            self._mark(change, grant)
            for grant in grants
            if grant.revoked_at is None and grant.terms.audience.account_ids == alone
        ]
        everything = take_back is TakeBack.TAKE_BACK
        taken_back = None if everything else _taken_back(grants, take_back)
        ending = Ending(change.subject.id, None, taken_back, account_id, str(ConsentReason.GRANT_REVOKED), change.at)
        withdrawn = self._parts.withdrawals.withdraw_for(ending)
        self.publish(change, ended, but=account_id)
        return withdrawn

    def end_for_good(self, change: Change) -> tuple[tuple[str, ...], Collection[Grant]]:
        """End every grant of a subject who is being forgotten and withdraw whatever shows them.

        Returns:
            The ids of what was withdrawn, and the ended grants, which are yet to be published.
        """
        ended = [self._mark(change, grant) for grant in self._standing(change.subject.id)]
        ending = Ending(change.subject.id, None, None, None, str(ConsentReason.SUBJECT_FORGOTTEN), change.at)
        return self._parts.withdrawals.withdraw_for(ending), ended

    def publish(self, change: Change, ended: Collection[Grant], *, but: str = "") -> None:
        """Receipts, ledger entries and notices of ended grants; one account that they name may be left untold."""
        for grant in ended:
            receipt = change.issue_receipt(grant)
            change.record(ConsentEvent.GRANT_REVOKED, {"grant": grant.id, "version": grant.version, "receipt": receipt})
            told = grant.terms.audience.account_ids - {but} | {change.subject.account_id}
            change.tell(ConsentEvent.GRANT_REVOKED, told, {"grant_id": grant.id, "modalities": _listed(grant)})

    def named(self, grant_id: str) -> Grant:
        """By id; raises NotFound."""
        with self._parts.unit.reading():
            found = self._parts.store.grant(grant_id)
        if found is None:
            raise unknown_grant()
        return found

    def of(self, subject_id: str) -> tuple[Grant, ...]:
        """All grants of a subject, oldest first; raises NotFound where there is no such subject."""
        with self._parts.unit.reading():
            if self._parts.store.subject(subject_id) is None:
                raise unknown_subject()
            return tuple(self._parts.store.grants(subject_id))

    def _check_groups(self, grant: Grant) -> None:
        theirs = {group.id for group in self._parts.store.groups(grant.subject_id)}
        if not grant.terms.audience.group_ids <= theirs:
            raise InvalidInput("there is no such group", code=ConsentFault.GROUP_UNKNOWN, field="audience.group_ids")

    def _standing(self, subject_id: str) -> list[Grant]:
        # expired and exhausted ones too: their releases are still out
        return [grant for grant in self._parts.store.grants(subject_id) if grant.revoked_at is None]

    def _end(self, change: Change, grants: Collection[Grant], take_back: TakeBack) -> Revocation:
        if not grants:
            return Revocation((), change.subject.consent_epoch)
        # also where every release may stay: others may show the person without a grant
        return self._withdraw(change, grants, _ending(change, grants, _taken_back(grants, take_back)))

    def _take_back_all(self, change: Change) -> Revocation:
        """End everything, and take back whatever shows the person and others made.

        That is more than what their grants were used for: a search may have found them in the background, and what was
        made under grants that ended before is out as well. Their own videos stay; those they delete themselves.
        """
        grants = self._parts.store.grants(change.subject.id)
        ending = replace(_ending(change, grants, None), spared=change.subject.account_id)
        return self._withdraw(change, grants, ending)

    def _withdraw(self, change: Change, grants: Collection[Grant], ending: Ending) -> Revocation:
        ended = [self._mark(change, grant) for grant in grants if grant.revoked_at is None]
        withdrawn = self._parts.withdrawals.withdraw_for(ending)
        self.publish(change, ended)
        return Revocation(withdrawn, change.subject.consent_epoch)

    def _mark(self, change: Change, grant: Grant) -> Grant:
        ended = replace(grant, revoked_at=change.at, version=grant.version + 1)
        self._parts.store.mark_revoked(ended.id, change.at, ended.version)
        return ended


def _made(subject_id: str, terms: GrantTerms, now: datetime) -> Grant:
    return Grant(id=new_id("grant"), subject_id=subject_id, terms=terms, uses=0, version=1, created_at=now)


def _ending(change: Change, halted: Collection[Grant], taken_back: frozenset[str] | None) -> Ending:
    ids = frozenset(grant.id for grant in halted)
    return Ending(change.subject.id, ids, taken_back, None, str(ConsentReason.GRANT_REVOKED), change.at)


def _taken_back(grants: Collection[Grant], take_back: TakeBack) -> frozenset[str]:
    """Whose releases go as well, of some grants that end."""
    if take_back is TakeBack.STOP_NEW:
        return frozenset()
    every = take_back is TakeBack.TAKE_BACK
    return frozenset(g.id for g in grants if every or g.terms.on_revocation is OnRevocation.WITHDRAW)


def _listed(grant: Grant) -> str:
    return ",".join(sorted(grant.terms.modalities))

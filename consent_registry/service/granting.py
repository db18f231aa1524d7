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
    check_terms,
)
from consent_registry.service.parts import Change, RegistryParts, changing, unknown_grant, unknown_subject
from trust_kernel.errors import NotFound
from trust_kernel.ids import new_id


class Granting:
    """Grants, revocations and their receipts."""

    def __init__(self, parts: RegistryParts) -> None:
        self._parts = parts

    def grant(self, subject_id: str, terms: GrantTerms, actor: str) -> Grant:
        """Give consent. See `ConsentRegistry.grant`."""
        with changing(self._parts, subject_id, actor) as change:
            made = _made(subject_id, check_terms(terms, change.at, minor=change.subject.minor), change.at)
            self._parts.store.add_grant(made)
            receipt = change.issue_receipt(made)
            change.record(ConsentEvent.GRANT_GIVEN, {"grant": made.id, "version": made.version, "receipt": receipt})
            told = made.audience.account_ids | {change.subject.account_id}
            change.tell(ConsentEvent.GRANT_GIVEN, told, {"grant_id": made.id, "modalities": _listed(made)})
        return made

    def revoke(self, grant_id: str, actor: str) -> Revocation:
        """End one grant. See `ConsentRegistry.revoke`."""
        with self._parts.unit.transaction():
            subject_id = self.named(grant_id).subject_id
            locked = self._parts.store.lock([subject_id])
            # read again: the grant may have been revoked while we waited for the lock
            grant = self.named(grant_id)
            if grant.revoked_at is not None:
                return Revocation((), locked[subject_id].consent_epoch)
            with changing(self._parts, subject_id, actor) as change:
                return self._end(change, [grant])

    def revoke_all(self, subject_id: str, actor: str) -> Revocation:
        """End every grant of a subject. See `ConsentRegistry.revoke_all`."""
        with changing(self._parts, subject_id, actor) as change:
            return self._end(change, self._standing(subject_id))

    def end_for_good(self, change: Change) -> tuple[tuple[str, ...], Collection[Grant]]:
        """End every grant of a subject who is being forgotten and withdraw whatever shows them.

        Returns:
            The ids of what was withdrawn, and the ended grants, which are yet to be published.
        """
        ended = [self._mark(change, grant) for grant in self._standing(change.subject.id)]
        reason = str(ConsentReason.SUBJECT_FORGOTTEN)
        return self._parts.withdrawals.withdraw_for(change.subject.id, None, reason, change.at), ended

    def publish(self, change: Change, ended: Collection[Grant]) -> None:
        """Receipts, ledger entries and notices of ended grants."""
        for grant in ended:
            receipt = change.issue_receipt(grant)
            change.record(ConsentEvent.GRANT_REVOKED, {"grant": grant.id, "version": grant.version, "receipt": receipt})
            told = grant.audience.account_ids | {change.subject.account_id}
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

    def receipt(self, grant_id: str, version: int | None) -> str:
        """The receipt of a grant's version, or its newest one."""
        with self._parts.unit.reading():
            found = self._parts.store.receipt(grant_id, version)
        if found is None:
            raise NotFound("there is no such receipt", code=ConsentFault.RECEIPT_UNKNOWN)
        return found.compact

    def _standing(self, subject_id: str) -> list[Grant]:
        # expired and exhausted ones too: their releases are still out
        return [grant for grant in self._parts.store.grants(subject_id) if grant.revoked_at is None]

    def _end(self, change: Change, grants: Collection[Grant]) -> Revocation:
        ended = [self._mark(change, grant) for grant in grants]
        taken_back = frozenset(grant.id for grant in ended if grant.on_revocation is OnRevocation.WITHDRAW)
        withdrawn: tuple[str, ...] = ()
        if ended:  # also where every release may stay: others may show the person without a grant
            reason = str(ConsentReason.GRANT_REVOKED)
            withdrawn = self._parts.withdrawals.withdraw_for(change.subject.id, taken_back, reason, change.at)
        self.publish(change, ended)
        return Revocation(withdrawn, change.subject.consent_epoch)

    def _mark(self, change: Change, grant: Grant) -> Grant:
        ended = replace(grant, revoked_at=change.at, version=grant.version + 1)
        self._parts.store.mark_revoked(ended.id, change.at, ended.version)
        return ended


def _made(subject_id: str, terms: GrantTerms, now: datetime) -> Grant:
    if terms.expires_at is None:  # pragma: no cover - check_terms fills it in
        raise AssertionError
    return Grant(
        id=new_id("grant"),
        subject_id=subject_id,
        audience=terms.audience,
        modalities=terms.modalities,
        expires_at=terms.expires_at,
        max_uses=terms.max_uses,
        uses=0,
        on_revocation=terms.on_revocation,
        allows_remix=terms.allows_remix,
        note=terms.note,
        version=1,
        created_at=now,
    )


def _listed(grant: Grant) -> str:
    return ",".join(sorted(grant.modalities))

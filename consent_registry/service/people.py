"""Who the subjects are, how prompts name them, and who follows whom."""

from collections.abc import Collection
from datetime import datetime

from consent_registry.domain import (
    AudienceKind,
    ConsentFault,
    HandleMention,
    Subject,
    SubjectRecord,
    check_account_id,
    check_birth_year,
    check_display_name,
    check_handle,
    mentions,
)
from consent_registry.ports import AgeRecord
from consent_registry.service.families import check_giver
from consent_registry.service.parts import RegistryParts, unknown_subject
from trust_kernel.errors import InvalidInput
from trust_kernel.ids import new_id

_WIDENS = "a consent of yours covers everybody whom you follow and who follows you"


class People:
    """Registers subjects, finds them, keeps follows."""

    def __init__(self, parts: RegistryParts) -> None:
        self._parts = parts

    def register(self, account_id: str, handle: str, display_name: str, birth_year: int | None) -> Subject:
        """Make an account's subject. See `ConsentRegistry.register_subject`."""
        now = self._parts.clock.now()
        stated = check_birth_year(birth_year, now)
        with self._parts.unit.transaction():
            known = self._parts.store.age(account_id)  # what was said before, or checked by staff, holds
            year = known.birth_year if known else stated
            record = SubjectRecord(
                new_id("subj"), account_id, check_handle(handle), check_display_name(display_name), 0, year, now
            )
            self._parts.store.add_subject(record, self._parts.digest(f"handle:{handle}"))
            if known is None and stated is not None:
                # With the account, so that nobody grows older by being forgotten and coming back.
                self._parts.store.put_age(AgeRecord(account_id, stated, verified=False, by=account_id, at=now))
        return self._current(record)

    def subject(self, subject_id: str) -> Subject:
        """By id; raises NotFound."""
        with self._parts.unit.reading():
            return self._current(self._parts.store.subject(subject_id))

    def subject_of(self, account_id: str) -> Subject | None:
        """By account."""
        with self._parts.unit.reading():
            record = self._parts.store.subject_of(account_id)
        return self._current(record) if record else None

    def named(self, handles: Collection[str]) -> tuple[Subject, ...]:
        """By handle, in order of handle; handles that nobody has, or has any more, are left out."""
        with self._parts.unit.reading():
            records = self._parts.store.named({handle.lower() for handle in handles}) if handles else ()
        now = self._parts.clock.now()
        return tuple(subject for record in records if (subject := record.as_of(now)) is not None)

    def handles_in(self, prompt: str) -> tuple[HandleMention, ...]:
        """Every @handle in a prompt, in order, with whose it is."""
        found = mentions(prompt)
        known = {subject.handle: subject.id for subject in self.named({mention.handle for mention in found})}
        return tuple(HandleMention(mention.handle, mention.span, known.get(mention.handle)) for mention in found)

    def follow(self, account_id: str, other_account_id: str) -> None:
        """Follow an account; once more changes nothing. See `ConsentRegistry.follow`."""
        if account_id == other_account_id:
            raise InvalidInput("an account cannot follow itself", code=ConsentFault.FOLLOW_SELF, field="account_id")
        check_account_id(other_account_id, "account_id")
        with self._parts.unit.transaction():
            both = self._lock_both(account_id, other_account_id)
            self._check_widening(account_id, both)
            changed = self._parts.store.follow(account_id, other_account_id, self._parts.clock.now())
            if changed and self._parts.store.follows(other_account_id, account_id):
                self._raise_epochs(both)

    def unfollow(self, account_id: str, other_account_id: str) -> None:
        """Stop following; once more changes nothing. Grants to mutuals stop permitting at commit."""
        check_account_id(other_account_id, "account_id")
        with self._parts.unit.transaction():
            both = self._lock_both(account_id, other_account_id)
            changed = self._parts.store.unfollow(account_id, other_account_id)
            if changed and self._parts.store.follows(other_account_id, account_id):
                self._raise_epochs(both)

    def _lock_both(self, *account_ids: str) -> Collection[SubjectRecord]:
        """Lock the subjects of both accounts: becoming or ceasing to be mutuals changes what their grants permit."""
        found = [self._parts.store.subject_of(account_id) for account_id in account_ids]
        return self._parts.store.lock([record.id for record in found if record]).values()

    def _check_widening(self, account_id: str, locked: Collection[SubjectRecord]) -> None:
        """Whether somebody may follow, where a grant of theirs covers mutuals.

        Whoever follows first or back, it is their own half of what makes the other a mutual, and so widens the grant.
        What others do to be one was for whoever gave the grant to think of.
        """
        now = self._parts.clock.now()
        for subject in (record.as_of(now) for record in locked if record.account_id == account_id):
            if subject is not None and self._covers_mutuals(subject.id, now):
                check_giver(self._parts.store, subject, account_id, now, what="let you follow more people: " + _WIDENS)

    def _covers_mutuals(self, subject_id: str, now: datetime) -> bool:
        standing = [one for one in self._parts.store.grants(subject_id) if one.revoked_at is None]
        return any(one.terms.audience.kind is AudienceKind.MUTUALS and one.expires_at > now for one in standing)

    def _raise_epochs(self, locked: Collection[SubjectRecord]) -> None:
        for record in locked:
            self._parts.store.set_epoch(record.id, record.consent_epoch + 1)

    def _current(self, record: SubjectRecord | None) -> Subject:
        current = record.as_of(self._parts.clock.now()) if record else None
        if current is None:
            raise unknown_subject()
        return current

"""Attempts to enrol, looks, ages, guardians and estates, kept in memory."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime

from consent_registry.domain import ConsentFault, SubjectRecord
from consent_registry.domain.attestations import Attestation
from consent_registry.domain.enrolments import OPEN, EnrolmentAttempt, EnrolmentState, Look
from consent_registry.domain.estates import Dispute, Estate, EstateState
from consent_registry.domain.guardians import STANDING, GuardianLink, GuardianState
from consent_registry.ports import AgeRecord
from trust_kernel.errors import Conflict


class FakeEnrolments:
    """`EnrolmentStore`."""

    def __init__(self) -> None:
        super().__init__()
        self._attestations: dict[str, Attestation] = {}
        self._attempts: dict[str, EnrolmentAttempt] = {}
        self._attempt_media: dict[tuple[str, str], list[bytes]] = {}
        self._looks: dict[str, Look] = {}
        self._renewal_asks: set[tuple[str, str]] = set()

    def put_attestation(self, attestation: Attestation) -> None:
        standing = self._attestations.get(attestation.about)
        if standing is not None and (standing.complete or not attestation.complete):
            raise Conflict("somebody else was first", code=ConsentFault.ATTESTATION_RACED)
        self._attestations[attestation.about] = attestation

    def attestation(self, about: str) -> Attestation | None:
        return self._attestations.get(about)

    def add_attempt(self, attempt: EnrolmentAttempt) -> None:
        self._attempts[attempt.id] = attempt

    def attempt(self, attempt_id: str) -> EnrolmentAttempt | None:
        return self._attempts.get(attempt_id)

    def settle(self, attempt: EnrolmentAttempt, *, before: EnrolmentState) -> bool:
        standing = self._attempts.get(attempt.id)
        if standing is None or standing.state is not before:
            return False
        self._attempts[attempt.id] = attempt
        return True

    def attempts_of(self, subject_id: str) -> Sequence[EnrolmentAttempt]:
        mine = [one for one in self._attempts.values() if one.subject_id == subject_id]
        return sorted(mine, key=lambda one: (one.created_at, one.id), reverse=True)

    def attempts_in(self, states: Collection[EnrolmentState], limit: int) -> Sequence[EnrolmentAttempt]:
        found = [one for one in self._attempts.values() if one.state in states]
        return sorted(found, key=lambda one: (one.created_at, one.id))[:limit]

    def attempts_due(self, now: datetime, limit: int) -> Sequence[EnrolmentAttempt]:
        return [one for one in self.attempts_in(OPEN, len(self._attempts)) if one.until <= now][:limit]

    def add_attempt_media(self, attempt_id: str, kind: str, sealed: Sequence[bytes]) -> None:
        self._attempt_media[attempt_id, kind] = list(sealed)

    def attempt_media(self, attempt_id: str, kind: str) -> Sequence[bytes]:
        return self._attempt_media.get((attempt_id, kind), [])

    def drop_attempt_media(self, attempt_id: str) -> None:
        self._attempt_media = {key: kept for key, kept in self._attempt_media.items() if key[0] != attempt_id}

    def drop_recording(self, challenge_id: str) -> None:
        """Prints are kept elsewhere."""

    def drop_attempts(self, subject_id: str) -> None:
        for attempt in self.attempts_of(subject_id):
            self.drop_attempt_media(attempt.id)
            self._attestations.pop(attempt.id, None)
            del self._attempts[attempt.id]
        self._looks = {key: look for key, look in self._looks.items() if look.subject_id != subject_id}
        self._renewal_asks = {ask for ask in self._renewal_asks if ask[0] != subject_id}

    def add_look(self, look: Look) -> None:
        self._looks[look.id] = look

    def looks(self, subject_id: str) -> Sequence[Look]:
        mine = [look for look in self._looks.values() if look.subject_id == subject_id]
        return sorted(mine, key=lambda look: (look.created_at, look.id))

    def drop_look(self, look_id: str) -> None:
        self._looks.pop(look_id, None)

    def unkeep_looks(self, subject_id: str) -> None:
        for look in self.looks(subject_id):
            self._looks[look.id] = replace(look, keeps_reference=False)

    def note_renewal_ask(self, subject_id: str, models: str, at: datetime) -> bool:  # noqa: ARG002 - the port's shape
        new = (subject_id, models) not in self._renewal_asks
        self._renewal_asks.add((subject_id, models))
        return new


class FakeFamilies:
    """`FamilyStore`."""

    def __init__(self) -> None:
        super().__init__()
        self._subjects: dict[str, SubjectRecord] = {}
        self._ages: dict[str, AgeRecord] = {}
        self._links: dict[str, GuardianLink] = {}
        self._estates: dict[str, Estate] = {}
        self._disputes: list[Dispute] = []

    def age(self, account_id: str) -> AgeRecord | None:
        mine = next((one for one in self._subjects.values() if one.account_id == account_id), None)
        if account_id in self._ages or mine is None or mine.birth_year is None:
            return self._ages.get(account_id)
        return AgeRecord(account_id, mine.birth_year, verified=False, by=account_id, at=mine.created_at)

    def put_age(self, record: AgeRecord) -> None:
        self._ages[record.account_id] = record
        for one in list(self._subjects.values()):
            if one.account_id == record.account_id:
                self._subjects[one.id] = replace(one, birth_year=record.birth_year)

    def add_guardian(self, link: GuardianLink) -> None:
        self._links[link.id] = link

    def guardian(self, link_id: str) -> GuardianLink | None:
        return self._links.get(link_id)

    def guardians_about(self, account_id: str) -> Sequence[GuardianLink]:
        mine = [link for link in self._links.values() if account_id in link.parties]
        return sorted(mine, key=lambda link: link.asked_at, reverse=True)

    def guardians_in(self, states: Collection[GuardianState], limit: int) -> Sequence[GuardianLink]:
        found = [link for link in self._links.values() if link.state in states]
        return sorted(found, key=lambda link: link.asked_at)[:limit]

    def guardians_grown(self, born_by: int, limit: int) -> Sequence[GuardianLink]:
        standing = self.guardians_in(STANDING, len(self._links))
        ages = {link.ward: self.age(link.ward) for link in standing}
        return [link for link in standing if (age := ages[link.ward]) and age.birth_year <= born_by][:limit]

    def move_guardian(self, link_id: str, before: GuardianState, after: GuardianState, at: datetime) -> bool:
        standing = self._links.get(link_id)
        if standing is None or standing.state is not before:
            return False
        self._links[link_id] = replace(standing, state=after, settled_at=at)
        return True

    def add_estate(self, estate: Estate) -> None:
        self._estates[estate.id] = estate

    def estate(self, estate_id: str) -> Estate | None:
        return self._estates.get(estate_id)

    def estates_of(self, account_id: str) -> Sequence[Estate]:
        mine = [one for one in self._estates.values() if one.account_id == account_id]
        return sorted(mine, key=lambda one: one.claimed_at, reverse=True)

    def estate_called(self, handle: str) -> Estate | None:
        held = (one for one in self._estates.values() if one.state is EstateState.HELD)
        return next((one for one in held if one.handle == handle), None)

    def estate_about(self, subject_id: str) -> Estate | None:
        return next((one for one in self._estates.values() if one.subject_id == subject_id), None)

    def estates_in(self, states: Collection[EstateState], limit: int) -> Sequence[Estate]:
        found = [one for one in self._estates.values() if one.state in states]
        return sorted(found, key=lambda one: one.claimed_at)[:limit]

    def estates_due(self, now: datetime, limit: int) -> Sequence[Estate]:
        held = [one for one in self._estates.values() if one.state is EstateState.HELD and one.until <= now]
        return sorted(held, key=lambda one: one.until)[:limit]

    def move_estate(self, estate: Estate, *, before: EstateState) -> bool:
        standing = self._estates.get(estate.id)
        if standing is None or standing.state is not before:
            return False
        self._estates[estate.id] = estate
        return True

    def silence(self, subject_id: str) -> None:
        self._subjects[subject_id] = replace(self._subjects[subject_id], account_id=None)

    def add_dispute(self, dispute: Dispute) -> None:
        self._disputes.append(dispute)

    def disputes(self, estate_id: str) -> Sequence[Dispute]:
        return sorted((one for one in self._disputes if one.estate_id == estate_id), key=lambda one: one.at)

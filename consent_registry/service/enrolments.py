"""Enrolment as a process: examined, searched for, and enrolled, looked at by staff, or refused.

No transaction is open while networks look. Media of an attempt that waits are sealed under the subject's key; they go
with the decision, with the deadline, and with the person.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from consent_registry.domain import Assurance, ConsentEvent, ConsentFault, Subject
from consent_registry.domain.attestations import Attestation, Matter, Proof
from consent_registry.domain.challenges import LiveEvidence
from consent_registry.domain.enrolments import (
    OPEN,
    EnrolmentAttempt,
    EnrolmentState,
    check_staff_note,
)
from consent_registry.service.announcing import Announcer
from consent_registry.service.attempt_media import AttemptMedia, Media
from consent_registry.service.attempts import Attempts, not_waiting, unknown_enrolment
from consent_registry.service.attestations import Attestations
from consent_registry.service.enrolment import Enrolment, NewLook, check_media
from consent_registry.service.families import guardians_of
from consent_registry.service.parties import Parties
from consent_registry.service.parts import RegistryParts
from consent_registry.service.screening import Found, screened
from trust_kernel.errors import NotFound, NotPermitted


class _AlikeMeanwhileError(Exception):
    """Somebody alike was enrolled between the search and the commit."""

    def __init__(self, found: Found) -> None:
        super().__init__()
        self.found = found


class EnrolmentDesk:
    """Takes attempts from a proposal to their end.

    Args:
        parts: the registry's.
        enrolment: makes cameos.
    """

    def __init__(self, parts: RegistryParts, enrolment: Enrolment) -> None:
        self._parts = parts
        self._enrolment = enrolment
        self._who = Parties(parts)
        self._announce = Announcer(parts)
        self._attestations = Attestations(parts)
        self._media = AttemptMedia(parts)
        self._attempts = Attempts(parts)

    def check_age(self, subject_id: str) -> None:
        """Whether somebody may be enrolled at their age; raises NotFound, NotPermitted as `check` does."""
        self._who.needs_guardian(self._who.subject(subject_id))

    def check(self, subject_id: str, *, by: str, proof: Proof = Proof.IN_PERSON) -> None:
        """Whether somebody may be proposed at all; to be asked before media are decoded.

        Raises:
            NotFound: no such subject.
            NotPermitted: too young, age unstated, no guardian, or staff proposing themselves.
            InvalidInput: a proof that does not show who somebody is.
        """
        subject = self._who.subject(subject_id)
        if by in self._who.parties(subject):
            raise NotPermitted("nobody vouches for themselves", code=ConsentFault.ATTESTATION_OWN)
        self._who.needs_guardian(subject)
        self._who.assurance(subject, proof)

    def propose(
        self,
        subject_id: str,
        media: Media,
        *,
        by: str,
        proof: Proof = Proof.IN_PERSON,
        keep_reference: bool = False,
        label: str = "",
    ) -> EnrolmentAttempt:
        """A member of staff vouches for pictures and recordings; another has to confirm.

        Args:
            subject_id: whose likeness.
            media: what shows it.
            by: the member of staff.
            proof: how they know that it is the person: seen in person, or by a document's kind.
            keep_reference: whether the person lets reference media be kept.
            label: what the person calls this look.

        Raises:
            InvalidInput: media that cannot be used, or a proof that does not show who somebody is.
            NotPermitted: as `check`.
            Conflict: a review of the same person is open, or they have `MAX_LOOKS`.
        """
        self.check(subject_id, by=by, proof=proof)
        check_media(media.pictures, media.recordings)
        self._parts.enroller.prepare(media.pictures, media.recordings)  # says now what cannot be used
        subject = self._who.subject(subject_id)
        with self._parts.unit.transaction():
            attempt = self._attempts.opened(
                subject, self._who.assurance(subject, proof), by, label, keep_reference=keep_reference
            )
            self._media.keep(attempt, media)
            self._attestations.give(attempt.id, Matter.ENROLMENT, proof, by=by, parties=self._who.parties(subject))
            facts = {"enrolment": attempt.id, "assurance": str(attempt.assurance)}
            self._announce.record(ConsentEvent.ENROLMENT_PROPOSED, by, facts)
            told = {subject.account_id, *self._attempts.staff()} - {by}
            self._announce.tell(ConsentEvent.ENROLMENT_PROPOSED, told, self._attempts.payload(attempt, subject))
        return attempt

    def enrol_live(self, evidence: LiveEvidence, *, keep_reference: bool, label: str = "") -> EnrolmentAttempt:
        """Enrol from a passed live challenge; nobody has to vouch, but whoever is like somebody goes to review.

        Raises:
            InvalidInput, NotPermitted, Conflict: as `propose`.
        """
        subject = self._who.subject(evidence.subject_id)
        guardian = self._who.needs_guardian(subject)
        media = Media(tuple(evidence.pictures), tuple(evidence.voices))
        check_media(media.pictures, media.recordings)
        prepared = self._parts.enroller.prepare(media.pictures, media.recordings)
        with self._parts.unit.transaction():
            attempt = self._attempts.opened(
                subject,
                Assurance.LIVE_CHALLENGE,
                subject.account_id,
                label,
                keep_reference=keep_reference,
                challenge_id=evidence.challenge_id,
            )
            self._media.keep(attempt, media)
            facts = {"enrolment": attempt.id, "assurance": str(attempt.assurance), "challenge": evidence.challenge_id}
            self._announce.record(ConsentEvent.ENROLMENT_PROPOSED, subject.account_id, facts)
            if guardian:
                return self._attempts.ask_guardian(attempt, subject)
        return self._screened(attempt, subject.account_id, media, prepared)

    def confirm(self, attempt_id: str, *, by: str, note: str = "") -> EnrolmentAttempt:
        """Another member of staff confirms a proposal; then it is searched for and enrolled, or goes to review.

        Raises:
            NotFound: no such attempt.
            NotPermitted: by who proposed it, or by the person.
            Conflict: it does not wait for this.
        """
        with self._parts.unit.transaction():
            attempt = self._attempts.locked(attempt_id, EnrolmentState.EXAMINED)
            subject = self._who.subject(attempt.subject_id)
            standing = self._attestations.about(attempt_id)
            if standing is None:
                raise not_waiting()  # of a live challenge, that nobody vouches for
            if not standing.complete:  # else a server fell over after the second half: go on from there
                parties = self._who.parties(subject)
                self._attestations.give(attempt_id, Matter.ENROLMENT, standing.proof, by=by, parties=parties)
            attempt = self._attempts.moved(attempt, EnrolmentState.EXAMINED, note=check_staff_note(note))
            if self._who.needs_guardian(subject):
                return self._attempts.ask_guardian(attempt, subject)
        return self._screened(attempt, by, self._media.opened(attempt))

    def approve(self, attempt_id: str, *, by: str, yes: bool) -> EnrolmentAttempt:
        """A guardian says yes or no to a minor's enrolment.

        Raises:
            NotFound: no such attempt, or the caller is no guardian of that person.
            Conflict: it does not wait for this.
        """
        with self._parts.unit.transaction():
            attempt = self._attempts.locked(attempt_id, EnrolmentState.WITH_GUARDIAN)
            account = self._who.subject(attempt.subject_id).account_id
            if by not in guardians_of(self._parts.store, account, self._parts.clock.now()):
                raise unknown_enrolment()
            if not yes:
                return self._attempts.refused(attempt, by, "")
        return self._screened(replace(attempt, allowed_by=by), by, self._media.opened(attempt))

    def decide(self, attempt_id: str, *, by: str, enrol: bool, note: str = "") -> EnrolmentAttempt:
        """Staff enrol somebody who was in review, or refuse an attempt in whatever state it waits.

        Whoever turned out to be so young that a guardian has to say yes, who did not, is not enrolled yet: the attempt
        goes to the guardian.

        Raises:
            NotFound: no such attempt.
            NotPermitted: a member of staff deciding on themselves, or the person turned out to be too young, or to need
                a guardian whom they have not.
            Conflict: it is settled, or only waits for a confirmation or a guardian's yes.
        """
        attempt = self.named(attempt_id)
        written = check_staff_note(note)
        if by in self._who.parties(self._who.subject(attempt.subject_id)):
            raise NotPermitted("nobody decides on themselves", code=ConsentFault.ATTESTATION_OWN)
        if not enrol:
            with self._parts.unit.transaction():
                return self._attempts.refused(self._attempts.locked(attempt_id, *OPEN), by, written)
        if attempt.state is not EnrolmentState.TO_REVIEW:
            raise not_waiting()
        media = self._media.opened(attempt)
        prepared = self._parts.enroller.prepare(media.pictures, media.recordings)
        return self._enrolled(attempt, by, media, prepared, note=written)

    def withdraw(self, attempt_id: str, *, by: str) -> EnrolmentAttempt:
        """The person, or their guardian, takes an attempt back; raises NotFound, Conflict."""
        with self._parts.unit.transaction():
            attempt = self._attempts.locked(attempt_id, *OPEN)
            subject = self._who.subject(attempt.subject_id)
            if by not in self._who.parties(subject):
                raise unknown_enrolment()
            return self._attempts.ended(attempt, EnrolmentState.WITHDRAWN, by, subject)

    def lapse(self, limit: int = 100) -> int:
        """End attempts that nobody decided in time; gives how many."""
        with self._parts.unit.reading():
            due = self._parts.store.attempts_due(self._parts.clock.now(), limit)
        return sum(self._lapsed(attempt) for attempt in due)

    def named(self, attempt_id: str) -> EnrolmentAttempt:
        """By id; raises NotFound."""
        return self._attempts.named(attempt_id)

    def of(self, subject_id: str) -> Sequence[EnrolmentAttempt]:
        """All of a subject, newest first."""
        with self._parts.unit.reading():
            return self._parts.store.attempts_of(subject_id)

    def waiting(self, limit: int = 100) -> Sequence[EnrolmentAttempt]:
        """What staff have to confirm or decide, oldest first."""
        states = {EnrolmentState.EXAMINED, EnrolmentState.TO_REVIEW}
        with self._parts.unit.reading():
            return self._parts.store.attempts_in(states, limit)

    def concerns(self, attempt: EnrolmentAttempt, account_id: str) -> bool:
        """Whether an account has a part in an attempt, as the person or as a guardian; nobody has once they left."""
        try:
            subject = self._who.subject(attempt.subject_id)
        except NotFound:
            return False
        return account_id in self._who.parties(subject)

    def vouched(self, attempt_id: str) -> Attestation | None:
        """What staff said of an attempt."""
        return self._attestations.about(attempt_id)

    def picture(self, attempt_id: str, number: int, *, by: str) -> NDArray[np.uint8]:
        """One picture of an open attempt, uint8 RGB, for staff to look at; raises NotFound."""
        attempt = self.named(attempt_id)
        if attempt.state not in OPEN or self.concerns(attempt, by):
            raise unknown_enrolment()
        pictures = self._media.opened(attempt).pictures
        if not 0 <= number < len(pictures):
            raise unknown_enrolment()
        return pictures[number]

    def recording(self, attempt_id: str, number: int, *, by: str) -> NDArray[np.float32]:
        """One recording of an open attempt, float32 mono at 16 kHz, for staff to listen to; raises NotFound."""
        attempt = self.named(attempt_id)
        if attempt.state not in OPEN or self.concerns(attempt, by):
            raise unknown_enrolment()
        recordings = self._media.opened(attempt).recordings
        if not 0 <= number < len(recordings):
            raise unknown_enrolment()
        return recordings[number]

    def kept(self, attempt: EnrolmentAttempt) -> tuple[int, int]:
        """How many pictures and recordings wait with an attempt; none once it is decided."""
        return self._media.counted(attempt)

    def _screened(self, attempt: EnrolmentAttempt, by: str, media: Media, prepared: object = None) -> EnrolmentAttempt:
        if prepared is None:
            prepared = self._parts.enroller.prepare(media.pictures, media.recordings)
        found = screened(self._parts.enroller, prepared, attempt.subject_id)
        if found.concern is not None:
            return self._attempts.to_review(attempt, by, found)
        try:
            return self._enrolled(attempt, by, media, prepared, search_again=True)
        except _AlikeMeanwhileError as error:
            return self._attempts.to_review(attempt, by, error.found)

    def _enrolled(
        self,
        attempt: EnrolmentAttempt,
        by: str,
        media: Media,
        prepared: object,
        *,
        note: str | None = None,
        search_again: bool = False,
    ) -> EnrolmentAttempt:
        look = NewLook(prepared, media.recordings, attempt.assurance, attempt.label, attempt.keep_reference)
        with self._parts.unit.transaction():
            self._parts.store.lock([attempt.subject_id])
            subject = self._who.subject(attempt.subject_id)
            # asked again under the lock: since it was proposed, an age may have been corrected, or a guardian have left
            if self._who.needs_guardian(subject) and not self._allowed(attempt, subject):
                kept = attempt if note is None else replace(attempt, note=note)
                return self._attempts.ask_guardian(kept, subject)
            done = self._attempts.settled(attempt, EnrolmentState.ENROLLED, by, attempt.reason, note)
            self._enrolment.add(attempt.subject_id, by, look)
            if search_again:
                # Whoever writes templates holds the lock that numbers them, so the search now sees everybody who was
                # enrolled before: of two people who look alike and enrol at once, the second goes to review.
                found = screened(self._parts.enroller, prepared, attempt.subject_id)
                if found.alike:
                    raise _AlikeMeanwhileError(found)
        return done

    def _allowed(self, attempt: EnrolmentAttempt, subject: Subject) -> bool:
        """Whether somebody who still is the person's guardian has said yes."""
        return attempt.allowed_by in guardians_of(self._parts.store, subject.account_id, self._parts.clock.now())

    def _lapsed(self, attempt: EnrolmentAttempt) -> bool:
        with self._parts.unit.transaction():
            record = self._parts.store.lock([attempt.subject_id]).get(attempt.subject_id)
            subject = record.as_of(self._parts.clock.now()) if record else None
            now = self._parts.store.attempt(attempt.id)
            if now is None or now.state not in OPEN:
                return False
            self._attempts.ended(now, EnrolmentState.LAPSED, "", subject)
        return True

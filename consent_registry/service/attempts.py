"""Moves attempts to enrol from state to state, and says so: to the ledger, to the person, to staff, to guardians."""

from dataclasses import replace

from consent_registry.domain import Assurance, ConsentEvent, ConsentFault, ConsentReason, Subject
from consent_registry.domain.enrolments import MAX_LOOKS, OPEN, EnrolmentAttempt, EnrolmentState, check_label
from consent_registry.service.announcing import Announcer
from consent_registry.service.families import guardians_of
from consent_registry.service.parties import ATTEST, Parties
from consent_registry.service.parts import RegistryParts
from consent_registry.service.screening import Found
from trust_kernel.errors import Conflict, NotFound
from trust_kernel.ids import new_id


class Attempts:
    """Every step joins the caller's transaction, and is refused where somebody else took it first."""

    def __init__(self, parts: RegistryParts) -> None:
        self._parts = parts
        self._who = Parties(parts)
        self._announce = Announcer(parts)

    def named(self, attempt_id: str) -> EnrolmentAttempt:
        """By id; raises NotFound."""
        with self._parts.unit.reading():
            found = self._parts.store.attempt(attempt_id)
        if found is None:
            raise unknown_enrolment()
        return found

    def opened(
        self,
        subject: Subject,
        assurance: Assurance,
        by: str,
        label: str,
        *,
        keep_reference: bool,
        challenge_id: str | None = None,
    ) -> EnrolmentAttempt:
        """A new attempt in place of one that still waits; the subject is locked."""
        store, now = self._parts.store, self._parts.clock.now()
        store.lock([subject.id])
        open_ones = [one for one in store.attempts_of(subject.id) if one.state in OPEN]
        if any(one.state is EnrolmentState.TO_REVIEW for one in open_ones):
            raise Conflict("staff are looking at an enrolment of yours", code=ConsentFault.ENROLMENT_OPEN)
        if len(store.looks(subject.id)) >= MAX_LOOKS:
            raise Conflict(
                "take a look away first", code=ConsentFault.LOOKS_TOO_MANY, field="label", limit=f"{MAX_LOOKS} looks"
            )
        for earlier in open_ones:
            self.ended(earlier, EnrolmentState.WITHDRAWN, by, subject)
        attempt = EnrolmentAttempt(
            id=new_id("enr"),
            subject_id=subject.id,
            assurance=assurance,
            state=EnrolmentState.EXAMINED,
            label=check_label(label),
            keep_reference=keep_reference,
            proposed_by=by,
            created_at=now,
            until=now + self._parts.rules.patience,
            challenge_id=challenge_id,
        )
        store.add_attempt(attempt)
        return attempt

    def ask_guardian(self, attempt: EnrolmentAttempt, subject: Subject) -> EnrolmentAttempt:
        """Have it wait for a minor's guardians, and tell them."""
        waiting = self.moved(attempt, EnrolmentState.WITH_GUARDIAN)
        told = guardians_of(self._parts.store, subject.account_id, self._parts.clock.now())
        self._announce.tell(ConsentEvent.ENROLMENT_GUARDIAN, told, self.payload(waiting, subject))
        return waiting

    def to_review(self, attempt: EnrolmentAttempt, by: str, found: Found) -> EnrolmentAttempt:
        """Have staff look at what was found, in a transaction of its own where none is open."""
        subject = self._who.subject(attempt.subject_id)
        with self._parts.unit.transaction():
            self._parts.store.lock([attempt.subject_id])
            moved = self.moved(attempt, EnrolmentState.TO_REVIEW, reason=found.concern, alike=found.alike)
            # whom the person is like is for staff alone: neither the ledger nor the notice says it
            facts = {"enrolment": moved.id, "reason": str(moved.reason)}
            self._announce.record(ConsentEvent.ENROLMENT_REVIEW, by, facts)
            told = {subject.account_id, *self.staff()}
            self._announce.tell(ConsentEvent.ENROLMENT_REVIEW, told, self.payload(moved, subject))
        return moved

    def refused(self, attempt: EnrolmentAttempt, by: str, note: str) -> EnrolmentAttempt:
        """End it with a no."""
        subject = self._who.subject(attempt.subject_id)
        done = self.settled(attempt, EnrolmentState.REFUSED, by, ConsentReason.ENROLMENT_DECLINED, note)
        facts = {"enrolment": done.id, "reason": str(done.reason)}
        self._announce.record(ConsentEvent.ENROLMENT_REFUSED, by, facts)
        self._announce.tell(ConsentEvent.ENROLMENT_REFUSED, {subject.account_id}, self.payload(done, subject))
        return done

    def ended(
        self, attempt: EnrolmentAttempt, state: EnrolmentState, by: str, subject: Subject | None
    ) -> EnrolmentAttempt:
        """End it without a decision: it lapsed, or was taken back."""
        reason = ConsentReason.ENROLMENT_LAPSED if state is EnrolmentState.LAPSED else attempt.reason
        done = self.settled(attempt, state, by, reason)
        self._announce.record(ConsentEvent.ENROLMENT_ENDED, by, {"enrolment": done.id, "state": str(state)})
        if subject is not None:
            payload = self.payload(done, subject)
            self._announce.tell(ConsentEvent.ENROLMENT_ENDED, {subject.account_id}, payload)
        return done

    def settled(
        self,
        attempt: EnrolmentAttempt,
        state: EnrolmentState,
        by: str,
        reason: ConsentReason | None,
        note: str | None = None,
    ) -> EnrolmentAttempt:
        """An end: no media and nobody alike are left of it, and but for an enrolment no prints of the recording."""
        done = replace(attempt, decided_by=by or None, decided_at=self._parts.clock.now(), alike=())
        done = self.moved(done, state, before=attempt.state, reason=reason, note=note)
        self._parts.store.drop_attempt_media(attempt.id)
        if attempt.challenge_id is not None and state is not EnrolmentState.ENROLLED:
            self._parts.store.drop_recording(attempt.challenge_id)
        return done

    def moved(
        self,
        attempt: EnrolmentAttempt,
        state: EnrolmentState,
        *,
        before: EnrolmentState | None = None,
        note: str | None = None,
        **changes: object,
    ) -> EnrolmentAttempt:
        """Write a new state; raises Conflict where it is no longer in the one before."""
        kept = attempt.note if note is None else note
        moved = replace(attempt, state=state, note=kept, **changes)  # type: ignore[arg-type] # by their fields
        if not self._parts.store.settle(moved, before=before or attempt.state):
            raise not_waiting()
        return moved

    def locked(self, attempt_id: str, *states: EnrolmentState) -> EnrolmentAttempt:
        """Lock the subject and read the attempt again; raises NotFound, or Conflict where it is in no such state."""
        subject_id = self.named(attempt_id).subject_id
        self._parts.store.lock([subject_id])
        attempt = self.named(attempt_id)  # read again: it may have been decided while we waited for the lock
        if attempt.state not in states:
            raise not_waiting()
        return attempt

    def staff(self) -> frozenset[str]:
        """Accounts that may vouch and decide."""
        return frozenset(self._parts.staff.who_may(ATTEST))

    @staticmethod
    def payload(attempt: EnrolmentAttempt, subject: Subject) -> dict[str, str | int | bool | None]:
        """What notices say of it: never whom the person is like."""
        return {
            "enrolment_id": attempt.id,
            "subject_id": subject.id,
            "handle": subject.handle,
            "state": str(attempt.state),
            "code": str(attempt.reason) if attempt.reason else None,
        }


def unknown_enrolment() -> NotFound:
    """The error for an attempt that is not there, or that the caller may not know of."""
    return NotFound("there is no such enrolment", code=ConsentFault.ENROLMENT_UNKNOWN)


def not_waiting() -> Conflict:
    """The error for an attempt that is decided, or waits for something else."""
    return Conflict("this enrolment does not wait for that", code=ConsentFault.ENROLMENT_SETTLED)

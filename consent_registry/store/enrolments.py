"""Queries about attempts to enrol, looks and attestations."""

from collections.abc import Collection, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import delete, update
from sqlalchemy.exc import IntegrityError
from sqlmodel import col, select

from consent_registry.domain import Assurance, ConsentFault, ConsentReason
from consent_registry.domain.attestations import Attestation, Matter, Proof
from consent_registry.domain.enrolments import OPEN, EnrolmentAttempt, EnrolmentState, Look, Resemblance
from consent_registry.store.challenges import RecordingRows
from consent_registry.store.rows import FRESH, Rows
from consent_registry.tables.enrolments import (
    AttestationRow,
    EnrolmentMediaRow,
    EnrolmentRow,
    LookRow,
    RenewalAskRow,
)
from trust_kernel.errors import Conflict


class AttestationRows(Rows):
    """`AttestationStore`."""

    def put_attestation(self, attestation: Attestation) -> None:
        """Insert, or write the second half; whoever loses a race for the same half is told so."""
        second: dict[str, Any] = {"second_by": attestation.second_by, "second_at": attestation.second_at}
        if attestation.complete:
            lacking = (col(AttestationRow.about) == attestation.about, col(AttestationRow.second_by).is_(None))
            if not self.change(update(AttestationRow).where(*lacking).values(**second)):
                raise _outrun()
            return
        row = AttestationRow(
            about=attestation.about,
            matter=str(attestation.matter),
            proof=str(attestation.proof),
            first_by=attestation.first_by,
            first_at=attestation.first_at,
            **second,
        )
        try:
            self.insert(row)
        except IntegrityError as error:  # the key: somebody else's first half is there by now
            raise _outrun() from error

    def attestation(self, about: str) -> Attestation | None:
        """By what it is about."""
        row = self.one(AttestationRow, col(AttestationRow.about) == about)
        if row is None:
            return None
        return Attestation(
            row.about,
            Matter(row.matter),
            Proof(row.proof),
            row.first_by,
            row.first_at,
            row.second_by,
            row.second_at,
        )


class SqlEnrolments(AttestationRows, RecordingRows):
    """`EnrolmentStore` on SQLite or PostgreSQL."""

    def add_attempt(self, attempt: EnrolmentAttempt) -> None:
        """Insert."""
        self.insert(EnrolmentRow(**_columns(attempt)))

    def attempt(self, attempt_id: str) -> EnrolmentAttempt | None:
        """By id."""
        row = self.one(EnrolmentRow, col(EnrolmentRow.id) == attempt_id)
        return _attempt(row) if row else None

    def settle(self, attempt: EnrolmentAttempt, *, before: EnrolmentState) -> bool:
        """Write the new state; the condition stands in the statement, so of two who decide one does."""
        this = (col(EnrolmentRow.id) == attempt.id, col(EnrolmentRow.state) == str(before))
        return self.change(update(EnrolmentRow).where(*this).values(**_columns(attempt))) == 1

    def attempts_of(self, subject_id: str) -> Sequence[EnrolmentAttempt]:
        """All of a subject, newest first."""
        statement = (
            select(EnrolmentRow)
            .where(col(EnrolmentRow.subject_id) == subject_id)
            .order_by(col(EnrolmentRow.created_at).desc(), col(EnrolmentRow.id).desc())
        )
        return self._attempts(statement)

    def attempts_in(self, states: Collection[EnrolmentState], limit: int) -> Sequence[EnrolmentAttempt]:
        """Those in some states, oldest first."""
        return self._attempts(_oldest(col(EnrolmentRow.state).in_(sorted(states)), limit))

    def attempts_due(self, now: datetime, limit: int) -> Sequence[EnrolmentAttempt]:
        """Open ones whose time is up."""
        late = (col(EnrolmentRow.state).in_(sorted(OPEN))) & (col(EnrolmentRow.until) <= now)
        return self._attempts(_oldest(late, limit))

    def _attempts(self, statement: Any) -> Sequence[EnrolmentAttempt]:
        with self.database.reading() as session:
            return [_attempt(row) for row in session.exec(statement, execution_options=FRESH)]

    def add_attempt_media(self, attempt_id: str, kind: str, sealed: Sequence[bytes]) -> None:
        """Keep sealed media."""
        for number, one in enumerate(sealed):
            self.insert(EnrolmentMediaRow(enrolment_id=attempt_id, kind=kind, number=number, sealed=one))

    def attempt_media(self, attempt_id: str, kind: str) -> Sequence[bytes]:
        """Sealed media of a kind, in order."""
        statement = (
            select(EnrolmentMediaRow.sealed)
            .where(col(EnrolmentMediaRow.enrolment_id) == attempt_id, col(EnrolmentMediaRow.kind) == kind)
            .order_by(col(EnrolmentMediaRow.number))
        )
        with self.database.reading() as session:
            return list(session.exec(statement))

    def drop_attempt_media(self, attempt_id: str) -> None:
        """Delete an attempt's media."""
        self.change(delete(EnrolmentMediaRow).where(col(EnrolmentMediaRow.enrolment_id) == attempt_id))

    def drop_attempts(self, subject_id: str) -> None:
        """Delete everything about a subject here."""
        mine = select(EnrolmentRow.id).where(col(EnrolmentRow.subject_id) == subject_id)
        self.change(delete(EnrolmentMediaRow).where(col(EnrolmentMediaRow.enrolment_id).in_(mine)))
        self.change(delete(AttestationRow).where(col(AttestationRow.about).in_(mine)))
        self.change(delete(EnrolmentRow).where(col(EnrolmentRow.subject_id) == subject_id))
        self.change(delete(LookRow).where(col(LookRow.subject_id) == subject_id))
        self.change(delete(RenewalAskRow).where(col(RenewalAskRow.subject_id) == subject_id))

    def add_look(self, look: Look) -> None:
        """Insert."""
        self.insert(
            LookRow(
                id=look.id,
                subject_id=look.subject_id,
                label=look.label,
                assurance=str(look.assurance),
                has_face=look.has_face,
                has_voice=look.has_voice,
                keeps_reference=look.keeps_reference,
                created_at=look.created_at,
            )
        )

    def looks(self, subject_id: str) -> Sequence[Look]:
        """All of a subject, oldest first."""
        statement = (
            select(LookRow)
            .where(col(LookRow.subject_id) == subject_id)
            .order_by(col(LookRow.created_at), col(LookRow.id))
        )
        with self.database.reading() as session:
            return [_look(row) for row in session.exec(statement, execution_options=FRESH)]

    def drop_look(self, look_id: str) -> None:
        """Delete one."""
        self.change(delete(LookRow).where(col(LookRow.id) == look_id))

    def unkeep_looks(self, subject_id: str) -> None:
        """Note that no look keeps reference media."""
        self.change(update(LookRow).where(col(LookRow.subject_id) == subject_id).values(keeps_reference=False))

    def note_renewal_ask(self, subject_id: str, models: str, at: datetime) -> bool:
        """Note that somebody was asked."""
        asked = (col(RenewalAskRow.subject_id) == subject_id, col(RenewalAskRow.models) == models)
        if self.one(RenewalAskRow, *asked) is not None:
            return False
        self.insert(RenewalAskRow(subject_id=subject_id, models=models, at=at))
        return True


def _outrun() -> Conflict:
    return Conflict("somebody else vouched for this just now; look again", code=ConsentFault.ATTESTATION_RACED)


def _oldest(which: Any, limit: int) -> Any:
    order = (col(EnrolmentRow.created_at), col(EnrolmentRow.id))
    return select(EnrolmentRow).where(which).order_by(*order).limit(limit)


def _columns(attempt: EnrolmentAttempt) -> dict[str, Any]:
    return {
        "id": attempt.id,
        "subject_id": attempt.subject_id,
        "assurance": str(attempt.assurance),
        "state": str(attempt.state),
        "label": attempt.label,
        "keep_reference": attempt.keep_reference,
        "proposed_by": attempt.proposed_by,
        "created_at": attempt.created_at,
        "until": attempt.until,
        "reason": str(attempt.reason) if attempt.reason else None,
        "alike": [asdict(one) for one in attempt.alike],
        "decided_by": attempt.decided_by,
        "decided_at": attempt.decided_at,
        "note": attempt.note,
        "challenge_id": attempt.challenge_id,
        "allowed_by": attempt.allowed_by,
    }


def _attempt(row: EnrolmentRow) -> EnrolmentAttempt:
    return EnrolmentAttempt(
        id=row.id,
        subject_id=row.subject_id,
        assurance=Assurance(row.assurance),
        state=EnrolmentState(row.state),
        label=row.label,
        keep_reference=row.keep_reference,
        proposed_by=row.proposed_by,
        created_at=row.created_at,
        until=row.until,
        reason=ConsentReason(row.reason) if row.reason else None,
        alike=tuple(Resemblance(**one) for one in row.alike),
        decided_by=row.decided_by,
        decided_at=row.decided_at,
        note=row.note,
        challenge_id=row.challenge_id,
        allowed_by=row.allowed_by,
    )


def _look(row: LookRow) -> Look:
    return Look(
        id=row.id,
        subject_id=row.subject_id,
        label=row.label,
        assurance=Assurance(row.assurance),
        has_face=row.has_face,
        has_voice=row.has_voice,
        keeps_reference=row.keeps_reference,
        created_at=row.created_at,
    )

"""What keeps people safe beside their grants: bars, pauses, caps, reports, and the switch that stops everything."""

from datetime import timedelta

from consent_registry.domain import (
    Bar,
    ConsentEvent,
    ConsentFault,
    Lockdown,
    PersonReport,
    ReportReason,
    Revocation,
    SubjectRecord,
    TakeBack,
    check_account_id,
    check_text,
)
from consent_registry.domain.terms import MAX_USES
from consent_registry.service.announcing import Announcer
from consent_registry.service.families import check_giver
from consent_registry.service.granting import Granting
from consent_registry.service.parts import RegistryParts, changing, unknown_subject
from trust_kernel.errors import Conflict, InvalidInput, NotFound, NotPermitted
from trust_kernel.ids import new_id

REPORTS_A_DAY = 20
"""By one account: people read every one."""
SET_LOCKDOWN = "lockdown:set"
"""The permission of whoever may stop everything, and of whoever is told that it was."""
READ_REPORTS = "report:read"
"""The permission of staff who read what people are reported for."""


class Safety:
    """Bars, pauses, caps, reports and the lockdown."""

    def __init__(self, parts: RegistryParts, granting: Granting) -> None:
        self._parts = parts
        self._granting = granting
        self._announce = Announcer(parts)

    def bar(self, subject_id: str, account_id: str, actor: str, take_back: TakeBack) -> Revocation:
        """Let no grant cover somebody any more, whatever it says, and end grants that name nobody else.

        What they are making with the likeness stops. They are told neither of the bar nor of the grants that end: to
        them it is as if no grant had ever covered them. Of a video of theirs that is taken back they hear, like every
        owner. Grants that name others too stay as they are.

        Args:
            subject_id: whose likeness.
            account_id: who is barred; once more is no mistake.
            actor: account that does it.
            take_back: what becomes of what they made with it.

        Raises:
            InvalidInput: it is the subject's own account, or no account id.
            NotFound: no such subject.
        """
        check_account_id(account_id, "account_id")
        with changing(self._parts, subject_id, actor) as change:
            if account_id == change.subject.account_id:
                raise InvalidInput("nobody can bar themselves", code=ConsentFault.BAR_SELF, field="account_id")
            self._parts.store.add_bar(Bar(subject_id, account_id, change.at))
            withdrawn = self._granting.end_for(change, account_id, take_back)
            change.record(
                ConsentEvent.PERSON_BARRED,
                {"person": self._parts.pseudonym(account_id), "take_back": str(take_back), "withdrawn": len(withdrawn)},
            )
            # whoever is barred is not told
            change.tell(ConsentEvent.PERSON_BARRED, frozenset({change.subject.account_id}), {"account_id": account_id})
            return Revocation(withdrawn, change.subject.consent_epoch)

    def unbar(self, subject_id: str, account_id: str, actor: str) -> None:
        """Undo a bar; grants that ended with it stay ended. Nothing happens where there is none."""
        with self._parts.unit.transaction():
            if not self._parts.store.barred(subject_id, account_id):
                return
            with changing(self._parts, subject_id, actor) as change:
                check_giver(self._parts.store, change.subject, actor, change.at)
                if self._parts.store.drop_bar(subject_id, account_id):
                    body = {"person": self._parts.pseudonym(account_id)}
                    change.record(ConsentEvent.PERSON_UNBARRED, body)

    def bars(self, subject_id: str) -> tuple[Bar, ...]:
        """Whom a subject barred, oldest first."""
        with self._parts.unit.reading():
            return tuple(self._parts.store.bars(subject_id))

    def pause(self, subject_id: str, actor: str, *, paused: bool) -> SubjectRecord:
        """Stop every use of a likeness for now, the person's own included, or let it go on; raises NotFound."""
        with self._parts.unit.transaction():
            record = self._locked(subject_id)
            if (record.paused_at is not None) is paused:
                return record
            with changing(self._parts, subject_id, actor) as change:
                if not paused:
                    check_giver(self._parts.store, change.subject, actor, change.at)
                self._parts.store.set_pause(subject_id, change.at if paused else None)
                kind = ConsentEvent.SUBJECT_PAUSED if paused else ConsentEvent.SUBJECT_RESUMED
                change.record(kind, {})
                change.tell(kind, frozenset({change.subject.account_id}), {})
            return self._locked(subject_id)

    def cap(self, subject_id: str, actor: str, daily_uses: int | None) -> SubjectRecord:
        """Say how many releases others may make with a likeness in 24 hours, all of them together.

        Args:
            subject_id: whose.
            actor: account that says so.
            daily_uses: 0 to 2**31 - 1; None for any number.

        Raises:
            InvalidInput: out of range.
            NotFound: no such subject.
        """
        if daily_uses is not None and not 0 <= daily_uses <= MAX_USES:
            raise InvalidInput(
                "the number of uses is out of range",
                code=ConsentFault.DAILY_OUT_OF_RANGE,
                field="daily_uses",
                limit=f"0 to {MAX_USES}",
            )
        with changing(self._parts, subject_id, actor) as change:
            before = self._locked(subject_id).daily_uses
            if before is not None and (daily_uses is None or daily_uses > before):
                check_giver(self._parts.store, change.subject, actor, change.at)
            self._parts.store.set_daily_uses(subject_id, daily_uses)
            change.record(ConsentEvent.CAP_SET, {"daily_uses": -1 if daily_uses is None else daily_uses})
            return self._locked(subject_id)

    def settings(self, subject_id: str) -> SubjectRecord:
        """The subject as kept: paused or not, and the cap; raises NotFound."""
        with self._parts.unit.reading():
            record = self._parts.store.subject(subject_id)
        if record is None or record.forgotten_at is not None:
            raise unknown_subject()
        return record

    def lockdown(self) -> Lockdown:
        """Whether everything is stopped."""
        with self._parts.unit.reading():
            return self._parts.store.lockdown()

    def set_lockdown(self, actor: str, *, on: bool, reason: str) -> Lockdown:
        """Stop every use of every likeness at commit, or let them go on; whoever may do so is told.

        Args:
            actor: account that does it.
            on: whether everything stops; as it is already, and nothing changes.
            reason: for those who are told, 1 to 2,000 characters.

        Raises:
            InvalidInput: no reason.
        """
        reason = check_text(reason, "reason", needed=True)
        with self._parts.unit.transaction():
            before = self._parts.store.lockdown_held(to_change=True)
            now = self._parts.clock.now()
            if before.on is on:
                return before
            after = Lockdown(on, reason, actor, now)
            self._parts.store.set_lockdown(after)
            kind = ConsentEvent.LOCKDOWN_ON if on else ConsentEvent.LOCKDOWN_OFF
            # the reason may name people, so that its digest alone stands on the ledger
            self._announce.record(kind, actor, {"reason": self._parts.digest(reason)})
            self._announce.tell(kind, self._parts.staff.who_may(SET_LOCKDOWN), {"account_id": actor, "reason": reason})
            return after

    def report(
        self, reporter: str, reported: str, reason: ReportReason, text: str, case_id: str | None
    ) -> PersonReport:
        """Tell the staff of somebody. Whoever is reported is told nothing.

        Args:
            reporter: account that reports.
            reported: account that is reported.
            reason: what for.
            text: in their words, 1 to 2,000 characters.
            case_id: a video that shows it; None where there is none.

        Raises:
            InvalidInput: no text, no account, or oneself.
            Conflict: `REPORTS_A_DAY` were made by this account in 24 hours.
        """
        check_account_id(reported, "account_id")
        if reporter == reported:
            raise InvalidInput("nobody can report themselves", code=ConsentFault.BAR_SELF, field="account_id")
        if case_id is not None:
            check_account_id(case_id, "video_id")
        now = self._parts.clock.now()
        made = PersonReport(
            new_id("prep"), reporter, reported, reason, check_text(text, "text", needed=True), case_id, now
        )
        with self._parts.unit.transaction():
            if self._parts.store.reports_by(reporter, now - timedelta(days=1)) >= REPORTS_A_DAY:
                raise Conflict(
                    "so many reports cannot be read in a day; write to us about the rest",
                    code=ConsentFault.REPORTS_TOO_MANY,
                )
            self._parts.store.add_report(made)
            # not on the ledger, which everybody reads: who reports whom is for staff alone
            payload = {"report_id": made.id, "reason": str(reason), "video_id": case_id}
            self._announce.tell(ConsentEvent.PERSON_REPORTED, self._parts.staff.who_may(READ_REPORTS), payload)
        return made

    def reports(self, *, closed: bool, after: str | None, limit: int) -> tuple[PersonReport, ...]:
        """A page of reports, for staff."""
        with self._parts.unit.reading():
            return tuple(self._parts.store.reports(closed=closed, after=after, limit=limit))

    def report_named(self, report_id: str) -> PersonReport:
        """By id; raises NotFound."""
        with self._parts.unit.reading():
            found = self._parts.store.report(report_id)
        if found is None:
            raise NotFound("there is no such report", code=ConsentFault.REPORT_UNKNOWN)
        return found

    def decide_report(self, report_id: str, actor: str, note: str) -> PersonReport:
        """Close a report with a note of what was done; who reported is told.

        Raises:
            NotFound: no such report.
            NotPermitted: by who reported, or was reported.
            Conflict: it is closed.
        """
        note = check_text(note, "note", needed=True)
        with self._parts.unit.transaction():
            found = self.report_named(report_id)
            if actor in {found.reporter, found.reported}:
                raise NotPermitted("somebody else has to look at what concerns you", code=ConsentFault.ATTESTATION_OWN)
            now = self._parts.clock.now()
            if not self._parts.store.close_report(report_id, actor, now, note):
                raise Conflict("somebody has closed this report", code=ConsentFault.REPORT_CLOSED)
            self._announce.record(ConsentEvent.REPORT_DECIDED, actor, {"report": report_id})
            self._announce.tell(ConsentEvent.REPORT_DECIDED, {found.reporter}, {"report_id": report_id})
            return self.report_named(report_id)

    def _locked(self, subject_id: str) -> SubjectRecord:
        record = self._parts.store.lock([subject_id]).get(subject_id)
        if record is None or record.forgotten_at is not None:
            raise unknown_subject()
        return record

"""Telling accounts what becomes of imports."""

from copyright_optout.domain.imports import ClaimImport
from copyright_optout.domain.reasons import ImportEvent
from copyright_optout.ports import OrganisationStore, Outbox, Staff
from copyright_optout.service.telling import DECIDES


class ImportNotices:
    """Tells members of organisations and staff, in the caller's transaction.

    Args:
        organisations: who acts for whom.
        staff: who decides on claims.
        outbox: takes what is told.
    """

    def __init__(self, organisations: OrganisationStore, staff: Staff, outbox: Outbox) -> None:
        self._organisations = organisations
        self._staff = staff
        self._outbox = outbox

    def taken_in(self, job: ClaimImport) -> None:
        """Tell the members that a list was taken in, and staff that there is something to look at."""
        for account_id in self._members(job):
            self._outbox.emit(ImportEvent.DONE, account_id, _facts(job))
        if job.submit and job.counts.added + job.counts.changed:
            for account_id in sorted(self._staff.who_may(DECIDES)):
                self._outbox.emit(ImportEvent.HANDED_IN, account_id, _facts(job))

    def failed(self, job: ClaimImport) -> None:
        """Tell the members that a list could not be read to its end."""
        for account_id in self._members(job):
            self._outbox.emit(ImportEvent.FAILED, account_id, {**_facts(job), "line": job.last_line})

    def activated(self, job: ClaimImport) -> None:
        """Tell the members and whoever had it done how many claims took effect."""
        for account_id in sorted({*self._members(job), job.activated_by}):
            facts = {**_facts(job), "activated": job.activated, "left": job.left}
            self._outbox.emit(ImportEvent.ACTIVATED, account_id, facts)

    def _members(self, job: ClaimImport) -> list[str]:
        return [one.account_id for one in self._organisations.members(job.organisation_id)]


def _facts(job: ClaimImport) -> dict[str, str | int | bool | None]:
    counts = job.counts
    return {
        "import_id": job.id,
        "lines": job.lines,
        "added": counts.added,
        "changed": counts.changed,
        "rejected": counts.rejected,
    }

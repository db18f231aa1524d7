"""A case on record: opened before any work, sealed before release, closed with its reasons."""

import hashlib
from datetime import timedelta

from generator_gateway.ports import Cases, Journal, Notices, Record
from generator_gateway.service.appealing import offer
from generator_gateway.service.telling import UseKind, UseNotices
from generator_gateway.stages import Logged, Opened, Request, Signed, Stopped
from trust_kernel.clock import Clock
from trust_kernel.db import Database
from trust_kernel.decisions import Verdict


class LedgerSteps:
    """The pipeline's `ledger`: each step is one transaction, and does nothing the second time.

    Args:
        appeals: how long after a denial it can be appealed about.
    """

    def __init__(
        self,
        database: Database,
        clock: Clock,
        journal: Journal,
        cases: Cases,
        record: Record,
        notices: Notices,
        uses: UseNotices,
        appeals: timedelta,
    ) -> None:
        self._database = database
        self._clock = clock
        self._journal = journal
        self._cases = cases
        self._record = record
        self._notices = notices
        self._uses = uses
        self._appeals = appeals

    def open(self, request: Request) -> Opened:
        """Put the intent on record."""
        earned = self._journal.earned(request.case_id, Opened)
        if earned is not None:
            return earned
        number = self._cases.release_number(request.case_id)
        with self._database.transaction():
            entry = self._record.append(
                "case:request:opened",
                {
                    "case": request.case_id,
                    # Salted with the case's secret number: a short prompt could be guessed from a bare digest.
                    "request": hashlib.sha256(f"{number}:{request.prompt}".encode()).hexdigest(),
                    "backend": request.model,
                },
            )
            return self._journal.earn(request.case_id, Opened(request, self._clock.now(), entry.index, number))

    def close(self, stopped: Stopped) -> Stopped:
        """Set the case held or failed, with its reasons; tell the one who asked, and everybody whom it was about."""
        with self._database.transaction():
            held = stopped.verdict is Verdict.HOLD
            kind = "case:request:held" if held else "case:request:denied"
            # The log's head is locked before the case's row, here as everywhere.
            self._record.append(
                kind, {"case": stopped.case_id, "reasons": len(stopped.reasons), "reason": stopped.reasons[0]}
            )
            request = self._cases.stop(stopped)
            self._notices.emit(
                "video:case:held" if held else "video:case:failed",
                request.account_id,
                {
                    "video_id": stopped.case_id,
                    "code": stopped.reasons[0],
                    "message": stopped.message,
                    **self._offer(stopped),
                },
            )
            self._uses.tell(UseKind.HELD if held else UseKind.REFUSED, request)
        return stopped

    def _offer(self, stopped: Stopped) -> dict[str, str]:
        """How to appeal, where what was denied can be overturned."""
        denied = stopped.verdict is Verdict.DENY and stopped.appealable
        return offer(stopped.case_id, self._clock.now() + self._appeals) if denied else {}

    def seal(self, signed: Signed) -> Logged:
        """Put what is about to go out on record, and sign the log's head over it."""
        earned = self._journal.earned(signed.case_id, Logged)
        if earned is not None:
            return earned
        with self._database.transaction():
            entry = self._record.append(
                "release:video:sealed",
                {
                    "case": signed.case_id,
                    "media": signed.media.digest,
                    "manifest": hashlib.sha256(signed.manifest_label.encode()).hexdigest(),
                },
            )
            return self._journal.earn(signed.case_id, Logged(signed, entry.index, self._record.checkpoint()))

"""Stops cases under way whose consent has ended: they go back to the start, and are judged by what is true now."""

from collections.abc import Collection

from generator_gateway.ports import Record
from generator_gateway.ports.halting import CaseConsents, Fallen
from trust_kernel.db import Database


class Halting:
    """Sends cases back, in whatever transaction the cause opened.

    A case that waits, runs or is held is put back on the queue: whoever works on it can keep nothing any more, and the
    gates look again. Where another grant covers it, it goes on under that; else it is closed with the true reason.
    The sweeper finds it after commit, so nothing is said to a queue from inside a transaction.
    """

    def __init__(self, database: Database, consents: CaseConsents, record: Record) -> None:
        self._database = database
        self._consents = consents
        self._record = record

    def halt(self, fallen: Fallen, withdrawn: Collection[str], reason: str) -> tuple[str, ...]:
        """Send back every case that goes by consents that fell, or is to be made of what was withdrawn.

        Args:
            fallen: which consents ended; the subject's row is locked, so that no release can slip in between.
            withdrawn: ids of releases that were taken back at the same time.
            reason: for the ledger.

        Returns:
            The ids of what was sent back.
        """
        with self._database.transaction():
            found = self._consents.under(fallen) | self._consents.remixing(withdrawn)
            # The log's head is locked before any case's row, here as everywhere.
            for case_id in sorted(found):
                self._record.append("case:request:halted", {"case": case_id, "reason": reason})
            return self._consents.requeue(found) if found else ()

"""Who may work on a case now: one worker, for a while, until a newer lease says otherwise."""

import secrets
from collections.abc import Mapping
from contextvars import ContextVar
from datetime import datetime, timedelta
from types import MappingProxyType

from sqlalchemy import or_
from sqlmodel import Session, col, select

from generator_gateway.errors import GatewayReason
from generator_gateway.ports import Lease
from generator_gateway.tables import CaseRow
from trust_kernel.clock import Clock, aware
from trust_kernel.db import Database
from trust_kernel.errors import Conflict

OPEN = ("queued", "in_progress")
UNDER_WAY = (*OPEN, "held")


class LeaseBook:
    """Leases as columns of the case row; the row's lock decides every race.

    Args:
        ttl: how long a silent worker keeps a case.
    """

    def __init__(self, database: Database, clock: Clock, ttl: timedelta) -> None:
        self._database = database
        self._clock = clock
        self.ttl = ttl
        # Per thread, not per process: another thread here may take over a case whose worker was merely slow.
        self._held: ContextVar[Mapping[str, str]] = ContextVar(f"leases-{id(self)}", default=MappingProxyType({}))

    def claim(self, case_id: str) -> Lease | None:
        """Take an open case nobody works on; None where somebody does, or it is closed or resting."""
        with self._database.transaction() as session:
            row = session.get(CaseRow, case_id, with_for_update=True)
            now = self._clock.now()
            if row is None or row.status not in OPEN or not _free(row, now):
                return None
            waited = now - aware(row.outage_since) if row.outage_since else timedelta()
            lease = Lease(case_id, secrets.token_hex(8), row.attempts + 1, row.outages, waited)
            row.lease, row.lease_until, row.attempts = lease.token, now + self.ttl, lease.attempt
            row.status, row.not_before = "in_progress", None
            session.add(row)
        self._held.set({**self._held.get(), case_id: lease.token})
        return lease

    def seize(self, case_id: str) -> Lease | None:
        """Take a case under way, one that is held too, from whoever works on it, to end it; None where it ended."""
        with self._database.transaction() as session:
            row = session.get(CaseRow, case_id, with_for_update=True, populate_existing=True)
            if row is None or row.status not in UNDER_WAY:
                return None
            lease = Lease(case_id, secrets.token_hex(8), row.attempts, row.outages)
            row.lease, row.lease_until = lease.token, self._clock.now() + self.ttl
            session.add(row)
            session.flush()
        self._held.set({**self._held.get(), case_id: lease.token})
        return lease

    def guard(self, session: Session, case_id: str) -> CaseRow:
        """Lock a case for a change by the worker that holds it, which is the thread that claimed it.

        Raises:
            Conflict: this worker does not hold the case any more; what it is doing must not count.
        """
        return self._locked(session, case_id, self._held.get().get(case_id))

    def _locked(self, session: Session, case_id: str, token: str | None) -> CaseRow:
        row = session.get(CaseRow, case_id, with_for_update=True, populate_existing=True)
        if row is None or token is None or row.lease != token:
            raise Conflict("another worker took this case over", code=GatewayReason.CASE_LEASE_LOST)
        return row

    def renew(self, lease: Lease) -> None:
        """Say, from any thread, that the worker lives; raises Conflict where the case was taken over."""
        with self._database.transaction() as session:
            row = self._locked(session, lease.case_id, lease.token)
            row.lease_until = self._clock.now() + self.ttl
            session.add(row)

    def let_go(self, lease: Lease, rest: timedelta | None = None, *, outage: bool = False) -> None:
        """Give a case back, to be tried again after a rest; nothing happens where it was taken over.

        Args:
            lease: what is given back.
            rest: nobody takes the case before that; None where it may be taken at once.
            outage: the try ended because something we need did not answer; it does not count as an attempt.
        """
        self._held.set({case_id: token for case_id, token in self._held.get().items() if token != lease.token})
        with self._database.transaction() as session:
            row = session.get(CaseRow, lease.case_id, with_for_update=True)
            if row is None or row.lease != lease.token:
                return
            row.lease, row.lease_until = None, None
            now = self._clock.now()
            row.not_before = now + rest if rest else None
            row.attempts = lease.attempt - 1 if outage else lease.attempt
            row.outages = row.outages + 1 if outage else 0
            row.outage_since = (row.outage_since or now) if outage else None
            session.add(row)

    def abandoned(self, limit: int = 100) -> list[str]:
        """Open cases that nobody works on, oldest first: what the sweeper puts back on the queue."""
        now = self._clock.now()
        statement = (
            select(CaseRow.id)
            .where(col(CaseRow.status).in_(OPEN))
            .where(or_(col(CaseRow.lease_until).is_(None), col(CaseRow.lease_until) < now))
            .where(or_(col(CaseRow.not_before).is_(None), col(CaseRow.not_before) <= now))
            .order_by(col(CaseRow.id))
            .limit(limit)
        )
        with self._database.reading() as session:
            return list(session.exec(statement))


def _free(row: CaseRow, now: datetime) -> bool:
    expired = row.lease_until is None or aware(row.lease_until) < now
    rested = row.not_before is None or aware(row.not_before) <= now
    return expired and rested

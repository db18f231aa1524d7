"""Cases, decisions and reviews."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, cast

from pydantic import TypeAdapter
from sqlalchemy import func
from sqlalchemy.exc import IntegrityError
from sqlmodel import col, select

from generator_gateway.errors import AppealFault, GatewayReason
from generator_gateway.ports import CaseSummary
from generator_gateway.stages import Request, Stopped
from generator_gateway.store.appeals import lifted_for
from generator_gateway.store.case_consents import drop_consents
from generator_gateway.store.leases import UNDER_WAY, LeaseBook
from generator_gateway.store.media import note_use
from generator_gateway.store.stops import note_stops
from generator_gateway.tables import CaseRow, DecisionRow, HiddenVideoRow, OwnerRow, ReviewRow
from trust_kernel.clock import Clock, aware
from trust_kernel.db import Database
from trust_kernel.decisions import Decision, Lift, Ruling, Stage, Verdict
from trust_kernel.errors import Conflict, NotFound
from trust_kernel.ids import new_id, new_release_number

_REQUEST = TypeAdapter(Request)
_RULING = TypeAdapter(Ruling)
_STATUS = {Verdict.HOLD: "held", Verdict.DENY: "failed"}


class CaseStore:
    """Case rows, and what was decided on them."""

    def __init__(self, database: Database, clock: Clock, leases: LeaseBook) -> None:
        self._database = database
        self._clock = clock
        self._leases = leases

    # --- accepting and reading

    def accept(self, request: Request, key: str | None = None, digest: str | None = None) -> tuple[CaseSummary, bool]:
        """Keep a new case, or give the one that this idempotency key already made (and False).

        Raises:
            Conflict: the key was used for another request.
        """
        row = CaseRow(
            id=request.case_id,
            account_id=request.account_id,
            status="queued",
            request=cast("dict[str, Any]", _REQUEST.dump_python(request, mode="json")),
            release_number=new_release_number(),
            remix_of=request.remix_of,
            created_at=self._clock.now(),
            idempotency_key=key,
            idempotency_digest=digest,
        )
        try:
            with self._database.transaction() as session:
                session.add(row)
                session.flush()
                for reference in request.references:
                    note_use(session, request.case_id, reference.media.digest)
        except IntegrityError:
            return self._earlier(request.account_id, key, digest), False
        return _summary(row), True

    def _earlier(self, account_id: str, key: str | None, digest: str | None) -> CaseSummary:
        statement = select(CaseRow).where(CaseRow.account_id == account_id, CaseRow.idempotency_key == key)
        with self._database.reading() as session:
            row = session.exec(statement).one()
        if row.idempotency_digest != digest:
            raise Conflict(
                "this idempotency key was used for another request",
                code=GatewayReason.IDEMPOTENCY_REUSED,
                field="Idempotency-Key",
            )
        return _summary(row)

    def get(self, case_id: str) -> CaseSummary:
        """One case; raises NotFound."""
        with self._database.reading() as session:
            row = session.get(CaseRow, case_id)
            if row is None:
                raise NotFound("there is no such video", code=GatewayReason.VIDEO_UNKNOWN)
            return _summary(row)

    def these(self, case_ids: Collection[str]) -> Mapping[str, CaseSummary]:
        """Cases by id, as the database has them now; those that are not there are left out."""
        if not case_ids:
            return {}
        statement = select(CaseRow).where(col(CaseRow.id).in_(case_ids))
        with self._database.reading() as session:
            rows = session.exec(statement, execution_options={"populate_existing": True})
            return {row.id: _summary(row) for row in rows}

    def requested(self, case_id: str) -> Request:
        """What was asked for; raises NotFound."""
        return self.get(case_id).request

    def page(
        self, account_id: str | None, *, after: str | None, limit: int, ascending: bool, status: str | None = None
    ) -> tuple[list[CaseSummary], bool]:
        """Undeleted cases of one account (with those it co-owns), or of all, by age; and whether there are more."""
        statement = select(CaseRow).where(col(CaseRow.deleted_at).is_(None))
        if account_id is not None:
            owned = select(OwnerRow.case_id).where(OwnerRow.account_id == account_id)
            hidden = select(HiddenVideoRow.case_id).where(HiddenVideoRow.account_id == account_id)
            statement = statement.where((col(CaseRow.account_id) == account_id) | col(CaseRow.id).in_(owned))
            statement = statement.where(col(CaseRow.id).not_in(hidden))
        if status is not None:
            statement = statement.where(CaseRow.status == status)
        if after is not None:
            statement = statement.where(col(CaseRow.id) > after if ascending else col(CaseRow.id) < after)
        order = col(CaseRow.id).asc() if ascending else col(CaseRow.id).desc()
        with self._database.reading() as session:
            rows = session.exec(statement.order_by(order).limit(limit + 1)).all()
            return [_summary(row) for row in rows[:limit]], len(rows) > limit

    def release_number(self, case_id: str) -> int:
        """The number that this case's marks carry."""
        with self._database.reading() as session:
            row = session.get(CaseRow, case_id)
            if row is None:
                raise NotFound("there is no such case", code=GatewayReason.VIDEO_UNKNOWN)
            return row.release_number

    # --- working

    def advance(self, case_id: str, percent: int) -> None:
        """Keep the progress and renew the lease; raises Conflict where the case was taken over."""
        with self._database.transaction() as session:
            row = self._leases.guard(session, case_id)
            row.progress = max(row.progress, min(percent, 99))
            row.lease_until = self._clock.now() + self._leases.ttl
            session.add(row)

    def stop(self, stopped: Stopped) -> Request:
        """Set the case held or failed, which ends the lease."""
        with self._database.transaction() as session:
            row = self._leases.guard(session, stopped.case_id)
            row.status = _STATUS[stopped.verdict]
            row.error_code, row.error_message = stopped.reasons[0], stopped.message
            row.reasons = list(stopped.reasons)
            row.completed_at = self._clock.now() if stopped.verdict is Verdict.DENY else None
            row.lease, row.lease_until = None, None
            session.add(row)
            if stopped.verdict is Verdict.DENY:
                drop_consents(session, stopped.case_id)
            return _REQUEST.validate_python(row.request)

    def complete(self, case_id: str, at: datetime) -> None:
        """Set the case completed, which ends the lease: nothing can be earned after it."""
        with self._database.transaction() as session:
            row = self._leases.guard(session, case_id)
            row.status, row.progress, row.completed_at = "completed", 100, at
            row.error_code, row.error_message, row.reasons = None, None, []
            row.lease, row.lease_until = None, None
            session.add(row)

    def drop(self, case_id: str) -> bool:
        """Stop a case that is not out and hide it from everybody; the record stays. Waits for whoever works on it.

        Returns:
            False where it is out, and nothing was done.
        """
        with self._database.transaction() as session:
            row = session.get(CaseRow, case_id, with_for_update=True, populate_existing=True)
            if row is None:
                raise NotFound("there is no such video", code=GatewayReason.VIDEO_UNKNOWN)
            if row.status == "completed":
                return False
            row.deleted_at = self._clock.now()
            if row.status in UNDER_WAY:
                row.status, row.error_code = "failed", GatewayReason.VIDEO_DELETED
                row.error_message, row.lease = "deleted by its maker", None
            session.add(row)
            return True

    # --- decisions and reviews

    def save_decision(self, case_id: str, decision: Decision) -> None:
        """Keep a decision, findings and all."""
        row = DecisionRow(
            id=decision.id,
            case_id=case_id,
            stage=decision.stage,
            verdict=decision.verdict,
            policy_version=decision.policy_version,
            made_with=dict(decision.made_with),
            rulings=[_RULING.dump_python(ruling, mode="json") for ruling in decision.rulings],
            at=self._clock.now(),
        )
        with self._database.transaction() as session:
            session.add(row)
            note_stops(session, case_id, decision)

    def decisions(self, case_id: str) -> Sequence[Decision]:
        """Every decision on a case, oldest first."""
        statement = (
            select(DecisionRow).where(DecisionRow.case_id == case_id).order_by(col(DecisionRow.at), col(DecisionRow.id))
        )
        with self._database.reading() as session:
            return [_decision(row) for row in session.exec(statement)]

    def last_decisions(self, case_ids: Collection[str]) -> Mapping[str, Decision]:
        """The last decision on each of a few cases."""
        newest = func.row_number().over(
            partition_by=col(DecisionRow.case_id), order_by=(col(DecisionRow.at).desc(), col(DecisionRow.id).desc())
        )
        ranked = select(DecisionRow.id, newest.label("place")).where(col(DecisionRow.case_id).in_(sorted(case_ids)))
        last = ranked.subquery()
        statement = select(DecisionRow).join(last, last.c.id == col(DecisionRow.id)).where(last.c.place == 1)
        with self._database.reading() as session:
            return {row.case_id: _decision(row) for row in session.exec(statement)}

    def review(self, case_id: str, reviewer: str, verdict: Verdict, note: str) -> None:
        """Keep what a person said of a held case, and open it again.

        Raises:
            Conflict: the case is not held.
        """
        with self._database.transaction() as session:
            row = session.get(CaseRow, case_id, with_for_update=True)
            if row is None:
                raise NotFound("there is no such case", code=GatewayReason.VIDEO_UNKNOWN)
            if row.status != "held":
                raise Conflict("only a held case can be reviewed", code=GatewayReason.CASE_NOT_HELD)
            last = self.decisions(case_id)
            stage = last[-1].stage if last else Stage.REQUEST
            session.add(
                ReviewRow(
                    id=new_id("rev"),
                    case_id=case_id,
                    stage=stage,
                    reviewer=reviewer,
                    verdict=verdict,
                    reasons=list(row.reasons),
                    note=note,
                    at=self._clock.now(),
                )
            )
            row.lease, row.lease_until, row.attempts, row.reasons = None, None, 0, []
            if verdict is Verdict.ALLOW:
                row.status, row.error_code, row.error_message = "queued", None, None
            else:
                row.status, row.completed_at = "failed", self._clock.now()
                row.error_code, row.error_message = GatewayReason.REVIEW_DENIED, "a reviewer declined this request"
                row.reasons = [GatewayReason.REVIEW_DENIED]
            session.add(row)

    def resume(self, case_id: str) -> bool:
        """Have an open or held case judged again from where it got to; False where it ended.

        Whoever works on it now can keep nothing any more: they may have looked before what is new was said.
        """
        with self._database.transaction() as session:
            row = session.get(CaseRow, case_id, with_for_update=True, populate_existing=True)
            if row is None or row.status not in UNDER_WAY:
                return False
            row.status, row.attempts, row.not_before = "queued", 0, None
            row.lease, row.lease_until, row.reasons = None, None, []
            row.error_code, row.error_message = None, None
            session.add(row)
            return True

    def approved(self, case_id: str, stage: Stage) -> frozenset[str]:
        """Reason codes whose holds a reviewer lifted on this look."""
        statement = select(ReviewRow).where(
            ReviewRow.case_id == case_id, ReviewRow.stage == stage, ReviewRow.verdict == Verdict.ALLOW
        )
        with self._database.reading() as session:
            return frozenset(reason for row in session.exec(statement) for reason in row.reasons)

    def overturned(self, case_id: str, stage: Stage, draft: str) -> frozenset[Lift]:
        """What appeals lifted for this look."""
        with self._database.reading() as session:
            return lifted_for(session, case_id, stage, draft)

    def reopen(self, case_id: str) -> None:
        """Have a refused case judged again, because an appeal was won.

        Raises:
            Conflict: it is not refused, or was deleted.
        """
        with self._database.transaction() as session:
            row = session.get(CaseRow, case_id, with_for_update=True, populate_existing=True)
            if row is None or row.status != "failed" or row.deleted_at is not None:
                raise Conflict("this case is not refused any more", code=AppealFault.CLOSED)
            row.status, row.progress, row.completed_at = "queued", 0, None
            row.attempts, row.not_before, row.outages, row.outage_since = 0, None, 0, None
            row.lease, row.lease_until, row.reasons = None, None, []
            row.error_code, row.error_message = None, None
            session.add(row)


def _summary(row: CaseRow) -> CaseSummary:
    return CaseSummary(
        id=row.id,
        account_id=row.account_id,
        status=row.status,
        request=_REQUEST.validate_python(row.request),
        progress=row.progress,
        created_at=aware(row.created_at),
        completed_at=aware(row.completed_at) if row.completed_at else None,
        error_code=row.error_code,
        error_message=row.error_message,
        reasons=tuple(row.reasons),
        deleted_at=aware(row.deleted_at) if row.deleted_at else None,
    )


def _decision(row: DecisionRow) -> Decision:
    rulings = tuple(_RULING.validate_python(ruling) for ruling in row.rulings)
    return Decision(row.id, Stage(row.stage), rulings, row.policy_version, row.made_with)

"""Cases: their journal, their leases, their rows."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol, TypeVar

from generator_gateway.stages import (
    Request,
    Stopped,
)
from trust_kernel.decisions import Decision, Lift, Stage, Verdict

Earned = TypeVar("Earned")


class Journal(Protocol):
    """Remembers what a case has earned."""

    def earned(self, case_id: str, stage: type[Earned]) -> Earned | None:
        """The stage, if the case got that far."""
        ...

    def earn(self, case_id: str, value: Earned) -> Earned:
        """Keep a stage.

        Raises:
            Conflict: another worker holds the case now.
        """
        ...


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to work on a case until it runs out; a new one makes the old one worthless.

    Attributes:
        attempt: which try this is, outages not counted, from 1.
        outages: tries in a row that ended because something we need did not answer.
        waited: since the first of those.
    """

    case_id: str
    token: str
    attempt: int
    outages: int = 0
    waited: timedelta = timedelta()


@dataclass(frozen=True, slots=True)
class CaseSummary:
    """A case as clients and reviewers see it.

    Attributes:
        status: "queued", "in_progress", "held", "completed" or "failed".
        progress: percent.
    """

    id: str
    account_id: str
    status: str
    request: Request
    progress: int
    created_at: datetime
    completed_at: datetime | None
    error_code: str | None
    error_message: str | None
    reasons: tuple[str, ...]
    deleted_at: datetime | None


MAX_LINEAGE = 64
"""Ancestors that a remix may have; longer chains are refused rather than walked."""


class Cases(Protocol):
    """The case rows, as the release path needs them."""

    def release_number(self, case_id: str) -> int:
        """The number drawn for this case when it was accepted."""
        ...

    def save_decision(self, case_id: str, decision: Decision) -> None:
        """Keep a decision with what it was made with."""
        ...

    def approved(self, case_id: str, stage: Stage) -> frozenset[str]:
        """Reason codes whose holds a reviewer lifted on this look."""
        ...

    def overturned(self, case_id: str, stage: Stage, draft: str) -> frozenset[Lift]:
        """What appeals lifted for this look: at the request, or at this draft (its digest; else empty)."""
        ...

    def stop(self, stopped: Stopped) -> Request:
        """Set the case held or failed; needs the lease. Gives what was asked for."""
        ...

    def complete(self, case_id: str, at: datetime) -> None:
        """Set the case completed; needs the lease."""
        ...

    def advance(self, case_id: str, percent: int) -> None:
        """Tell how far the work is and renew the lease."""
        ...


class CaseShelf(Protocol):
    """The case rows, as clients and reviewers need them."""

    def accept(self, request: Request, key: str | None, digest: str | None) -> tuple[CaseSummary, bool]:
        """Keep a new case, or give the one that this idempotency key made (and False)."""
        ...

    def get(self, case_id: str) -> CaseSummary:
        """One case; raises NotFound."""
        ...

    def page(
        self, account_id: str | None, *, after: str | None, limit: int, ascending: bool, status: str | None = None
    ) -> tuple[list[CaseSummary], bool]:
        """Some cases, and whether there are more."""
        ...

    def drop(self, case_id: str) -> bool:
        """Stop a case that is not out and hide it from everybody; False where it is out, and nothing was done."""
        ...

    def decisions(self, case_id: str) -> Sequence[Decision]:
        """Every decision on a case, oldest first."""
        ...

    def last_decisions(self, case_ids: Collection[str]) -> Mapping[str, Decision]:
        """The last decision on each of a few cases; cases without are left out."""
        ...

    def review(self, case_id: str, reviewer: str, verdict: Verdict, note: str) -> None:
        """Keep what a person said of a held case."""
        ...


class Queue(Protocol):
    """Carries case ids to workers; may lose them, because the sweeper looks in the database."""

    def enqueue(self, case_id: str) -> None:
        """Ask some worker to run a case soon."""
        ...

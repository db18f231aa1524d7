"""What reviewers do with cases: read the findings, look at the draft, decide what was held."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Protocol

from consent_registry.api import Awaited
from generator_gateway.errors import GatewayReason
from generator_gateway.ports import CaseShelf, CaseSummary, Journal, Notices, Queue, Record
from generator_gateway.service.appealing import may_be_appealed, offer
from generator_gateway.service.awaiting import waits_alone
from generator_gateway.stages import Draft
from trust_kernel.db import Database
from trust_kernel.decisions import Decision, Verdict
from trust_kernel.errors import NotFound, NotPermitted
from trust_kernel.media.blobs import Blobs


@dataclass(frozen=True, slots=True)
class CaseFile:
    """A case with everything that was decided on it.

    Attributes:
        waits_for: people whose own answer it waits for, the earliest deadline first; no reviewer can answer for them.
    """

    case: CaseSummary
    decisions: Sequence[Decision]
    waits_for: Sequence[Awaited] = ()

    @property
    def theirs_to_answer(self) -> bool:
        """Whether it is held, and for nothing but the answer of people in it: no reviewer can let it go on."""
        return self.case.status == "held" and bool(self.decisions) and waits_alone(self.decisions[-1])


class Awaits(Protocol):
    """Knows whose answers a case waits for."""

    def awaited(self, use_id: str) -> tuple[Awaited, ...]:
        """The earliest deadline first."""
        ...


class ReviewDesk:
    """The staff's side of cases.

    Args:
        appeals: how long after a denial it can be appealed about.
    """

    def __init__(
        self,
        database: Database,
        cases: CaseShelf,
        journal: Journal,
        blobs: Blobs,
        record: Record,
        notices: Notices,
        queue: Queue,
        answers: Awaits,
        appeals: timedelta,
    ) -> None:
        self._database = database
        self._cases = cases
        self._journal = journal
        self._blobs = blobs
        self._record = record
        self._notices = notices
        self._queue = queue
        self._answers = answers
        self._appeals = appeals

    def page(self, *, status: str | None, after: str | None, limit: int) -> tuple[list[CaseFile], bool]:
        """Cases of everybody, newest first."""
        cases, more = self._cases.page(None, after=after, limit=limit, ascending=False, status=status)
        return [self._file(case) for case in cases], more

    def open(self, case_id: str) -> CaseFile:
        """One case."""
        return self._file(self._cases.get(case_id))

    def _file(self, case: CaseSummary) -> CaseFile:
        waits_for = self._answers.awaited(case.id) if case.status == "held" else ()
        return CaseFile(case, self._cases.decisions(case.id), waits_for)

    def decide(self, case_id: str, reviewer: str, verdict: Verdict, note: str) -> CaseFile:
        """Let a held case go on, or end it.

        Raises:
            Conflict: the case is not held.
            NotPermitted: the reviewer asked for it, or wants to say yes for somebody whose own answer it waits for.
        """
        if self._cases.get(case_id).account_id == reviewer:
            raise NotPermitted("somebody else has to look at what you asked for", code=GatewayReason.REVIEW_OWN)
        if verdict is Verdict.ALLOW:
            self._check_answers(case_id)
        with self._database.transaction():
            kind = "review:case:approved" if verdict is Verdict.ALLOW else "review:case:denied"
            self._record.append(kind, {"case": case_id})
            self._cases.review(case_id, reviewer, verdict, note)
            if verdict is not Verdict.ALLOW:
                case = self._cases.get(case_id)
                payload = {"video_id": case_id, "code": GatewayReason.REVIEW_DENIED.value, **self._offer(case)}
                self._notices.emit("video:case:failed", case.account_id, payload)
        if verdict is Verdict.ALLOW:
            self._queue.enqueue(case_id)
        return self.open(case_id)

    def _offer(self, case: CaseSummary) -> dict[str, str]:
        """How to appeal against a reviewer's no, where that can be overturned."""
        decisions = self._cases.decisions(case.id)
        if case.completed_at is None or not decisions or not may_be_appealed(decisions[-1].rulings):
            return {}
        return offer(case.id, case.completed_at + self._appeals)

    def _check_answers(self, case_id: str) -> None:
        file = self.open(case_id)
        if file.theirs_to_answer:
            people = " and ".join(f"@{handle}" for handle in dict.fromkeys(one.handle for one in file.waits_for))
            raise NotPermitted(
                f"this waits for {people or 'the person in it'}: nobody else can say yes for them",
                code=GatewayReason.REVIEW_AWAITS,
            )

    @contextmanager
    def reference(self, case_id: str, reference_id: str) -> Iterator[Path]:
        """A reference that was handed in; raises NotFound."""
        references = self._cases.get(case_id).request.references
        digest = next((ref.media.digest for ref in references if ref.id == reference_id), None)
        with self._medium(digest) as path:
            yield path

    @contextmanager
    def draft(self, case_id: str) -> Iterator[Path]:
        """What was made and is still in quarantine; raises NotFound."""
        draft = self._journal.earned(case_id, Draft)
        with self._medium(draft.media.digest if draft else None) as path:
            yield path

    @contextmanager
    def _medium(self, digest: str | None) -> Iterator[Path]:
        if digest is None:
            raise NotFound("there is no such medium", code=GatewayReason.VIDEO_UNKNOWN)
        with self._blobs.open_path(digest) as path:
            yield path

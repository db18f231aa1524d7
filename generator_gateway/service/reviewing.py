"""What reviewers do with cases: read the findings, look at the draft, decide what was held."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from generator_gateway.errors import GatewayReason
from generator_gateway.ports import CaseShelf, CaseSummary, Journal, Notices, Queue, Record
from generator_gateway.stages import Draft
from trust_kernel.db import Database
from trust_kernel.decisions import Decision, Verdict
from trust_kernel.errors import NotFound, NotPermitted
from trust_kernel.media.blobs import Blobs


@dataclass(frozen=True, slots=True)
class CaseFile:
    """A case with everything that was decided on it."""

    case: CaseSummary
    decisions: Sequence[Decision]


class ReviewDesk:
    """The staff's side of cases."""

    def __init__(
        self,
        database: Database,
        cases: CaseShelf,
        journal: Journal,
        blobs: Blobs,
        record: Record,
        notices: Notices,
        queue: Queue,
    ) -> None:
        self._database = database
        self._cases = cases
        self._journal = journal
        self._blobs = blobs
        self._record = record
        self._notices = notices
        self._queue = queue

    def page(self, *, status: str | None, after: str | None, limit: int) -> tuple[list[CaseFile], bool]:
        """Cases of everybody, newest first."""
        cases, more = self._cases.page(None, after=after, limit=limit, ascending=False, status=status)
        return [CaseFile(case, self._cases.decisions(case.id)) for case in cases], more

    def open(self, case_id: str) -> CaseFile:
        """One case."""
        return CaseFile(self._cases.get(case_id), self._cases.decisions(case_id))

    def decide(self, case_id: str, reviewer: str, verdict: Verdict, note: str) -> CaseFile:
        """Let a held case go on, or end it.

        Raises:
            Conflict: the case is not held.
            NotPermitted: the reviewer asked for it.
        """
        if self._cases.get(case_id).account_id == reviewer:
            raise NotPermitted("somebody else has to look at what you asked for", code=GatewayReason.REVIEW_OWN)
        with self._database.transaction():
            kind = "review:case:approved" if verdict is Verdict.ALLOW else "review:case:denied"
            self._record.append(kind, {"case": case_id})
            self._cases.review(case_id, reviewer, verdict, note)
            if verdict is not Verdict.ALLOW:
                case = self._cases.get(case_id)
                payload = {"video_id": case_id, "code": GatewayReason.REVIEW_DENIED.value}
                self._notices.emit("video:case:failed", case.account_id, payload)
        if verdict is Verdict.ALLOW:
            self._queue.enqueue(case_id)
        return self.open(case_id)

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

"""What was made, shown to somebody in it before anybody else gets it: marked, and for their eyes alone."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from consent_registry.api import ApprovalDesk
from generator_gateway.errors import GatewayReason
from generator_gateway.ports import Cases, CaseSummary, Journal
from generator_gateway.service.rendering import RENDERED_PERCENT
from generator_gateway.stages import Draft, Previewed, Reference
from trust_kernel.errors import Gone, NotFound
from trust_kernel.media.blobs import Blobs
from trust_kernel.media.refs import MediaKind, MediaRef
from watermark.api import MarkingService, Visibility


class Asked(Protocol):
    """Reads a case."""

    def get(self, case_id: str) -> CaseSummary:
        """One case; raises NotFound."""
        ...


class PreviewMaker:
    """Makes the copy of a draft that is shown: never the draft itself, which carries no mark."""

    def __init__(self, journal: Journal, cases: Cases, marking: MarkingService, blobs: Blobs) -> None:
        self._journal = journal
        self._cases = cases
        self._marking = marking
        self._blobs = blobs

    def make(self, draft: Draft) -> Previewed:
        """Mark the draft, strongly to the eye and with the case's number; once, and kept with the case."""
        earned = self._journal.earned(draft.case_id, Previewed)
        if earned is not None and earned.draft.media == draft.media:
            return earned
        number = draft.admitted.opened.release_number
        with tempfile.TemporaryDirectory(prefix="placet-preview-") as folder:
            target = Path(folder) / "preview.mp4"
            with self._blobs.open_path(draft.media.digest) as source:
                self._marking.mark(source, target, payload=number, visibility=Visibility.STRONG)
            size = target.stat().st_size
            self._cases.advance(draft.case_id, RENDERED_PERCENT)  # of a case that was taken over nothing is kept
            media = MediaRef(self._blobs.put_file(target), MediaKind.VIDEO, "video/mp4", size)
        return self._journal.earn(draft.case_id, Previewed(draft, media))


class PreviewDesk:
    """Hands out what a person is asked about, as long as they are asked."""

    def __init__(self, approvals: ApprovalDesk, journal: Journal, cases: Asked, blobs: Blobs) -> None:
        self._approvals = approvals
        self._journal = journal
        self._cases = cases
        self._blobs = blobs

    @contextmanager
    def open(self, approval_id: str, account_id: str) -> Iterator[Path]:
        """The marked copy, if the question stands at this moment.

        Raises:
            NotFound: no such question, or somebody else's.
            Gone: somebody said no, the time is up, a grant ended, or the video is out or was stopped.
        """
        approval = self._approvals.watchable(approval_id, account_id)
        made = self._journal.earned(approval.use_id, Previewed) if approval else None
        if approval is None or made is None or made.draft.media.digest != approval.shown:
            raise Gone("there is nothing to watch here any more", code=GatewayReason.PREVIEW_GONE)
        with self._blobs.open_path(made.media.digest) as path:
            yield path

    def pictures(self, approval_id: str, account_id: str) -> tuple[str, ...]:
        """Ids of the pictures and videos that were handed in, sounds left out, if the question stands at this moment.

        Raises:
            NotFound: no such question, or somebody else's.
        """
        references = self._handed_in(approval_id, account_id)
        return tuple(one.id for one in references or () if one.media.kind is not MediaKind.AUDIO)

    @contextmanager
    def reference(self, approval_id: str, account_id: str, reference_id: str) -> Iterator[Path]:
        """A medium that was handed in with what a person is asked about, if the question stands at this moment.

        Raises:
            NotFound: no such question or medium, or somebody else's.
            Gone: nobody is asked any more.
        """
        references = self._handed_in(approval_id, account_id)
        if references is None:
            raise Gone("this is no longer asked", code=GatewayReason.PREVIEW_GONE)
        digest = next((one.media.digest for one in references if one.id == reference_id), None)
        if digest is None:
            raise NotFound("there is no such medium", code=GatewayReason.VIDEO_UNKNOWN)
        with self._blobs.open_path(digest) as path:
            yield path

    def _handed_in(self, approval_id: str, account_id: str) -> tuple[Reference, ...] | None:
        """What came with a question that waits, or was answered with a yes; None once nobody needs the answer."""
        asked = self._approvals.asked(approval_id, account_id)
        return self._cases.get(asked.use_id).request.references if asked else None

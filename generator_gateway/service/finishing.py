"""Marks and credentials: the last two things that happen to a draft before it is on record."""

import hashlib
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Protocol

from generator_gateway.ports import Cases, Journal
from generator_gateway.stages import Marked, Passed, Signed
from trust_kernel.media.blobs import Blobs
from trust_kernel.media.refs import MediaKind, MediaRef
from watermark.api import CredentialClaim, CredentialService, MarkingService, Owner

MARKED_PERCENT = 85
SIGNED_PERCENT = 95


class Posters(Protocol):
    """Makes a still of a video."""

    def poster(self, path: Path) -> bytes:
        """A picture of the video."""
        ...


class MarkingStep:
    """The pipeline's `marker`."""

    def __init__(
        self,
        journal: Journal,
        cases: Cases,
        marking: MarkingService,
        blobs: Blobs,
    ) -> None:
        self._journal = journal
        self._cases = cases
        self._marking = marking
        self._blobs = blobs

    def mark(self, passed: Passed) -> Marked:
        """Draw the visible mark, weave in the invisible one, read it back."""
        earned = self._journal.earned(passed.case_id, Marked)
        if earned is not None:
            return earned
        with tempfile.TemporaryDirectory(prefix="placet-mark-") as folder:
            target = Path(folder) / "marked.mp4"
            with self._blobs.open_path(passed.draft.media.digest) as source:
                report = self._marking.mark(source, target, payload=passed.draft.admitted.opened.release_number)
            media = _kept(self._blobs, target)
        self._cases.advance(passed.case_id, MARKED_PERCENT)
        measured = {
            "psnr_y": report.psnr_y,
            "size_ratio": report.size_ratio,
            "confidence": report.read_back.confidence,
        }
        return self._journal.earn(passed.case_id, Marked(passed, media, measured))


class SigningStep:
    """The pipeline's `signer`.

    Args:
        pseudonym: turns an account or subject id into a name that only this deployment can resolve.
    """

    def __init__(
        self,
        journal: Journal,
        cases: Cases,
        credentials: CredentialService,
        blobs: Blobs,
        posters: Posters,
        pseudonym: Callable[[str], str],
    ) -> None:
        self._journal = journal
        self._cases = cases
        self._credentials = credentials
        self._blobs = blobs
        self._posters = posters
        self._pseudonym = pseudonym

    def sign(self, marked: Marked) -> Signed:
        """Sign the marked video; it is verified before it counts."""
        earned = self._journal.earned(marked.case_id, Signed)
        if earned is not None:
            return earned
        with tempfile.TemporaryDirectory(prefix="placet-sign-") as folder, ExitStack() as stack:
            source = stack.enter_context(self._blobs.open_path(marked.media.digest))
            target = Path(folder) / "signed.mp4"
            signed = self._credentials.sign(source, target, self._claim(marked, source, stack))
            media = _kept(self._blobs, target)
        self._cases.advance(marked.case_id, SIGNED_PERCENT)
        return self._journal.earn(marked.case_id, Signed(marked, media, signed.manifest_label))

    def _claim(self, marked: Marked, source: Path, stack: ExitStack) -> CredentialClaim:
        draft = marked.passed.draft
        opened = draft.admitted.opened
        request = opened.request
        owners = [Owner(self._pseudonym(request.account_id), "requester")]
        subjects = dict.fromkeys(consent.subject_id for consent in draft.admitted.consents)
        owners.extend(Owner(self._pseudonym(subject_id), "subject") for subject_id in subjects)
        inputs = [stack.enter_context(self._blobs.open_path(ref.media.digest)) for ref in request.references]
        return CredentialClaim(
            title=f"{request.case_id}.mp4",
            release_number=opened.release_number,
            owners=tuple(owners),
            ai_model=draft.backend,
            created_at=opened.opened_at,
            thumbnail=self._posters.poster(source),
            parent=self._parent(request.remix_of, stack),
            inputs=tuple(inputs),
        )

    def _parent(self, parent: str | None, stack: ExitStack) -> Path | None:
        signed = self._journal.earned(parent, Signed) if parent is not None else None
        return stack.enter_context(self._blobs.open_path(signed.media.digest)) if signed else None


def _kept(blobs: Blobs, path: Path) -> MediaRef:
    """Store an MP4 that we wrote ourselves: what it is need not be found out again, by its bytes, in a child."""
    size = path.stat().st_size
    return MediaRef(blobs.put_file(path), MediaKind.VIDEO, "video/mp4", size)


def pseudonym_with(secret: bytes) -> Callable[[str], str]:
    """Pseudonyms by keyed BLAKE2s: equal ids give equal names here, and no other deployment's."""

    def pseudonym(identity: str) -> str:
        return hashlib.blake2s(identity.encode(), key=secret, digest_size=10).hexdigest()

    return pseudonym

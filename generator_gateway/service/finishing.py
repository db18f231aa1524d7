"""Marks and credentials: the last two things that happen to a draft before it is on record."""

import hashlib
import shutil
import tempfile
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

from generator_gateway.ports import Cases, Journal
from generator_gateway.stages import Marked, Passed, Signed
from trust_kernel.media.blobs import Blobs
from trust_kernel.media.refs import MediaKind, MediaRef, Stills
from watermark.api import (
    CredentialClaim,
    CredentialService,
    Made,
    MarkingService,
    Nature,
    Owner,
    SignedCredential,
    Visibility,
    sound_number,
)

MARKED_PERCENT = 85
SIGNED_PERCENT = 95
HEARD = "sound_confidence"
"""In a report of marking: how surely the mark in the sound reads back; missing where there is no such mark."""
UNHEARD = "sound_unmarked"
"""In a report of marking: the sound is silent, or too plain to bear a mark."""
LENGTH = "seconds"
"""In a report of marking: how long the marked video lasts."""


class MakesStills(Protocol):
    """Makes the pictures that stand for a video."""

    def stills(self, path: Path) -> Stills:
        """All of them, of one decode."""
        ...


class Discloses(Protocol):
    """Says in a file what laws ask to be said."""

    def state(self, path: Path, media_type: str, made: Made) -> tuple[tuple[str, Mapping[str, Any]], ...]:
        """Write it into the file; gives label and data of what its credential is to say as well."""
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
        """Draw the visible mark, weave in the invisible ones, read them back."""
        earned = self._journal.earned(passed.case_id, Marked)
        if earned is not None:
            return earned
        number = passed.draft.admitted.opened.release_number
        with tempfile.TemporaryDirectory(prefix="placet-mark-") as folder:
            target = Path(folder) / "marked.mp4"
            with self._blobs.open_path(passed.draft.media.digest) as source:
                report = self._marking.mark(source, target, payload=number, visibility=Visibility(passed.visible_mark))
            # First: of a case that was taken over, no file is to be left that no case knows of.
            self._cases.advance(passed.case_id, MARKED_PERCENT)
            media = _kept(self._blobs, target, MediaKind.VIDEO, "video/mp4")
        measured = {
            "psnr_y": report.psnr_y,
            "size_ratio": report.size_ratio,
            "confidence": report.read_back.confidence,
            LENGTH: report.length,
        }
        if report.sound is not None:
            # Sound too plain to bear a mark goes out without one, and the record says so.
            measured |= {HEARD: report.sound.confidence} if report.sound.found else {UNHEARD: 1.0}
        return self._journal.earn(passed.case_id, Marked(passed, media, measured))


@dataclass(frozen=True, slots=True)
class Finishing:
    """What signing needs.

    Attributes:
        disclosure: writes what laws ask for into each file before it is signed.
        marking: marks the pictures that stand for a video.
        stills: makes them; they are signed as well.
        pseudonym: turns an account or subject id into a name that only this deployment can resolve.
    """

    journal: Journal
    cases: Cases
    marking: MarkingService
    credentials: CredentialService
    blobs: Blobs
    disclosure: Discloses
    stills: MakesStills
    pseudonym: Callable[[str], str]


class SigningStep:
    """The pipeline's `signer`."""

    def __init__(self, parts: Finishing) -> None:
        self._parts = parts

    def sign(self, marked: Marked) -> Signed:
        """Sign the marked video and the pictures that stand for it; each is verified before it counts."""
        parts = self._parts
        earned = parts.journal.earned(marked.case_id, Signed)
        if earned is not None:
            return earned
        with tempfile.TemporaryDirectory(prefix="placet-sign-") as name, ExitStack() as stack:
            bench = _SigningBench(parts, marked, Path(name))
            video = stack.enter_context(parts.blobs.open_path(marked.media.digest))
            stills = parts.stills.stills(video)
            signed = bench.video(video, self._claim(marked, stills.small, stack))
            thumbnail = bench.still(stills.poster, "thumbnail.webp", "image/webp")
            sheet = bench.still(stills.sheet, "spritesheet.jpg", "image/jpeg")
            parts.cases.advance(marked.case_id, SIGNED_PERCENT)
            # Stored only once all are signed: no two signatures are alike, so every try that a time-stamp authority
            # ends in the middle would leave other files behind, which no case knows of.
            stored = Signed(
                marked,
                _kept(parts.blobs, signed.path, MediaKind.VIDEO, "video/mp4"),
                signed.credential.manifest_label,
                parts.blobs.put_bytes(signed.credential.manifest),
                _kept(parts.blobs, thumbnail, MediaKind.IMAGE, "image/webp"),
                _kept(parts.blobs, sheet, MediaKind.IMAGE, "image/jpeg"),
            )
        return parts.journal.earn(marked.case_id, stored)

    def _claim(self, marked: Marked, thumbnail: bytes, stack: ExitStack) -> CredentialClaim:
        request = marked.passed.draft.admitted.opened.request
        blobs = self._parts.blobs
        return replace(
            plain_claim(self._parts, marked, f"{request.case_id}.mp4"),
            thumbnail=thumbnail,
            parent=self._parent(request.remix_of, stack),
            inputs=tuple(stack.enter_context(blobs.open_path(ref.media.digest)) for ref in request.references),
            duration=marked.report.get(LENGTH, 0.0),
            sound_number=sound_number(_number(marked)) if HEARD in marked.report else None,
        )

    def _parent(self, parent: str | None, stack: ExitStack) -> Path | None:
        parts = self._parts
        signed = parts.journal.earned(parent, Signed) if parent is not None else None
        return stack.enter_context(parts.blobs.open_path(signed.media.digest)) if signed else None


@dataclass(frozen=True, slots=True)
class _SignedVideo:
    path: Path
    credential: SignedCredential


@dataclass(frozen=True, slots=True)
class _SigningBench:
    """Signs the files of one release, in a folder that is gone afterwards."""

    parts: Finishing
    marked: Marked
    folder: Path

    def video(self, source: Path, claim: CredentialClaim) -> _SignedVideo:
        """The marked video, with its ingredients."""
        told = self.folder / "told.mp4"
        shutil.copyfile(source, told)
        target = self.folder / "signed.mp4"
        credential = self._sign(told, target, claim)
        return _SignedVideo(target, credential)

    def still(self, picture: bytes, name: str, media_type: str) -> Path:
        """A picture of the marked video, with a mark and a credential of its own.

        The video's mark may be gone from it: a dark frame shows little, and a sheet's frames are small. The visible
        mark is in it already, unless policy left it out.
        """
        plain, told, target = (self.folder / f"{step}{name}" for step in ("plain-", "told-", ""))
        plain.write_bytes(picture)
        self.parts.marking.mark_still(plain, told, payload=_number(self.marked), visibility=Visibility.OFF)
        claim = plain_claim(self.parts, self.marked, f"{self.marked.case_id}-{name}", media_type)
        self._sign(told, target, claim)
        return target

    def _sign(self, told: Path, target: Path, claim: CredentialClaim) -> SignedCredential:
        said = self.parts.disclosure.state(told, claim.media_type, made_of(self.marked))
        return self.parts.credentials.sign(told, target, replace(claim, extra_assertions=said))


def plain_claim(parts: Finishing, marked: Marked, title: str, media_type: str = "video/mp4") -> CredentialClaim:
    """What is stated about every file of a release."""
    draft = marked.passed.draft
    opened = draft.admitted.opened
    owners = [Owner(parts.pseudonym(opened.request.account_id), "requester")]
    # Everybody who will own it: whose consent it goes by, and whom the scan recognised besides.
    seen = marked.passed.seen
    subjects = dict.fromkeys([*(consent.subject_id for consent in draft.admitted.consents), *seen])
    owners.extend(Owner(parts.pseudonym(subject_id), "subject") for subject_id in subjects)
    return CredentialClaim(
        title=title,
        release_number=opened.release_number,
        owners=tuple(owners),
        ai_model=draft.backend,
        created_at=opened.opened_at,
        media_type=media_type,
    )


def made_of(marked: Marked) -> Made:
    """The facts about a release that a disclosure states."""
    opened = marked.passed.draft.admitted.opened
    # What the mark and the soft binding carry: one identifier across all layers.
    identifier = f"{opened.release_number:016x}"
    # A reference guides the model; no pixel of it is kept, so what comes of it is generated, not manipulated.
    return Made(identifier, opened.opened_at, Nature.GENERATED, marked.passed.draft.backend)


def _number(marked: Marked) -> int:
    return marked.passed.draft.admitted.opened.release_number


def _kept(blobs: Blobs, path: Path, kind: MediaKind, media_type: str) -> MediaRef:
    """Store a file that we wrote ourselves: what it is need not be found out again, by its bytes, in a child."""
    size = path.stat().st_size
    return MediaRef(blobs.put_file(path), kind, media_type, size)


def pseudonym_with(secret: bytes) -> Callable[[str], str]:
    """Pseudonyms by keyed BLAKE2s: equal ids give equal names here, and no other deployment's."""

    def pseudonym(identity: str) -> str:
        return hashlib.blake2s(identity.encode(), key=secret, digest_size=10).hexdigest()

    return pseudonym

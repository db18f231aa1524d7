"""Releases: who owns them, and what takes them back."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Cause:
    """Why releases are taken back.

    Attributes:
        reason: reason code.
        subject_id: whose consent ended; None where the cause is not a person's.
        grant_ids: only releases made under these grants; None for every release that shows the subject.
        case_ids: these releases, whoever they show.
        actor: account that caused it.
    """

    reason: str
    subject_id: str | None = None
    grant_ids: frozenset[str] | None = None
    case_ids: frozenset[str] = frozenset()
    actor: str = ""


class Recall(Protocol):
    """Finds releases and takes them back."""

    def touched_by(self, cause: Cause) -> tuple[str, ...]:
        """Case ids of live releases that the cause touches, their rows locked in id order."""
        ...

    def take_back(self, case_ids: tuple[str, ...], cause: Cause) -> tuple[str, ...]:
        """Mark them withdrawn, put it on the ledger, tell every owner."""
        ...


@dataclass(frozen=True, slots=True)
class Owner:
    """A co-owner of a release.

    Attributes:
        role: "requester" or "subject".
        rights: of "see", "download", "delete", "withdraw", "object".
        grant_ids: every grant that was used; one may cover the face and another the voice.
        modalities: of "face", "voice"; what of a subject is used.
    """

    account_id: str
    role: str
    rights: tuple[str, ...]
    subject_id: str | None = None
    grant_ids: tuple[str, ...] = ()
    modalities: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ReleaseRecord:
    """A release as it stands.

    Attributes:
        status: "released" or "withdrawn".
        thumbnail_digest: of its signed still.
        spritesheet_digest: of its signed sheet of stills.
    """

    case_id: str
    release_number: int
    media_digest: str
    manifest_label: str
    fingerprints: tuple[str, ...]
    status: str
    released_at: datetime
    ledger_index: int
    owners: tuple[Owner, ...]
    withdrawn_at: datetime | None = None
    withdrawn_reason: str | None = None
    thumbnail_digest: str = ""
    spritesheet_digest: str = ""

    def digest_of(self, variant: str) -> str:
        """The stored bytes of a variant: "video", "thumbnail" or "spritesheet"."""
        digests = {"thumbnail": self.thumbnail_digest, "spritesheet": self.spritesheet_digest}
        return digests.get(variant, self.media_digest)


class Releases(Protocol):
    """The release rows."""

    def add(self, record: ReleaseRecord) -> None:
        """Insert a release with its owners, in the caller's transaction."""
        ...

    def find(self, case_id: str) -> ReleaseRecord | None:
        """The release of a case."""
        ...

    def stands(self, case_id: str) -> bool:
        """Whether a case's release is out, its row locked so that this stays so until commit."""
        ...

    def by_number(self, release_number: int) -> ReleaseRecord | None:
        """The release whose mark carries this number."""
        ...

    def by_manifest(self, manifest_label: str) -> ReleaseRecord | None:
        """The release that a manifest belongs to."""
        ...

    def lock_touched(self, cause: Cause) -> tuple[str, ...]:
        """Live releases that a cause touches, locked, in id order."""
        ...

    def mark_withdrawn(self, case_id: str, reason: str, at: datetime) -> ReleaseRecord:
        """Set a locked release withdrawn."""
        ...

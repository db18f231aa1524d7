"""Releases: who owns them, and what takes them back."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from fractions import Fraction
from typing import Protocol


class ReleaseState(StrEnum):
    """Where a release stands. What is not released goes to nobody; while objected to, to those who appear in it."""

    RELEASED = "released"
    OBJECTED = "objected"
    """Somebody who appears in it objects: held back until they lift it, or it is taken back."""
    TAKEN_DOWN = "taken_down"
    """Nobody is given it, because of a claim or a notice; for a while that can be undone. See `ports.takedowns`."""
    WITHDRAWN = "withdrawn"
    """Taken back, for good."""


@dataclass(frozen=True, slots=True)
class Cause:
    """Why releases are taken back.

    Attributes:
        reason: reason code.
        subject_id: whose consent ended; None where the cause is not a person's.
        grant_ids: only releases made under these grants; None for every release that shows the subject.
        case_ids: these releases, whoever they show.
        actor: account that caused it.
        made_by: of those that show the subject, only what this account made; None for whoever made it.
        not_by: of those that show the subject, nothing that this account made; None where nobody is left out.
    """

    reason: str
    subject_id: str | None = None
    grant_ids: frozenset[str] | None = None
    case_ids: frozenset[str] = frozenset()
    actor: str = ""
    made_by: str | None = None
    not_by: str | None = None


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
        share: the person's part of the release; it stands with the first of their roles, and all add up to one.
    """

    account_id: str
    role: str
    rights: tuple[str, ...]
    subject_id: str | None = None
    grant_ids: tuple[str, ...] = ()
    modalities: tuple[str, ...] = ()
    share: Fraction = Fraction(0)


@dataclass(frozen=True, slots=True)
class ReleaseRecord:
    """A release as it stands.

    Attributes:
        status: a `ReleaseState`.
        thumbnail_digest: of its signed still.
        spritesheet_digest: of its signed sheet of stills.
        owners_digest: SHA-256 of the list of owners as the ledger has it; see `service.owning.canonical`.
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
    owners_digest: str = ""

    def roles_of(self, account_id: str) -> tuple[str, ...]:
        """In which roles an account owns it; none where it does not."""
        return tuple(owner.role for owner in self.owners if owner.account_id == account_id)

    @property
    def owner_accounts(self) -> tuple[str, ...]:
        """Whose it is, each account once."""
        return tuple(dict.fromkeys(owner.account_id for owner in self.owners))

    def digest_of(self, variant: str) -> str:
        """The stored bytes of a variant: "video", "thumbnail" or "spritesheet"."""
        digests = {"thumbnail": self.thumbnail_digest, "spritesheet": self.spritesheet_digest}
        return digests.get(variant, self.media_digest)


@dataclass(frozen=True, slots=True)
class Ancestor:
    """One ancestor of a remix.

    Attributes:
        depth: 1 for the parent.
        status: a `ReleaseState`; None where it was never released.
        people: subject and what of them is in it, as it was released.
    """

    case_id: str
    depth: int
    status: str | None
    people: tuple[tuple[str, tuple[str, ...]], ...] = ()

    @property
    def stands(self) -> bool:
        """Whether it is out at this moment."""
        return self.status == ReleaseState.RELEASED


@dataclass(frozen=True, slots=True)
class Ancestry:
    """Everything that a remix comes from, nearest first; one more than MAX_LINEAGE where there are more."""

    ancestors: tuple[Ancestor, ...] = ()

    @property
    def case_ids(self) -> tuple[str, ...]:
        """The ancestors' ids, nearest first."""
        return tuple(ancestor.case_id for ancestor in self.ancestors)

    @property
    def people(self) -> tuple[tuple[str, str], ...]:
        """Everybody in any of them: pairs of subject id and modality, each once, nearest first."""
        pairs = (
            (subject_id, modality)
            for ancestor in self.ancestors
            for subject_id, modalities in ancestor.people
            for modality in modalities
        )
        return tuple(dict.fromkeys(pairs))


class Releases(Protocol):
    """The release rows."""

    def add(self, record: ReleaseRecord) -> None:
        """Insert a release with its owners, in the caller's transaction."""
        ...

    def find(self, case_id: str) -> ReleaseRecord | None:
        """The release of a case."""
        ...

    def these(self, case_ids: Sequence[str]) -> Sequence[ReleaseRecord]:
        """Releases by the ids of their cases, in that order; those that are not there are left out."""
        ...

    def lock(self, case_id: str) -> ReleaseRecord | None:
        """The release of a case, its row locked until commit."""
        ...

    def all_stand(self, case_ids: Collection[str]) -> bool:
        """Whether all of these are out, their rows locked in id order so that this stays so until commit."""
        ...

    def ancestry(self, case_id: str) -> Ancestry:
        """What a case is a remix of, and what that is of, with everybody in it: one statement, however long."""
        ...

    def set_state(self, case_id: str, state: ReleaseState) -> None:
        """Hold a locked release back, take it down, or let it out again; withdrawing is `mark_withdrawn`."""
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

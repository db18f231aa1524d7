"""What owners do with their releases, as it is kept: what they hid, objected to and shared; who was told."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol


class ObjectionState(StrEnum):
    """What came of an objection."""

    STANDING = "standing"
    LIFTED = "lifted"
    """By whoever objected."""
    UPHELD = "upheld"
    """Staff took the video back."""
    DISMISSED = "dismissed"
    """Staff let it stay."""


@dataclass(frozen=True, slots=True)
class Objection:
    """Somebody who appears in a release objects to it.

    Attributes:
        account_id: of whoever objects.
        note: why, in their words; the other owners and staff read it.
        state: STANDING also where the release was taken back meanwhile.
        until: when it goes to staff.
        escalated_at: when the owners were told that it did.
        decided_by: account of the member of staff.
    """

    case_id: str
    account_id: str
    note: str
    state: ObjectionState
    at: datetime
    until: datetime
    escalated_at: datetime | None = None
    decided_by: str = ""
    decided_at: datetime | None = None


class Objections(Protocol):
    """The rows of objections. Changes are made in the caller's transaction, the release locked."""

    def put(self, objection: Objection) -> None:
        """Keep an objection in place of an earlier one of the same person's."""
        ...

    def of(self, case_id: str) -> Sequence[Objection]:
        """All of a release, in order of account."""
        ...

    def standing(self, *, due_by: datetime | None, after: str | None, limit: int) -> tuple[list[str], bool]:
        """Ids of releases that are held back by an objection, in order of id; and whether there are more.

        Args:
            due_by: only those that owners had until then to settle; None for all.
            after: the last id of the page before.
            limit: of a page.
        """
        ...

    def to_escalate(self, now: datetime, limit: int = 100) -> Sequence[str]:
        """Ids of releases whose owners ran out of time and were not told yet."""
        ...


class HiddenVideos(Protocol):
    """Which released videos an owner deleted for themselves."""

    def hide(self, case_id: str, account_id: str, at: datetime) -> None:
        """Keep that somebody does not want to see it any more; a second time changes nothing."""
        ...

    def is_hidden(self, case_id: str, account_id: str) -> bool:
        """Whether they do not."""
        ...


@dataclass(frozen=True, slots=True)
class ShareLink:
    """A link by which anybody who has it watches a release.

    Attributes:
        account_id: of the owner who made it.
        revoked_by: of the owner who ended it; empty while nobody did.
    """

    id: str
    case_id: str
    account_id: str
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None = None
    revoked_by: str = ""

    def holds_at(self, now: datetime) -> bool:
        """Whether it still leads anywhere, as far as the link itself goes."""
        return self.revoked_at is None and now < self.expires_at


class ShareLinks(Protocol):
    """The rows of share links."""

    def add(self, link: ShareLink, token_hash: str) -> None:
        """Insert."""
        ...

    def by_token(self, token_hash: str) -> ShareLink | None:
        """The link whose token has this hash, as committed this moment."""
        ...

    def of(self, case_id: str) -> Sequence[ShareLink]:
        """All links of a release, newest first."""
        ...

    def revoke(self, case_id: str, link_id: str, by: str, at: datetime) -> bool:
        """End a link of a release; False where there is none that was not ended."""
        ...


class ToldUses(Protocol):
    """What subjects were told of cases."""

    def first(self, case_id: str, subject_id: str, kind: str) -> bool:
        """Whether this is the first time, noting that it was told, in the caller's transaction."""
        ...

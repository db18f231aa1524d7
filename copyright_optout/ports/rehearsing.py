"""The requests of the past, for claims to be tried on; and what happens where a claim takes effect."""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from copyright_optout.domain import Claim, Depiction
from copyright_optout.domain.rehearsals import Rehearsal, Stops


@dataclass(frozen=True, slots=True)
class PastRequest:
    """A request that was made.

    Attributes:
        case_id: its id.
        prompt: as it was sent; empty where whoever sent it has left.
        pictures: PDQ hashes of frames of what was made of it, 32 bytes each; empty where nothing was released.
    """

    case_id: str
    at: datetime
    account_id: str
    prompt: str
    pictures: bytes = b""


class PastRequests(Protocol):
    """Requests that were made; the gateway's."""

    def count(self, since: datetime) -> int:
        """How many were made since a moment."""
        ...

    def since(self, at: datetime, most: int | None = None) -> Iterator[Sequence[PastRequest]]:
        """Those made since a moment, newest first, some at a time; the newest `most` where that is said."""
        ...

    def depiction(self, case_id: str) -> Depiction:
        """What one of them was to show; raises NotFound."""
        ...

    def stopped(self, since: datetime) -> Stops:
        """What claims stopped among the requests made since a moment."""
        ...

    def forget(self, before: datetime) -> None:
        """Drop what was noted of what claims stopped among the requests made before a moment."""
        ...


class RehearsalStore(Protocol):
    """Rehearsals, in the database."""

    def transaction(self) -> AbstractContextManager[object]:
        """One unit of work; joins one that is open."""
        ...

    def add(self, rehearsal: Rehearsal) -> None:
        """Keep a new one, in place of the claim's former ones."""
        ...

    def drop_older(self, than: datetime) -> None:
        """Forget those that were asked for before a moment."""
        ...

    def done(self, rehearsal: Rehearsal) -> None:
        """Keep what came of one."""
        ...

    def latest(self, claim_id: str) -> Rehearsal | None:
        """The last of a claim's; None where there was none."""
        ...

    def waiting(self, limit: int) -> Sequence[Rehearsal]:
        """Those that are still to be done, oldest first."""
        ...


class Aftermath(Protocol):
    """What happens where claims take effect; the gateway looks for what was released before."""

    def activated(self, claims: Sequence[Claim]) -> None:
        """Take note of claims that take effect together, in the caller's transaction."""
        ...


class NothingAfter:
    """An `Aftermath` where nothing was released."""

    def activated(self, claims: Sequence[Claim]) -> None:
        """Nothing."""


class Flooding(Protocol):
    """Knows whether a claim would stop too much."""

    def flood(self, claim: Claim) -> str | None:
        """The share in percent that it would stop, where that is too much; None where it is not, or nobody can tell."""
        ...


class NoFlood:
    """A `Flooding` where there are no requests to try a claim on."""

    def flood(self, claim: Claim) -> str | None:  # noqa: ARG002 - the port's shape
        """Never."""
        return None

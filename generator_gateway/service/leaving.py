"""What the gateway holds of a person who leaves: videos that show them, and videos that their account made."""

from typing import Protocol

from generator_gateway.errors import GatewayReason
from generator_gateway.pipeline import withdraw
from generator_gateway.ports import Cause, Recall, Tracks
from trust_kernel.db import Database


class LeaversCases(Protocol):
    """Knows whose cases are whose."""

    def made_by(self, account_id: str) -> tuple[str, ...]:
        """Cases that an account asked for."""
        ...

    def showing(self, subject_id: str) -> tuple[str, ...]:
        """Releases that a person was in."""
        ...

    def drop_stages(self, case_ids: tuple[str, ...]) -> None:
        """Delete what ended cases earned."""
        ...


class Deletes(Protocol):
    """Hides cases, and stops open ones."""

    def delete(self, case_id: str) -> None:
        """One case."""
        ...


class MediaUsers(Protocol):
    """Knows which case uses which medium."""

    def let_go(self, case_id: str) -> list[str]:
        """End a case's uses; gives what nobody uses any more."""
        ...


class MediaToDelete(Protocol):
    """Media that are deleted after the commit."""

    def note(self, digests: list[str]) -> None:
        """In the caller's transaction."""
        ...


class CaseLeaving:
    """Ends cases of people who leave, and lets their media go at once: nobody is left to appeal."""

    def __init__(
        self,
        database: Database,
        found: LeaversCases,
        cases: Deletes,
        recall: Recall,
        uses: MediaUsers,
        tracks: Tracks,
        media: MediaToDelete,
    ) -> None:
        self._database = database
        self._found = found
        self._cases = cases
        self._recall = recall
        self._uses = uses
        self._tracks = tracks
        self._media = media

    def end_all(self, account_id: str) -> None:
        """Take back and delete every video that an account made, each in a transaction of its own."""
        for case_id in self._found.made_by(account_id):
            cause = Cause(GatewayReason.RELEASE_DELETED_BY_OWNER, case_ids=frozenset({case_id}), actor=account_id)
            with self._database.transaction():
                withdraw(cause, self._recall)
                self._cases.delete(case_id)
                # A worker may have released it while we waited for its row.
                withdraw(cause, self._recall)

    def let_go(self, subject_id: str, account_id: str | None) -> None:
        """Destroy media, tracks and stages of what showed a person and, where named, of what an account made.

        In the caller's transaction; the files go after its commit. The releases' own rows stay, without a name: whoever
        finds a copy is still told that it was withdrawn.
        """
        made = self._found.made_by(account_id) if account_id is not None else ()
        cases = tuple(sorted({*self._found.showing(subject_id), *made}))
        for case_id in cases:
            self._tracks.discard(case_id)
            self._media.note(self._uses.let_go(case_id))
        self._found.drop_stages(cases)

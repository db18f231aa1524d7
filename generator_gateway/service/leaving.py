"""What the gateway holds of a person who leaves: what shows them, out or not, and what their account made."""

from collections.abc import Iterable
from typing import Protocol

from consent_registry.api import ConsentReason
from generator_gateway.errors import GatewayReason
from generator_gateway.pipeline import withdraw
from generator_gateway.ports import CaseLedger, Cause, Lease, Recall, Tracks
from generator_gateway.stages import Stopped
from trust_kernel.db import Database
from trust_kernel.decisions import Verdict


class LeaversCases(Protocol):
    """Knows whose cases are whose."""

    def made_by(self, account_id: str) -> tuple[str, ...]:
        """Cases that an account asked for."""
        ...

    def showing(self, subject_id: str) -> tuple[str, ...]:
        """Releases that a person was in."""
        ...

    def unreleased(self, subject_id: str) -> tuple[str, ...]:
        """Cases of which nothing came out and that were surely about a person."""
        ...

    def naming(self, handle: str) -> tuple[str, ...]:
        """Cases under way, judged or not, whose words ask for somebody by handle."""
        ...

    def drop_stages(self, case_ids: tuple[str, ...]) -> None:
        """Delete what ended cases earned."""
        ...


class Drops(Protocol):
    """Stops and hides cases that are not out."""

    def drop(self, case_id: str) -> bool:
        """One case; False where it is out."""
        ...


class Seizes(Protocol):
    """Takes cases from whoever works on them."""

    def seize(self, case_id: str) -> Lease | None:
        """A case under way; None where it ended."""
        ...

    def let_go(self, lease: Lease) -> None:
        """Give it back."""
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
    """Ends cases of people who leave, and lets their media go at once: nobody is left to appeal.

    Args:
        ledger: closes what is under way, as a worker would, on record and with everybody told.
    """

    def __init__(
        self,
        database: Database,
        found: LeaversCases,
        cases: Drops,
        leases: Seizes,
        ledger: CaseLedger,
        recall: Recall,
        uses: MediaUsers,
        tracks: Tracks,
        media: MediaToDelete,
    ) -> None:
        self._database = database
        self._found = found
        self._cases = cases
        self._leases = leases
        self._ledger = ledger
        self._recall = recall
        self._uses = uses
        self._tracks = tracks
        self._media = media

    def end_all(self, account_id: str) -> None:
        """Stop or take back every video that an account made, one by one; its other owners see what became of it."""
        for case_id in self._found.made_by(account_id):
            cause = Cause(GatewayReason.RELEASE_DELETED_BY_OWNER, case_ids=frozenset({case_id}), actor=account_id)
            # First, and by itself: it waits for the worker, who may let it out till then, and who locks the log's head
            # before the case's row.
            self._cases.drop(case_id)
            with self._database.transaction():
                withdraw(cause, self._recall)

    def let_go(self, subject_id: str, handle: str, account_id: str | None) -> None:
        """Destroy media, tracks and stages of what showed a person and, where named, of what an account made.

        In the caller's transaction, the person's row and the log's head locked; the files go after its commit. What
        never came out goes like what did: drafts, previews, and what was handed in. The releases' own rows stay,
        without a name: whoever finds a copy is still told that it was withdrawn.
        """
        unreleased = {*self._found.unreleased(subject_id), *self._found.naming(handle)}
        self._refuse(sorted(unreleased))
        made = self._found.made_by(account_id) if account_id is not None else ()
        cases = tuple(sorted({*self._found.showing(subject_id), *unreleased, *made}))
        for case_id in cases:
            self._tracks.discard(case_id)
            self._media.note(self._uses.let_go(case_id))
        self._found.drop_stages(cases)

    def _refuse(self, case_ids: Iterable[str]) -> None:
        """Close what is under way: it can't be made as it was asked for.

        Sent back to be judged again, it might be let through by words that name the person no more, and be of nobody.
        """
        for case_id in case_ids:
            lease = self._leases.seize(case_id)
            if lease is not None:
                self._ledger.close(Stopped(case_id, Verdict.DENY, (ConsentReason.SUBJECT_FORGOTTEN.value,), _GONE))
                self._leases.let_go(lease)


_GONE = "Somebody whom this was about has left, so it can't be made."

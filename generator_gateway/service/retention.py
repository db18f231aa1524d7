"""Media is kept as long as somebody may still need it, and no longer: a refused stranger's photo least of all."""

from datetime import datetime, timedelta
from typing import Protocol

from generator_gateway.ports import Tracks
from trust_kernel.clock import Clock
from trust_kernel.media.blobs import Blobs


class Uses(Protocol):
    """Knows which case uses which medium."""

    def ended_before(self, moment: datetime) -> list[str]:
        """Cases with media that ended before a moment."""
        ...

    def let_go(self, case_id: str) -> list[str]:
        """End a case's uses; gives what nobody uses any more."""
        ...


class Retention:
    """Deletes media and kept tracks of refused, deleted and withdrawn cases once their time for appeals is over.

    Args:
        keep: how long after its end a case keeps both.
        tracks: faces and voices kept of what was made.
    """

    def __init__(self, uses: Uses, blobs: Blobs, clock: Clock, keep: timedelta, tracks: Tracks) -> None:
        self._uses = uses
        self._blobs = blobs
        self._clock = clock
        self._keep = keep
        self._tracks = tracks

    def sweep(self) -> int:
        """Delete what is due; gives how many media went."""
        deleted = 0
        for case_id in self._uses.ended_before(self._clock.now() - self._keep):
            # First: once a case has no media it is not found again.
            self._tracks.discard(case_id)
            for digest in self._uses.let_go(case_id):
                self._blobs.delete(digest)
                deleted += 1
        return deleted

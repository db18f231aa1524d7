"""Claims and the gateway's past: dry runs, the flood guard, and what was released before a claim took effect."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from copyright_optout.api import Claim, Depiction, FloodLimits, PastParts, PastRequest, Stops
from copyright_optout.store import DatabaseRehearsals
from generator_gateway.errors import GatewayReason
from generator_gateway.ports.takedowns import TakedownCause
from generator_gateway.service.depicting import ReadsWords, depiction_of
from generator_gateway.service.takedown_search import SYSTEM, look_for, look_for_several
from generator_gateway.store.past import PastStore
from generator_gateway.store.takedowns import TakedownStore
from placet.wiring.kernel import Kernel


class PastCases:
    """The claims' `PastRequests`: the gateway's cases.

    Args:
        store: their rows.
        words: reads in which settings somebody asked for something.
    """

    def __init__(self, store: PastStore, words: ReadsWords) -> None:
        self._store = store
        self._words = words

    def count(self, since: datetime) -> int:
        """How many were made since a moment."""
        return self._store.count(since)

    def since(self, at: datetime, most: int | None = None) -> Iterator[Sequence[PastRequest]]:
        """Those made since a moment, newest first."""
        return self._store.since(at, most)

    def depiction(self, case_id: str) -> Depiction:
        """What one of them was to show."""
        return depiction_of(self._store.request(case_id), self._words)

    def stopped(self, since: datetime) -> Stops:
        """What claims stopped since a moment."""
        return self._store.stopped(since)

    def forget(self, before: datetime) -> None:
        """Drop what was noted of that before a moment."""
        self._store.forget(before)


class LooksBack:
    """The claims' `Aftermath`: has the releases looked for that claims touch."""

    def __init__(self, kernel: Kernel) -> None:
        self._batches = TakedownStore(kernel.database)
        self._clock = kernel.clock

    def activated(self, claims: Sequence[Claim]) -> None:
        """Put them on the worker's list, as one search, in the caller's transaction."""
        reason = GatewayReason.TAKEN_DOWN_FOR_CLAIM
        if len(claims) == 1:
            cause = TakedownCause(reason, claims[0].id, claims[0].told_title)
            look_for(self._batches, self._clock, cause, SYSTEM)
        else:
            look_for_several(self._batches, self._clock, reason, [claim.id for claim in claims], SYSTEM)


def build_past(kernel: Kernel, words: ReadsWords) -> PastParts:
    """What claims need to be tried on the past."""
    settings = kernel.settings
    return PastParts(
        past=PastCases(PastStore(kernel.database), words),
        rehearsals=DatabaseRehearsals(kernel.database),
        limits=FloodLimits(settings.flood_share, settings.flood_requests, settings.flood_days),
        aftermath=LooksBack(kernel),
    )

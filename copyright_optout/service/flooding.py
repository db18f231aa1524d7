"""Watches what claims stop, and takes those that suddenly stop too much out of effect until people have looked."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from copyright_optout.domain import Claim, ClaimState, Concern
from copyright_optout.domain.rehearsals import FloodLimits
from copyright_optout.ports import ClaimStore
from copyright_optout.ports.rehearsing import PastRequests
from copyright_optout.service.claims import ClaimDesk
from trust_kernel.clock import Clock
from trust_kernel.errors import Conflict

WATCHER = "flood guard"
"""Stands where no account did something."""
_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)
_EVERY = {_HOUR: timedelta(minutes=1), _DAY: timedelta(minutes=15)}
"""How far is looked back, and how often."""
_TWICE = 2
"""A claim that staff let take effect though it would stop much is left alone up to so many times that share."""


class FloodWatch:
    """A worker's chore."""

    def __init__(
        self, past: PastRequests, limits: FloodLimits, claims: ClaimStore, desk: ClaimDesk, clock: Clock
    ) -> None:
        self._past = past
        self._limits = limits
        self._claims = claims
        self._desk = desk
        self._clock = clock
        self._last: dict[timedelta, datetime] = {}

    def watch(self) -> Sequence[str]:
        """Quarantine claims that stopped too much in the last hour or day; gives their ids."""
        now = self._clock.now()
        found: list[str] = []
        for window, every in _EVERY.items():
            last = self._last.get(window)
            if last is None or now - last >= every:
                self._last[window] = now
                found += self._look_back(now - window)
                if window == _DAY:
                    self._past.forget(now - window)
        return found

    def _look_back(self, since: datetime) -> list[str]:
        stops = self._past.stopped(since)
        over = {
            claim_id: share
            for claim_id in stops.by_claim
            if (share := stops.too_many(claim_id, self._limits)) is not None
        }
        quarantined: list[str] = []
        for claim_id, claim in sorted(self._claims.many(over).items()):
            share = over[claim_id]
            if claim.state is ClaimState.ACTIVE and not self._was_accepted(claim, float(share)):
                quarantined += self._quarantined(claim, share)
        return quarantined

    def _quarantined(self, claim: Claim, share: str) -> list[str]:
        try:
            return [self._desk.quarantine(claim.id, actor=WATCHER, about=share).id]
        except Conflict:
            return []  # somebody moved it meanwhile

    def _was_accepted(self, claim: Claim, share: float) -> bool:
        """Whether staff looked at such a share before and let it take effect nevertheless."""
        known = self._claims.concerns([claim.id]).get(claim.id, ())
        return any(one.concern is Concern.FLOOD and share <= _TWICE * float(one.about or 0) for one in known)

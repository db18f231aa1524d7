"""What a claim would have done to requests of the past, and what is too much."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from types import MappingProxyType

from copyright_optout.domain.reasons import OptOutFault
from trust_kernel.errors import InvalidInput

MOST_DAYS = 90
"""How far back a rehearsal looks."""
LEAST_ACCOUNTS = 3
"""Accounts that a claim must have stopped before it counts as stopping too much, where so many ask at all."""
MOST_EXAMPLES = 20
"""Examples kept of each outcome, the newest."""


class Outcome(StrEnum):
    """What a claim would have done to one request; the first that holds."""

    DENIED = "denied"
    HELD = "held"
    """A person would have had to look."""
    LEFT_OPEN = "left_open"
    """It was found in a depiction that the claim leaves open."""


STOPPING = frozenset({Outcome.DENIED, Outcome.HELD})


@dataclass(frozen=True, slots=True)
class Example:
    """One request that a claim touches. The rights holder sees all but whose and which it was.

    Attributes:
        case_id: the request's; staff see it.
        found_by: "prompt" or "picture".
        words: the words that matched, and nothing of what stood around them; empty for a picture.
        transformations: how the name was written; see `trust_kernel.names.NameHit`.
        score: as the matchers give it.
    """

    case_id: str
    at: datetime
    outcome: Outcome
    found_by: str
    words: str = ""
    transformations: tuple[str, ...] = ()
    score: float = 1.0


@dataclass(frozen=True, slots=True)
class Tally:
    """What a claim would have done to the requests of some days.

    Attributes:
        requests: all that there were.
        counts: those that it touches, by outcome.
        days: the same by day (UTC), oldest first; days without any are left out.
        examples: at most `MOST_EXAMPLES` of each outcome, newest first.
    """

    requests: int = 0
    counts: Mapping[Outcome, int] = field(default_factory=lambda: MappingProxyType({}))
    days: Sequence[tuple[date, Mapping[Outcome, int]]] = ()
    examples: Sequence[Example] = ()

    @property
    def stopped(self) -> int:
        """Requests that would have been denied or held."""
        return sum(self.counts.get(outcome, 0) for outcome in STOPPING)


class RehearsalState(StrEnum):
    """Where a rehearsal stands."""

    WAITING = "waiting"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """A dry run of a claim.

    Attributes:
        id: ``rehearsal_...``.
        days: how far back it looks, 1 to `MOST_DAYS`.
        tally: None as long as it waits.
    """

    id: str
    claim_id: str
    asked_by: str
    days: int
    state: RehearsalState
    asked_at: datetime
    done_at: datetime | None = None
    tally: Tally | None = None


@dataclass(frozen=True, slots=True)
class FloodLimits:
    """What a claim may stop without a person's look.

    Attributes:
        share: of all requests, in (0, 1].
        least: requests there must have been for the share to say anything.
        days: that are looked back at when it is to take effect.
    """

    share: float = 0.01
    least: int = 1000
    days: int = 7

    def exceeded(self, stopped: int, requests: int) -> bool:
        """Whether that many of so many are too many."""
        return requests >= self.least and stopped > self.share * requests


@dataclass(frozen=True, slots=True)
class Stops:
    """What claims stopped in a while.

    Attributes:
        requests: all that there were, by account.
        by_claim: requests that were denied or held, by claim id and account.
    """

    requests: Mapping[str, int]
    by_claim: Mapping[str, Mapping[str, int]]

    def too_many(self, claim_id: str, limits: FloodLimits) -> str | None:
        """The share in percent that a claim stopped, where that is too much; else None.

        Nobody can take a claim out of effect by asking for what it protects again and again: where several accounts
        ask, more than the share of them have to be stopped, `LEAST_ACCOUNTS` of them where there are as many, and the
        one that was stopped most does not count.
        """
        stopped, everything = self.by_claim[claim_id], sum(self.requests.values())
        accounts = len(self.requests)
        few = len(stopped) < min(accounts, LEAST_ACCOUNTS) or len(stopped) <= limits.share * accounts
        if few or not limits.exceeded(sum(stopped.values()), everything):
            return None
        most = max(stopped, key=lambda account_id: (stopped[account_id], account_id))
        others = everything - self.requests.get(most, 0)
        if others and sum(stopped.values()) - stopped[most] <= limits.share * others:
            return None
        return percent(sum(stopped.values()), everything)


def percent(stopped: int, requests: int) -> str:
    """A share as staff read it: ``12.5``, in percent."""
    return f"{100 * stopped / max(1, requests):.1f}"


def check_days(days: int) -> int:
    """Days that may be looked back at; raises InvalidInput."""
    if not 1 <= days <= MOST_DAYS:
        raise InvalidInput(
            "look back a whole number of days", code=OptOutFault.REHEARSAL_DAYS, field="days", limit=f"1 to {MOST_DAYS}"
        )
    return days

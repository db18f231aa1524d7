"""A dry run as its pages show it: a row for each day, and examples that are alike as one."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from copyright_optout.api import STOPPING, Example, Outcome, Tally


@dataclass(frozen=True, slots=True)
class Day:
    """What a claim would have done on one day (UTC).

    Attributes:
        counts: requests by the outcomes of the whole trial, in their order.
        length: of the day's bar, in [0, 100]: all that it touches, against the day with most.
        stopped: of it, what would have been stopped.
    """

    day: date
    counts: Sequence[int]
    length: float
    stopped: float


@dataclass(frozen=True, slots=True)
class Alike:
    """Examples that a rights holder cannot tell from each other.

    Attributes:
        one: the newest of them.
        times: how many there are.
    """

    one: Example
    times: int


@dataclass(frozen=True, slots=True)
class Trial:
    """A dry run.

    Attributes:
        outcomes: those that there were, hardest first.
        examples: by outcome, then the most frequent first.
    """

    outcomes: Sequence[Outcome]
    days: Sequence[Day]
    examples: Sequence[Alike]


def trial_of(tally: Tally) -> Trial:
    """Put a tally as people read it."""
    outcomes = [outcome for outcome in Outcome if tally.counts.get(outcome)]
    most = max((sum(counts.values()) for _, counts in tally.days), default=0) or 1
    days = [
        Day(
            day,
            [counts.get(outcome, 0) for outcome in outcomes],
            100 * sum(counts.values()) / most,
            100 * sum(counts.get(outcome, 0) for outcome in STOPPING) / most,
        )
        for day, counts in tally.days
    ]
    return Trial(outcomes, days, _alike(tally.examples))


def _alike(examples: Sequence[Example]) -> list[Alike]:
    """One of each kind; a dictionary keeps the first, which is the newest."""
    kinds = [(one.outcome, one.found_by, one.words, one.transformations) for one in examples]
    times, first = Counter(kinds), dict(zip(reversed(kinds), reversed(examples), strict=True))
    order = list(Outcome)
    ranked = sorted(times.items(), key=lambda item: (order.index(item[0][0]), -item[1]))
    return [Alike(first[kind], count) for kind, count in ranked]

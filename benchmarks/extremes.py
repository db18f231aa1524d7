"""How large chance values get: an exponential tail, and how well it holds on the half that it did not see.

Beyond a high level, the tail of almost any distribution is a generalised Pareto one (Pickands 1975). The values here
are largest ones of very many that are nearly normal, for which its shape tends to 0, from below: an exponential tail,
which far out errs on the safe side.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

SHARE = 0.1
"""Share of the values that the tail is fitted on."""
_QUANTILES = (0.9, 0.95, 0.98, 0.99, 0.995, 0.999, 0.9995)
_RARE = (20, 50, 100, 200, 500, 1_000, 2_000, 10_000)


@dataclass(frozen=True, slots=True)
class Tail:
    """An exponential tail.

    Attributes:
        start: where it begins.
        share: of all values that lie past its start.
        scale: mean excess; the tail falls by e for each.
    """

    start: float
    share: float
    scale: float

    @classmethod
    def fit(cls, values: Sequence[float] | NDArray[np.float64], share: float = SHARE) -> "Tail":
        """Maximum likelihood on the largest values.

        Args:
            values: at least twenty.
            share: of them that count as the tail.
        """
        every = np.sort(np.asarray(values, np.float64))
        start = float(np.quantile(every, 1 - share))
        past = every[every > start]
        return cls(start, len(past) / len(every), float((past - start).mean()))

    def beyond(self, level: float) -> float:
        """Probability of a value past a level; the tail's share for any level before its start."""
        return self.share * math.exp(-max(level - self.start, 0.0) / self.scale)

    def level(self, probability: float) -> float:
        """What is passed with a probability of at most the tail's share."""
        return self.start + self.scale * math.log(self.share / probability)


@dataclass(frozen=True, slots=True)
class Quantile:
    """One line of a table of quantiles.

    Attributes:
        share: of the values that stay below.
        seen: in the half that was kept back.
        model: by the tail that was fitted on the other half.
    """

    share: float
    seen: float
    model: float


@dataclass(frozen=True, slots=True)
class Exceedance:
    """How often a level is passed.

    Attributes:
        level: the value.
        seen: times, in the half that was kept back.
        expected: times, by the model.
        deviations: how many standard deviations of a Poisson count more were seen than expected; below 0 the model is
            on the safe side.
    """

    level: float
    seen: int
    expected: float
    deviations: float


@dataclass(frozen=True, slots=True)
class Fit:
    """A tail, and how it holds on the half that was kept back.

    Attributes:
        tail: fitted on one half.
        count: values in all.
        largest: of all values.
        quantiles: seen against model.
        exceedances: seen against model, at levels that the model passes ever more rarely.
    """

    tail: Tail
    count: int
    largest: float
    quantiles: tuple[Quantile, ...]
    exceedances: tuple[Exceedance, ...]

    @property
    def holds(self) -> bool:
        """No level was passed more often than the model says, beyond what chance explains (3 deviations)."""
        return all(each.deviations <= 3.0 for each in self.exceedances)


@dataclass(frozen=True, slots=True)
class Words:
    """The largest of many sums of random signs, one for every word that might be there.

    Whatever the sums are over, each exceeds t at most as often as a normal value does (asymptotically; Hoeffding gives
    exp(-t² / 2)), so the tail is that of so many normal values. How many there seem to be is fitted.

    Attributes:
        count: words that there seem to be; the fit is an envelope, so that chance in the sample errs on the safe side.
    """

    count: float

    @classmethod
    def fit(cls, values: Sequence[float]) -> "Words":
        """The smallest number of words that explains the sample at every level, two standard deviations added."""
        every = np.sort(np.asarray(values, np.float64))[::-1]
        places = sorted({place for rare in _RARE if (place := len(every) // rare)} | {1})
        return cls(max((k + 2 * math.sqrt(k) + 2) / len(every) / normal_tail(float(every[k - 1])) for k in places))

    def beyond(self, level: float) -> float:
        """Bound on the probability that the largest passes a level."""
        return min(1.0, self.count * normal_tail(level))

    def level(self, probability: float) -> float:
        """What is passed with at most a probability."""
        low, high = 0.0, 40.0
        for _ in range(80):
            middle = (low + high) / 2
            low, high = (middle, high) if self.beyond(middle) > probability else (low, middle)
        return high

    def check(self, held: Sequence[float]) -> tuple[Exceedance, ...]:
        """How often levels that a sample passes ever more rarely were passed, against the model."""
        every = np.sort(np.asarray(held, np.float64))[::-1]
        lines = []
        for place in (len(every) // rare for rare in _RARE if len(every) >= rare):
            level, expected = float(every[place - 1]), self.beyond(float(every[place - 1])) * len(every)
            lines.append(Exceedance(level, place, expected, (place - expected) / math.sqrt(expected)))
        return tuple(lines)


def normal_tail(level: float) -> float:
    """Probability that a standard normal value exceeds a level."""
    return 0.5 * math.erfc(level / math.sqrt(2))


def halves(values: Sequence[float], seed: int = 0) -> tuple[list[float], list[float]]:
    """Two random halves."""
    every = np.asarray(values, np.float64)[np.random.default_rng(seed).permutation(len(values))]
    return every[::2].tolist(), every[1::2].tolist()


def checked_fit(values: Sequence[float], seed: int = 0) -> Fit:
    """Fit a tail on a random half of the values, check it on the other."""
    fitted, kept = halves(values, seed)
    held = np.asarray(kept)
    tail = Tail.fit(fitted)
    exceedances = []
    for rare in _RARE:
        if len(held) >= rare:
            level, expected = tail.level(1 / rare), len(held) / rare
            seen = int((held >= level).sum())
            exceedances.append(Exceedance(level, seen, expected, (seen - expected) / math.sqrt(expected)))
    quantiles = tuple(Quantile(share, float(np.quantile(held, share)), tail.level(1 - share)) for share in _QUANTILES)
    return Fit(tail, len(values), max(values), quantiles, tuple(exceedances))

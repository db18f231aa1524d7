"""How large chance values get: an exponential tail, and how well it holds on the half that it did not see.

Beyond a high level, the tail of almost any distribution is a generalised Pareto one (Pickands 1975). The values here
are largest ones of very many that are nearly normal, for which its shape tends to 0, from below: an exponential tail,
which far out errs on the safe side.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

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
    def fit(cls, values: Sequence[float], share: float = SHARE) -> "Tail":
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


def checked_fit(values: Sequence[float], seed: int = 0) -> Fit:
    """Fit a tail on a random half of the values, check it on the other."""
    every = np.asarray(values, np.float64)
    order = np.random.default_rng(seed).permutation(len(every))
    fitted, held = every[order[::2]], every[order[1::2]]
    tail = Tail.fit(fitted.tolist())
    exceedances = []
    for rare in _RARE:
        if len(held) >= rare:
            level, expected = tail.level(1 / rare), len(held) / rare
            seen = int((held >= level).sum())
            exceedances.append(Exceedance(level, seen, expected, (seen - expected) / math.sqrt(expected)))
    quantiles = tuple(Quantile(share, float(np.quantile(held, share)), tail.level(1 - share)) for share in _QUANTILES)
    return Fit(tail, len(every), float(every.max()), quantiles, tuple(exceedances))

"""Rates with bootstrap intervals: people are drawn again, not pairs, because pairs of one person go together.

Bootstrap (Efron 1979): in each round every person counts as often as they were drawn. A pair of
different people counts the product of both counts, a pair of one person counts that person's (Bolle, Ratha, Pankanti,
Evaluating authentication systems using bootstrap confidence intervals, 1999: subsets bootstrap).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from likeness_guard.service.calibrating import Samples

Floats = NDArray[np.float64]

ROUNDS = 200
_LOW, _HIGH = 0.025, 0.975


@dataclass(frozen=True, slots=True)
class Figure:
    """A rate and its 95 % interval."""

    value: float
    low: float
    high: float

    def as_json(self) -> dict[str, float]:
        """For the file of figures."""
        return {"value": round(self.value, 5), "low": round(self.low, 5), "high": round(self.high, 5)}


@dataclass(frozen=True)
class Pairs:
    """Every pair of samples, by falling score.

    Attributes:
        scores: (n,).
        same: (n,), whether both are one person.
        first: (n,), number of a person.
        second: (n,), number of the other.
    """

    scores: Floats
    same: NDArray[np.bool_]
    first: NDArray[np.int64]
    second: NDArray[np.int64]

    @classmethod
    def of(cls, enrolled: Samples, probes: Samples) -> "Pairs":
        """Every probe with every enrolled sample of another recording; once where both are the same samples."""
        scores = (probes.vectors @ enrolled.vectors.T).astype(np.float64)
        wanted = probes.sources[:, None] != enrolled.sources[None]
        if probes is enrolled:
            wanted &= np.triu(np.ones(scores.shape, bool), 1)
        rows, columns = np.nonzero(wanted)
        order = np.argsort(-scores[rows, columns], kind="stable")
        rows, columns = rows[order], columns[order]
        first, second = probes.people[rows], enrolled.people[columns]
        return cls(scores[rows, columns], first == second, first, second)

    def rates(self, counts: Floats) -> tuple[Floats, Floats]:
        """FMR and TAR when everything down to each pair is accepted, people counting `counts` times."""
        weights = np.where(self.same, counts[self.first], counts[self.first] * counts[self.second])
        false = np.cumsum(np.where(self.same, 0.0, weights))
        true = np.cumsum(np.where(self.same, weights, 0.0))
        return false / max(false[-1], 1e-12), true / max(true[-1], 1e-12)

    def figures(self, counts: Floats) -> dict[str, float]:
        """EER, and TAR at two FMRs."""
        false, true = self.rates(counts)
        at = int(np.argmin(np.abs(false - (1 - true))))
        found = {"eer": float((false[at] + 1 - true[at]) / 2)}
        for name, rate in (("tar_1e-3", 1e-3), ("tar_1e-4", 1e-4)):
            last = int(np.searchsorted(false, rate, side="right")) - 1
            found[name] = float(true[last]) if last >= 0 else 0.0
        return found

    def threshold(self, rate: float) -> float:
        """Score at an FMR."""
        false, _ = self.rates(np.ones(int(max(self.first.max(), self.second.max())) + 1))
        return float(self.scores[max(0, int(np.searchsorted(false, rate, side="right")) - 1)])


@dataclass(frozen=True)
class Searches:
    """Best scores of probes over many draws of a gallery.

    Attributes:
        mated: scores of mates; -2 where somebody else came first.
        mates: person of each.
        unmated: scores of strangers.
        strangers: person of each.
    """

    mated: Floats
    mates: NDArray[np.int64]
    unmated: Floats
    strangers: NDArray[np.int64]

    def figures(self, counts: Floats) -> dict[str, float]:
        """TPIR at an FPIR of 1 %."""
        falling = np.argsort(-self.unmated)
        false = np.cumsum(counts[self.strangers[falling]])
        at = int(np.searchsorted(false, 0.01 * false[-1], side="right"))
        limit = self.unmated[falling][min(at, len(falling) - 1)]
        weights = counts[self.mates]
        return {"tpir_fpir1": float(weights[self.mated > limit].sum() / max(weights.sum(), 1e-12))}


def figures(
    measure: Callable[[Floats], dict[str, float]], people: int, *, rounds: int = ROUNDS, seed: int = 7
) -> dict[str, Figure]:
    """Rates over all people, and their intervals over people drawn again."""
    rng = np.random.default_rng(seed)
    drawn = [
        measure(np.bincount(rng.integers(people, size=people), minlength=people).astype(np.float64))
        for _ in range(rounds)
    ]
    found = {}
    for name, value in measure(np.ones(people)).items():
        low, high = np.quantile([one[name] for one in drawn], [_LOW, _HIGH])
        found[name] = Figure(value, float(low), float(high))
    return found


def joined(parts: Sequence[Searches]) -> Searches:
    """Several draws as one."""
    return Searches(
        np.concatenate([part.mated for part in parts]),
        np.concatenate([part.mates for part in parts]),
        np.concatenate([part.unmated for part in parts]),
        np.concatenate([part.strangers for part in parts]),
    )

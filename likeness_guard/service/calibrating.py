"""Measuring error rates: curves, thresholds and probabilities from vectors of known people.

Terms are those of ISO/IEC 19795-1. A gallery enrols one clean sample a person; probes are other samples, clean or made
poorer. A mate counts as found only where the right person comes first. Gallery draws are repeated, because one draw
says little: over single draws of 266 of 591 people the open-set rate of one and the same model spreads by .1 each way.
"""

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from likeness_guard.domain.rates import RIVALS, Targets
from trust_kernel.errors import InvalidInput

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]

LEAST_PEOPLE = 16
"""People that a condition must stand on to be told apart at all."""
_TRIALS = 60
_LADDER = (10, 30, 100, 300, 1_000, 3_000, 10_000)
_LARGEST_SHARE = 0.85
"""Of the people, in the largest gallery: the rest are its strangers."""
_TAIL = 0.002
"""Share of the closest pairs of strangers that the exponent is fitted to."""
_LEAST_TAIL = 24
_PLATT_ROUNDS = 40
_CURVE_POINTS = 24
_ABOVE = 1e-5
"""Step past a score that must not pass: thresholds are kept to five digits."""
_NEXT = 7
"""Scores kept after the best one."""


@dataclass(frozen=True)
class Samples:
    """Vectors of known people.

    Attributes:
        vectors: float32 (n, d), rows of unit length.
        people: (n,), number of the person.
        sources: (n,), number of the recording that each came from: a probe never meets its own recording.
        groups: column of the manifest to (n,) values, "" where unknown.
    """

    vectors: NDArray[np.float32]
    people: Indices
    sources: Indices
    groups: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def of(self, chosen: NDArray[np.bool_] | Indices) -> "Samples":
        """Some of the samples."""
        rows = np.arange(len(self.people))[chosen]
        groups = {name: [values[row] for row in rows] for name, values in self.groups.items()}
        return Samples(self.vectors[rows], self.people[rows], self.sources[rows], groups)


def joined(*parts: Samples) -> Samples:
    """Several samples as one, all with the same group columns."""
    groups = {name: [value for part in parts for value in part.groups[name]] for name in parts[0].groups}
    return Samples(
        np.concatenate([part.vectors for part in parts]),
        np.concatenate([part.people for part in parts]),
        np.concatenate([part.sources for part in parts]),
        groups,
    )


@dataclass(frozen=True)
class Scores:
    """Scores of mates and strangers in one situation.

    Attributes:
        mated: best scores of mates.
        right: whether the best was the right person; a mate who is not right is missed at every threshold.
        unmated: best scores of strangers.
        mated_next: (n, at most `_NEXT`) scores of the people who come after the best one; empty for pairs.
        unmated_next: likewise for strangers.
    """

    mated: Floats
    right: NDArray[np.bool_]
    unmated: Floats
    mated_next: Floats = field(default_factory=lambda: np.zeros((0, 0)))
    unmated_next: Floats = field(default_factory=lambda: np.zeros((0, 0)))

    def against_rivals(self, weight: float, reference: float, same: float) -> "Scores":
        """The same with every score set against the probe's rivals, as `AgainstRivals` does."""
        return Scores(
            _set_against(self.mated, self.mated_next, weight, reference, same),
            self.right,
            _set_against(self.unmated, self.unmated_next, weight, reference, same),
        )

    def threshold(self, rate: float) -> float:
        """Just above where more than this share of strangers would be let through."""
        falling = np.sort(self.unmated)[::-1]
        return float(falling[min(int(rate * falling.size), falling.size - 1)]) + _ABOVE

    def missed(self, threshold: float) -> float:
        """Share of mates not found at a threshold."""
        return float(1 - (self.right & (self.mated >= threshold)).mean())


def pair_scores(enrolled: Samples, probes: Samples) -> Scores:
    """1:1: every probe against every enrolled sample that is not its own recording.

    Raises:
        InvalidInput: nobody has two samples, or there is one person only.
    """
    scores = probes.vectors @ enrolled.vectors.T
    same = probes.people[:, None] == enrolled.people[None]
    other = probes.sources[:, None] != enrolled.sources[None]
    mated, unmated = scores[same & other], scores[~same]
    if not mated.size or not unmated.size:
        raise InvalidInput("calibrating needs people with two samples, and several people")
    return Scores(mated.astype(np.float64), np.ones(mated.size, bool), unmated.astype(np.float64))


def gallery_scores(enrolled: Samples, probes: Samples, size: int, seed: int, trials: int = _TRIALS) -> Scores:
    """1:N: best scores in galleries of `size` people with one sample each, over random draws."""
    rng = np.random.default_rng([seed, size])
    people = np.unique(enrolled.people)
    rows = {int(person): np.flatnonzero(enrolled.people == person) for person in people}
    scores = probes.vectors @ enrolled.vectors.T
    mated, right, unmated, next_mates, next_strangers = [], [], [], [], []
    for _ in range(max(trials, 2_000 // size)):
        chosen = rng.choice(people, size, replace=False)
        gallery = np.asarray([rng.choice(rows[int(person)]) for person in chosen])
        best = scores[:, gallery].argmax(axis=1)
        highest = scores[np.arange(len(best)), gallery[best]]
        following = _ranked(scores[:, gallery])
        inside = np.isin(probes.people, chosen)
        mates = inside & ~np.isin(probes.sources, enrolled.sources[gallery])
        unmated.append(highest[~inside])
        mated.append(highest[mates])
        right.append((chosen[best] == probes.people)[mates])
        next_strangers.append(following[~inside])
        next_mates.append(following[mates])
    found = Scores(
        np.concatenate(mated).astype(np.float64),
        np.concatenate(right),
        np.concatenate(unmated).astype(np.float64),
        np.concatenate(next_mates).astype(np.float64),
        np.concatenate(next_strangers).astype(np.float64),
    )
    if not found.mated.size or not found.unmated.size:
        raise InvalidInput(f"a gallery of {size} leaves no mates or no strangers to measure with")
    return found


def _set_against(best: Floats, following: Floats, weight: float, reference: float, same: float) -> Floats:
    if following.shape[1] < RIVALS:
        return best
    first = (following >= same).sum(axis=1)  # those are taken for the same person, enrolled twice
    columns = first[:, None] + np.arange(RIVALS)
    enough = columns[:, -1] < following.shape[1]
    picked = np.take_along_axis(following, np.minimum(columns, following.shape[1] - 1), axis=1)
    distance = np.exp(np.log(np.maximum(1 - picked, 1e-6)).mean(axis=1))
    return np.clip(np.where(enough, 1 - (1 - best) * (reference / distance) ** weight, best), -1, 1)


def _ranked(scores: NDArray[np.float32]) -> NDArray[np.float32]:
    """The highest scores of each row, from the second on."""
    wide = min(_NEXT + 1, scores.shape[1])
    return -np.sort(np.partition(-scores, wide - 1, axis=1)[:, :wide], axis=1)[:, 1:]


def sizes_for(people: int) -> tuple[int, ...]:
    """Gallery sizes that so many people can fill, with some left over as strangers."""
    top = int(people * _LARGEST_SHARE)
    rounded = top - top % 5 if top > 20 else top  # noqa: PLR2004 - small galleries are not rounded away
    return (*(size for size in _LADDER if size <= 0.7 * rounded), rounded)


def exponent_of(unmated: Floats) -> float:
    """Effective dimensions of strangers near somebody: Hill's estimator on the closest pairs' 1 - score."""
    count = min(max(int(unmated.size * _TAIL), _LEAST_TAIL), unmated.size - 1)
    away = np.maximum(1 - np.sort(unmated)[::-1][: count + 1], 1e-9)
    mean = float(np.log(away[-1] / away[:-1]).mean())
    return 1 / mean if mean > 0 else 1e6


def curve_of(scores: Scores, thresholds: Sequence[float], exponent: float, rarest: float) -> dict[str, list[float]]:
    """FPIR and FNIR over the score (FMR and FNMR for pairs), at scores that matter and at `thresholds`.

    Where fewer than ten strangers are left, and past the share `rarest` anyway, the tail goes on by `exponent`: a rate
    of 0 was never measured.
    """
    tail = np.geomspace(0.9, 1e-4, _CURVE_POINTS)
    body = np.quantile(scores.mated, np.linspace(0.002, 0.998, _CURVE_POINTS))
    raw = np.concatenate([np.quantile(scores.unmated, 1 - tail), body, thresholds])
    unmated = np.sort(scores.unmated)
    grid = np.unique(np.round(np.clip(raw, -0.9999, 0.9999), 5))
    grid = np.concatenate([grid, 1 - (1 - grid[-1]) * np.asarray([0.75, 0.5, 0.25])])
    false = 1 - np.searchsorted(unmated, grid, side="left") / unmated.size
    tenth = max(1, min(10, int(rarest * unmated.size)))
    rate, anchor = tenth / unmated.size, 1 - unmated[-tenth]
    fitted = rate * (np.maximum(1 - grid, 1e-9) / max(anchor, 1e-9)) ** exponent
    false = np.where(false >= rate, false, np.minimum(fitted, rate))
    found = np.sort(np.where(scores.right, scores.mated, -1.0))
    missed = np.searchsorted(found, grid, side="left") / found.size
    return {
        "scores": [round(float(value), 5) for value in grid],
        "false": [float(f"{max(value, 1e-12):.4g}") for value in np.minimum.accumulate(false)],
        "missed": [round(float(value), 5) for value in missed],
    }


def log_odds(scores: Scores) -> tuple[float, float]:
    """Slope and middle of the log-odds that the person is the right one, mates and strangers weighing the same.

    Platt's scaling (1999) by Newton's method, with a small pull to 0 against perfectly parted data.
    """
    values = np.concatenate([scores.mated, scores.unmated])
    labels = np.concatenate([scores.right.astype(np.float64), np.zeros(scores.unmated.size)])
    weights = np.concatenate(
        [np.full(scores.mated.size, 0.5 / scores.mated.size), np.full(scores.unmated.size, 0.5 / scores.unmated.size)]
    )
    centre, spread = float(np.average(values, weights=weights)), float(values.std()) or 1.0
    inputs = np.stack([(values - centre) / spread, np.ones(values.size)])
    chosen = np.zeros(2)
    pull = np.diag([1e-4, 1e-6])
    for _ in range(_PLATT_ROUNDS):
        odds = np.clip(chosen @ inputs, -30, 30)
        sure = 1 / (1 + np.exp(-odds))
        gradient = inputs @ (weights * (sure - labels)) + pull @ chosen
        curvature = (inputs * (weights * sure * (1 - sure))) @ inputs.T + pull
        step = np.linalg.solve(curvature, gradient)
        chosen = chosen - step * min(1.0, 4.0 / float(np.abs(step).max() + 1e-12))
        if float(np.abs(step).max()) < 1e-9:  # noqa: PLR2004 - converged
            break
    slope = max(float(chosen[0]) / spread, 1e-3)
    return slope, centre - float(chosen[1]) / slope


def measured(
    name: str,
    enrolled: Samples,
    probes: Samples,
    targets: Targets,
    *,
    quality: float,
    seconds: float,
    seed: int,
    rivals: Mapping[str, float] | None = None,
) -> dict[str, Any]:
    """One condition of the calibration document; with `rivals` (weight, reference) also for scores set against them.

    Raises:
        InvalidInput: too few people, or nobody with two samples.
    """
    people = int(np.unique(probes.people).size)
    known = int(np.unique(enrolled.people).size)
    if people < LEAST_PEOPLE or known < LEAST_PEOPLE:
        raise InvalidInput(f"{name}: {min(people, known)} people are too few; {LEAST_PEOPLE} are needed")
    pairs = pair_scores(enrolled, probes)
    exponent = exponent_of(pairs.unmated)
    galleries: list[dict[str, Any]] = []
    against: list[dict[str, Any]] = []
    for size in sizes_for(known):
        scores = gallery_scores(enrolled, probes, size, seed)
        wanted = (targets.fpir, targets.unsure_fpir, exponent)
        galleries.append({"size": size, **_rates(scores, *wanted)})
        if rivals and size >= rivals["least"]:
            apart = scores.against_rivals(rivals["weight"], rivals["reference"], galleries[-1]["match"])
            against.append({"size": size, **_rates(apart, *wanted)})
    return {
        "name": name,
        "quality": quality,
        "seconds": seconds,
        "people": people,
        "samples": len(probes.people),
        "eer": round(equal_error(pairs), 5),
        "exponent": round(exponent, 3),
        "pairs": _rates(pairs, targets.fmr, targets.unsure_fmr, exponent),
        "galleries": _never_laxer(galleries),
        **({"rivals": dict(rivals), "against_rivals": _never_laxer(against)} if rivals and against else {}),
    }


def _rates(scores: Scores, match_rate: float, unsure_rate: float, exponent: float) -> dict[str, Any]:
    match = min(math.ceil(scores.threshold(match_rate) * 1e5) / 1e5, 0.9999)
    unsure = min(math.ceil(scores.threshold(unsure_rate) * 1e5) / 1e5, match)
    slope, middle = log_odds(scores)
    return {
        "match": match,
        "unsure": unsure,
        "missed_at_match": round(scores.missed(match), 5),
        "missed_at_unsure": round(scores.missed(unsure), 5),
        "slope": round(slope, 4),
        "middle": round(middle, 5),
        "mated": int(scores.mated.size),
        "unmated": int(scores.unmated.size),
        **curve_of(scores, (match, unsure), exponent, match_rate),
    }


def _never_laxer(galleries: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The noise of the draws must not make a larger gallery laxer."""
    for low, high in itertools.pairwise(galleries):
        for name in ("match", "unsure"):
            high[name] = max(high[name], low[name])
    return galleries


def equal_error(pairs: Scores) -> float:
    """EER: the error rate at the score where FMR and FNMR meet."""
    cuts = np.unique(pairs.mated)
    missed = np.searchsorted(np.sort(pairs.mated), cuts) / pairs.mated.size
    false = 1 - np.searchsorted(np.sort(pairs.unmated), cuts) / pairs.unmated.size
    crossing = int(np.argmin(np.abs(missed - false)))
    return float((missed[crossing] + false[crossing]) / 2)


def group_spread(samples: Samples, threshold: float) -> list[dict[str, Any]]:
    """FMR and FNMR within each group of at least two people, at one threshold for all."""
    spread: list[dict[str, Any]] = []
    for column, values in samples.groups.items():
        for value in sorted(set(values) - {""}):
            members = samples.of(np.asarray([each == value for each in values]))
            people = int(np.unique(members.people).size)
            if people > 1:
                spread.append({"column": column, "value": value, "people": people, **_within(members, threshold)})
    return spread


def _within(members: Samples, threshold: float) -> dict[str, Any]:
    scores = members.vectors @ members.vectors.T
    upper = np.triu(np.ones(scores.shape, bool), 1)
    same = members.people[:, None] == members.people[None]
    other = members.sources[:, None] != members.sources[None]
    mated, unmated = scores[upper & same & other], scores[upper & ~same]
    missed = round(float((mated < threshold).mean()), 5) if mated.size else None
    return {"fmr": round(float((unmated >= threshold).mean()), 6), "fnmr": missed}


def held_out(enrolled: Samples, probes: Samples, targets: Targets, seed: int, halves: int = 6) -> dict[str, float]:
    """What thresholds from one half of the people do to the other half, and how far extrapolated ones are off.

    Gives the FPIR that was reached (mean over random halves) and, for thresholds carried over from a gallery an eighth
    of the size by the exponent, the FPIR that those reached at the full size.
    """
    people = np.unique(enrolled.people)
    size = max(2, int(people.size // 2 * 0.5))
    small = max(2, size // 8)
    rng = np.random.default_rng([seed, 2])
    reached: list[tuple[float, float, float]] = []
    for _ in range(halves):
        order = rng.permutation(people)
        first, second = (
            (enrolled.of(np.isin(enrolled.people, half)), probes.of(np.isin(probes.people, half)))
            for half in (order[: people.size // 2], order[people.size // 2 :])
        )
        learnt = gallery_scores(*first, size, seed)
        few = gallery_scores(*first, small, seed)
        tested = gallery_scores(*second, size, seed)
        exponent = exponent_of(pair_scores(*first).unmated)
        stretched = 1 - (1 - few.threshold(targets.fpir)) * (size / small) ** (-1 / exponent)
        match, unsure = learnt.threshold(targets.fpir), learnt.threshold(targets.unsure_fpir)
        limits = (match, unsure, stretched)
        reached.append(tuple(float((tested.unmated >= limit).mean()) for limit in limits))  # type: ignore[arg-type]
    means = np.asarray(reached).mean(axis=0)
    names = ("fpir_at_match", "fpir_at_unsure", "fpir_at_extrapolated_match")
    return {"gallery": size, **{name: round(float(value), 5) for name, value in zip(names, means, strict=True)}}

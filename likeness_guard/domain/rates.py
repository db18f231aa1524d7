"""What was measured with one model pack in one situation, and what a score means there.

Terms are those of ISO/IEC 19795-1: FMR and FNMR for pairs, FPIR and FNIR for galleries.

Sizes between two measured ones are read off the line in the logarithm of the size. Past the largest one the distance
1 - score that a stranger stays away shrinks as size ** (-1 / exponent): strangers' nearest neighbours in a space of
that many effective dimensions (the Weibull law of the smallest of many distances; Coles, An Introduction to Statistical
Modeling of Extreme Values, 2001, ch. 3). Such figures are extrapolated, not measured.
"""

import bisect
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from likeness_guard.domain.sightings import Band


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a score means.

    Attributes:
        band: MATCH from `threshold` up, UNSURE from `unsure_threshold` up, else NONE.
        score: cosine in [-1, 1], as given.
        threshold: where the chosen false positive rate for a match is reached.
        unsure_threshold: where the chosen false positive rate for "somebody must look" is reached.
        probability: in [0, 1], that it is this person, at the prior that the calibration states.
        fpir: share of strangers who would score as high in a gallery of this size; in 1:1 the FMR.
        fnir: share of mates who would score lower; in 1:1 the FNMR.
    """

    band: Band
    score: float
    threshold: float
    unsure_threshold: float
    probability: float
    fpir: float
    fnir: float


@dataclass(frozen=True, slots=True)
class Rates:
    """Error rates over the score, in one situation: pairs, or galleries of one size.

    Attributes:
        size: people in the gallery; 1 for pairs.
        match: threshold in (-1, 1).
        unsure: threshold, at most `match`.
        scores: strictly increasing, in [-1, 1].
        false: share of strangers at or above each of `scores`; in (0, 1], never rising.
        missed: share of mates below each of `scores`; in [0, 1], never falling.
        slope: of the log-odds over the score, above 0.
        middle: score at which the log-odds (prior apart) are 0.
        mated: scores of mates that this stands on.
        unmated: scores of strangers that this stands on.
    """

    size: int
    match: float
    unsure: float
    scores: tuple[float, ...]
    false: tuple[float, ...]
    missed: tuple[float, ...]
    slope: float
    middle: float
    mated: int
    unmated: int

    def false_at(self, score: float) -> float:
        """Share of strangers at or above a score: log-linear between points, the last point's past the end."""
        return math.exp(_read(score, self.scores, tuple(math.log(value) for value in self.false)))

    def missed_at(self, score: float) -> float:
        """Share of mates below a score."""
        return _read(score, self.scores, self.missed)


RIVALS = 3
"""How many people who come next a score is set against."""


@dataclass(frozen=True, slots=True)
class AgainstRivals:
    """Sets a score against the people who come next, so that whoever stands in a crowd of lookalikes must stand out.

    A stranger from a dense part of the space (of a group that the model tells apart badly) is near to several people at
    once; a mate is near to one. So the distance 1 - score is divided by (distance of the rivals / reference) ** weight.
    At one FPIR more mates are found (faces, gallery of 266: TPIR .72 without, .79 with).

    Attributes:
        weight: in (0, 1); 0 would be no change.
        reference: geometric mean of 1 - score of usual rivals; keeps the scale of cosines.
        galleries: what was measured with scores set so, by increasing size.
    """

    weight: float
    reference: float
    galleries: tuple["Rates", ...]

    def factor(self, rivals: Sequence[float]) -> float:
        """What 1 - score is multiplied with, for the scores of the people next to the best one, highest first."""
        return float((self.reference / rival_distance(rivals)) ** self.weight)


def rival_distance(rivals: Sequence[float]) -> float:
    """Geometric mean of 1 - score of the first `RIVALS` scores."""
    return math.exp(sum(math.log(max(1 - score, 1e-6)) for score in rivals[:RIVALS]) / RIVALS)


@dataclass(frozen=True, slots=True)
class Condition:
    """One band of quality and length, and what was measured in it.

    Attributes:
        name: for people ("good", "2.5 s, poor").
        quality: lowest quality of the band, in [0, 1].
        seconds: least seconds of speech of the band; 0 for faces.
        people: how many people the figures stand on.
        samples: how many probes.
        pairs: 1:1.
        galleries: 1:N by increasing size.
        exponent: effective dimensions by which thresholds past the largest size go on, above 0.
        rivals: 1:N for scores set against the people who come next; None where that was not measured.
    """

    name: str
    quality: float
    seconds: float
    people: int
    samples: int
    pairs: Rates
    galleries: tuple[Rates, ...]
    exponent: float
    rivals: AgainstRivals | None = None

    @property
    def largest(self) -> int:
        """The largest gallery that was measured."""
        return self.galleries[-1].size

    def judged(self, score: float, size: int, prior: float, rivals: Sequence[float] = ()) -> Judgement:
        """A score of the best of `size` people, set against `RIVALS` next ones where so many are given.

        Galleries below the smallest measured one are judged as that one. Thresholds are given for this very probe, on
        the scale of its score.
        """
        plain = _identified(score, size, prior, self.galleries, self.exponent)
        against = self.rivals
        rivals = [rival for rival in rivals if rival < plain.threshold]  # else it is one person enrolled twice
        if against is None or len(rivals) < RIVALS or size < against.galleries[0].size:
            return plain
        factor = against.factor(rivals)
        found = _identified(1 - (1 - score) * factor, size, prior, against.galleries, self.exponent, against.weight)
        match, unsure = (1 - (1 - threshold) / factor for threshold in (found.threshold, found.unsure_threshold))
        return replace(found, score=score, threshold=match, unsure_threshold=unsure, band=_band(score, match, unsure))


def _identified(
    score: float, size: int, prior: float, galleries: tuple[Rates, ...], exponent: float, weight: float = 0.0
) -> Judgement:
    last = galleries[-1]
    if size > last.size:
        return _beyond(score, size, prior, last, exponent, weight)
    right = bisect.bisect_left([rates.size for rates in galleries], size)
    high = galleries[right]
    if right == 0 or high.size == size:
        return judged_by(score, high, prior)
    low = galleries[right - 1]
    share = math.log(size / low.size) / math.log(high.size / low.size)
    match, unsure = _between(low.match, high.match, share), _between(low.unsure, high.unsure, share)
    slope, middle = _between(low.slope, high.slope, share), _between(low.middle, high.middle, share)
    false = math.exp(_between(math.log(low.false_at(score)), math.log(high.false_at(score)), share))
    missed = _between(low.missed_at(score), high.missed_at(score), share)
    probability = _probability(score, slope, middle, prior)
    return Judgement(_band(score, match, unsure), score, match, unsure, probability, false, missed)


def _beyond(score: float, size: int, prior: float, last: Rates, exponent: float, weight: float) -> Judgement:
    """Past the data: strangers come closer, mates stay where they are.

    Rivals come closer as well: scores that were set against them with `weight` have part of the growth in them already,
    and those of mates fall by it.
    """
    grown = (size / last.size) ** (1 / exponent)
    closer = grown ** (weight - 1)
    match, unsure = (1 - (1 - threshold) * closer for threshold in (last.match, last.unsure))
    as_if = 1 - (1 - score) / closer  # the score that stands out as much in the largest measured gallery
    return Judgement(
        _band(score, match, unsure),
        score,
        match,
        unsure,
        _probability(as_if, last.slope, last.middle, prior),
        last.false_at(as_if),
        last.missed_at(1 - (1 - score) / grown**weight),
    )


@dataclass(frozen=True, slots=True)
class Targets:
    """False positive rates that the thresholds were chosen for.

    Attributes:
        fpir: of a match in a gallery.
        unsure_fpir: of "somebody must look" in a gallery.
        fmr: of a match between two.
        unsure_fmr: of "somebody must look" between two.
    """

    fpir: float
    unsure_fpir: float
    fmr: float
    unsure_fmr: float


def rank_of(condition: Condition) -> tuple[float, float]:
    """From the poorest condition to the best: length counts before quality."""
    return condition.seconds, condition.quality


def judged_by(score: float, rates: Rates, prior: float) -> Judgement:
    """A score where `rates` were measured."""
    return Judgement(
        _band(score, rates.match, rates.unsure),
        score,
        rates.match,
        rates.unsure,
        _probability(score, rates.slope, rates.middle, prior),
        rates.false_at(score),
        rates.missed_at(score),
    )


def _band(score: float, match: float, unsure: float) -> Band:
    """A score that is not a number reaches no threshold."""
    if score >= match:
        return Band.MATCH
    return Band.UNSURE if score >= unsure else Band.NONE


def _probability(score: float, slope: float, middle: float, prior: float) -> float:
    odds = slope * (score - middle) + math.log(prior / (1 - prior))
    if odds >= 0:
        return 1 / (1 + math.exp(-odds))
    grown = math.exp(max(odds, -700.0))
    return grown / (1 + grown)


def _between(a: float, b: float, share: float) -> float:
    return a + (b - a) * share


def _read(score: float, scores: tuple[float, ...], values: tuple[float, ...]) -> float:
    """Linear between points, flat outside."""
    right = bisect.bisect_left(scores, score)
    if right == 0:
        return values[0]
    if right == len(scores):
        return values[-1]
    low, high = scores[right - 1], scores[right]
    return _between(values[right - 1], values[right], (score - low) / (high - low))

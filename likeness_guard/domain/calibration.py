"""Error rates at hand: everything measured with one model pack on named data, as one file.

A calibration holds one `Condition` for each quality band (and, for voices, each length of speech). A condition holds
what was measured there: one `Rates` for pairs (1:1) and one for each gallery size (1:N).
"""

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from likeness_guard.domain.rates import AgainstRivals, Condition, Judgement, Rates, Targets, judged_by, rank_of
from likeness_guard.domain.sightings import Modality
from trust_kernel.errors import Broken

SCHEMA = 2
"""Version of the document; another one is not read."""

MALFORMED = "likeness:calibration:malformed"
FOREIGN = "likeness:calibration:foreign"

_SUMMARY_BEYOND = (10_000, 100_000, 1_000_000)


@dataclass(frozen=True, slots=True)
class GroupRates:
    """Error rates within one group of people, at the threshold of all.

    Attributes:
        column: of the manifest ("sex").
        value: in that column ("female").
        people: in the group.
        fmr: share of pairs of different people of the group at or above the 1:1 match threshold.
        fnmr: share of pairs of one person below it; None where nobody has two samples.
    """

    column: str
    value: str
    people: int
    fmr: float
    fnmr: float | None


@dataclass(frozen=True, slots=True)
class Calibration:
    """Everything that was measured with one model pack.

    Attributes:
        digest: SHA-256 of the file.
        pack: name and version, as the embedder's `version`.
        modality: face or voice.
        data: what it was measured on, in words.
        targets: rates that the thresholds were chosen for.
        prior: share of probes whose person is in the gallery, that probabilities assume.
        verification: 1:1 threshold at FMR 1 % of good samples.
        conditions: at least one.
        groups: spread by group, where the data named any.
        notes: for the model card.
    """

    digest: str
    pack: str
    modality: Modality
    data: str
    targets: Targets
    prior: float
    verification: float
    conditions: tuple[Condition, ...]
    groups: tuple[GroupRates, ...] = ()
    notes: tuple[str, ...] = ()

    def judge(
        self, score: float, *, size: int, quality: float, seconds: float | None, rivals: Sequence[float] = ()
    ) -> Judgement:
        """What the best score in a gallery means (1:N).

        Args:
            score: cosine in [-1, 1] to the closest person.
            size: people in the gallery; 0 and 1 are judged as the smallest gallery measured.
            quality: of the probe in [0, 1].
            seconds: of speech heard; None for a face.
            rivals: scores of the people who come next in the same gallery, one each, highest first. With at least
                three of them the score is set against them; with fewer it stands alone.

        Raises:
            Broken: ``likeness:template:malformed``: a score that is no number means nothing.
        """
        _demand_number(score)
        return self.condition(quality, seconds).judged(score, size, self.prior, rivals)

    def bounds(self, size: int) -> tuple[float, float]:
        """Thresholds for a match and for unsure that the best probes have in a gallery of `size` people."""
        at = self.judge(0.0, size=size, quality=1.0, seconds=None)
        return at.threshold, at.unsure_threshold

    def verify(self, score: float, *, quality: float, seconds: float | None) -> Judgement:
        """What a score between two means (1:1): a match at FMR 0.1 %, unsure at FMR 1 %, unless `targets` say other.

        Raises:
            Broken: ``likeness:template:malformed``: a score that is no number means nothing.
        """
        _demand_number(score)
        return judged_by(score, self.condition(quality, seconds).pairs, self.prior)

    def condition(self, quality: float, seconds: float | None) -> Condition:
        """The best band that a probe reaches; the poorest where it reaches none. Length counts before quality.

        A number that is not finite counts as the worst.
        """
        heard = math.inf if seconds is None else seconds
        reached = [one for one in self.conditions if quality >= one.quality and heard >= one.seconds]
        if reached:
            return max(reached, key=rank_of)
        return min(self.conditions, key=rank_of)

    def summary(self) -> tuple[str, ...]:
        """Lines for a model card: what was measured on what, and the rates at the thresholds."""
        lines = [f"measured on: {self.data}" if self.data else "measured on: not stated"]
        for one in self.conditions:
            pairs = one.pairs
            lines.append(
                f"{one.name}: {one.samples} samples of {one.people} people; 1:1 match from {pairs.match:.4f} "
                f"(FMR {_percent(self.targets.fmr)}, FNMR {_percent(pairs.missed_at(pairs.match))})"
            )
            lines += [f"  1:N {rates.size}: {_thresholds(rates, self.targets)}" for rates in one.galleries]
            if one.rivals:
                lines += [
                    f"  1:N {each.size}, set against rivals: {_thresholds(each, self.targets)}"
                    for each in one.rivals.galleries
                ]
            lines += [_stretched(one, size, self.targets) for size in _SUMMARY_BEYOND if size > one.largest]
        lines += [_group_line(group) for group in self.groups]
        lines.append(f"probabilities assume that {_percent(self.prior)} of probes are of somebody in the gallery")
        return (*lines, *self.notes)


@dataclass(frozen=True, slots=True)
class Calibrations:
    """The calibration of every pack in use."""

    by_pack: Mapping[str, Calibration] = field(default_factory=dict)

    def of(self, pack: str) -> Calibration:
        """The calibration measured with a pack.

        Raises:
            Broken: ``likeness:calibration:foreign``, there is none.
        """
        found = self.by_pack.get(pack)
        if found is None:
            raise Broken(f"there are no thresholds measured with {pack}", code=FOREIGN)
        return found


def calibration_of(document: Mapping[str, Any], digest: str) -> Calibration:
    """Read a calibration document as ``placet models calibrate`` writes it.

    Raises:
        Broken: ``likeness:calibration:malformed``: a part is missing, not a number, out of range or out of order.
    """
    try:
        return _calibration(document, digest)
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise Broken(f"the calibration file cannot be read: {error}", code=MALFORMED) from error


def _calibration(document: Mapping[str, Any], digest: str) -> Calibration:
    _demand(document["schema"] == SCHEMA, f"schema {document['schema']!r} is not {SCHEMA}")
    chosen = document["targets"]
    targets = Targets(*(_share(chosen[name]) for name in ("fpir", "unsure_fpir", "fmr", "unsure_fmr")))
    conditions = tuple(sorted((_condition(part) for part in document["conditions"]), key=rank_of))
    _demand(bool(conditions), "no conditions")
    _demand(len({rank_of(one) for one in conditions}) == len(conditions), "two conditions have the same band")
    prior = _share(document["prior"])
    _demand(0 < prior < 1, "the prior must lie between 0 and 1")
    groups = tuple(_group(part) for part in document.get("groups", ()))
    notes = tuple(str(note) for note in document.get("notes", ()))
    return Calibration(
        digest,
        str(document["pack"]),
        Modality(document["modality"]),
        str(document.get("data", "")),
        targets,
        prior,
        _score(document["verification"]),
        conditions,
        groups,
        notes,
    )


def _condition(part: Mapping[str, Any]) -> Condition:
    galleries = _galleries(part["galleries"])
    against = part.get("against_rivals")
    rivals = part.get("rivals", {})
    exponent = _above(part["exponent"])
    return Condition(
        str(part["name"]),
        _share(part["quality"]),
        _positive(part["seconds"]),
        int(part["people"]),
        int(part["samples"]),
        _rates({"size": 1, **part["pairs"]}),
        galleries,
        exponent,
        AgainstRivals(_below_one(rivals["weight"]), _above(rivals["reference"]), _galleries(against))
        if against
        else None,
    )


def _galleries(parts: Sequence[Mapping[str, Any]]) -> tuple[Rates, ...]:
    galleries = tuple(sorted((_rates(one) for one in parts), key=lambda rates: rates.size))
    sizes = [rates.size for rates in galleries]
    _demand(bool(galleries) and len(set(sizes)) == len(sizes), "galleries must have sizes of their own")
    for low, high in itertools.pairwise(galleries):
        _demand(low.match <= high.match and low.unsure <= high.unsure, "a larger gallery must not be laxer")
    return galleries


def _rates(part: Mapping[str, Any]) -> Rates:
    match, unsure = _score(part["match"]), _score(part["unsure"])
    scores = tuple(_score(value) for value in part["scores"])
    false = tuple(_share(value) for value in part["false"])
    missed = tuple(_share(value) for value in part["missed"])
    slope, size = _finite(part["slope"]), int(part["size"])
    _demand(unsure <= match < 1, "unsure must not pass match, nor match reach 1")
    _demand(len(scores) == len(false) == len(missed) and bool(scores), "curves must be of one length")
    _demand(all(a < b for a, b in itertools.pairwise(scores)), "scores must rise")
    _demand(all(a >= b for a, b in itertools.pairwise(false)) and min(false) > 0, "false rates must fall")
    _demand(all(a <= b for a, b in itertools.pairwise(missed)), "miss rates must rise")
    _demand(slope > 0 and size >= 1, "slope must be above 0, and a gallery holds somebody")
    counts = int(part["mated"]), int(part["unmated"])
    return Rates(size, match, unsure, scores, false, missed, slope, _finite(part["middle"]), *counts)


def _group(part: Mapping[str, Any]) -> GroupRates:
    fnmr = part.get("fnmr")
    return GroupRates(
        str(part["column"]),
        str(part["value"]),
        int(part["people"]),
        _share(part["fmr"]),
        None if fnmr is None else _share(fnmr),
    )


def _demand_number(score: float) -> None:
    if not math.isfinite(score):
        raise Broken("a score is not a number", code="likeness:template:malformed")


def _demand(held: bool, rule: str) -> None:
    if not held:
        raise ValueError(rule)


def _finite(value: Any) -> float:
    _demand(isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value), "not a number")
    return float(value)


def _score(value: Any) -> float:
    number = _finite(value)
    _demand(-1 <= number <= 1, f"{number} is no cosine")
    return number


def _share(value: Any) -> float:
    number = _finite(value)
    _demand(0 <= number <= 1, f"{number} is no share")
    return number


def _above(value: Any) -> float:
    number = _finite(value)
    _demand(number > 0, f"{number} is not above 0")
    return number


def _below_one(value: Any) -> float:
    number = _above(value)
    _demand(number < 1, f"{number} is not below 1")
    return number


def _positive(value: Any) -> float:
    number = _finite(value)
    _demand(number >= 0, f"{number} is below 0")
    return number


def _percent(share: float) -> str:
    return f"{share * 100:.3g} %"


def _thresholds(rates: Rates, targets: Targets) -> str:
    return (
        f"match from {rates.match:.4f} (FPIR {_percent(targets.fpir)}, FNIR {_percent(rates.missed_at(rates.match))}), "
        f"unsure from {rates.unsure:.4f} (FPIR {_percent(targets.unsure_fpir)}, "
        f"FNIR {_percent(rates.missed_at(rates.unsure))})"
    )


def _stretched(condition: Condition, size: int, targets: Targets) -> str:
    found = condition.judged(0.0, size, 0.5)
    last = condition.galleries[-1]
    return (
        f"  1:N {size}, extrapolated: match from {found.threshold:.4f} (FPIR {_percent(targets.fpir)}, "
        f"FNIR about {_percent(last.missed_at(found.threshold))}), unsure from {found.unsure_threshold:.4f}"
    )


def _group_line(group: GroupRates) -> str:
    missed = "not measured" if group.fnmr is None else _percent(group.fnmr)
    return f"{group.column} {group.value} ({group.people} people): FMR {_percent(group.fmr)}, FNMR {missed}"

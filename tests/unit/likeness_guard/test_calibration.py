"""What a score means: bands, error rates and probabilities from a calibration document."""

import copy
import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from likeness_guard.adapters.calibrations import MOST_BYTES, load_calibrations, read_calibration, shipped_calibrations
from likeness_guard.domain import Band, Modality
from likeness_guard.domain.calibration import Calibration, Calibrations, calibration_of
from trust_kernel.errors import Broken

SCORES = [-0.9, 0.0, 0.5, 0.8, 0.9, 0.99]
SIZES = st.integers(0, 10**7)
COSINES = st.floats(-1, 1)


def rates(size: int, match: float, unsure: float) -> dict[str, Any]:
    return {
        "size": size,
        "match": match,
        "unsure": unsure,
        "scores": SCORES,
        "false": [1.0, 0.9, 0.4, 0.05, 0.01, 1e-5],
        "missed": [0.0, 0.0, 0.01, 0.05, 0.2, 0.9],
        "slope": 30.0,
        "middle": unsure,
        "mated": 100,
        "unmated": 1000,
    }


def condition(name: str, quality: float, seconds: float = 0.0, stricter: float = 0.0) -> dict[str, Any]:
    galleries = [rates(size, at + stricter, at - 0.1) for size, at in ((10, 0.80), (100, 0.85), (1000, 0.90))]
    return {
        "name": name,
        "quality": quality,
        "seconds": seconds,
        "people": 40,
        "samples": 80,
        "exponent": 8.0,
        "pairs": rates(1, 0.75, 0.7),
        "galleries": galleries,
    }


def document(*conditions: dict[str, Any]) -> dict[str, Any]:
    return {
        "schema": 2,
        "pack": "m-1",
        "modality": "face",
        "data": "squares",
        "targets": {"fpir": 0.01, "unsure_fpir": 0.05, "fmr": 0.001, "unsure_fmr": 0.01},
        "prior": 0.5,
        "verification": 0.72,
        "conditions": list(conditions) or [condition("good", 0.0)],
    }


def crowd_aware() -> Calibration:
    part = condition("good", 0.0)
    part["rivals"] = {"weight": 0.5, "reference": 0.2}
    part["against_rivals"] = [rates(100, 0.85, 0.75), rates(1000, 0.88, 0.8)]
    return calibration_of(document(part), "d")


PLAIN = calibration_of(document(), "d")
BANDED = calibration_of(
    document(condition("good", 0.6), condition("poor", 0.0, stricter=0.05), condition("fair", 0.3)), "d"
)


@pytest.mark.parametrize(
    ("score", "band"), [(0.85, Band.MATCH), (0.8499, Band.UNSURE), (0.75, Band.UNSURE), (0.7499, Band.NONE)]
)
def test_a_score_on_a_threshold_reaches_it(score: float, band: Band) -> None:
    assert PLAIN.judge(score, size=100, quality=1.0, seconds=None).band is band


def test_a_threshold_between_two_sizes_lies_on_the_line_in_the_logarithm() -> None:
    found = PLAIN.judge(0.9, size=316, quality=1.0, seconds=None)
    assert found.threshold == pytest.approx(0.875, abs=1e-4)
    assert found.unsure_threshold == pytest.approx(0.775, abs=1e-4)


@pytest.mark.parametrize("size", [0, 1, 9, 10])
def test_small_galleries_are_judged_as_the_smallest_measured_one(size: int) -> None:
    assert PLAIN.judge(0.9, size=size, quality=1.0, seconds=None).threshold == 0.80


def test_past_the_data_strangers_come_closer_by_the_exponent_and_mates_stay() -> None:
    last = PLAIN.judge(0.95, size=1000, quality=1.0, seconds=None)
    found = PLAIN.judge(0.95, size=256_000, quality=1.0, seconds=None)
    assert found.threshold == pytest.approx(1 - 0.1 / 2)  # 256 ** (1 / 8) = 2
    assert found.fnir == last.fnir
    assert found.fpir > last.fpir
    assert found.probability < last.probability


def test_the_rate_at_an_extrapolated_threshold_is_that_at_the_last_measured_one() -> None:
    at = PLAIN.judge(0.0, size=50_000, quality=1.0, seconds=None).threshold
    assert PLAIN.judge(at, size=50_000, quality=1.0, seconds=None).fpir == pytest.approx(0.01)


@given(small=SIZES, more=SIZES, quality=st.floats(0, 1))
def test_a_larger_gallery_never_has_a_laxer_threshold(small: int, more: int, quality: float) -> None:
    low = BANDED.judge(0.5, size=small, quality=quality, seconds=None)
    high = BANDED.judge(0.5, size=small + more, quality=quality, seconds=None)
    assert low.threshold <= high.threshold + 1e-12
    assert low.unsure_threshold <= high.unsure_threshold + 1e-12
    assert high.unsure_threshold <= high.threshold < 1


@given(score=COSINES, size=SIZES, quality=st.floats(0, 1))
def test_a_band_is_what_its_thresholds_say_and_rates_are_shares(score: float, size: int, quality: float) -> None:
    found = BANDED.judge(score, size=size, quality=quality, seconds=None)
    assert (found.band is Band.MATCH) == (score >= found.threshold)
    assert (found.band is Band.NONE) == (score < found.unsure_threshold)
    assert found.score == score
    assert all(0 <= share <= 1 for share in (found.probability, found.fpir, found.fnir))


@given(low=COSINES, more=st.floats(0, 2), size=SIZES)
def test_a_higher_score_is_never_less_probable_and_never_more_often_wrong(low: float, more: float, size: int) -> None:
    high = min(1.0, low + more)
    a, b = (PLAIN.judge(score, size=size, quality=1.0, seconds=None) for score in (low, high))
    assert a.probability <= b.probability
    assert a.fpir >= b.fpir
    assert a.fnir <= b.fnir


def test_a_score_that_is_no_number_is_refused() -> None:
    with pytest.raises(Broken) as caught:
        PLAIN.judge(math.nan, size=10, quality=1.0, seconds=None)
    assert caught.value.code == "likeness:template:malformed"
    with pytest.raises(Broken):
        PLAIN.verify(math.inf, quality=1.0, seconds=None)


def test_pairs_are_judged_at_their_own_thresholds() -> None:
    found = PLAIN.verify(0.74, quality=1.0, seconds=None)
    assert (found.threshold, found.unsure_threshold, found.band) == (0.75, 0.7, Band.UNSURE)
    assert found.fpir == pytest.approx(math.exp(math.log(0.4) + 0.8 * math.log(0.05 / 0.4)))
    assert found.fnir == pytest.approx(0.01 + 0.8 * 0.04)


@pytest.mark.parametrize(
    ("quality", "name"),
    [(1.0, "good"), (0.6, "good"), (0.599, "fair"), (0.3, "fair"), (0.299, "poor"), (0.0, "poor"), (math.nan, "poor")],
)
def test_a_probe_is_judged_in_the_best_band_that_it_reaches(quality: float, name: str) -> None:
    assert BANDED.condition(quality, None).name == name


def test_length_of_speech_counts_before_quality() -> None:
    bands = [
        condition("short, good", 0.5, 0.0),
        condition("short, poor", 0.0, 0.0),
        condition("long, good", 0.7, 4.0),
        condition("long, poor", 0.0, 4.0),
    ]
    heard = calibration_of(document(*bands), "d")
    assert heard.condition(0.9, 5.0).name == "long, good"
    assert heard.condition(0.6, 5.0).name == "long, poor"
    assert heard.condition(0.6, 3.9).name == "short, good"
    assert heard.condition(0.1, 0.2).name == "short, poor"
    assert heard.condition(0.9, math.nan).name == "short, poor"


def test_a_probe_below_every_band_is_judged_as_the_poorest_one() -> None:
    only = calibration_of(document(condition("fair", 0.3), condition("good", 0.6)), "d")
    assert only.condition(0.1, None).name == "fair"


def test_whoever_stands_in_a_crowd_must_stand_out() -> None:
    calibration = crowd_aware()
    alone = calibration.judge(0.86, size=100, quality=1.0, seconds=None, rivals=[0.5, 0.5, 0.5])
    crowded = calibration.judge(0.86, size=100, quality=1.0, seconds=None, rivals=[0.84, 0.84, 0.84])
    assert alone.threshold < 0.85 < crowded.threshold < 1
    assert alone.probability > crowded.probability
    assert alone.band is Band.MATCH
    assert crowded.band is Band.UNSURE


def test_usual_rivals_change_nothing() -> None:
    found = crowd_aware().judge(0.86, size=100, quality=1.0, seconds=None, rivals=[0.8, 0.8, 0.8])
    plain = crowd_aware().judge(0.86, size=100, quality=1.0, seconds=None)
    assert found.threshold == pytest.approx(0.85)
    assert (found.fpir, found.fnir) == pytest.approx((plain.fpir, plain.fnir))


@pytest.mark.parametrize(("odds", "probability"), [(0.0, 0.5), (1.0, 0.731059), (-1.0, 0.268941), (3.0, 0.952574)])
def test_a_probability_is_the_logistic_of_the_odds_at_an_even_prior(odds: float, probability: float) -> None:
    score = 0.75 + odds / 30  # the middle, and the slope
    found = PLAIN.judge(score, size=100, quality=1.0, seconds=None)
    assert found.probability == pytest.approx(probability, abs=1e-5)


def test_whoever_reaches_the_threshold_too_is_the_same_person_and_no_rival() -> None:
    found = crowd_aware().judge(0.9, size=100, quality=1.0, seconds=None, rivals=[0.85, 0.84, 0.84])
    assert found == crowd_aware().judge(0.9, size=100, quality=1.0, seconds=None)


@pytest.mark.parametrize(
    "rivals", [[], [0.84, 0.84], [0.9, 0.9, 0.9], [0.99, 0.84, 0.84]], ids=["none", "few", "the same", "the same, few"]
)
def test_a_person_enrolled_twice_is_no_rival_and_few_rivals_count_for_nothing(rivals: list[float]) -> None:
    found = crowd_aware().judge(0.86, size=100, quality=1.0, seconds=None, rivals=rivals)
    assert found == crowd_aware().judge(0.86, size=100, quality=1.0, seconds=None)
    assert found.threshold == 0.85


def test_in_a_gallery_too_small_for_it_rivals_count_for_nothing() -> None:
    found = crowd_aware().judge(0.86, size=99, quality=1.0, seconds=None, rivals=[0.7, 0.7, 0.7])
    assert found == crowd_aware().judge(0.86, size=99, quality=1.0, seconds=None)


def test_past_the_data_rivals_and_strangers_come_closer_by_the_same_law() -> None:
    last = crowd_aware().judge(0.5, size=1000, quality=1.0, seconds=None, rivals=[0.6] * 3)
    found = crowd_aware().judge(0.5, size=256_000, quality=1.0, seconds=None, rivals=[0.8] * 3)  # half as far
    assert 1 - found.threshold == pytest.approx((1 - last.threshold) / 2)


@given(score=COSINES, rivals=st.lists(COSINES, max_size=7), size=SIZES)
def test_against_rivals_too_a_band_is_what_its_thresholds_say(score: float, rivals: list[float], size: int) -> None:
    falling = sorted((min(one, score) for one in rivals), reverse=True)
    found = crowd_aware().judge(score, size=size, quality=1.0, seconds=None, rivals=falling)
    assert (found.band is Band.MATCH) == (score >= found.threshold)
    assert (found.band is Band.NONE) == (score < found.unsure_threshold)
    assert found.unsure_threshold <= found.threshold < 1


def test_scores_of_a_pack_without_a_calibration_mean_nothing() -> None:
    with pytest.raises(Broken) as caught:
        Calibrations({"m-1": PLAIN}).of("m-2")
    assert caught.value.code == "likeness:calibration:foreign"
    assert Calibrations({"m-1": PLAIN}).of("m-1") is PLAIN


def broken(path: str, value: Any) -> dict[str, Any]:
    found = copy.deepcopy(document())
    *steps, last = path.split(".")
    part: Any = found
    for step in steps:
        part = part[int(step) if step.isdigit() else step]
    if value is None:
        del part[last]
    else:
        part[int(last) if last.isdigit() else last] = value
    return found


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("schema", 1),
        ("pack", None),
        ("modality", "gait"),
        ("prior", 0.0),
        ("prior", 1.0),
        ("verification", 1.5),
        ("verification", float("nan")),
        ("targets.fpir", None),
        ("conditions", []),
        ("conditions", [condition("a", 0.3), condition("b", 0.3)]),
        ("conditions.0.quality", -0.1),
        ("conditions.0.seconds", -1.0),
        ("conditions.0.exponent", 0.0),
        ("conditions.0.galleries", []),
        ("conditions.0.galleries.0.match", 0.86),
        ("conditions.0.galleries.0.unsure", 0.81),
        ("conditions.0.galleries.1.match", "high"),
        ("conditions.0.galleries.1.match", True),
        ("conditions.0.galleries.1.size", 10),
        ("conditions.0.galleries.0.size", 0),
        ("conditions.0.galleries.0.scores", [0.5, 0.4, 0.6, 0.7, 0.8, 0.9]),
        ("conditions.0.galleries.0.false", [0.1, 0.2, 0.1, 0.1, 0.1, 0.1]),
        ("conditions.0.galleries.0.false", [1.0, 0.9, 0.4, 0.05, 0.01, 0.0]),
        ("conditions.0.galleries.0.missed", [0.5, 0.4, 0.5, 0.6, 0.7, 0.8]),
        ("conditions.0.galleries.0.missed", [0.1]),
        ("conditions.0.galleries.0.slope", 0.0),
        ("conditions.0.pairs.match", 1.0),
    ],
)
def test_a_calibration_that_makes_no_sense_is_refused(path: str, value: Any) -> None:
    with pytest.raises(Broken) as caught:
        calibration_of(broken(path, value), "d")
    assert caught.value.code == "likeness:calibration:malformed"


@pytest.mark.parametrize(
    "data", [b"", b"[]", b"null", b'{"schema": 2}', b"[" * 100_000, b"\xff", b" " * (MOST_BYTES + 1)]
)
def test_a_file_that_is_no_calibration_is_refused(data: bytes) -> None:
    with pytest.raises(Broken) as caught:
        read_calibration(data)
    assert caught.value.code == "likeness:calibration:malformed"


def test_an_operators_file_replaces_the_shipped_one_of_the_same_pack() -> None:
    name, data = next(iter(shipped_calibrations().items()))
    other = json.loads(data)
    other["data"] = "our own people"
    known = load_calibrations([json.dumps(other).encode(), json.dumps(document()).encode()])
    assert known.of(name).data == "our own people"
    assert known.of("m-1").data == "squares"


def test_the_summary_names_the_data_the_rates_and_what_is_extrapolated() -> None:
    told = json.loads(json.dumps(document()))
    told["groups"] = [{"column": "sex", "value": "f", "people": 12, "fmr": 0.002, "fnmr": None}]
    told["notes"] = ["one more thing"]
    lines = "\n".join(calibration_of(told, "d").summary())
    assert "squares" in lines
    assert "FPIR 1 %" in lines
    assert "1:N 100000, extrapolated" in lines
    assert "sex f (12 people): FMR 0.2 %, FNMR not measured" in lines
    assert lines.endswith("one more thing")


@pytest.mark.parametrize("name", sorted(shipped_calibrations()))
def test_the_shipped_calibrations_hold_what_they_promise(name: str) -> None:
    calibration = load_calibrations().of(name)
    assert calibration.pack == name
    assert calibration.data
    for one in calibration.conditions:
        assert one.people >= 16
        for measured in one.galleries:
            assert measured.false_at(measured.match) <= calibration.targets.fpir * 1.02
            assert measured.false_at(measured.unsure) <= calibration.targets.unsure_fpir * 1.02
            assert measured.missed_at(measured.unsure) <= measured.missed_at(measured.match)


@given(
    name=st.sampled_from(sorted(shipped_calibrations())),
    small=SIZES,
    more=SIZES,
    quality=st.floats(0, 1),
    seconds=st.floats(0, 20),
)
def test_shipped_thresholds_grow_with_the_gallery(
    name: str, small: int, more: int, quality: float, seconds: float
) -> None:
    calibration = load_calibrations().of(name)
    heard = None if calibration.modality is Modality.FACE else seconds
    low = calibration.judge(0.9, size=small, quality=quality, seconds=heard)
    high = calibration.judge(0.9, size=small + more, quality=quality, seconds=heard)
    assert low.threshold <= high.threshold + 1e-12
    assert high.unsure_threshold <= high.threshold < 1

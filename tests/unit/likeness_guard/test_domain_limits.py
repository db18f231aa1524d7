"""Thresholds at their very edges, where an off-by-one would let somebody through."""

import pytest

from likeness_guard.domain import Band, Curve, IndexReadiness, Modality, Thresholds, calibration_of

LIMITS = Thresholds(match=0.9, unsure=0.8)


@pytest.mark.parametrize(
    ("score", "band"),
    [(0.9, Band.MATCH), (0.8999, Band.UNSURE), (0.8, Band.UNSURE), (0.7999, Band.NONE)],
)
def test_a_score_on_the_threshold_reaches_it(score: float, band: Band) -> None:
    assert LIMITS.band(score) is band


def test_a_curve_of_one_point_holds_for_every_gallery() -> None:
    curve = Curve("m-1", (10,), (LIMITS,), 0.7)
    assert [curve.at(size) for size in (0, 10, 11, 100_000)] == [LIMITS] * 4


def test_a_curve_of_two_points_is_read_between_and_beyond_them() -> None:
    curve = Curve("m-1", (10, 1000), (Thresholds(0.90, 0.80), Thresholds(0.92, 0.86)), 0.7)
    assert curve.at(10) == Thresholds(0.90, 0.80)
    assert curve.at(100).match == pytest.approx(0.91)
    assert curve.at(100).unsure == pytest.approx(0.83)
    assert curve.at(1000).match == pytest.approx(0.92)
    assert curve.at(100_000).match == pytest.approx(0.94)


def test_thresholds_never_ask_for_more_than_can_be_reached() -> None:
    curve = Curve("m-1", (10, 20), (Thresholds(0.90, 0.80), Thresholds(0.98, 0.90)), 0.7)
    assert curve.at(1_000_000).match == 0.999


def test_the_two_thresholds_may_be_one() -> None:
    part = {"version": "m-1", "verification": 0.7, "points": [{"gallery": 10, "match": 0.9, "unsure": 0.9}]}
    read = calibration_of({modality.value: part for modality in Modality}, "digest")
    assert read.thresholds(Modality.FACE, 10).band(0.89) is Band.NONE


def test_nothing_is_unreadable_unless_it_is_said() -> None:
    assert IndexReadiness(generation=3, latest=3, lag=0).unreadable == 0


def test_past_the_end_of_a_curve_its_last_two_points_go_on() -> None:
    points = (Thresholds(0.90, 0.80), Thresholds(0.91, 0.82), Thresholds(0.95, 0.90))
    curve = Curve("m-1", (10, 100, 1000), points, 0.7)
    assert curve.at(1000) == points[2]
    assert curve.at(10_000).match == pytest.approx(0.99)
    assert curve.at(10_000).unsure == pytest.approx(0.98)

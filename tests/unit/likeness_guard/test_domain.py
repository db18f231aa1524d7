"""Thresholds, bands and reasons."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from likeness_guard.adapters.stack import load_calibration
from likeness_guard.domain import (
    Band,
    Curve,
    Gallery,
    LikenessReason,
    Modality,
    Sighting,
    Thresholds,
    calibration_of,
    reason_of,
)
from trust_kernel.errors import Broken

CURVE = Curve("m-1", (1, 10, 100), (Thresholds(0.80, 0.70), Thresholds(0.85, 0.75), Thresholds(0.90, 0.80)), 0.8)


def test_a_threshold_between_two_sizes_lies_on_the_line_in_the_logarithm() -> None:
    assert CURVE.at(10) == Thresholds(0.85, 0.75)
    assert CURVE.at(32).match == pytest.approx(0.875, abs=0.001)


def test_past_the_last_size_the_threshold_keeps_rising() -> None:
    assert CURVE.at(1000).match == pytest.approx(0.95)


def test_an_empty_gallery_uses_the_first_threshold() -> None:
    assert CURVE.at(0) == Thresholds(0.80, 0.70)


@given(small=st.integers(0, 10**7), more=st.integers(0, 10**7), modality=st.sampled_from(Modality))
def test_a_larger_gallery_never_has_a_laxer_threshold(small: int, more: int, modality: Modality) -> None:
    calibration = load_calibration()
    low, high = calibration.thresholds(modality, small), calibration.thresholds(modality, small + more)
    assert low.match <= high.match + 1e-9
    assert low.unsure <= high.unsure + 1e-9
    assert high.unsure <= high.match < 1


@given(score=st.floats(-1, 1))
def test_no_score_below_the_match_threshold_is_a_match(score: float) -> None:
    band = Thresholds(0.9, 0.8).band(score)
    assert (band is Band.MATCH) == (score >= 0.9)
    assert (band is Band.NONE) == (score < 0.8)


def sighting(modality: Modality, gallery: Gallery, band: Band) -> Sighting:
    return Sighting(modality, gallery, None, band, 0.9, 0.9, 0.8, None, None, 1.0)


@given(
    modality=st.sampled_from(Modality),
    gallery=st.sampled_from(Gallery),
    band=st.sampled_from(Band),
    consented=st.booleans(),
)
def test_only_a_sure_cameo_match_with_consent_is_consented(
    modality: Modality, gallery: Gallery, band: Band, *, consented: bool
) -> None:
    reason = reason_of(sighting(modality, gallery, band), consented=consented)
    fine = reason in {LikenessReason.FACE_CONSENTED, LikenessReason.VOICE_CONSENTED}
    assert fine == (consented and gallery is Gallery.CAMEO and band is Band.MATCH)
    assert reason.split(":")[1] == modality.value


@pytest.mark.parametrize(
    "part",
    [
        {},
        {"version": "m", "verification": 0.8, "points": []},
        {"version": "m", "verification": 0.8, "points": [{"gallery": 1, "match": 0.7, "unsure": 0.8}]},
        {"version": "m", "verification": 0.8, "points": [{"gallery": 1, "match": "x", "unsure": 0.8}]},
    ],
)
def test_a_calibration_that_makes_no_sense_is_refused(part: dict[str, object]) -> None:
    with pytest.raises(Broken):
        calibration_of({"face": part, "voice": part}, "digest")

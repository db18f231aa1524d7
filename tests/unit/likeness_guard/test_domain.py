"""Sightings and the reasons that they give."""

from hypothesis import given
from hypothesis import strategies as st

from likeness_guard.domain import Band, Gallery, IndexReadiness, LikenessReason, Modality, Sighting, reason_of


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


def test_nothing_is_unreadable_unless_it_is_said() -> None:
    assert IndexReadiness(generation=3, latest=3, lag=0).unreadable == 0

"""A grant for one person is no cover for another: what comes out is verified 1:1 against who was asked for."""

import pytest

from likeness_guard.api import Band, Gallery, LikenessGuard, Modality, NewEntry
from tests.fakes.likeness import audio, image, picture_of, voice_of


@pytest.fixture(autouse=True)
def enrolled(guard: LikenessGuard) -> None:
    guard.enrol("subj_a", [picture_of(5)], [voice_of(5)])
    guard.enrol("subj_b", [picture_of(9)], [voice_of(9)])


def test_who_was_asked_for_is_verified(guard: LikenessGuard) -> None:
    (sighting,) = guard.examine(image(picture_of(5)), claims={Modality.FACE: ["subj_a"]}).sightings
    assert (sighting.about, sighting.band, sighting.claimed) == ("subj_a", Band.MATCH, True)
    (heard,) = guard.examine(audio(voice_of(5)), claims={Modality.VOICE: ["subj_a"]}).sightings
    assert (heard.about, heard.band, heard.claimed) == ("subj_a", Band.MATCH, True)


def test_somebody_else_is_found_by_search_and_does_not_pass_for_who_was_asked_for(guard: LikenessGuard) -> None:
    (sighting,) = guard.examine(image(picture_of(9)), claims={Modality.FACE: ["subj_a"]}).sightings
    assert (sighting.about, sighting.gallery, sighting.claimed) == ("subj_b", Gallery.CAMEO, False)


def test_a_claim_of_the_voice_says_nothing_of_the_face(guard: LikenessGuard) -> None:
    (sighting,) = guard.examine(image(picture_of(5)), claims={Modality.VOICE: ["subj_a"]}).sightings
    assert (sighting.about, sighting.claimed) == ("subj_a", False)


def test_a_doubtful_likeness_of_who_was_asked_for_is_doubtful(guard: LikenessGuard) -> None:
    poor = picture_of(5, likeness=0.85)
    (sighting,) = guard.examine(image(poor), claims={Modality.FACE: ["subj_a"]}).sightings
    assert (sighting.about, sighting.band, sighting.claimed) == ("subj_a", Band.UNSURE, True)


def test_a_blocked_person_stays_blocked_though_they_were_asked_for(guard: LikenessGuard) -> None:
    entry = guard.add_entry(NewEntry("Ada Example", faces=[picture_of(5)]))
    sightings = guard.examine(image(picture_of(5)), claims={Modality.FACE: ["subj_a"]}).sightings
    assert {(s.about, s.claimed, s.band) for s in sightings} == {
        ("subj_a", True, Band.MATCH),
        (entry, False, Band.MATCH),
    }


def test_a_claim_of_somebody_unknown_changes_nothing(guard: LikenessGuard) -> None:
    (sighting,) = guard.examine(image(picture_of(5)), claims={Modality.FACE: ["subj_nobody"]}).sightings
    assert (sighting.about, sighting.claimed) == ("subj_a", False)

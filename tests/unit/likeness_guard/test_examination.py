"""Who is seen and heard, over fakes."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from likeness_guard.api import Band, Gallery, LikenessGuard, Modality, NewEntry
from likeness_guard.domain import Sighting
from tests.factories.databases import sqlite_at
from tests.fakes.likeness import audio, fake_guard, image, picture_of, video, voice_of
from tests.unit.likeness_guard.conftest import GuardMaker
from trust_kernel.db import Database
from trust_kernel.errors import NotFound


def seen(sightings: tuple[Sighting, ...]) -> list[tuple[Modality, Gallery, str | None, Band]]:
    return [(s.modality, s.gallery, s.about, s.band) for s in sightings]


def test_an_enrolled_face_is_recognised(guard: LikenessGuard) -> None:
    guard.enrol("subj_a", [picture_of(5)], [])
    (sighting,) = guard.examine(image(picture_of(5))).sightings
    assert (sighting.gallery, sighting.about, sighting.band) == (Gallery.CAMEO, "subj_a", Band.MATCH)
    assert sighting.score == pytest.approx(1.0, abs=1e-4)
    assert sighting.seconds is None
    assert sighting.box is not None
    assert all(0 <= share <= 1 for share in sighting.box)


def test_a_face_that_nobody_enrolled_is_a_stranger(guard: LikenessGuard) -> None:
    guard.enrol("subj_a", [picture_of(5)], [])
    found = guard.examine(image(picture_of(6)))
    assert seen(found.sightings) == [(Modality.FACE, Gallery.STRANGER, None, Band.MATCH)]


def test_with_empty_galleries_every_face_is_a_stranger(guard: LikenessGuard) -> None:
    (sighting,) = guard.examine(image(picture_of(6))).sightings
    assert (sighting.gallery, sighting.score) == (Gallery.STRANGER, 0.0)


def test_a_picture_without_people_shows_nobody(guard: LikenessGuard) -> None:
    found = guard.examine(image(picture_of(blank=True)))
    assert (found.sightings, found.faces, found.speech_seconds) == ((), 0, 0.0)


def test_between_the_thresholds_somebody_must_look(guard: LikenessGuard) -> None:
    guard.enrol("subj_a", [picture_of(5)], [])
    (sighting,) = guard.examine(image(picture_of(5, likeness=0.85))).sightings
    assert (sighting.about, sighting.band) == ("subj_a", Band.UNSURE)
    assert sighting.unsure_threshold <= sighting.score < sighting.threshold


def test_a_face_in_both_galleries_is_reported_for_both(guard: LikenessGuard) -> None:
    guard.enrol("subj_a", [picture_of(5)], [])
    entry = guard.add_entry(NewEntry("Ada Example", faces=[picture_of(5)]))
    sightings = guard.examine(image(picture_of(5))).sightings
    assert [(s.gallery, s.about, s.name) for s in sightings] == [
        (Gallery.CAMEO, "subj_a", ""),
        (Gallery.BLOCKLIST, entry, "Ada Example"),
    ]


def test_everyone_in_a_picture_is_reported(guard: LikenessGuard) -> None:
    guard.enrol("subj_a", [picture_of(5)], [])
    found = guard.examine(image(picture_of(5, 9, 12)))
    assert found.faces == 3
    assert [s.about for s in found.sightings] == ["subj_a", None, None]


def test_a_person_in_many_frames_is_one_sighting_with_the_time_they_are_on_screen(guard: LikenessGuard) -> None:
    guard.enrol("subj_a", [picture_of(5)], [])
    frames = [picture_of(blank=True), *[picture_of(5)] * 4, picture_of(blank=True)]
    (sighting,) = guard.examine(video(frames)).sightings
    assert sighting.about == "subj_a"
    assert sighting.seconds == (0.5, 2.5)


def test_a_face_that_turns_into_somebody_else_is_two_sightings(guard: LikenessGuard) -> None:
    guard.enrol("subj_a", [picture_of(5)], [])
    guard.add_entry(NewEntry("Ada Example", faces=[picture_of(9)]))
    found = guard.examine(video([picture_of(5)] * 3 + [picture_of(9)] * 3))
    assert {s.gallery for s in found.sightings} == {Gallery.CAMEO, Gallery.BLOCKLIST}


def test_an_enrolled_voice_is_recognised_with_its_time(guard: LikenessGuard) -> None:
    guard.enrol("subj_a", [], [voice_of(5)])
    sound = np.concatenate([np.zeros(32_000, np.float32), voice_of(5, 3)])
    found = guard.examine(audio(sound))
    (sighting,) = found.sightings
    assert (sighting.modality, sighting.about, sighting.band) == (Modality.VOICE, "subj_a", Band.MATCH)
    assert sighting.seconds == pytest.approx((2.0, 5.0), abs=0.01)
    assert found.speech_seconds == pytest.approx(3.0, abs=0.01)


def test_two_speakers_are_two_sightings(guard: LikenessGuard) -> None:
    guard.enrol("subj_a", [], [voice_of(5)])
    sound = np.concatenate([voice_of(5, 4), voice_of(20, 4)])
    found = guard.examine(audio(sound)).sightings
    assert {(s.gallery, s.about) for s in found} == {(Gallery.CAMEO, "subj_a"), (Gallery.STRANGER, None)}


def test_an_unknown_voice_counts_only_from_a_second_and_a_half_of_speech(guard: LikenessGuard) -> None:
    assert guard.examine(audio(voice_of(9, 1.4))).sightings == ()
    assert seen(guard.examine(audio(voice_of(9, 1.6))).sightings) == [
        (Modality.VOICE, Gallery.STRANGER, None, Band.MATCH)
    ]


def test_a_known_voice_counts_even_when_it_is_short(guard: LikenessGuard) -> None:
    guard.add_entry(NewEntry("Ada Example", voices=[voice_of(9)]))
    (sighting,) = guard.examine(audio(voice_of(9, 1.2))).sightings
    assert sighting.gallery is Gallery.BLOCKLIST


def test_an_entry_added_by_another_process_is_found_by_the_next_examination(make_guard: GuardMaker) -> None:
    here, there = make_guard(), make_guard()
    assert here.examine(image(picture_of(5))).sightings[0].gallery is Gallery.STRANGER
    entry = there.add_entry(NewEntry("Ada Example", faces=[picture_of(5)]))
    assert here.examine(image(picture_of(5))).sightings[0].about == entry


def test_an_entry_removed_by_another_process_is_never_found_again(make_guard: GuardMaker) -> None:
    here, there = make_guard(), make_guard()
    entry = here.add_entry(NewEntry("Ada Example", faces=[picture_of(5)]))
    assert here.examine(image(picture_of(5))).sightings[0].about == entry
    there.remove_entry(entry)
    assert here.examine(image(picture_of(5))).sightings[0].gallery is Gallery.STRANGER


def test_an_index_that_was_restarted_knows_everybody(make_guard: GuardMaker) -> None:
    make_guard().enrol("subj_a", [picture_of(5)], [voice_of(5)])
    fresh = make_guard()
    assert fresh.readiness().lag == 2
    assert fresh.examine(image(picture_of(5))).sightings[0].about == "subj_a"
    assert fresh.readiness().lag == 0


def test_a_forgotten_subject_is_a_stranger_and_cannot_come_back_under_their_id(guard: LikenessGuard) -> None:
    guard.enrol("subj_a", [picture_of(5)], [voice_of(5)])
    guard.forget("subj_a")
    assert guard.examine(video([picture_of(5)] * 2, voice_of(5))).sightings[0].gallery is Gallery.STRANGER
    with pytest.raises(NotFound):
        guard.enrol("subj_a", [picture_of(5)], [])


def test_an_enrolment_that_was_rolled_back_leaves_no_trace_and_no_gap(
    guard: LikenessGuard, make_guard: GuardMaker, database: Database
) -> None:
    class UndoError(Exception):
        pass

    def half_way() -> None:
        with database.transaction():
            guard.enrol("subj_a", [picture_of(5)], [])
            guard.examine(image(picture_of(5)))  # catches up while the row is not committed
            raise UndoError

    with pytest.raises(UndoError):
        half_way()
    make_guard().enrol("subj_b", [picture_of(9)], [])  # takes the generation that was given back
    assert guard.examine(image(picture_of(9))).sightings[0].about == "subj_b"
    assert guard.examine(image(picture_of(5))).sightings[0].gallery is Gallery.STRANGER


def test_what_an_examination_was_made_with_is_on_record(guard: LikenessGuard) -> None:
    guard.enrol("subj_a", [picture_of(5)], [])
    facts = guard.examine(image(picture_of(5))).made_with
    assert facts["likeness:face"] == "colour-1"
    assert facts["likeness:face:calibration"] == "fake"
    assert facts["likeness:face:cameo"] == "0.9000/0.8000 at 1"
    assert facts["likeness:index"] == "1"


@settings(max_examples=8, deadline=None)
@given(
    steps=st.lists(
        st.tuples(st.sampled_from(["enrol", "forget"]), st.integers(1, 4), st.integers(0, 1)), min_size=1, max_size=8
    )
)
def test_whoever_forgets_and_wherever_only_those_still_enrolled_are_recognised(
    steps: list[tuple[str, int, int]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("walk")
    database = sqlite_at(folder / "db")
    guards = [fake_guard(database, folder / "root.key") for _ in range(2)]
    enrolled: set[int] = set()
    forgotten: set[int] = set()
    for what, number, at in steps:
        if what == "forget":
            guards[at].forget(f"subj_{number}")
            enrolled.discard(number)
            forgotten.add(number)
        elif number not in forgotten:
            guards[at].enrol(f"subj_{number}", [picture_of(number * 5)], [])
            enrolled.add(number)
        for guard in guards:
            about = {guard.examine(image(picture_of(n * 5))).sightings[0].about for n in range(1, 5)}
            assert about - {None} == {f"subj_{n}" for n in enrolled}
    database.dispose()

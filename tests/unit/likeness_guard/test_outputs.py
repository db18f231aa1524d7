"""Whoever is enrolled or blocked can be looked for in everything that was made before."""

from pathlib import Path

import numpy as np
import pytest
from sqlmodel import col, select

from likeness_guard.api import LikenessGuard, Modality, NewEntry
from likeness_guard.tables import LikenessOutputRow, LikenessReferenceRow
from tests.fakes.likeness import fake_guard, image, picture_of, video, voice_of
from trust_kernel.db import Database
from trust_kernel.envelope import DataKeyRow
from trust_kernel.errors import InvalidInput


def found(guard: LikenessGuard, owner: str) -> set[tuple[str, Modality]]:
    return {(one.case_id, one.modality) for one in guard.appearances(owner)}


def tracks(database: Database) -> list[LikenessOutputRow]:
    with database.reading() as session:
        return list(session.exec(select(LikenessOutputRow).where(~col(LikenessOutputRow.removed))))


def test_somebody_enrolled_later_is_found_in_what_was_made_before(guard: LikenessGuard) -> None:
    guard.examine(video([picture_of(5), picture_of(5)], voice_of(9)), keep_as="video_1")
    guard.examine(image(picture_of(7)), keep_as="video_2")
    guard.enrol("subj_a", [picture_of(5)], [voice_of(9)])
    assert found(guard, "subj_a") == {("video_1", Modality.FACE), ("video_1", Modality.VOICE)}
    assert [(one.owner, one.cause) for one in guard.searches_due(10)] == [("subj_a", "enrolled")]


def test_a_blocked_person_is_found_and_the_search_is_struck_off_once(guard: LikenessGuard) -> None:
    guard.examine(image(picture_of(5)), keep_as="video_1")
    entry = guard.add_entry(NewEntry("Ada Example", faces=[picture_of(5)]))
    assert found(guard, entry) == {("video_1", Modality.FACE)}
    (search,) = guard.searches_due(10)
    assert (search.owner, search.cause) == (entry, "blocked")
    assert guard.search_done(search.id)
    assert not guard.search_done(search.id)
    assert guard.searches_due(10) == ()


def test_a_search_that_is_undone_with_its_cause_never_was(database: Database, guard: LikenessGuard) -> None:
    def enrol_two() -> None:
        with database.transaction():
            guard.enrol("subj_a", [picture_of(5)], [])
            guard.enrol("subj_b", [picture_of(5, blank=True)], [])

    with pytest.raises(InvalidInput):
        enrol_two()
    assert guard.searches_due(10) == ()


def test_what_is_looked_at_without_a_name_is_not_kept(database: Database, guard: LikenessGuard) -> None:
    guard.examine(image(picture_of(5)))
    assert tracks(database) == []


def test_a_second_look_at_one_case_replaces_the_first(database: Database, guard: LikenessGuard) -> None:
    guard.examine(image(picture_of(5, 9)), keep_as="video_1")
    guard.examine(image(picture_of(9)), keep_as="video_1")
    assert len(tracks(database)) == 1
    guard.enrol("subj_a", [picture_of(5)], [])
    guard.enrol("subj_b", [picture_of(9)], [])
    assert found(guard, "subj_a") == set()
    assert found(guard, "subj_b") == {("video_1", Modality.FACE)}


def test_a_discarded_case_shows_nobody_and_its_key_is_gone(database: Database, guard: LikenessGuard) -> None:
    guard.examine(image(picture_of(5)), keep_as="video_1")
    guard.enrol("subj_a", [picture_of(5)], [])
    assert found(guard, "subj_a")
    guard.discard("video_1")
    assert found(guard, "subj_a") == set()
    assert tracks(database) == []
    with database.reading() as session:
        assert session.get_one(DataKeyRow, "video_1").wrapped is None


def test_tracks_are_sealed_and_turned(database: Database, tmp_path: Path) -> None:
    guard = fake_guard(database, tmp_path / "root.key")
    examination, (likeness,) = guard._examiner.examine(image(picture_of(5)), {})
    guard.examine(image(picture_of(5)), keep_as="video_1")
    (row,) = tracks(database)
    assert row.sealed is not None
    assert likeness.vector.tobytes() not in row.sealed
    (opened,) = guard._outputs._book.portfolio("video_1").values()
    assert abs(float(opened[0] @ likeness.vector)) < 0.7
    assert examination.faces == 1


def test_more_appearances_than_one_page_of_the_index_are_all_found(guard: LikenessGuard) -> None:
    for number in range(30):
        guard.examine(image(picture_of(5)), keep_as=f"video_{number:02}")
    guard.examine(image(picture_of(9)), keep_as="video_other")
    guard.enrol("subj_a", [picture_of(5)], [])
    assert found(guard, "subj_a") == {(f"video_{number:02}", Modality.FACE) for number in range(30)}


def test_the_surest_comes_first(guard: LikenessGuard) -> None:
    guard.examine(image(picture_of(5, likeness=0.93)), keep_as="video_less")
    guard.examine(image(picture_of(5)), keep_as="video_more")
    guard.enrol("subj_a", [picture_of(5)], [])
    assert [one.case_id for one in guard.appearances("subj_a")] == ["video_more", "video_less"]
    scores = [one.judgement.score for one in guard.appearances("subj_a")]
    assert scores == sorted(scores, reverse=True)
    assert np.isfinite(scores).all()


def test_a_forgotten_person_appears_nowhere(guard: LikenessGuard) -> None:
    guard.examine(image(picture_of(5)), keep_as="video_1")
    guard.enrol("subj_a", [picture_of(5)], [])
    guard.forget("subj_a")
    assert found(guard, "subj_a") == set()


def test_a_track_of_somebody_enrolled_goes_with_them_and_others_in_the_picture_stay(
    database: Database, guard: LikenessGuard
) -> None:
    guard.enrol("subj_a", [picture_of(5)], [])
    guard.enrol("subj_b", [picture_of(9)], [])
    guard.examine(image(picture_of(5, 9)), keep_as="video_1")
    assert {row.key_id for row in tracks(database)} == {"subj_a", "subj_b"}
    guard.forget("subj_a")
    assert [row.key_id for row in tracks(database)] == ["subj_b"]
    assert found(guard, "subj_b") == {("video_1", Modality.FACE)}


def test_what_was_made_before_somebody_enrolled_becomes_theirs(
    database: Database, tmp_path: Path, guard: LikenessGuard
) -> None:
    guard.examine(image(picture_of(5, 9)), keep_as="video_1")
    guard.enrol("subj_a", [picture_of(5)], [])
    assert guard.adopt("subj_a") == 1
    assert guard.adopt("subj_a") == 0
    assert {row.key_id for row in tracks(database)} == {"subj_a", "video_1"}
    elsewhere = fake_guard(database, tmp_path / "root.key")
    assert found(elsewhere, "subj_a") == found(guard, "subj_a") == {("video_1", Modality.FACE)}
    guard.forget("subj_a")
    assert [row.key_id for row in tracks(database)] == ["video_1"]


def test_a_track_that_is_somebody_elses_stays_theirs_whoever_looks_like_them(
    database: Database, guard: LikenessGuard
) -> None:
    guard.enrol("subj_b", [picture_of(5)], [])
    guard.examine(image(picture_of(5)), keep_as="video_1")
    guard.enrol("subj_twin", [picture_of(5)], [])
    assert guard.adopt("subj_twin") == 0
    assert [row.key_id for row in tracks(database)] == ["subj_b"]
    guard.forget("subj_b")
    assert tracks(database) == []


def test_who_enrols_again_and_lets_nothing_be_kept_has_nothing_kept(database: Database, guard: LikenessGuard) -> None:
    guard.enrol("subj_a", [picture_of(5)], [voice_of(5)], keep_reference=True)
    with database.reading() as session:
        assert len(session.exec(select(LikenessReferenceRow)).all()) == 2
    guard.enrol("subj_a", [picture_of(5)], [])
    with database.reading() as session:
        assert session.exec(select(LikenessReferenceRow)).all() == []

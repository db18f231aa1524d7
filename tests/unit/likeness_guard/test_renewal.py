"""Changing a model leaves nobody unguarded: former templates are searched until everybody has a new one."""

from pathlib import Path

import pytest
from sqlmodel import col, select

from likeness_guard.api import Band, Gallery, LikenessGuard, Modality, NewEntry, Senses
from likeness_guard.tables import LikenessReferenceRow, LikenessTemplateRow
from tests.fakes.likeness import (
    ColourEmbedder,
    LoudnessEmbedder,
    LoudVoice,
    SquareDetector,
    audio,
    fake_calibration,
    fake_calibrations,
    fake_guard,
    image,
    picture_of,
    voice_of,
)
from trust_kernel.db import Database
from trust_kernel.errors import Conflict

NEW = "colour-2"
NEW_VOICE = "loudness-2"


class NewLoudness(LoudnessEmbedder):
    version = NEW_VOICE


def upgraded(database: Database, key_file: Path, *, knows_former: bool = True) -> LikenessGuard:
    """A process that was started with new models; `colour-1` and `loudness-1` are its former ones."""
    former_faces = {"colour-1": ColourEmbedder("colour-1")} if knows_former else {}
    former_voices = {"loudness-1": LoudnessEmbedder()} if knows_former else {}
    senses = Senses(
        SquareDetector(), LoudVoice(), ColourEmbedder(NEW), NewLoudness(), None, former_faces.get, former_voices.get
    )
    calibrations = fake_calibrations(fake_calibration(NEW, Modality.FACE), fake_calibration(NEW_VOICE, Modality.VOICE))
    return fake_guard(database, key_file, senses, calibrations)


def packs(database: Database) -> dict[str, int]:
    with database.reading() as session:
        rows = session.exec(select(LikenessTemplateRow).where(~col(LikenessTemplateRow.removed))).all()
    return {pack: sum(row.pack == pack for row in rows) for pack in {row.pack for row in rows}}


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    return tmp_path / "root.key"


def test_somebody_known_by_the_former_model_alone_is_still_found(
    database: Database, key_file: Path, guard: LikenessGuard
) -> None:
    entry = guard.add_entry(NewEntry("Ada Example", faces=[picture_of(5)], voices=[voice_of(9)]))
    new = upgraded(database, key_file)
    seen = new.examine(image(picture_of(5)))
    assert [(s.about, s.band, s.pack) for s in seen.sightings] == [(entry, Band.MATCH, "colour-1")]
    heard = new.examine(audio(voice_of(9)))
    assert entry in {s.about for s in heard.sightings}
    assert seen.made_with["likeness:face"] == f"{NEW} colour-1"


def test_new_templates_are_made_of_what_was_kept_and_then_the_former_model_rests(
    database: Database, key_file: Path, guard: LikenessGuard
) -> None:
    entry = guard.add_entry(NewEntry("Ada Example", faces=[picture_of(5)], voices=[voice_of(9)]))
    new = upgraded(database, key_file)
    assert new.renew() == 2
    assert new.renew() == 0
    assert packs(database) == {"colour-1": 1, "loudness-1": 1, NEW: 1, NEW_VOICE: 1}
    seen = new.examine(image(picture_of(5)))
    assert [(s.about, s.pack) for s in seen.sightings] == [(entry, NEW)]
    assert seen.made_with["likeness:face"] == NEW
    assert new.waiting() == []


def test_who_let_nothing_be_kept_stays_known_by_the_former_model_and_is_named_as_waiting(
    database: Database, key_file: Path, guard: LikenessGuard
) -> None:
    guard.enrol("subj_a", [picture_of(5)], [])
    guard.enrol("subj_b", [picture_of(9)], [], keep_reference=True)
    new = upgraded(database, key_file)
    assert new.renew() == 1
    assert new.waiting() == ["subj_a"]
    for number, subject in ((5, "subj_a"), (9, "subj_b")):
        assert new.examine(image(picture_of(number))).sightings[0].about == subject
    with pytest.raises(Conflict):
        new.retire("colour-1")
    with database.reading() as session:
        assert {row.owner for row in session.exec(select(LikenessReferenceRow))} == {"subj_b"}


def test_whoever_enrols_meanwhile_is_found_by_processes_of_both_models(
    database: Database, key_file: Path, guard: LikenessGuard
) -> None:
    guard.enrol("subj_a", [picture_of(5)], [voice_of(5)])
    new = upgraded(database, key_file)
    new.enrol("subj_b", [picture_of(9)], [voice_of(9)])
    assert guard.examine(image(picture_of(9))).sightings[0].about == "subj_b"
    assert new.examine(image(picture_of(9))).sightings[0].about == "subj_b"
    assert "subj_b" in {s.about for s in guard.examine(audio(voice_of(9))).sightings}


def test_a_retired_model_leaves_nothing_behind(database: Database, key_file: Path, guard: LikenessGuard) -> None:
    guard.enrol("subj_a", [picture_of(5)], [], keep_reference=True)
    new = upgraded(database, key_file)
    with pytest.raises(Conflict):
        new.retire(NEW)
    new.renew()
    assert new.retire("colour-1") == 1
    assert packs(database) == {NEW: 1}
    assert new.examine(image(picture_of(5))).sightings[0].about == "subj_a"
    assert upgraded(database, key_file, knows_former=False).readiness().unreadable == 0


def test_two_processes_renewing_at_once_make_one_template(
    database: Database, key_file: Path, guard: LikenessGuard
) -> None:
    guard.enrol("subj_a", [picture_of(5)], [], keep_reference=True)
    one, other = upgraded(database, key_file), upgraded(database, key_file)
    due = other._renewal._due(Modality.FACE, 5)
    assert one.renew() == 1
    assert not any(other._renewal._renewed(Modality.FACE, row) for row in due)
    assert packs(database) == {"colour-1": 1, NEW: 1}


def test_somebody_forgotten_before_their_turn_gets_no_new_template(
    database: Database, key_file: Path, guard: LikenessGuard
) -> None:
    guard.enrol("subj_a", [picture_of(5)], [], keep_reference=True)
    new = upgraded(database, key_file)
    due = new._renewal._due(Modality.FACE, 5)
    guard.forget("subj_a")
    assert not any(new._renewal._renewed(Modality.FACE, row) for row in due)
    assert packs(database) == {}
    with database.reading() as session:
        assert session.exec(select(LikenessReferenceRow)).all() == []
    assert new.examine(image(picture_of(5))).sightings[0].gallery is Gallery.STRANGER


def test_a_model_that_this_deployment_does_not_have_is_reported(
    database: Database, key_file: Path, guard: LikenessGuard
) -> None:
    guard.enrol("subj_a", [picture_of(5)], [])
    new = upgraded(database, key_file, knows_former=False)
    assert new.readiness().unreadable == 1
    assert upgraded(database, key_file).readiness().former == 1


def test_however_many_wait_for_one_former_model_those_of_another_are_found_too(
    database: Database, key_file: Path
) -> None:
    older = fake_guard(database, key_file)
    for number in range(300):
        older.enrol(f"subj_{number:03}", [picture_of(1 + number % 50)], [])
    between = "colour-1b"
    senses = Senses(SquareDetector(), LoudVoice(), ColourEmbedder(between), LoudnessEmbedder())
    later = fake_guard(database, key_file, senses, fake_calibrations(fake_calibration(between, Modality.FACE)))
    later.enrol("subj_late", [picture_of(60)], [])
    known = {"colour-1": ColourEmbedder("colour-1"), between: ColourEmbedder(between)}
    senses = Senses(SquareDetector(), LoudVoice(), ColourEmbedder(NEW), LoudnessEmbedder(), None, known.get)
    calibrations = fake_calibrations(fake_calibration(NEW, Modality.FACE), fake_calibration(between, Modality.FACE))
    newest = fake_guard(database, key_file, senses, calibrations)
    assert newest.examine(image(picture_of(60))).sightings[0].about == "subj_late"
    for pack in ("colour-1", between):
        with pytest.raises(Conflict):
            newest.retire(pack)


def test_those_who_cannot_be_renewed_do_not_stand_in_the_way_of_those_who_can(
    database: Database, key_file: Path, guard: LikenessGuard
) -> None:
    for number in range(1, 31):
        for _ in range(2):
            guard.enrol(f"subj_{number:02}", [picture_of(number)], [])
    guard.enrol("subj_late", [picture_of(40)], [], keep_reference=True)
    new = upgraded(database, key_file)
    assert sum(new.renew(10) for _ in range(5)) == 1
    assert "subj_late" not in new.waiting()
    assert len(new.waiting()) == 30

"""Whoever is to be enrolled is searched for among everybody else first; looks come and go one by one."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlmodel import col, select

from likeness_guard.api import Band, Gallery, LikenessGuard, Modality, NewEntry
from likeness_guard.service.screening import Screened
from likeness_guard.tables import LikenessReferenceRow
from tests.fakes.likeness import fake_guard, image, picture_of, voice_of
from tests.unit.likeness_guard.test_renewal import NEW, packs, upgraded
from trust_kernel.db import Database

UNSURE_LIKENESS = 0.85  # between the fakes' two thresholds


def screen(guard: LikenessGuard, number: int, *, likeness: float = 1.0, voice: int = 0, besides: str = "") -> Screened:
    voices = [voice_of(voice)] if voice else []
    return guard.screen(guard.prepare([picture_of(number, likeness=likeness)], voices), besides=besides)


def keep_look(guard: LikenessGuard, look: str, number: int, *, reference: bool = True) -> None:
    guard.keep("subj_a", guard.prepare([picture_of(number)], []), keep_reference=reference, look=look)


def seen(guard: LikenessGuard, number: int) -> str:
    """Whom a picture shows; empty for a stranger."""
    (sighting,) = guard.examine(image(picture_of(number))).sightings
    return sighting.about or "" if sighting.gallery is not Gallery.STRANGER else ""


def test_nobody_is_like_somebody_new(guard: LikenessGuard) -> None:
    guard.enrol("subj_a", [picture_of(5)], [voice_of(5)])
    assert screen(guard, 9, voice=9) == Screened(())


def test_somebody_enrolled_is_found_by_face_and_by_voice(guard: LikenessGuard) -> None:
    guard.enrol("subj_a", [picture_of(5)], [voice_of(5)])
    found = screen(guard, 5, voice=5, besides="subj_b").alike
    assert {(one.gallery, one.modality, one.about, one.band) for one in found} == {
        (Gallery.CAMEO, Modality.FACE, "subj_a", Band.MATCH),
        (Gallery.CAMEO, Modality.VOICE, "subj_a", Band.MATCH),
    }
    only_voice = screen(guard, 9, voice=5, besides="subj_b").alike
    assert [(one.modality, one.about) for one in only_voice] == [(Modality.VOICE, "subj_a")]


def test_a_blocked_figure_is_found_by_name_and_the_surest_comes_first(guard: LikenessGuard) -> None:
    entry = guard.add_entry(NewEntry("Ada Example", faces=[picture_of(5)]))
    guard.keep("subj_a", guard.prepare([picture_of(5, likeness=UNSURE_LIKENESS)], []), keep_reference=False)
    first, second = screen(guard, 5, besides="subj_b").alike
    assert (first.gallery, first.about, first.name, first.band) == (
        Gallery.BLOCKLIST,
        entry,
        "Ada Example",
        Band.MATCH,
    )
    assert (second.about, second.name, second.band) == ("subj_a", "", Band.UNSURE)
    assert first.score > second.score


def test_an_entry_that_stands_no_more_is_like_nobody(guard: LikenessGuard) -> None:
    past = datetime(2020, 1, 1, tzinfo=UTC)
    guard.add_entry(NewEntry("Ada Example", faces=[picture_of(5)], ends_at=past))
    assert screen(guard, 5).alike == ()


def test_a_doubtful_likeness_is_reported_as_doubtful(guard: LikenessGuard) -> None:
    guard.enrol("subj_a", [picture_of(5)], [])
    (doubtful,) = screen(guard, 5, likeness=UNSURE_LIKENESS, besides="subj_b").alike
    assert (doubtful.about, doubtful.band) == ("subj_a", Band.UNSURE)
    assert screen(guard, 5, likeness=0.5, besides="subj_b").alike == ()


def test_ones_own_templates_are_no_concern_but_being_unlike_them_is(guard: LikenessGuard) -> None:
    guard.enrol("subj_a", [picture_of(5)], [voice_of(5)])
    assert screen(guard, 5, voice=5, besides="subj_a") == Screened(())
    assert screen(guard, 9, voice=5, besides="subj_a").unlike_self == {Modality.FACE}
    assert screen(guard, 5, voice=9, besides="subj_a").unlike_self == {Modality.VOICE}
    assert screen(guard, 5, besides="subj_new").unlike_self == frozenset()


def test_being_like_one_of_several_looks_is_enough(guard: LikenessGuard) -> None:
    keep_look(guard, "look_1", 5)
    keep_look(guard, "look_2", 9)
    assert screen(guard, 9, besides="subj_a").unlike_self == frozenset()


def test_whom_only_a_former_model_knows_is_found(database: Database, tmp_path: Path, guard: LikenessGuard) -> None:
    guard.enrol("subj_a", [picture_of(5)], [])
    new = upgraded(database, tmp_path / "root.key")
    assert {(one.about, one.band) for one in screen(new, 5, besides="subj_b").alike} == {("subj_a", Band.MATCH)}


def test_what_another_process_committed_is_found_at_once(database: Database, tmp_path: Path) -> None:
    one, other = (fake_guard(database, tmp_path / "root.key") for _ in range(2))
    assert screen(other, 5).alike == ()
    one.enrol("subj_a", [picture_of(5)], [])
    assert [alike.about for alike in screen(other, 5).alike] == ["subj_a"]


# --- looks


def references(database: Database) -> set[str]:
    with database.reading() as session:
        return {
            row.look
            for row in session.exec(select(LikenessReferenceRow).where(col(LikenessReferenceRow.owner) == "subj_a"))
        }


def test_one_look_is_dropped_with_its_templates_and_media_and_no_other(
    database: Database, guard: LikenessGuard
) -> None:
    keep_look(guard, "look_1", 5)
    keep_look(guard, "look_2", 9)
    assert (seen(guard, 5), seen(guard, 9)) == ("subj_a", "subj_a")
    assert guard.template_versions("subj_a") == {"look_1": ("colour-1",), "look_2": ("colour-1",)}
    assert references(database) == {"look_1", "look_2"}
    assert guard.drop_look("subj_a", "look_2") == 1
    assert (seen(guard, 5), seen(guard, 9)) == ("subj_a", "")
    assert guard.template_versions("subj_a") == {"look_1": ("colour-1",)}
    assert references(database) == {"look_1"}
    assert guard.drop_look("subj_a", "look_2") == 0
    assert guard.drop_look("subj_b", "look_1") == 0, "nobody drops another's"
    assert seen(guard, 5) == "subj_a"


def test_every_look_is_renewed_from_its_own_media(database: Database, tmp_path: Path, guard: LikenessGuard) -> None:
    keep_look(guard, "look_1", 5)
    keep_look(guard, "look_2", 9)
    new = upgraded(database, tmp_path / "root.key")
    assert new.renew() == 1
    assert packs(database) == {"colour-1": 2, NEW: 2}
    assert new.template_versions("subj_a") == {"look_1": ("colour-1", NEW), "look_2": ("colour-1", NEW)}
    assert (seen(new, 5), seen(new, 9)) == ("subj_a", "subj_a")
    new.drop_look("subj_a", "look_2")
    assert (seen(new, 5), seen(new, 9)) == ("subj_a", "")


def test_a_look_that_was_dropped_is_not_renewed(database: Database, tmp_path: Path, guard: LikenessGuard) -> None:
    keep_look(guard, "look_1", 5)
    keep_look(guard, "look_2", 9)
    guard.drop_look("subj_a", "look_2")
    new = upgraded(database, tmp_path / "root.key")
    assert new.renew() == 1
    assert new.template_versions("subj_a") == {"look_1": ("colour-1", NEW)}


def test_the_models_in_use_are_named(guard: LikenessGuard) -> None:
    assert guard.models() == "colour-1 loudness-1"


@pytest.mark.parametrize("kept", [True, False])
def test_a_look_enrolled_without_leave_takes_the_leave_back_for_all(
    database: Database, guard: LikenessGuard, *, kept: bool
) -> None:
    keep_look(guard, "look_1", 5)
    keep_look(guard, "look_2", 9, reference=kept)
    assert references(database) == ({"look_1", "look_2"} if kept else set())

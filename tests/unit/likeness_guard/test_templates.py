"""Templates are sealed, rotated, and of no use to a thief."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from sqlmodel import select

from likeness_guard.adapters.faiss_index import FaissIndex
from likeness_guard.api import LikenessGuard, NewEntry
from likeness_guard.domain import Gallery, Modality
from likeness_guard.ports import IndexBatch, IndexName, NewTemplate, TemplateIndex
from likeness_guard.service.rotation import Rotations, rotation
from likeness_guard.service.templates import Likeness
from likeness_guard.store import DatabaseTemplateStore
from likeness_guard.tables import LikenessTemplateRow
from tests.fakes.likeness import ColourEmbedder, SquareDetector, fake_guard, image, picture_of, voice_of
from trust_kernel.clock import SystemClock
from trust_kernel.db import Database
from trust_kernel.envelope import DatabaseKeyring, DataKeyRow, LocalKeyFile
from trust_kernel.errors import Broken


def plain_vector(number: int) -> NDArray[np.float32]:
    picture = picture_of(number)
    ((face,),) = SquareDetector().detect([picture])
    vector: NDArray[np.float32] = ColourEmbedder().embed([(picture, face)])[0]
    return vector


def rows(database: Database) -> list[LikenessTemplateRow]:
    with database.reading() as session:
        return list(session.exec(select(LikenessTemplateRow).order_by("generation")))


def test_a_rotation_keeps_every_cosine_and_depends_on_the_secret() -> None:
    turn = rotation(b"secret", 64)
    assert turn @ turn.T == pytest.approx(np.eye(64), abs=1e-5)
    assert rotation(b"secret", 64) == pytest.approx(turn)
    assert np.abs(rotation(b"other", 64) - turn).max() > 0.1


def test_the_database_never_holds_the_vector_and_unsealing_it_gives_a_rotated_one(
    database: Database, tmp_path: Path
) -> None:
    guard = fake_guard(database, tmp_path / "root.key")
    guard.enrol("subj_a", [picture_of(5)], [])
    (row,) = rows(database)
    assert row.sealed is not None
    assert plain_vector(5).tobytes() not in row.sealed
    keyring = DatabaseKeyring(database, LocalKeyFile(tmp_path / "root.key"))
    opened = np.frombuffer(keyring.open("subj_a", row.sealed, "likeness:template:cameo:face:colour-1"), "<f4")
    assert np.linalg.norm(opened) == pytest.approx(1.0, abs=1e-5)
    assert abs(float(opened @ plain_vector(5))) < 0.7


def test_a_template_moved_to_another_person_does_not_open(
    database: Database, tmp_path: Path, guard: LikenessGuard
) -> None:
    guard.enrol("subj_a", [picture_of(5)], [])
    guard.enrol("subj_b", [picture_of(9)], [])
    first, second = rows(database)
    with database.transaction() as session:
        stolen = session.get_one(LikenessTemplateRow, first.generation)
        stolen.sealed = second.sealed
        session.add(stolen)
    with pytest.raises(Broken):
        fake_guard(database, tmp_path / "root.key").examine(image(picture_of(5)))


def test_forgetting_destroys_key_and_rows(database: Database, guard: LikenessGuard) -> None:
    guard.enrol("subj_a", [picture_of(5)], [voice_of(5)])
    guard.forget("subj_a")
    assert all(row.removed and row.sealed is None and row.owner == "" for row in rows(database))
    with database.reading() as session:
        assert session.get_one(DataKeyRow, "subj_a").wrapped is None


def test_several_enrolments_stay_side_by_side(database: Database, guard: LikenessGuard) -> None:
    guard.enrol("subj_a", [picture_of(5)], [])
    guard.enrol("subj_a", [picture_of(9)], [])
    assert len(rows(database)) == 2
    assert guard.examine(image(picture_of(5))).sightings[0].about == "subj_a"
    assert guard.examine(image(picture_of(9))).sightings[0].about == "subj_a"
    assert guard.examine(image(picture_of(5))).made_with["likeness:face:cameo"].endswith(" at 1")


def test_templates_of_another_model_are_reported_and_never_compared(
    database: Database, tmp_path: Path, guard: LikenessGuard
) -> None:
    guard.enrol("subj_a", [picture_of(5)], [])
    with database.transaction() as session:
        (row,) = session.exec(select(LikenessTemplateRow))
        row.pack = "older-model-3"
        session.add(row)
    fresh = fake_guard(database, tmp_path / "root.key")
    assert fresh.readiness().unreadable == 1
    assert fresh.examine(image(picture_of(5))).sightings[0].gallery is Gallery.STRANGER


def test_generations_grow_and_are_given_back_by_a_rollback(database: Database) -> None:
    store = DatabaseTemplateStore(database, SystemClock())

    template = NewTemplate("subj", "subj", Gallery.CAMEO, Modality.FACE, "p", b"x")
    assert store.add_templates([template]) == [1]
    assert store.add_templates([template, template]) == [2, 3]
    assert store.drop_templates("subj") == 3
    changes = store.changes_since(0, 100)
    assert [(change.generation, change.removes) for change in changes] == [(4, 1), (5, 2), (6, 3)]
    assert store.latest_generation() == 6


def test_an_uncommitted_change_is_nobodys_yet(database: Database) -> None:
    store = DatabaseTemplateStore(database, SystemClock())
    with store.together():
        store.add_templates([NewTemplate("subj", "subj", Gallery.CAMEO, Modality.FACE, "p", b"x")])
        assert store.changes_since(0, 10) == []
        assert store.latest_generation() == 0
    assert len(store.changes_since(0, 10)) == 1


def test_an_entry_that_cannot_be_enrolled_is_not_half_made(guard: LikenessGuard) -> None:
    from trust_kernel.errors import InvalidInput

    with pytest.raises(InvalidInput):
        guard.add_entry(NewEntry("Ada Example", faces=[picture_of(5)], voices=[voice_of(5, 1.0)]))
    assert guard.entries() == []
    assert guard.examine(image(picture_of(5))).sightings[0].gallery is Gallery.STRANGER


@pytest.mark.parametrize("wrong", [np.nan, np.inf, 0.0, 2.0])
def test_what_is_no_unit_vector_is_never_kept(database: Database, guard: LikenessGuard, wrong: float) -> None:
    vector = plain_vector(5) * np.float32(wrong)
    with pytest.raises(Broken) as refused:
        guard._book.keep("subj_a", Gallery.CAMEO, [Likeness(Modality.FACE, "colour-1", vector)])
    assert refused.value.code == "likeness:template:malformed"
    assert rows(database) == []


def test_a_stolen_index_matches_nothing_under_another_deployments_key(tmp_path: Path, guard: LikenessGuard) -> None:
    for number in range(1, 30):
        guard.enrol(f"subj_{number}", [picture_of(number)], [])
    guard.examine(image(picture_of(5)))  # the index holds them now
    name = IndexName(Gallery.CAMEO, Modality.FACE, "colour-1")
    stolen = guard._book._indexes[name]
    assert len(stolen) == 29
    probes = np.stack([plain_vector(number) for number in range(1, 30)])
    own = Rotations(LocalKeyFile(tmp_path / "root.key")).turned(probes, "colour-1")
    assert stolen.search(own, 1)[1].min() > 0.99
    for thief in (probes, Rotations(LocalKeyFile(tmp_path / "other.key")).turned(probes, "colour-1")):
        assert stolen.search(thief, 1)[1].max() < 0.8  # the unsure threshold


def test_a_shared_index_that_knows_more_than_the_database_is_another_ones(
    database: Database, tmp_path: Path, guard: LikenessGuard
) -> None:
    guard.enrol("subj_a", [picture_of(5)], [])

    def foreign(name: IndexName, dimensions: int) -> TemplateIndex:
        index = FaissIndex(name, dimensions)
        nothing = np.zeros(0, np.int64)
        index.apply(IndexBatch(nothing, np.zeros((0, dimensions), np.float32), nothing, 77))
        return index

    with pytest.raises(Broken) as refused:
        fake_guard(database, tmp_path / "root.key", make_index=foreign).examine(image(picture_of(5)))
    assert refused.value.code == "likeness:index:foreign"

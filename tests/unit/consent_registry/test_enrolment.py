"""Enrolling, keeping reference media sealed, forgetting."""

from collections.abc import Sequence

import numpy as np
import pytest
from numpy.typing import NDArray
from sqlalchemy import text

from consent_registry.api import Assurance, Cameo, ConsentReason, ConsentSnapshot
from tests.unit.consent_registry.conftest import FACE, House, people
from trust_kernel.errors import Conflict, InvalidInput, NotFound

PICTURE = np.random.default_rng(1).integers(0, 256, (48, 40, 3)).astype(np.uint8)
VOICE = (0.5 * np.sin(np.arange(16_000) / 7)).astype(np.float32)


def enrol(
    house: House,
    subject_id: str,
    pictures: Sequence[NDArray[np.uint8]] = (PICTURE,),
    recordings: Sequence[NDArray[np.float32]] = (VOICE,),
    *,
    keep: bool = True,
) -> Cameo:
    return house.registry.enrol_attested(
        subject_id, attested_by="acct_staff", pictures=pictures, recordings=recordings, keep_reference=keep
    )


def test_an_enrolment_makes_the_next_version_of_a_cameo(house: House) -> None:
    ada = house.person("ada", enrolled=False)
    first = enrol(house, ada.id, recordings=(), keep=False)
    assert (first.version, first.has_face, first.has_voice) == (1, True, False)
    assert first.assurance is Assurance.STAFF_ATTESTED
    assert not first.keeps_reference
    second = enrol(house, ada.id, pictures=())
    assert (second.version, second.has_face, second.has_voice) == (2, True, True)
    assert house.registry.cameo(ada.id) == second
    assert house.registry.subject(ada.id).consent_epoch == 2


def test_kept_references_come_back_as_they_were(house: House) -> None:
    ada = house.person("ada", enrolled=False)
    assert enrol(house, ada.id).keeps_reference
    media = house.registry.references(ada.id)
    assert media.portrait is not None
    assert media.voice is not None
    np.testing.assert_array_equal(media.portrait, PICTURE)
    assert media.portrait.dtype == np.uint8
    assert media.voice.dtype == np.float32
    np.testing.assert_allclose(media.voice, VOICE, atol=3e-4)


def test_nothing_is_kept_unless_asked_for_and_what_was_kept_goes(house: House) -> None:
    ada = house.person("ada", enrolled=False)
    enrol(house, ada.id)
    assert not enrol(house, ada.id, keep=False).keeps_reference
    media = house.registry.references(ada.id)
    assert media.portrait is None
    assert media.voice is None


def test_a_new_voice_leaves_the_kept_portrait(house: House) -> None:
    ada = house.person("ada", enrolled=False)
    enrol(house, ada.id, recordings=())
    assert house.registry.references(ada.id).voice is None
    enrol(house, ada.id, pictures=())
    media = house.registry.references(ada.id)
    assert media.portrait is not None
    assert media.voice is not None


def test_a_kept_voice_is_short_and_within_range(house: House) -> None:
    ada = house.person("ada", enrolled=False)
    enrol(house, ada.id, recordings=[np.full(16_000 * 20, 7.0, np.float32)] * 2)
    voice = house.registry.references(ada.id).voice
    assert voice is not None
    assert voice.size == 30 * 16_000
    assert voice.max() == 1.0


def test_the_database_holds_reference_media_sealed_only(house: House) -> None:
    ada = house.person("ada", enrolled=False)
    enrol(house, ada.id, pictures=[np.full((64, 64, 3), 7, np.uint8)])
    with house.database.reading() as session:
        sealed = session.connection().execute(text("SELECT part, sealed FROM cameo_media ORDER BY part")).all()
    assert [part for part, _ in sealed] == ["portrait", "voice"]
    for _, data in sealed:
        assert b"NUMPY" not in data
        assert data.count(b"\x07") < len(data) / 20


@pytest.mark.parametrize(
    ("pictures", "recordings", "field"),
    [
        ([], [], "pictures"),
        ([PICTURE] * 21, [], "pictures"),
        ([PICTURE[..., 0]], [], "pictures"),
        ([PICTURE[..., :2]], [], "pictures"),
        ([PICTURE.astype(np.float32)], [], "pictures"),
        ([PICTURE[:0]], [], "pictures"),
        ([], [VOICE] * 11, "recordings"),
        ([], [VOICE[None]], "recordings"),
        ([], [VOICE.astype(np.float64)], "recordings"),
        ([], [VOICE[:0]], "recordings"),
        ([], [np.array([0.0, np.nan], np.float32)], "recordings"),
        ([], [np.zeros(121 * 16_000, np.float32)], "recordings"),
    ],
)
def test_what_cannot_be_enrolled_names_the_field(
    house: House, pictures: list[NDArray[np.uint8]], recordings: list[NDArray[np.float32]], field: str
) -> None:
    ada = house.person("ada", enrolled=False)
    with pytest.raises(InvalidInput) as caught:
        enrol(house, ada.id, pictures, recordings)
    assert caught.value.field == field
    assert house.registry.cameo(ada.id) is None


def test_nobody_is_enrolled_who_is_not_there(house: House) -> None:
    with pytest.raises(NotFound):
        enrol(house, "subj_none")


def test_a_forgotten_person_is_gone_and_nothing_shows_them(house: House) -> None:
    ada = house.person("ada", enrolled=False)
    enrol(house, ada.id)
    grant = house.give(ada, people("acct_bob"), on_revocation="keep", note="for Bob's birthday")
    snapshot = house.admit("acct_bob", ada)
    house.withdrawals.out = {"video_1": grant.id, "video_2": "none"}

    assert house.registry.forget(ada.id, actor="acct_ada") == ("video_1", "video_2")

    (ending,) = house.withdrawals.calls
    assert (ending.subject_id, ending.halted, ending.taken_back, ending.account_id) == (ada.id, None, None, None)
    assert (ending.reason, ending.for_good) == ("consent:subject:forgotten", True)
    assert house.enroller.forgotten == [ada.id]
    assert house.registry.cameo(ada.id) is None
    media = house.registry.references(ada.id)
    assert (media.portrait, media.voice) == (None, None)
    assert house.ask("acct_bob", ada).reason is ConsentReason.CAMEO_UNKNOWN
    assert house.ask("acct_ada", ada).reason is ConsentReason.CAMEO_UNKNOWN
    assert house.release("acct_bob", snapshot) is ConsentReason.CAMEO_UNKNOWN
    assert house.release("acct_ada", ConsentSnapshot(ada.id, 1, None, FACE)) is ConsentReason.CAMEO_UNKNOWN
    assert house.registry.subject_of("acct_ada") is None
    assert house.registry.by_handle("ada") is None
    with pytest.raises(NotFound):
        house.registry.subject(ada.id)
    with pytest.raises(NotFound):
        house.keyring.open(ada.id, bytes(40), "cameo:portrait")


def test_forgetting_leaves_no_name_note_or_account_behind(house: House) -> None:
    ada = house.person("ada")
    house.registry.follow("acct_ada", "acct_bob")
    house.registry.follow("acct_bob", "acct_ada")
    house.give(ada, people("acct_bob"), note="birthday")
    house.registry.forget(ada.id, actor="acct_ada")
    tables = ["subjects", "cameos", "cameo_media", "consent_grants", "consent_receipts", "follows"]
    with house.database.reading() as session:
        rows = [
            str(row)
            for table in tables
            for row in session.connection().execute(text(f"SELECT * FROM {table}"))  # noqa: S608 - names from above
        ]
    left = " ".join(rows)
    for trace in ("acct_ada", "acct_bob", "Ada", "'ada'", "birthday"):
        assert trace not in left


def test_neither_a_forgotten_handle_nor_a_forgotten_subject_comes_back(house: House) -> None:
    ada = house.person("ada")
    house.registry.forget(ada.id, actor="acct_ada")
    with pytest.raises(Conflict):
        house.registry.register_subject("acct_eve", "ada", "Eve")
    for call in (
        lambda: house.registry.forget(ada.id, actor="acct_ada"),
        lambda: enrol(house, ada.id),
        lambda: house.give(ada),
    ):
        with pytest.raises(NotFound):
            call()


def test_a_forgotten_person_may_come_back_as_somebody_new(house: House) -> None:
    house.registry.forget(house.person("ada").id, actor="acct_ada")
    again = house.registry.register_subject("acct_ada", "ada_again", "Ada")
    assert again.consent_epoch == 0


def test_a_forgetting_that_fails_half_way_did_not_happen(house: House) -> None:
    ada = house.person("ada", enrolled=False)
    enrol(house, ada.id)
    house.give(ada)
    house.withdrawals.failing = True
    with pytest.raises(RuntimeError):
        house.registry.forget(ada.id, actor="acct_ada")
    assert house.ask("acct_bob", ada).permitted
    assert house.registry.references(ada.id).portrait is not None
